//! Parsers that `simple_parsing` and `tyro` make from dataclasses and functions.

use std::rc::Rc;

use super::machine::Interp;
use super::parsers::Site;
use super::shape::{Shape, annotated, base_name};
use crate::heap::FieldObj;
use crate::model::objects::{ActionObj, Certainty, GroupObj, ParserKind, ParserObj};
use crate::value::{Args, ClassId, FuncId, GroupId, ParserId, Value};

/// Dataclasses inside each other.
const MAX_NESTING: u32 = 5;

/// How a library names and writes what it makes of a field.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Simple,
    Tyro { underscores: bool, flags: bool },
}

/// Where the fields of a dataclass go.
struct Place<'p> {
    parser: ParserId,
    style: Style,
    /// Of the flags, with the dot.
    prefix: &'p str,
    /// Of the attributes, with the dot.
    dest: &'p str,
    depth: u32,
}

impl<'a> Interp<'a> {
    /// `parser.add_arguments(Class, dest)` of `simple_parsing`; the arguments are made when the parser parses.
    pub(crate) fn add_dataclass(&mut self, parser: ParserId, args: &Args) {
        let (Some(class), Some(Value::Str(dest))) =
            (args.get(0, "dataclass").cloned(), args.get(1, "dest"))
        else {
            return;
        };
        let given = args.get(3, "default").cloned();
        let pending = (class, dest.clone(), given, self.call_line);
        self.model.parser_mut(parser).pending.push(pending);
    }

    /// Makes the arguments of the dataclasses that were added.
    pub(crate) fn flush_dataclasses(&mut self, parser: ParserId) {
        let pending = std::mem::take(&mut self.model.parser_mut(parser).pending);
        let mut names: Vec<Rc<str>> = Vec::new();
        let mut clash = false;
        for (class, ..) in &pending {
            if let Value::Class(class) = class {
                for field in &self.heap.classes[class.0].fields {
                    clash |= names.contains(&field.name);
                    names.push(field.name.clone());
                }
            }
        }
        for (class, dest, given, line) in pending {
            let (class, given) = match class {
                Value::Instance(id) => (Value::Class(self.heap.instances[id.0].class), Some(class)),
                class => (class, given),
            };
            let Value::Class(class) = class else {
                let text = crate::model::literal::describe(&self.heap, &class);
                self.missing_fields(line, &text);
                continue;
            };
            let path = format!("{dest}.");
            let place = Place {
                parser,
                style: Style::Simple,
                prefix: if clash { &path } else { "" },
                dest: &path,
                depth: 0,
            };
            self.class_arguments(&place, class, given.as_ref());
        }
    }

    /// `simple_parsing.parse(Class)`.
    pub(crate) fn simple_parse(&mut self, args: &Args, line: u32, text: &str) -> Value {
        let mut object = ParserObj::new(Certainty::Made);
        object.kind = ParserKind::Simple;
        let parser = self.model.new_parser(object);
        let class = args.get(0, "config_class").cloned().unwrap_or(Value::None);
        let dest = match args.keyword("dest") {
            Some(Value::Str(dest)) => dest.clone(),
            _ => Rc::from("config"),
        };
        let given = args.keyword("default").cloned();
        let pending = (class, dest, given, line);
        self.model.parser_mut(parser).pending.push(pending);
        self.library_parse(parser, args, line, text)
    }

    /// `tyro.cli(Class)` or `tyro.cli(function)`.
    pub(crate) fn tyro_cli(&mut self, args: &Args, line: u32, text: &str) -> Value {
        let mut target = args.get(0, "f").cloned().unwrap_or(Value::None);
        let mut flags = true;
        while let Value::Generic(generic) = &target {
            flags &= base_name(&generic.0) != "FlagConversionOff";
            let inner = generic.1.first().cloned().unwrap_or(Value::None);
            target = inner;
        }
        let parser = self.model.new_parser(ParserObj::new(Certainty::Made));
        let underscores = args
            .keyword("use_underscores")
            .is_some_and(|value| self.truth(value) == Some(true));
        let place = Place {
            parser,
            style: Style::Tyro { underscores, flags },
            prefix: "",
            dest: "",
            depth: 0,
        };
        let given = args.keyword("default").cloned();
        match target {
            Value::Class(class) => self.class_arguments(&place, class, given.as_ref()),
            Value::Func(func) => {
                let fields = self.parameter_fields(func);
                self.field_arguments(&place, None, fields, None);
            }
            other => {
                let text = crate::model::literal::describe(&self.heap, &other);
                self.missing_fields(line, &text);
            }
        }
        self.library_parse(parser, args, line, text)
    }

    /// Parses the command line, unless `args=` is given.
    fn library_parse(&mut self, parser: ParserId, args: &Args, line: u32, text: &str) -> Value {
        let given = args.keyword("args").cloned();
        let args = Args {
            kw: given
                .map(|given| (Rc::from("args"), given))
                .into_iter()
                .collect(),
            ..Args::default()
        };
        self.parse(parser, false, &Site { args, line, text })
    }

    /// A function's annotated parameters as fields.
    fn parameter_fields(&mut self, func: FuncId) -> Vec<FieldObj<'a>> {
        let func = self.heap.funcs[func.0].clone();
        let Some(parameters) = func.parameters else {
            return Vec::new();
        };
        let mut fields = Vec::new();
        for parameter in parameters.iter_non_variadic_params() {
            let name: Rc<str> = Rc::from(parameter.name().as_str());
            let Some(annotation) = parameter.parameter.annotation.as_deref() else {
                self.missing_fields(0, &name);
                continue;
            };
            let default = func.defaults.iter().find(|(known, _)| *known == name);
            let line = self.modules[func.module.0]
                .source
                .line_of(ruff_text_size::Ranged::start(parameter));
            fields.push(FieldObj {
                default: default.map(|(_, value)| value.clone()),
                name,
                annotation,
                module: func.module,
                scope: func.scope,
                factory: None,
                options: Rc::default(),
                doc: None,
                line,
            });
        }
        fields
    }

    fn class_arguments(&mut self, place: &Place<'_>, class: ClassId, given: Option<&Value>) {
        if place.depth >= MAX_NESTING {
            return;
        }
        if let Some(base) = self.outside_base(class) {
            self.missing_fields(0, &base);
        }
        let title = match place.style {
            Style::Simple => Some(format!(
                "{} ['{}']",
                self.heap.classes[class.0].name,
                place.dest.trim_end_matches('.')
            )),
            Style::Tyro { .. } if place.prefix.is_empty() => None,
            Style::Tyro { .. } => Some(format!("{} options", place.prefix.trim_end_matches('.'))),
        };
        let group = title.map(|title| {
            let mut group = GroupObj::new(place.parser, None);
            group.title = Some(Rc::from(title));
            self.model.new_group(group)
        });
        let fields = self.heap.classes[class.0].fields.clone();
        self.field_arguments(place, group, fields, given);
    }

    /// Plain fields first, then the dataclasses inside.
    fn field_arguments(
        &mut self,
        place: &Place<'_>,
        group: Option<GroupId>,
        fields: Vec<FieldObj<'a>>,
        given: Option<&Value>,
    ) {
        let mut nested = Vec::new();
        for mut field in fields {
            if field.option("init") == Some(&Value::Bool(false)) {
                continue;
            }
            let annotation = self.annotation(&field);
            let (ty, notes) = annotated(annotation);
            if let Some(Value::FieldSpec(options)) = notes.first() {
                field.options = options.clone();
            }
            if let Some(value) = given.and_then(|given| self.get_attr(given, &field.name)) {
                field.default = Some(value);
            }
            match self.shape(&ty) {
                (Shape::Record(class), _) => nested.push((field, class)),
                (shape, optional) => self.field_argument(place, group, &field, &shape, optional),
            }
        }
        for (field, class) in nested {
            let given = match (&field.default, &field.factory) {
                (Some(value), _) => Some(value.clone()),
                (None, Some(factory)) => Some(self.call(&factory.clone(), Args::default())),
                (None, None) => None,
            };
            let flag = flag_name(place.style, &field.name);
            let prefix = match place.style {
                Style::Simple => place.prefix.to_owned(),
                Style::Tyro { .. } => format!("{}{flag}.", place.prefix),
            };
            let inner = Place {
                prefix: &prefix,
                dest: &format!("{}{}.", place.dest, field.name),
                depth: place.depth + 1,
                ..*place
            };
            self.class_arguments(&inner, class, given.as_ref());
        }
    }

    fn field_argument(
        &mut self,
        place: &Place<'_>,
        group: Option<GroupId>,
        field: &FieldObj<'a>,
        shape: &Shape,
        optional: bool,
    ) {
        let default = match (&field.default, &field.factory) {
            (Some(default), _) => Some(default.clone()),
            (None, Some(factory)) => Some(self.call(&factory.clone(), Args::default())),
            (None, None) => None,
        };
        let name = match field.option("name") {
            Some(Value::Str(name)) => name.to_string(),
            _ => flag_name(place.style, &field.name),
        };
        let mut flags: Vec<Rc<str>> = vec![Rc::from(format!("--{}{name}", place.prefix))];
        if place.style == Style::Simple && name.chars().count() == 1 {
            flags.insert(0, Rc::from(format!("-{name}")));
        }
        for key in ["alias", "aliases"] {
            match field.option(key).cloned() {
                Some(Value::Str(alias)) => flags.push(alias),
                Some(list) => {
                    for alias in self.items_of(&list).unwrap_or_default() {
                        if let Value::Str(alias) = alias {
                            flags.push(alias);
                        }
                    }
                }
                None => {}
            }
        }
        let help = match field.option("help") {
            Some(help) => help.clone(),
            None => field.doc.clone().map_or(Value::None, Value::Str),
        };
        let mut action = ActionObj {
            dest: Rc::from(format!("{}{}", place.dest, field.name)),
            flags,
            default: default.clone().unwrap_or(Value::None),
            required: Value::Bool(default.is_none() && !(optional && place.style == Style::Simple)),
            nargs: Value::None,
            action: Value::str("store"),
            help,
            line: field.line,
            conditional: self.condition(),
            ..ActionObj::help()
        };
        self.shape_action(place, &name, shape, optional, &mut action);
        if let Some(choices) = field.option("choices") {
            action.choices = choices.clone();
        }
        self.model.add_action(place.parser, group, action);
    }

    fn shape_action(
        &mut self,
        place: &Place<'_>,
        name: &str,
        shape: &Shape,
        optional: bool,
        action: &mut ActionObj,
    ) {
        let boolean = Value::Extern(Rc::from("argparse.BooleanOptionalAction"));
        let required = action.required == Value::Bool(true);
        if place.style == Style::Simple && optional && !matches!(shape, Shape::Bool) {
            action.nargs = Value::str("?");
        }
        match (shape, place.style) {
            (Shape::Bool, Style::Simple) => {
                action
                    .flags
                    .push(Rc::from(format!("--{}no{name}", place.prefix)));
                action.action = boolean;
                action.nargs = Value::str("?");
                action.type_fn = Value::Extern(Rc::from("simple_parsing.str2bool"));
                action.metavar = Value::str("bool");
            }
            (Shape::Bool, Style::Tyro { flags: true, .. }) if !required && !optional => {
                action
                    .flags
                    .push(Rc::from(format!("--{}no-{name}", place.prefix)));
                action.action = boolean;
            }
            (Shape::Bool, Style::Tyro { .. }) => {
                let words = if optional {
                    &["None", "True", "False"][..]
                } else {
                    &["True", "False"]
                };
                action.choices = Value::tuple(words.iter().map(Value::str).collect());
                if let Value::Bool(value) = action.default {
                    action.default = Value::str(if value { "True" } else { "False" });
                }
            }
            (Shape::Scalar(ty), _) => action.type_fn = ty.clone(),
            (Shape::Unknown(ty), _) => {
                action.type_fn = Value::unknown(crate::model::literal::describe(&self.heap, ty));
            }
            (Shape::Choice(choices), _) => {
                action.choices = Value::tuple(choices.clone());
                if choices.iter().all(|choice| matches!(choice, Value::Int(_))) {
                    action.type_fn = Value::builtin("int");
                }
            }
            (Shape::Enum(class), _) => {
                let names = self.enum_members(*class);
                let names = names
                    .into_iter()
                    .map(|(name, _)| Value::Str(name))
                    .collect();
                action.choices = Value::tuple(names);
                if let Value::Member(member) = &action.default {
                    action.default = Value::Str(member.name.clone());
                }
            }
            (Shape::List(item), _) => {
                action.nargs = Value::str("*");
                self.item_action(place, name, item, action);
            }
            (Shape::Tuple(items), _) => {
                action.nargs = Value::Int(i128::try_from(items.len()).unwrap_or(0));
                if let Some(first) = items.first() {
                    self.item_action(place, name, first, action);
                }
            }
            (Shape::Dict, Style::Simple) => {}
            (Shape::Dict, _) => action.nargs = Value::str("*"),
            (Shape::Record(_), _) => {}
        }
    }

    /// Type and choices of the items of a list.
    fn item_action(&mut self, place: &Place<'_>, name: &str, item: &Shape, action: &mut ActionObj) {
        let mut inner = action.clone();
        if !matches!(item, Shape::Bool | Shape::List(_) | Shape::Tuple(_)) {
            self.shape_action(place, name, item, false, &mut inner);
            action.type_fn = inner.type_fn;
            action.choices = inner.choices;
        }
    }
}

/// `tyro` writes dashes for underscores, but not for those that lead.
fn flag_name(style: Style, name: &str) -> String {
    match style {
        Style::Tyro {
            underscores: false, ..
        } => {
            let rest = name.trim_start_matches('_');
            format!(
                "{}{}",
                &name[..name.len() - rest.len()],
                rest.replace('_', "-")
            )
        }
        _ => name.to_owned(),
    }
}
