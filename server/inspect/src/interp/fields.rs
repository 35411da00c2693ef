//! Fields of dataclasses: annotations, defaults, and the text that stands beside them.

use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt, StmtAnnAssign};
use ruff_text_size::Ranged;

use super::machine::{Frame, Interp};
use crate::heap::{ClassKind, DictObj, FieldObj};
use crate::source::SourceModule;
use crate::value::{Args, ClassId, DictKey, SpaceId, Value};

/// Functions that stand for a field's default in a class body, by their bare names.
const FIELD_FUNCTIONS: &[&str] = &[
    "choice",
    "field",
    "flag",
    "list_field",
    "mutable_field",
    "HfArg",
];

/// True for `dataclasses.field` and those of the libraries that make parsers from dataclasses.
pub(crate) fn is_field_function(dotted: &str) -> bool {
    let (module, name) = dotted.rsplit_once('.').unwrap_or(("", dotted));
    let first = module.split('.').next().unwrap_or(module);
    matches!(
        first,
        "dataclasses" | "simple_parsing" | "transformers" | "attr" | "attrs"
    ) && FIELD_FUNCTIONS.contains(&name)
}

/// The keywords of a field function, those that are given by position included.
pub(crate) fn field_spec(dotted: &str, args: &Args) -> Option<Value> {
    if !args.is_closed() {
        return None;
    }
    let mut options = args.kw.clone();
    let mut add = |name: &str, value: Value| options.push((Rc::from(name), value));
    match dotted.rsplit('.').next().unwrap_or(dotted) {
        "flag" => add("default", args.pos.first()?.clone()),
        "mutable_field" => add("default_factory", args.pos.first()?.clone()),
        "choice" => add("choices", Value::tuple(args.pos.clone())),
        "list_field" => add("default", Value::tuple(args.pos.clone())),
        _ => {
            if let Some(default) = args.pos.first() {
                add("default", default.clone());
            }
        }
    }
    Some(Value::FieldSpec(Rc::new(options)))
}

/// `__origin__` and `__args__`.
pub(crate) fn generic_attr(generic: &(Value, Vec<Value>), name: &str) -> Option<Value> {
    let dotted = generic.0.extern_name().unwrap_or_default();
    let is_optional = dotted == "typing.Optional";
    match name {
        "__args__" if is_optional => {
            let mut parts = generic.1.clone();
            parts.push(Value::builtin("NoneType"));
            Some(Value::tuple(parts))
        }
        "__args__" => Some(Value::tuple(generic.1.clone())),
        "__origin__" => Some(match dotted {
            "typing.Optional" => Value::Extern(Rc::from("typing.Union")),
            "typing.List" => Value::builtin("list"),
            "typing.Tuple" => Value::builtin("tuple"),
            "typing.Dict" => Value::builtin("dict"),
            "typing.Set" => Value::builtin("set"),
            _ => generic.0.clone(),
        }),
        _ => None,
    }
}

impl<'a> Interp<'a> {
    /// The annotated names of a class, those of its bases first; `field(…)` in its body gives way to the default.
    pub(crate) fn class_fields(
        &mut self,
        class: ClassId,
        space: SpaceId,
        body: &'a [Stmt],
    ) -> Vec<FieldObj<'a>> {
        let mut fields: Vec<FieldObj<'a>> = Vec::new();
        for base in self.linearization(class).into_iter().skip(1).rev() {
            for field in self.heap.classes[base.0].fields.clone() {
                put(&mut fields, field);
            }
        }
        for (at, stmt) in body.iter().enumerate() {
            let Some(assign) = stmt.as_ann_assign_stmt() else {
                continue;
            };
            let doc = self.field_doc(assign, body.get(at + 1));
            if let Some(field) = self.own_field(space, assign, doc) {
                put(&mut fields, field);
            }
        }
        fields
    }

    fn own_field(
        &mut self,
        space: SpaceId,
        assign: &'a StmtAnnAssign,
        doc: Option<Rc<str>>,
    ) -> Option<FieldObj<'a>> {
        let Expr::Name(name) = &*assign.target else {
            return None;
        };
        let annotation = self.text(&*assign.annotation);
        if annotation.contains("ClassVar") || annotation.contains("KW_ONLY") {
            return None;
        }
        let name: Rc<str> = Rc::from(name.id.as_str());
        let held = self.heap.var(space, &name).cloned();
        let mut field = FieldObj {
            name: name.clone(),
            annotation: &assign.annotation,
            module: self.here().module,
            scope: self.here().locals,
            default: held.clone(),
            factory: None,
            options: Rc::default(),
            doc,
            line: self.line(assign.range().start()),
        };
        if let Some(Value::FieldSpec(options)) = held {
            field.options = options;
            field.default = field.option("default").cloned();
            field.factory = field.option("default_factory").cloned();
            match (&field.default, &field.factory) {
                (Some(default), _) => self.heap.set_var(space, &name, default.clone()),
                (None, Some(factory)) => {
                    let made = self.call(&factory.clone(), Args::default());
                    self.heap.set_var(space, &name, made);
                }
                (None, None) => self.heap.delete_var(space, &name),
            }
        }
        Some(field)
    }

    /// The text below a field, behind it, or in the comments right above it.
    fn field_doc(&self, assign: &StmtAnnAssign, next: Option<&Stmt>) -> Option<Rc<str>> {
        if let Some(Value::Str(doc)) = next.and_then(super::machine::docstring) {
            return Some(Rc::from(one_line(&doc)));
        }
        let text = &self.here().source.text;
        let tail = text.get(assign.range().end().to_usize()..)?;
        let behind = tail.split('\n').next().unwrap_or_default().trim_start();
        if let Some(comment) = behind.strip_prefix('#') {
            return Some(Rc::from(comment.trim()));
        }
        let head = text.get(..assign.range().start().to_usize())?;
        let mut comments: Vec<&str> = Vec::new();
        for line in head.rsplit('\n').skip(1).take(20) {
            match line.trim().strip_prefix('#') {
                Some(comment) => comments.push(comment.trim()),
                None => break,
            }
        }
        comments.reverse();
        (!comments.is_empty()).then(|| Rc::from(comments.join(" ")))
    }

    /// What a field's annotation stands for; texts are read as Python reads them.
    pub(crate) fn annotation(&mut self, field: &FieldObj<'a>) -> Value {
        let module = &self.modules[field.module.0];
        let mut frame = Frame::new(field.scope, module.globals, field.module, module.source);
        let mut expr = field.annotation;
        if let Expr::StringLiteral(literal) = expr {
            let text = literal.value.to_str();
            let Ok(source) = SourceModule::parse(text) else {
                return Value::unknown(text);
            };
            let source = self.library.add(source);
            frame.source = source;
            match source.body.first().and_then(Stmt::as_expr_stmt) {
                Some(stmt) => expr = &stmt.value,
                None => return Value::unknown(text),
            }
        }
        self.frames.push(frame);
        let value = self.eval(expr);
        self.frames.pop();
        value
    }

    fn class_of(&self, value: &Value) -> Option<ClassId> {
        match value {
            Value::Class(class) => Some(*class),
            Value::Instance(id) => Some(self.heap.instances[id.0].class),
            _ => None,
        }
    }

    pub(crate) fn is_dataclass(&self, value: &Value) -> Option<Value> {
        let class = self.class_of(value)?;
        let record = self.heap.classes[class.0].kind == ClassKind::Record;
        Some(Value::Bool(record))
    }

    /// `dataclasses.fields(x)`.
    pub(crate) fn fields_of(&mut self, value: &Value) -> Option<Value> {
        let class = self.class_of(value)?;
        let object = &self.heap.classes[class.0];
        if object.kind != ClassKind::Record || self.outside_base(class).is_some() {
            return None;
        }
        let fields = (0..object.fields.len()).map(|at| Value::Field(class, at));
        Some(Value::tuple(fields.collect()))
    }

    /// A base of a class that is out of reach and may have fields.
    pub(crate) fn outside_base(&self, class: ClassId) -> Option<Rc<str>> {
        let harmless = |name: &str| {
            ["builtins.", "typing.", "abc.", "enum.", "simple_parsing."]
                .iter()
                .any(|start| name.starts_with(start))
        };
        self.linearization(class).iter().find_map(|class| {
            let bases = &self.heap.classes[class.0].bases;
            bases.iter().find_map(|base| match base {
                Value::Extern(name) if !harmless(name) => Some(name.clone()),
                Value::Unknown(text) => Some(text.clone()),
                _ => None,
            })
        })
    }

    pub(crate) fn field_attr(&mut self, class: ClassId, at: usize, name: &str) -> Option<Value> {
        let field = self.heap.classes[class.0].fields.get(at)?.clone();
        let missing = || Value::Extern(Rc::from("dataclasses.MISSING"));
        match name {
            "name" => Some(Value::Str(field.name.clone())),
            "default" => Some(field.default.clone().unwrap_or_else(missing)),
            "default_factory" => Some(field.factory.clone().unwrap_or_else(missing)),
            "init" => Some(field.option("init").cloned().unwrap_or(Value::Bool(true))),
            "metadata" => match field.option("metadata") {
                Some(metadata) => Some(metadata.clone()),
                None => Some(Value::Dict(self.heap.new_dict(DictObj::default()))),
            },
            "type" => {
                let source = self.modules[field.module.0].source;
                let text = match field.annotation {
                    Expr::StringLiteral(literal) => Some(literal.value.to_str().to_owned()),
                    other => source.has_text_annotations().then(|| source.snippet(other)),
                };
                Some(match text {
                    Some(text) => Value::str(text),
                    None => self.annotation(&field),
                })
            }
            _ => None,
        }
    }

    /// `Class.__annotations__` and `Class.__dataclass_fields__`.
    pub(crate) fn annotations_attr(&mut self, class: ClassId, name: &str) -> Option<Value> {
        match name {
            "__dataclass_fields__" => {
                let fields = self.fields_of(&Value::Class(class))?;
                self.by_name(class, &fields)
            }
            "__annotations__" => self.type_hints(&Value::Class(class)),
            _ => None,
        }
    }

    fn by_name(&mut self, class: ClassId, values: &Value) -> Option<Value> {
        let mut object = DictObj::default();
        let values = self.items_of(values)?;
        let names = self.heap.classes[class.0].fields.iter();
        for (name, value) in names.map(|field| field.name.clone()).zip(values) {
            let entry = (Value::Str(name.clone()), value);
            object.entries.insert(DictKey::Str(name), entry);
        }
        Some(Value::Dict(self.heap.new_dict(object)))
    }

    /// `typing.get_type_hints(x)` of a class.
    pub(crate) fn type_hints(&mut self, value: &Value) -> Option<Value> {
        let Value::Class(class) = value else {
            return None;
        };
        let fields = self.heap.classes[class.0].fields.clone();
        let types = fields.iter().map(|field| self.annotation(field)).collect();
        self.by_name(*class, &Value::tuple(types))
    }

    /// `dataclasses.asdict(instance)`, values as they are.
    pub(crate) fn as_dict(&mut self, value: &Value) -> Option<Value> {
        let Value::Instance(id) = value else {
            return None;
        };
        if !self.step() {
            return None;
        }
        let class = self.heap.instances[id.0].class;
        self.fields_of(value)?;
        let mut values = Vec::new();
        for field in self.heap.classes[class.0].fields.clone() {
            let held = self.get_attr(value, &field.name)?;
            values.push(match held {
                Value::Instance(inner) if inner != *id => self.as_dict(&held).unwrap_or(held),
                held => held,
            });
        }
        self.by_name(class, &Value::tuple(values))
    }
}

/// A field of the same name keeps its place.
fn put<'a>(fields: &mut Vec<FieldObj<'a>>, field: FieldObj<'a>) {
    match fields.iter_mut().find(|known| known.name == field.name) {
        Some(known) => *known = field,
        None => fields.push(field),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
