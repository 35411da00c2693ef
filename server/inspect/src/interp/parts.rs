//! Attributes of parsers, groups, sub-command sets and actions.

use std::rc::Rc;

use super::machine::Interp;
use crate::heap::DictObj;
use crate::model::objects::{ActionObj, GroupObj};
use crate::value::{ActionId, DictKey, GroupId, ParserId, Value};

impl Interp<'_> {
    pub(crate) fn action_attr(&mut self, id: ActionId, name: &str) -> Option<Value> {
        let action = &self.model.actions[id.0];
        Some(match name {
            "dest" => Value::Str(action.dest.clone()),
            "default" => action.default.clone(),
            "help" => action.help.clone(),
            "choices" => action.choices.clone(),
            "type" => action.type_fn.clone(),
            "nargs" => action.nargs.clone(),
            "const" => match action.action.as_str() {
                Some("store_true") => Value::Bool(true),
                Some("store_false") => Value::Bool(false),
                _ => action.const_value.clone(),
            },
            "required" => action.required.clone(),
            "metavar" => action.metavar.clone(),
            "option_strings" => {
                let flags = action.flags.iter().cloned().map(Value::Str).collect();
                Value::List(self.heap.new_list(flags))
            }
            _ => return None,
        })
    }

    /// Attributes that are no methods.
    pub(crate) fn parser_attr(&mut self, base: &Value, name: &str) -> Option<Value> {
        match (base, name) {
            (Value::Parser(id), "_defaults") => {
                let mut object = DictObj::default();
                for (dest, value) in &self.model.parser(*id).defaults {
                    let entry = (Value::Str(dest.clone()), value.clone());
                    object.entries.insert(DictKey::Str(dest.clone()), entry);
                }
                Some(Value::Dict(self.heap.new_dict(object)))
            }
            (Value::Parser(id), "description") => Some(self.model.parser(*id).description.clone()),
            (Value::Parser(id), "_action_groups") => Some(self.action_groups(*id)),
            (Value::Parser(id), "_optionals" | "_positionals") => {
                Some(Value::Group(self.untitled_group(*id)))
            }
            (Value::Parser(id), "_actions") => {
                let actions = self
                    .actions_of(*id)
                    .into_iter()
                    .map(Value::Action)
                    .collect();
                Some(Value::List(self.heap.new_list(actions)))
            }
            (Value::Parser(id), "_option_string_actions") => {
                let mut object = DictObj::default();
                for id in self.actions_of(*id) {
                    for flag in &self.model.actions[id.0].flags {
                        let entry = (Value::Str(flag.clone()), Value::Action(id));
                        object.entries.insert(DictKey::Str(flag.clone()), entry);
                    }
                }
                Some(Value::Dict(self.heap.new_dict(object)))
            }
            (Value::Group(id), "title") => {
                let title = self.model.groups[id.0].title.clone();
                Some(title.map_or(Value::None, Value::Str))
            }
            (Value::Group(id), "_group_actions") => {
                let parser = self.model.groups[id.0].parser;
                let entries = &self.model.parser(parser).entries;
                let own = entries.iter().filter(|entry| entry.group == Some(*id));
                let actions = own.map(|entry| Value::Action(entry.action)).collect();
                Some(Value::List(self.heap.new_list(actions)))
            }
            (Value::Subparsers(id), "choices" | "_name_parser_map") => {
                let mut object = DictObj::default();
                for choice in &self.model.subs[id.0].choices {
                    for name in [&choice.name].into_iter().chain(&choice.aliases) {
                        let entry = (Value::Str(name.clone()), Value::Parser(choice.parser));
                        object.entries.insert(DictKey::Str(name.clone()), entry);
                    }
                }
                Some(Value::Dict(self.heap.new_dict(object)))
            }
            _ => None,
        }
    }

    /// A parser's actions; the `--help` that argparse adds by itself comes first.
    fn actions_of(&mut self, parser: ParserId) -> Vec<ActionId> {
        let object = self.model.parser(parser);
        let own: Vec<ActionId> = object.entries.iter().map(|entry| entry.action).collect();
        if !object.add_help {
            return own;
        }
        let help = self.model.free_action(ActionObj::help());
        [help].into_iter().chain(own).collect()
    }

    /// The two groups that every parser has have no title of the script's making.
    fn untitled_group(&mut self, parser: ParserId) -> GroupId {
        self.model.new_group(GroupObj::new(parser, None))
    }

    fn action_groups(&mut self, parser: ParserId) -> Value {
        let mut groups: Vec<Value> = (0..2)
            .map(|_| Value::Group(self.untitled_group(parser)))
            .collect();
        let titled = self.model.groups.iter().enumerate();
        groups.extend(
            titled
                .filter(|(_, group)| group.parser == parser && group.title.is_some())
                .map(|(at, _)| Value::Group(GroupId(at))),
        );
        Value::List(self.heap.new_list(groups))
    }
}

impl ActionObj {
    /// The `--help` that argparse adds to a parser by itself.
    pub(crate) fn help() -> Self {
        Self {
            dest: Rc::from("help"),
            flags: vec![Rc::from("-h"), Rc::from("--help")],
            positional: false,
            type_fn: Value::None,
            default: Value::str(crate::value::SUPPRESS),
            choices: Value::None,
            nargs: Value::Int(0),
            required: Value::Bool(false),
            action: Value::str("help"),
            const_value: Value::None,
            metavar: Value::None,
            help: Value::str("show this help message and exit"),
            line: 1,
            conditional: None,
        }
    }
}
