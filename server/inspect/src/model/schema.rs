//! A parser as a `ParserSchema`.

use std::rc::Rc;

use domain::schema::{
    Action, Argument, Decided, ExclusiveGroup, Literal, Nargs, ParserSchema, SubcommandChoice,
    Subcommands,
};

use crate::heap::{ClassKind, Heap};
use crate::model::action::is_boolean_optional;
use crate::model::literal::{callable_name, describe, literal, text, type_name};
use crate::model::objects::{ActionObj, Model};
use crate::value::{GroupId, ParserId, Value};

/// The schema of a parser as it stands now.
pub(crate) fn parser_schema(heap: &Heap<'_>, model: &Model, parser: ParserId) -> ParserSchema {
    let mut builder = Builder {
        heap,
        model,
        out: ParserSchema::default(),
        depth: 0,
    };
    builder.add_parser(parser, &[]);
    let object = model.parser(parser);
    let dests: Vec<String> = builder
        .out
        .args
        .iter()
        .map(|argument| argument.dest.clone())
        .collect();
    let mut out = builder.out;
    out.set_defaults = object
        .defaults
        .iter()
        .filter(|(dest, _)| !dests.iter().any(|known| **known == ***dest))
        .map(|(dest, value)| (dest.to_string(), literal(heap, value)))
        .collect();
    out.description = object.description.as_str().map(str::to_owned);
    out.fromfile_prefix_chars = object.fromfile_prefix_chars.as_deref().map(str::to_owned);
    out.prefix_chars = (&*object.prefix_chars != "-").then(|| object.prefix_chars.to_string());
    out
}

struct Builder<'b, 'a> {
    heap: &'b Heap<'a>,
    model: &'b Model,
    out: ParserSchema,
    depth: u32,
}

impl Builder<'_, '_> {
    fn add_parser(&mut self, parser: ParserId, path: &[String]) {
        if self.depth > 8 {
            return;
        }
        let mut exclusive: Vec<(GroupId, String)> = Vec::new();
        for entry in &self.model.parser(parser).entries {
            let mut argument = self.argument(&self.model.actions[entry.action.0]);
            argument.group = self
                .model
                .title_of(entry.group)
                .map(|title| title.to_string());
            argument.mx = self
                .model
                .exclusive_of(entry.group)
                .map(|group| self.exclusive_id(&mut exclusive, group));
            argument.subcommand = path.to_vec();
            self.out.args.push(argument);
        }
        for subs in self.model.parser(parser).subs.clone() {
            let subs = &self.model.subs[subs.0];
            let choice = |choice: &crate::model::objects::ChoiceObj| SubcommandChoice {
                name: choice.name.to_string(),
                aliases: choice.aliases.iter().map(ToString::to_string).collect(),
                help: choice.help.as_str().map(str::to_owned),
            };
            self.out.subcommands.push(Subcommands {
                dest: subs
                    .dest
                    .as_str()
                    .filter(|dest| *dest != crate::value::SUPPRESS)
                    .map(str::to_owned),
                required: subs.required == Value::Bool(true),
                at: path.to_vec(),
                choices: subs.choices.iter().map(choice).collect(),
            });
            self.depth += 1;
            for choice in &subs.choices {
                let inner: Vec<String> = path
                    .iter()
                    .cloned()
                    .chain([choice.name.to_string()])
                    .collect();
                self.add_parser(choice.parser, &inner);
            }
            self.depth -= 1;
        }
    }

    fn exclusive_id(&mut self, seen: &mut Vec<(GroupId, String)>, group: GroupId) -> String {
        if let Some((_, id)) = seen.iter().find(|(known, _)| *known == group) {
            return id.clone();
        }
        let id = format!("g{}", self.out.exclusive_groups.len() + 1);
        let required = self.model.groups[group.0].exclusive == Some(true);
        self.out.exclusive_groups.push(ExclusiveGroup {
            id: id.clone(),
            required,
        });
        seen.push((group, id.clone()));
        id
    }

    fn argument(&self, action: &ActionObj) -> Argument {
        Argument {
            dest: action.dest.to_string(),
            flags: action.flags.iter().map(ToString::to_string).collect(),
            positional: action.positional,
            type_name: type_name(self.heap, &action.type_fn),
            default: literal(self.heap, &action.default),
            choices: self.choices(&action.choices),
            nargs: self.nargs(&action.nargs),
            required: self.flag(&action.required),
            action: self.action(&action.action),
            const_value: literal(self.heap, &action.const_value),
            metavar: literal(self.heap, &action.metavar),
            help: text(self.heap, &action.help),
            line: action.line,
            conditional: action
                .conditional
                .as_ref()
                .map(|condition: &Rc<str>| condition.to_string()),
            ..Argument::default()
        }
    }

    fn choices(&self, value: &Value) -> Decided<Option<Vec<Literal>>> {
        let items: Vec<Literal> = match value {
            Value::None => return Decided::Known(None),
            Value::Dict(id) => match &self.heap.dict(*id).unknown {
                Some(text) => return Decided::Expr(text.to_string()),
                None => self
                    .heap
                    .dict(*id)
                    .entries
                    .values()
                    .map(|(key, _)| literal(self.heap, key))
                    .collect(),
            },
            Value::Str(text) => text.chars().map(|c| Literal::Text(c.to_string())).collect(),
            Value::Class(id) if self.heap.classes[id.0].kind != ClassKind::Plain => {
                let vars = &self.heap.spaces[self.heap.classes[id.0].space.0].vars;
                vars.values()
                    .filter(|value| matches!(value, Value::Member(_)))
                    .map(|v| literal(self.heap, v))
                    .collect()
            }
            other => match literal(self.heap, other) {
                Literal::List(items) | Literal::Set(items) => items,
                _ => return Decided::Expr(describe(self.heap, other)),
            },
        };
        Decided::Known(Some(items))
    }

    fn nargs(&self, value: &Value) -> Decided<Option<Nargs>> {
        let known = match value {
            Value::None => return Decided::Known(None),
            Value::Int(count) => u32::try_from(*count).ok().map(Nargs::Count),
            Value::Str(symbol) => Nargs::from_symbol(symbol),
            _ => None,
        };
        known.map_or_else(
            || Decided::Expr(describe(self.heap, value)),
            |nargs| Decided::Known(Some(nargs)),
        )
    }

    fn flag(&self, value: &Value) -> Decided<bool> {
        match value {
            Value::None => Decided::Known(false),
            Value::Bool(_) | Value::Int(_) => Decided::Known(value.as_int() != Some(0)),
            other => Decided::Expr(describe(self.heap, other)),
        }
    }

    fn action(&self, value: &Value) -> Decided<Action> {
        match value {
            Value::Str(name) => Decided::Known(Action::from_name(name)),
            value if is_boolean_optional(value) => Decided::Known(Action::BooleanOptional),
            value => callable_name(self.heap, value).map_or_else(
                || Decided::Expr(describe(self.heap, value)),
                |name| Decided::Known(Action::Custom(name)),
            ),
        }
    }
}
