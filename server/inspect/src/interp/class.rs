//! Class definitions, instances, `super()`.

use std::rc::Rc;

use ruff_python_ast::StmtClassDef;

use super::machine::{Frame, Interp};
use super::parsers::{is_group_class, is_parser_class, parser_kind};
use crate::heap::{ClassKind, ClassObj};
use crate::model::objects::{Certainty, GroupObj, ParserObj};
use crate::value::{Args, ClassId, Member, SpaceId, Value};

impl<'a> Interp<'a> {
    pub(crate) fn define_class(&mut self, stmt: &'a StmtClassDef) {
        let mut bases = Vec::new();
        if let Some(arguments) = &stmt.arguments {
            for base in &arguments.args {
                bases.push(match self.eval(base) {
                    Value::Generic(generic) => generic.0.clone(),
                    base => base,
                });
            }
        }
        let decorators: Vec<Value> = stmt
            .decorator_list
            .iter()
            .map(|decorator| self.eval(&decorator.expression))
            .collect();
        let name: Rc<str> = Rc::from(stmt.name.as_str());
        let kind = self.kind_of(&bases, &decorators);
        let outer = self.here().locals;
        let space = self.heap.new_space(Some(outer), true);
        let id = self.heap.new_class(ClassObj {
            name: name.clone(),
            space,
            bases,
            kind,
            fields: Vec::new(),
        });
        self.run_class_body(stmt, space);
        self.own_methods(id, space);
        if matches!(kind, ClassKind::Enum | ClassKind::MixedEnum) {
            self.make_members(id, space);
        }
        self.heap.classes[id.0].fields = self.class_fields(id, space, &stmt.body);
        let mut value = Value::Class(id);
        for decorator in decorators.iter().rev() {
            let own = matches!(
                decorator,
                Value::Func(_) | Value::Bound(_) | Value::Partial(_)
            );
            if let (true, Value::Class(class)) = (
                own,
                self.call(decorator, Args::positional(vec![value.clone()])),
            ) {
                value = Value::Class(class);
            }
        }
        self.bind(outer, &name, value);
    }

    fn run_class_body(&mut self, stmt: &'a StmtClassDef, space: SpaceId) {
        let frame = self.here();
        let frame = Frame::new(space, frame.globals, frame.module, frame.source);
        self.frames.push(frame);
        if let Some(doc) = stmt.body.first().and_then(super::machine::docstring) {
            self.heap.set_var(space, &Rc::from("__doc__"), doc);
        }
        self.exec_block(&stmt.body);
        self.frames.pop();
    }

    fn own_methods(&mut self, class: ClassId, space: SpaceId) {
        let functions: Vec<_> = self.heap.spaces[space.0]
            .vars
            .values()
            .filter_map(|value| {
                if let Value::Func(func) = value {
                    Some(*func)
                } else {
                    None
                }
            })
            .collect();
        for func in functions {
            self.heap.funcs[func.0].class.get_or_insert(class);
        }
    }

    fn kind_of(&self, bases: &[Value], decorators: &[Value]) -> ClassKind {
        let is_dataclass = |value: &Value| {
            let (Value::Extern(name) | Value::Object(name) | Value::Unknown(name)) = value else {
                return false;
            };
            name.split('(')
                .next()
                .is_some_and(|head| head.ends_with("dataclass"))
        };
        let mut kind = ClassKind::Plain;
        let mut mixed = false;
        for base in bases {
            match base {
                Value::Class(id) => {
                    let inherited = self.heap.classes[id.0].kind;
                    if inherited != ClassKind::Plain {
                        kind = inherited;
                    }
                }
                Value::Extern(name) => match &**name {
                    "enum.Enum" | "enum.Flag" => kind = ClassKind::Enum,
                    "enum.IntEnum" | "enum.StrEnum" | "enum.IntFlag" => kind = ClassKind::MixedEnum,
                    "typing.NamedTuple" => kind = ClassKind::Record,
                    _ => mixed = true,
                },
                _ => mixed = true,
            }
        }
        match kind {
            ClassKind::Enum if mixed => ClassKind::MixedEnum,
            ClassKind::Plain if decorators.iter().any(is_dataclass) => ClassKind::Record,
            kind => kind,
        }
    }

    fn make_members(&mut self, class: ClassId, space: SpaceId) {
        let class_name = self.heap.classes[class.0].name.clone();
        let lower_auto = self.heap.classes[class.0]
            .bases
            .iter()
            .any(|base| base.extern_name() == Some("enum.StrEnum"));
        let entries: Vec<(Rc<str>, Value)> = self.heap.spaces[space.0]
            .vars
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut last = 0;
        let mut members: Vec<Rc<Member>> = Vec::new();
        for (name, value) in entries {
            let skipped = name.starts_with('_')
                || matches!(
                    value,
                    Value::Func(_) | Value::Class(_) | Value::Bound(_) | Value::Member(_)
                );
            if skipped {
                continue;
            }
            let value = match &value {
                Value::Object(kind) if &**kind == "enum.auto" => {
                    if lower_auto {
                        Value::str(name.to_lowercase())
                    } else {
                        Value::Int(last + 1)
                    }
                }
                _ => value,
            };
            last = value.as_int().unwrap_or(last);
            let known = members
                .iter()
                .find(|member| self.same(&member.value, &value))
                .cloned();
            let member = known.unwrap_or_else(|| {
                Rc::new(Member {
                    class,
                    class_name: class_name.clone(),
                    name: name.clone(),
                    value,
                })
            });
            members.push(member.clone());
            self.heap.set_var(space, &name, Value::Member(member));
        }
    }

    /// `Class(…)`.
    pub(crate) fn instantiate(
        &mut self,
        class: ClassId,
        args: Args,
        line: u32,
        text: &str,
    ) -> Value {
        let kind = self.heap.classes[class.0].kind;
        if matches!(kind, ClassKind::Enum | ClassKind::MixedEnum) {
            let wanted = args.pos.first();
            let found =
                self.enum_members(class)
                    .into_iter()
                    .find(|(_, member)| match (member, wanted) {
                        (Value::Member(member), Some(wanted)) => {
                            self.same(&member.value, wanted)
                                || *wanted == Value::Member(member.clone())
                        }
                        _ => false,
                    });
            return found.map_or_else(|| Value::unknown(text), |(_, member)| member);
        }
        let instance = self.heap.new_instance(class);
        let value = Value::Instance(instance);
        let receiver = self.new_receiver(class, &args);
        match receiver {
            Some(Value::Parser(id)) => self.model.parser_mut(id).instance = Some(instance),
            Some(Value::Group(id)) => self.model.groups[id.0].instance = Some(instance),
            _ => {}
        }
        self.heap.instances[instance.0]
            .receiver
            .clone_from(&receiver);
        match self.class_lookup(class, "__init__") {
            Some(Value::Func(init)) => {
                let bound = Value::Bound(Rc::new((value.clone(), init)));
                self.call_at(&bound, args, line, text);
            }
            _ if receiver.is_some() => {
                if let Some(receiver) = receiver {
                    self.parser_method(&receiver, "__init__", args, line, text);
                }
            }
            _ if self.action_base(class).is_some() => {
                let base = self.action_base(class).unwrap_or_default();
                self.init_base_action(instance, &base, &args);
            }
            _ if kind == ClassKind::Record => self.fill_record(class, &value, args),
            _ => {}
        }
        value
    }

    fn fill_record(&mut self, class: ClassId, instance: &Value, args: Args) {
        let fields: Vec<Rc<str>> = self.heap.classes[class.0]
            .fields
            .iter()
            .map(|field| field.name.clone())
            .collect();
        if !args.is_closed() {
            for field in &fields {
                self.set_attr(instance, field, Value::unknown(&**field));
            }
        }
        for (field, value) in fields.iter().zip(args.pos) {
            self.set_attr(instance, field, value);
        }
        for (name, value) in args.kw {
            self.set_attr(instance, &name, value);
        }
        if let Some(post @ Value::Bound(_)) = self.get_attr(instance, "__post_init__") {
            self.call(&post, Args::default());
        }
    }

    /// The parser or group that an instance of a class deriving from one is.
    fn new_receiver(&mut self, class: ClassId, args: &Args) -> Option<Value> {
        let order = self.linearization(class);
        let mut names = order
            .iter()
            .flat_map(|class| &self.heap.classes[class.0].bases)
            .filter_map(Value::extern_name);
        let base = names.find(|name| is_parser_class(name) || is_group_class(name))?;
        if let Some(kind) = parser_kind(base) {
            let mut parser = ParserObj::new(Certainty::Made);
            parser.kind = kind;
            return Some(Value::Parser(self.model.new_parser(parser)));
        }
        let exclusive = base.ends_with("_MutuallyExclusiveGroup").then_some(false);
        let container = args.get(0, "container")?;
        let (parser, parent) = match self.as_receiver(container)? {
            Value::Parser(parser) => (parser, None),
            Value::Group(group) => (self.model.groups[group.0].parser, Some(group)),
            _ => return None,
        };
        let mut group = GroupObj::new(parser, parent);
        group.exclusive = exclusive;
        Some(Value::Group(self.model.new_group(group)))
    }

    /// `super()` inside a method.
    pub(crate) fn bare_super(&mut self) -> Option<Value> {
        let frame = self.here();
        let receiver = frame.first.clone()?;
        let class = self.heap.funcs[frame.func?.0].class?;
        Some(Value::Super(Rc::new((receiver, class))))
    }
}
