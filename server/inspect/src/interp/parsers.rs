//! Methods of parsers, groups and sub-command sets.

use std::rc::Rc;

use super::machine::{Interp, ParseCall, Reads};
use crate::model::action;
use crate::model::literal::describe;
use crate::model::objects::{Certainty, ChoiceObj, GroupObj, ParserKind, ParserObj, SubsObj};
use crate::model::schema::parser_schema;
use crate::value::{Args, GroupId, ParserId, SUPPRESS, SubsId, Value};

/// The library of a parser class, by its dotted name.
pub(crate) fn parser_kind(name: &str) -> Option<ParserKind> {
    let (module, class) = name.rsplit_once('.')?;
    match (module.split('.').next()?, class) {
        ("argparse", "ArgumentParser")
        | ("configargparse", "ArgumentParser" | "ArgParser" | "Parser") => {
            Some(ParserKind::Argparse)
        }
        ("transformers", "HfArgumentParser") | ("trl", "TrlParser") => Some(ParserKind::Hf),
        ("simple_parsing", "ArgumentParser") => Some(ParserKind::Simple),
        _ => None,
    }
}

/// True for the dotted names of parser classes that behave as argparse's.
pub(crate) fn is_parser_class(name: &str) -> bool {
    parser_kind(name).is_some()
}

/// True for the dotted names of argparse's group classes.
pub(crate) fn is_group_class(name: &str) -> bool {
    matches!(
        name,
        "argparse._ArgumentGroup"
            | "argparse._MutuallyExclusiveGroup"
            | "argparse._ActionsContainer"
    )
}

/// True for the methods that a parser, a group or a sub-command set has.
pub(crate) fn is_method(name: &str) -> bool {
    is_telling_method(name)
        || matches!(
            name,
            "__init__"
                | "_add_action"
                | "add"
                | "add_arg"
                | "add_arguments"
                | "add_parser"
                | "parse"
                | "parse_known"
                | "parse_intermixed_args"
                | "parse_known_intermixed_args"
                | "get_default"
                | "register"
                | "print_help"
                | "print_usage"
                | "format_help"
                | "format_usage"
                | "error"
                | "exit"
        )
}

/// True for the methods by which something unknown shows that it is a parser.
fn is_telling_method(name: &str) -> bool {
    matches!(
        name,
        "add_argument"
            | "add_argument_group"
            | "add_mutually_exclusive_group"
            | "add_subparsers"
            | "parse_args"
            | "parse_known_args"
            | "parse_args_into_dataclasses"
            | "parse_args_and_config"
            | "set_defaults"
    )
}

/// Steps left once the command line is read: enough for a second parser, too few to follow the work itself.
const FUEL_AFTER_PARSING: u32 = 50_000;

/// Where a method call stands.
pub(crate) struct Site<'c> {
    pub(crate) args: Args,
    pub(crate) line: u32,
    pub(crate) text: &'c str,
}

impl Interp<'_> {
    /// `argparse.ArgumentParser(…)`.
    pub(crate) fn new_parser(&mut self, kind: ParserKind, args: &Args) -> Value {
        let mut object = ParserObj::new(Certainty::Made);
        object.kind = kind;
        let parser = self.model.new_parser(object);
        self.init_parser(parser, args);
        Value::Parser(parser)
    }

    /// `ArgumentParser.__init__` on a parser that exists.
    pub(crate) fn init_parser(&mut self, id: ParserId, args: &Args) {
        if self.model.parser(id).kind == ParserKind::Hf {
            let mut plain = args.clone();
            plain.pos.clear();
            self.init_argparse(id, &plain);
            self.init_hf(id, args);
        } else {
            self.init_argparse(id, args);
        }
    }

    fn init_argparse(&mut self, id: ParserId, args: &Args) {
        let parser = self.model.parser_mut(id);
        if let Some(Value::Str(chars)) = args.get(6, "prefix_chars") {
            parser.prefix_chars = chars.clone();
        }
        if let Some(Value::Str(chars)) = args.get(7, "fromfile_prefix_chars") {
            parser.fromfile_prefix_chars = Some(chars.clone());
        }
        if let Some(value) = args.get(8, "argument_default") {
            parser.argument_default = value.clone();
        }
        if let Some(Value::Bool(add_help)) = args.get(10, "add_help") {
            parser.add_help = *add_help;
        }
        parser.resolve = args.get(9, "conflict_handler").and_then(Value::as_str) == Some("resolve");
        if let Some(value) = args.get(2, "description") {
            parser.description = value.clone();
        }
        let Some(parents) = args.get(4, "parents").cloned() else {
            return;
        };
        let Some(parents) = self.items_of(&parents) else {
            let text = describe(&self.heap, &parents);
            self.warn(
                0,
                format!("the arguments of the parents `{text}` cannot be read here"),
            );
            return;
        };
        for parent in parents {
            match self.as_receiver(&parent) {
                Some(Value::Parser(parent)) => self.model.adopt(id, parent),
                _ => match self.foreign_parser(&parent) {
                    Some(parent) if !self.model.is_empty(parent) => self.model.adopt(id, parent),
                    _ => {
                        let text = describe(&self.heap, &parent);
                        self.warn(
                            0,
                            format!("the arguments of the parent `{text}` cannot be read here"),
                        );
                    }
                },
            }
        }
    }

    /// A method of a parser, a group, a sub-command set, or of something unknown that may be a parser.
    pub(crate) fn parser_method(
        &mut self,
        receiver: &Value,
        name: &str,
        args: Args,
        line: u32,
        text: &str,
    ) -> Value {
        let site = Site { args, line, text };
        match receiver {
            Value::Parser(id) => self.on_parser(*id, None, name, site),
            Value::Group(id) => {
                let parser = self.model.groups[id.0].parser;
                self.on_parser(parser, Some(*id), name, site)
            }
            Value::Subparsers(id) if name == "add_parser" => self.add_parser(*id, site),
            Value::Unknown(_) if is_telling_method(name) => match self.foreign_parser(receiver) {
                Some(id) => self.on_parser(id, None, name, site),
                None => Value::unknown(text),
            },
            _ => Value::unknown(text),
        }
    }

    /// The parser that an unknown value stands for.
    fn foreign_parser(&mut self, value: &Value) -> Option<ParserId> {
        let Value::Unknown(text) = value else {
            return None;
        };
        let dotted = text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let known = self
            .foreign
            .iter()
            .find(|(known, _)| Rc::ptr_eq(known, text) || (dotted && known == text));
        if let Some((_, parser)) = known {
            return Some(*parser);
        }
        let parser = self.model.new_parser(ParserObj::new(Certainty::Foreign));
        self.foreign.push((text.clone(), parser));
        Some(parser)
    }

    fn on_parser(
        &mut self,
        id: ParserId,
        group: Option<GroupId>,
        name: &str,
        site: Site<'_>,
    ) -> Value {
        match name {
            "__init__" => {
                match group {
                    None => self.init_parser(id, &site.args),
                    Some(group) => self.init_group(group, &site.args),
                }
                Value::None
            }
            "_add_action" => match site.args.pos.first().and_then(|v| self.action_object(v)) {
                Some(mut action) => {
                    action.conditional = self.condition();
                    Value::Action(self.model.add_action(id, group, action))
                }
                None => Value::unknown(site.text),
            },
            "add_argument" | "add" | "add_arg" => self.add_argument(id, group, &site),
            "add_argument_group" => {
                let title = match site.args.get(0, "title") {
                    Some(Value::Str(title)) => Some(title.clone()),
                    None | Some(Value::None) => None,
                    Some(other) => Some(Rc::from(describe(&self.heap, other))),
                };
                let mut group = GroupObj::new(id, group);
                group.title = title;
                Value::Group(self.model.new_group(group))
            }
            "add_mutually_exclusive_group" => {
                let required = site
                    .args
                    .get(0, "required")
                    .is_some_and(|value| self.truth(value) == Some(true));
                let mut group = GroupObj::new(id, group);
                group.exclusive = Some(required);
                Value::Group(self.model.new_group(group))
            }
            "add_subparsers" => {
                let subs = SubsObj {
                    dest: site.args.keyword("dest").cloned().unwrap_or(Value::None),
                    required: site
                        .args
                        .keyword("required")
                        .cloned()
                        .unwrap_or(Value::Bool(false)),
                    choices: Vec::new(),
                    parser_class: match site.args.keyword("parser_class") {
                        Some(Value::Class(class)) => Some(*class),
                        Some(_) => None,
                        None => {
                            let instance = self.model.parser(id).instance;
                            instance.map(|id| self.heap.instances[id.0].class)
                        }
                    },
                };
                Value::Subparsers(self.model.new_subs(id, subs))
            }
            "set_defaults" => {
                self.set_defaults(id, &site);
                Value::None
            }
            "get_default" => self.get_default(id, &site),
            "register" => {
                if let [Value::Str(kind), Value::Str(name), value] = site.args.pos.as_slice() {
                    let entry = (kind.clone(), name.clone(), value.clone());
                    self.model.parser_mut(id).registered.push(entry);
                }
                Value::None
            }
            "add_arguments" if self.model.parser(id).kind == ParserKind::Simple => {
                self.add_dataclass(id, &site.args);
                Value::None
            }
            "parse_args_into_dataclasses" | "parse_args_and_config" => self.parse(id, false, &site),
            "parse_args" | "parse_intermixed_args" => self.parse(id, false, &site),
            "parse_known_args" | "parse_known_intermixed_args" => {
                self.parse(id, true, &site);
                Value::tuple(vec![Value::unknown(site.text), Value::unknown(site.text)])
            }
            "exit" | "error" => {
                self.exiting = true;
                Value::None
            }
            "print_help" | "print_usage" => Value::None,
            _ => Value::unknown(site.text),
        }
    }

    fn init_group(&mut self, group: GroupId, args: &Args) {
        let exclusive = self.model.groups[group.0].exclusive.is_some();
        match args.get(1, if exclusive { "required" } else { "title" }) {
            Some(Value::Str(title)) => self.model.groups[group.0].title = Some(title.clone()),
            Some(value) if exclusive => {
                let required = self.truth(value) == Some(true);
                self.model.groups[group.0].exclusive = Some(required);
            }
            _ => {}
        }
    }

    pub(crate) fn add_argument(
        &mut self,
        parser: ParserId,
        group: Option<GroupId>,
        site: &Site<'_>,
    ) -> Value {
        match action::build(self.model.parser(parser), &site.args, site.line) {
            Ok(mut action) => {
                if let Value::Class(class) = action.action {
                    self.init_action(class, &mut action, &site.args);
                }
                action.conditional = self.condition();
                self.place_action(parser, group, action)
            }
            Err(why) => {
                let reason = if why == "no name" {
                    "it has no name".to_owned()
                } else {
                    format!("its name depends on `{why}`")
                };
                self.warn(
                    site.line,
                    format!(
                        "an argument cannot be read here, because {reason}: `{}`",
                        site.text
                    ),
                );
                Value::unknown(site.text)
            }
        }
    }

    fn set_defaults(&mut self, parser: ParserId, site: &Site<'_>) {
        if let Some(text) = &site.args.open_kw {
            self.warn(
                site.line,
                format!("defaults may be changed by `{text}`, which cannot be read here"),
            );
            self.forget_defaults(parser, text);
        }
        for (dest, value) in &site.args.kw {
            let value = self.under_condition(value.clone());
            self.model.set_default(parser, dest, value);
        }
    }

    /// Any default may have been replaced.
    fn forget_defaults(&mut self, parser: ParserId, text: &Rc<str>) {
        for entry in self.model.parser(parser).entries.clone() {
            self.model.actions[entry.action.0].default = Value::Unknown(text.clone());
        }
    }

    fn get_default(&self, parser: ParserId, site: &Site<'_>) -> Value {
        let Some(dest) = site.args.get(0, "dest").and_then(Value::as_str) else {
            return Value::unknown(site.text);
        };
        let parser = self.model.parser(parser);
        let of_action = parser
            .entries
            .iter()
            .map(|entry| &self.model.actions[entry.action.0])
            .find(|action| &*action.dest == dest && action.default != Value::None);
        of_action.map_or_else(
            || parser.defaults.get(dest).cloned().unwrap_or(Value::None),
            |action| action.default.clone(),
        )
    }

    fn add_parser(&mut self, subs: SubsId, site: Site<'_>) -> Value {
        let Some(Value::Str(name)) = site.args.get(0, "name").cloned() else {
            self.warn(
                site.line,
                format!("a sub-command cannot be read here: `{}`", site.text),
            );
            let parser = self.model.new_parser(ParserObj::new(Certainty::Made));
            self.model.parser_mut(parser).is_part = true;
            return Value::Parser(parser);
        };
        let aliases = site
            .args
            .keyword("aliases")
            .and_then(|aliases| self.items_of(aliases))
            .unwrap_or_default();
        let aliases = aliases
            .iter()
            .filter_map(|alias| {
                if let Value::Str(alias) = alias {
                    Some(alias.clone())
                } else {
                    None
                }
            })
            .collect();
        let help = site
            .args
            .keyword("help")
            .cloned()
            .filter(|help| help.as_str() != Some(SUPPRESS));
        let mut args = site.args;
        args.pos.clear();
        let (value, parser) = self.sub_parser(subs, args, site.line, site.text);
        self.model.parser_mut(parser).is_part = true;
        let choices = &mut self.model.subs[subs.0].choices;
        choices.retain(|choice| choice.name != name);
        choices.push(ChoiceObj {
            name,
            aliases,
            help: help.unwrap_or(Value::None),
            parser,
        });
        value
    }

    /// The parser of a sub-command, of the class that the set makes them of.
    fn sub_parser(
        &mut self,
        subs: SubsId,
        mut args: Args,
        line: u32,
        text: &str,
    ) -> (Value, ParserId) {
        if let Some(class) = self.model.subs[subs.0].parser_class {
            args.kw
                .retain(|(name, _)| !matches!(&**name, "help" | "aliases"));
            let value = self.instantiate(class, args.clone(), line, text);
            if let Some(Value::Parser(parser)) = self.as_receiver(&value) {
                return (value, parser);
            }
        }
        let parser = self.model.new_parser(ParserObj::new(Certainty::Made));
        self.init_parser(parser, &args);
        (Value::Parser(parser), parser)
    }

    pub(crate) fn parse(&mut self, parser: ParserId, partial: bool, site: &Site<'_>) -> Value {
        self.flush_dataclasses(parser);
        let reads = match site.args.get(0, "args") {
            None if site.args.is_closed() => Reads::CommandLine,
            Some(Value::None | Value::Argv) => Reads::CommandLine,
            Some(Value::Unknown(text)) if text.contains("argv") => Reads::CommandLine,
            None | Some(Value::Unknown(_)) => Reads::Undecided,
            Some(_) => Reads::Fixed,
        };
        if self.model.parser(parser).certainty == Certainty::Foreign && !self.model.is_empty(parser)
        {
            self.model.parser_mut(parser).certainty = Certainty::Confirmed;
            let from = self
                .foreign
                .iter()
                .find(|(_, id)| *id == parser)
                .map(|(text, _)| text.clone());
            if let Some(from) = from {
                self.warn(
                    site.line,
                    format!(
                        "the parser comes from `{from}`, whose own arguments cannot be read here"
                    ),
                );
            }
        }
        let certain = self.model.parser(parser).certainty == Certainty::Made;
        if certain || !self.model.is_empty(parser) {
            let schema = parser_schema(&self.heap, &self.model, parser);
            let warnings = self.warnings.len();
            self.parses.push(ParseCall {
                parser,
                reads,
                partial,
                warnings,
                schema,
            });
            if reads == Reads::CommandLine && !partial {
                self.fuel = self.fuel.min(FUEL_AFTER_PARSING);
            }
        }
        Value::unknown(site.text)
    }
}
