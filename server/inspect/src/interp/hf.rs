//! `HfArgumentParser`: one argument for each field of a dataclass.

use std::rc::Rc;

use super::machine::Interp;
use super::parsers::Site;
use super::shape::{annotated, base_name, is_none, literal_parts, union_parts};
use crate::heap::FieldObj;
use crate::model::objects::GroupObj;
use crate::value::{Args, GroupId, ParserId, Value};

impl<'a> Interp<'a> {
    /// Warns of a dataclass that is out of reach.
    pub(crate) fn missing_fields(&mut self, line: u32, what: &str) {
        self.warn(
            line,
            format!(
                "the fields of `{what}` cannot be read here; `--probe` asks the script's own parser"
            ),
        );
    }

    /// `HfArgumentParser(dataclasses)`: one argument for each field of each dataclass.
    pub(crate) fn init_hf(&mut self, parser: ParserId, args: &Args) {
        let types = args.get(0, "dataclass_types").cloned();
        let Some(types) = types else { return };
        let line = self.call_line;
        let classes = match &types {
            Value::Class(_) | Value::Extern(_) => vec![types.clone()],
            Value::None => Vec::new(),
            other => self.items_of(other).unwrap_or_else(|| vec![types.clone()]),
        };
        for class in classes {
            let Value::Class(class) = class else {
                let text = crate::model::literal::describe(&self.heap, &class);
                self.missing_fields(line, &text);
                continue;
            };
            if let Some(base) = self.outside_base(class) {
                self.missing_fields(line, &base);
            }
            let group = match self.class_lookup(class, "_argument_group_name") {
                Some(Value::Str(title)) => {
                    let mut group = GroupObj::new(parser, None);
                    group.title = Some(title);
                    Some(self.model.new_group(group))
                }
                _ => None,
            };
            for field in self.heap.classes[class.0].fields.clone() {
                if field.option("init") != Some(&Value::Bool(false)) {
                    self.hf_field(parser, group, &field);
                }
            }
        }
    }

    /// The keywords that a field's `metadata` gives, and its other names.
    fn hf_metadata(&mut self, field: &FieldObj<'a>) -> (Vec<(Rc<str>, Value)>, Vec<Value>) {
        let metadata = field.option("metadata").cloned();
        let mut kw = metadata
            .and_then(|metadata| self.keywords_of(&metadata))
            .unwrap_or_default();
        for name in ["help", "aliases"] {
            if let Some(value) = field.option(name) {
                kw.push((Rc::from(name), value.clone()));
            }
        }
        let aliases = kw.iter().find(|(name, _)| &**name == "aliases").cloned();
        kw.retain(|(name, _)| &**name != "aliases");
        let aliases = match aliases {
            Some((_, Value::Str(alias))) => vec![Value::Str(alias)],
            Some((_, list)) => self.items_of(&list).unwrap_or_default(),
            None => Vec::new(),
        };
        (kw, aliases)
    }

    fn hf_field(&mut self, parser: ParserId, group: Option<GroupId>, field: &FieldObj<'a>) {
        let (mut ty, _) = {
            let annotation = self.annotation(field);
            annotated(annotation)
        };
        let mut optional_bool = false;
        if let Some(parts) = union_parts(&ty) {
            let has_bool = parts.iter().any(|part| base_name(part) == "bool");
            optional_bool = has_bool && parts.iter().any(is_none);
            let second_none = parts.get(1).is_some_and(is_none);
            let second_str = parts.get(1).is_some_and(|part| base_name(part) == "str");
            let first = if parts.iter().any(is_none) {
                second_none
            } else {
                second_str
            };
            let at = usize::from(!first);
            ty = parts.get(at).cloned().unwrap_or(Value::None);
        }
        let (metadata, aliases) = self.hf_metadata(field);
        let flags = |prefix: &str| {
            let mut flags = vec![Value::str(format!("--{prefix}{}", field.name))];
            if field.name.contains('_') || !prefix.is_empty() {
                let dashed = format!("{prefix}{}", field.name).replace('_', "-");
                flags.push(Value::str(format!("--{dashed}")));
            }
            flags
        };
        let mut pos = flags("");
        pos.extend(aliases);
        let mut kw = metadata.clone();
        self.hf_keywords(field, &ty, optional_bool, &mut kw);
        self.generated(parser, group, pos, kw, field.line);
        let is_bool = optional_bool || base_name(&ty) == "bool";
        if is_bool && field.default == Some(Value::Bool(true)) {
            let mut kw = metadata;
            kw.push((Rc::from("default"), Value::Bool(false)));
            kw.push((Rc::from("action"), Value::str("store_false")));
            kw.push((Rc::from("dest"), Value::Str(field.name.clone())));
            self.generated(parser, group, flags("no_"), kw, field.line);
        }
    }

    fn hf_keywords(
        &mut self,
        field: &FieldObj<'a>,
        ty: &Value,
        optional_bool: bool,
        kw: &mut Vec<(Rc<str>, Value)>,
    ) {
        let mut put = |name: &str, value: Value| kw.push((Rc::from(name), value));
        let choices = literal_parts(ty).or_else(|| match ty {
            Value::Class(class) => {
                let members = self.enum_members(*class);
                let value = |(_, member): (Rc<str>, Value)| match member {
                    Value::Member(member) => Some(member.value.clone()),
                    _ => None,
                };
                (!members.is_empty()).then(|| members.into_iter().filter_map(value).collect())
            }
            _ => None,
        });
        let is_list = match ty {
            Value::Generic(generic) => matches!(base_name(&generic.0), "List" | "list"),
            other => base_name(other) == "list",
        };
        if let Some(choices) = choices {
            put("choices", Value::tuple(choices));
            put("type", Value::Extern(Rc::from("transformers.lambda")));
        } else if optional_bool || base_name(ty) == "bool" {
            put(
                "type",
                Value::Extern(Rc::from("transformers.string_to_bool")),
            );
            let plain = !optional_bool;
            if plain
                || field
                    .default
                    .as_ref()
                    .is_some_and(|value| *value != Value::None)
            {
                put(
                    "default",
                    field.default.clone().unwrap_or(Value::Bool(false)),
                );
                put("nargs", Value::str("?"));
                put("const", Value::Bool(true));
            }
            return;
        } else if is_list {
            let item = match ty {
                Value::Generic(generic) => generic.1.first().cloned(),
                _ => None,
            };
            put("type", item.unwrap_or(Value::None));
            put("nargs", Value::str("+"));
        } else {
            put("type", ty.clone());
        }
        match (&field.default, &field.factory) {
            (Some(default), _) => put("default", default.clone()),
            (None, Some(factory)) => {
                let made = self.call(&factory.clone(), Args::default());
                put("default", made);
            }
            (None, None) => put("required", Value::Bool(true)),
        }
    }

    /// One `add_argument` call that a library makes; the keyword given last counts.
    fn generated(
        &mut self,
        parser: ParserId,
        group: Option<GroupId>,
        pos: Vec<Value>,
        kw: Vec<(Rc<str>, Value)>,
        line: u32,
    ) {
        let args = Args {
            pos,
            kw,
            ..Args::default()
        };
        let site = Site {
            args,
            line,
            text: "…",
        };
        self.add_argument(parser, group, &site);
    }
}
