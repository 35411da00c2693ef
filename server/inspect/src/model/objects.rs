//! Parsers, groups, sub-command sets and actions as argparse keeps them.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;

use crate::value::{ActionId, ClassId, GroupId, InstId, ParserId, SubsId, Value};

/// What one `add_argument` call made.
#[derive(Clone, Debug)]
pub(crate) struct ActionObj {
    pub(crate) dest: Rc<str>,
    pub(crate) flags: Vec<Rc<str>>,
    pub(crate) positional: bool,
    pub(crate) type_fn: Value,
    pub(crate) default: Value,
    pub(crate) choices: Value,
    pub(crate) nargs: Value,
    pub(crate) required: Value,
    /// A registered name as text, or the class.
    pub(crate) action: Value,
    pub(crate) const_value: Value,
    pub(crate) metavar: Value,
    pub(crate) help: Value,
    pub(crate) line: u32,
    pub(crate) conditional: Option<Rc<str>>,
}

/// An action in the order of a parser, with the group that took it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) action: ActionId,
    pub(crate) group: Option<GroupId>,
}

/// How sure it is that something is an argparse parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// Its constructor was seen.
    Made,
    /// It came from code out of reach; it counts once `parse_args` is called on it.
    Foreign,
    /// A foreign one that reads the command line.
    Confirmed,
    /// A function parameter in a file that never calls the function.
    Parameter,
}

/// Which library's parser it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParserKind {
    Argparse,
    /// `transformers.HfArgumentParser`.
    Hf,
    /// `simple_parsing.ArgumentParser`.
    Simple,
}

/// The group for a parser's arguments in no group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DefaultGroup {
    /// Nobody asked yet.
    Unasked,
    /// argparse's own.
    Plain,
    /// An instance of the script's class.
    Own(InstId),
}

/// A dataclass that waits to be made into arguments: class, attribute, default, line of the call.
pub(crate) type Pending = (Value, Rc<str>, Option<Value>, u32);

/// An `ArgumentParser`.
#[derive(Clone, Debug)]
pub(crate) struct ParserObj {
    pub(crate) certainty: Certainty,
    pub(crate) prefix_chars: Rc<str>,
    pub(crate) fromfile_prefix_chars: Option<Rc<str>>,
    pub(crate) argument_default: Value,
    /// Every flag ever added.
    flags: HashSet<Rc<str>>,
    /// `conflict_handler="resolve"`.
    pub(crate) resolve: bool,
    pub(crate) description: Value,
    pub(crate) entries: Vec<Entry>,
    pub(crate) subs: Vec<SubsId>,
    pub(crate) defaults: IndexMap<Rc<str>, Value>,
    /// `parser.register(kind, name, function)`.
    pub(crate) registered: Vec<(Rc<str>, Rc<str>, Value)>,
    /// It is a sub-command's parser, or its arguments went into another by `parents=`.
    pub(crate) is_part: bool,
    pub(crate) kind: ParserKind,
    pub(crate) pending: Vec<Pending>,
    /// `add_help`.
    pub(crate) add_help: bool,
    /// The instance that it is, if its class is the script's.
    pub(crate) instance: Option<InstId>,
    /// Attributes that the script set.
    pub(crate) attrs: IndexMap<Rc<str>, Value>,
    /// What an override of `add_argument_group` made for the arguments in no group.
    pub(crate) default_group: DefaultGroup,
}

impl ParserObj {
    pub(crate) fn new(certainty: Certainty) -> Self {
        Self {
            certainty,
            prefix_chars: Rc::from("-"),
            fromfile_prefix_chars: None,
            argument_default: Value::None,
            flags: HashSet::new(),
            resolve: false,
            description: Value::None,
            entries: Vec::new(),
            subs: Vec::new(),
            defaults: IndexMap::new(),
            registered: Vec::new(),
            is_part: false,
            kind: ParserKind::Argparse,
            pending: Vec::new(),
            add_help: true,
            instance: None,
            attrs: IndexMap::new(),
            default_group: DefaultGroup::Unasked,
        }
    }
}

/// A titled group or a mutually exclusive group.
#[derive(Clone, Debug)]
pub(crate) struct GroupObj {
    pub(crate) parser: ParserId,
    pub(crate) title: Option<Rc<str>>,
    /// `Some(required)` if it is mutually exclusive.
    pub(crate) exclusive: Option<bool>,
    /// The group in which it was made.
    pub(crate) parent: Option<GroupId>,
    /// The instance that it is, if its class is the script's.
    pub(crate) instance: Option<InstId>,
    /// Attributes that the script set.
    pub(crate) attrs: IndexMap<Rc<str>, Value>,
}

impl GroupObj {
    pub(crate) fn new(parser: ParserId, parent: Option<GroupId>) -> Self {
        Self {
            parser,
            title: None,
            exclusive: None,
            parent,
            instance: None,
            attrs: IndexMap::new(),
        }
    }
}

/// One choice of sub-command.
#[derive(Clone, Debug)]
pub(crate) struct ChoiceObj {
    pub(crate) name: Rc<str>,
    pub(crate) aliases: Vec<Rc<str>>,
    pub(crate) help: Value,
    pub(crate) parser: ParserId,
}

/// What `add_subparsers` returned.
#[derive(Clone, Debug)]
pub(crate) struct SubsObj {
    pub(crate) dest: Value,
    pub(crate) required: Value,
    pub(crate) choices: Vec<ChoiceObj>,
    /// The class that makes the parsers of the choices.
    pub(crate) parser_class: Option<ClassId>,
}

/// All argparse objects of a reading.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) parsers: Vec<ParserObj>,
    pub(crate) groups: Vec<GroupObj>,
    pub(crate) subs: Vec<SubsObj>,
    pub(crate) actions: Vec<ActionObj>,
    /// The parsers to which an action was added, in order: lets an aborted loop be taken back.
    log: Vec<ParserId>,
}

impl Model {
    pub(crate) fn new_parser(&mut self, parser: ParserObj) -> ParserId {
        self.parsers.push(parser);
        ParserId(self.parsers.len() - 1)
    }

    pub(crate) fn new_group(&mut self, group: GroupObj) -> GroupId {
        self.groups.push(group);
        GroupId(self.groups.len() - 1)
    }

    pub(crate) fn new_subs(&mut self, parser: ParserId, subs: SubsObj) -> SubsId {
        self.subs.push(subs);
        let id = SubsId(self.subs.len() - 1);
        self.parsers[parser.0].subs.push(id);
        id
    }

    pub(crate) fn parser(&self, id: ParserId) -> &ParserObj {
        &self.parsers[id.0]
    }

    pub(crate) fn parser_mut(&mut self, id: ParserId) -> &mut ParserObj {
        &mut self.parsers[id.0]
    }

    /// The title in force inside a group.
    pub(crate) fn title_of(&self, group: Option<GroupId>) -> Option<Rc<str>> {
        let group = &self.groups[group?.0];
        if group.exclusive.is_none() {
            group.title.clone()
        } else {
            self.title_of(group.parent)
        }
    }

    /// The mutually exclusive group in force inside a group.
    pub(crate) fn exclusive_of(&self, group: Option<GroupId>) -> Option<GroupId> {
        let id = group?;
        let group = &self.groups[id.0];
        if group.exclusive.is_some() {
            Some(id)
        } else {
            None
        }
    }

    /// Adds an action; with `conflict_handler="resolve"` its flags are taken from older actions.
    pub(crate) fn add_action(
        &mut self,
        parser: ParserId,
        group: Option<GroupId>,
        action: ActionObj,
    ) -> ActionId {
        self.note_flags(parser, &action.flags);
        self.actions.push(action);
        let action = ActionId(self.actions.len() - 1);
        self.parser_mut(parser)
            .entries
            .push(Entry { action, group });
        self.log.push(parser);
        action
    }

    /// An action that stands in no parser.
    pub(crate) fn free_action(&mut self, action: ActionObj) -> ActionId {
        self.actions.push(action);
        ActionId(self.actions.len() - 1)
    }

    /// Notes an action's flags; where conflicts are resolved, older actions lose them.
    fn note_flags(&mut self, parser: ParserId, flags: &[Rc<str>]) {
        let object = self.parser_mut(parser);
        let mut conflict = false;
        for flag in flags {
            conflict |= !object.flags.insert(flag.clone());
        }
        if conflict && object.resolve {
            self.take_flags(parser, flags);
        }
    }

    fn take_flags(&mut self, parser: ParserId, flags: &[Rc<str>]) {
        let entries = std::mem::take(&mut self.parser_mut(parser).entries);
        let kept = entries
            .into_iter()
            .filter(|entry| {
                let action = &mut self.actions[entry.action.0];
                action.flags.retain(|flag| !flags.contains(flag));
                action.positional || !action.flags.is_empty()
            })
            .collect();
        self.parser_mut(parser).entries = kept;
    }

    /// `parents=[…]`: the parent's actions, groups and defaults become the child's too.
    pub(crate) fn adopt(&mut self, child: ParserId, parent: ParserId) {
        let parent_object = self.parser(parent).clone();
        let mut exclusive: Vec<(GroupId, GroupId)> = Vec::new();
        let titled: Vec<Rc<str>> = self
            .groups
            .iter()
            .filter(|group| group.parser == parent)
            .filter_map(|group| group.title.clone())
            .collect();
        for title in titled {
            self.titled_group(child, &title);
        }
        for mut entry in parent_object.entries {
            let flags = self.actions[entry.action.0].flags.clone();
            self.note_flags(child, &flags);
            if let Some(group) = self.exclusive_of(entry.group) {
                // The child makes an exclusive group of its own, outside of any titled one.
                let known = exclusive.iter().find(|(old, _)| *old == group);
                let own = known.map(|(_, own)| *own);
                let own = own.unwrap_or_else(|| {
                    let object = GroupObj {
                        parser: child,
                        parent: None,
                        ..self.groups[group.0].clone()
                    };
                    self.new_group(object)
                });
                exclusive.push((group, own));
                entry.group = Some(own);
            } else if let Some(title) = self.title_of(entry.group) {
                entry.group = Some(self.titled_group(child, &title));
            }
            self.parser_mut(child).entries.push(entry);
            self.log.push(child);
        }
        let into = self.parser_mut(child);
        into.subs.extend(parent_object.subs);
        into.defaults.extend(parent_object.defaults);
        self.parser_mut(parent).is_part = true;
    }

    /// The parser's group of this title.
    fn titled_group(&mut self, parser: ParserId, title: &Rc<str>) -> GroupId {
        let known = self
            .groups
            .iter()
            .position(|group| group.parser == parser && group.title.as_ref() == Some(title));
        if let Some(known) = known {
            return GroupId(known);
        }
        let mut group = GroupObj::new(parser, None);
        group.title = Some(title.clone());
        self.new_group(group)
    }

    /// `set_defaults`: for the actions that are there, and for those to come.
    pub(crate) fn set_default(&mut self, parser: ParserId, dest: &Rc<str>, value: Value) {
        self.parser_mut(parser)
            .defaults
            .insert(dest.clone(), value.clone());
        let ids: Vec<ActionId> = self
            .parser(parser)
            .entries
            .iter()
            .map(|entry| entry.action)
            .collect();
        for id in ids {
            let action = &mut self.actions[id.0];
            if action.dest == *dest {
                action.default = value.clone();
            }
        }
    }

    /// A mark for [`Model::rewind`].
    pub(crate) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Takes back every addition since the mark.
    pub(crate) fn rewind(&mut self, mark: usize) {
        while self.log.len() > mark {
            if let Some(parser) = self.log.pop() {
                self.parser_mut(parser).entries.pop();
            }
        }
    }

    /// True if nothing was added to the parser.
    pub(crate) fn is_empty(&self, parser: ParserId) -> bool {
        let parser = self.parser(parser);
        parser.entries.is_empty() && parser.subs.is_empty()
    }
}
