//! Attributes: reading and setting.

use std::rc::Rc;

use super::machine::Interp;
use crate::heap::{Binding, ClassKind};
use crate::value::{Args, ClassId, InstId, Partial, Value};

impl Interp<'_> {
    /// `base.name`; `None` if it is not certain.
    pub(crate) fn get_attr(&mut self, base: &Value, name: &str) -> Option<Value> {
        match base {
            Value::Extern(dotted) => Some(super::stdlib::extern_value(&format!("{dotted}.{name}"))),
            Value::Module(id) => {
                let globals = self.modules[id.0].globals;
                match self.heap.var(globals, name).cloned() {
                    Some(value) => Some(self.followed(value)),
                    None => self.submodule(*id, name),
                }
            }
            Value::Instance(id) => self.instance_attr(*id, name),
            Value::Class(id) => self.class_attr(*id, name),
            Value::Super(parts) => self.super_attr(&parts.0, parts.1, name),
            Value::Member(member) => match name {
                "value" | "_value_" => Some(member.value.clone()),
                "name" | "_name_" => Some(Value::Str(member.name.clone())),
                _ => {
                    let found = self.class_lookup(member.class, name)?;
                    Some(self.bind_method(found, base, member.class))
                }
            },
            Value::Func(_) | Value::Bound(_) if name == "__name__" || name == "__qualname__" => {
                crate::model::literal::callable_name(&self.heap, base).map(Value::str)
            }
            Value::Path(path) => {
                Some(super::stdlib::path_attr(path, name).unwrap_or_else(|| method(base, name)))
            }
            Value::Field(class, at) => self.field_attr(*class, *at, name),
            Value::Generic(generic) => super::fields::generic_attr(generic, name),
            Value::Here(here) => {
                let value = here.attr(name);
                value.or_else(|| here.is_path.then(|| method(base, name)))
            }
            Value::Action(id) => self.action_attr(*id, name),
            Value::Parser(_) | Value::Group(_) | Value::Subparsers(_) => {
                let own = match base {
                    Value::Parser(id) => self.model.parser(*id).attrs.get(name),
                    Value::Group(id) => self.model.groups[id.0].attrs.get(name),
                    _ => None,
                };
                if let Some(own) = own {
                    return Some(own.clone());
                }
                super::parsers::is_method(name)
                    .then(|| method(base, name))
                    .or_else(|| self.parser_attr(base, name))
            }
            Value::Unknown(_) if super::parsers::is_method(name) => Some(method(base, name)),
            Value::Str(_)
            | Value::List(_)
            | Value::Set(_)
            | Value::Dict(_)
            | Value::Tuple(_)
            | Value::Float(_)
            | Value::Int(_) => Some(method(base, name)),
            _ => None,
        }
    }

    fn instance_attr(&mut self, id: InstId, name: &str) -> Option<Value> {
        let (class, space, receiver) = {
            let instance = &self.heap.instances[id.0];
            (instance.class, instance.space, instance.receiver.clone())
        };
        if let Some(value) = self.heap.var(space, name) {
            return Some(value.clone());
        }
        if name == "__class__" {
            return Some(Value::Class(class));
        }
        if let Some(found) = self.class_lookup(class, name) {
            return Some(self.bind_method(found, &Value::Instance(id), class));
        }
        self.get_attr(&receiver?, name)
    }

    fn class_attr(&mut self, id: ClassId, name: &str) -> Option<Value> {
        match name {
            "__name__" | "__qualname__" => {
                return Some(Value::Str(self.heap.classes[id.0].name.clone()));
            }
            "__members__" => {
                let mut object = crate::heap::DictObj::default();
                for (name, member) in self.enum_members(id) {
                    let key = Value::Str(name.clone());
                    object
                        .entries
                        .insert(crate::value::DictKey::Str(name), (key, member));
                }
                return Some(Value::Dict(self.heap.new_dict(object)));
            }
            _ => {}
        }
        if let Some(value) = self.annotations_attr(id, name) {
            return Some(value);
        }
        let found = self.class_lookup(id, name)?;
        match found {
            Value::Func(func) => Some(match self.heap.funcs[func.0].binding {
                Binding::Class => Value::Bound(Rc::new((Value::Class(id), func))),
                Binding::Property => return None,
                Binding::Plain | Binding::Static => Value::Func(func),
            }),
            other => Some(other),
        }
    }

    fn super_attr(&mut self, receiver: &Value, after: ClassId, name: &str) -> Option<Value> {
        let class = match receiver {
            Value::Instance(id) => self.heap.instances[id.0].class,
            Value::Class(id) => *id,
            _ => return None,
        };
        let order = self.linearization(class);
        let rest = order.iter().skip_while(|class| **class != after).skip(1);
        for class in rest {
            let space = self.heap.classes[class.0].space;
            if let Some(found) = self.heap.var(space, name).cloned() {
                return Some(self.bind_method(found, receiver, *class));
            }
        }
        match receiver {
            Value::Instance(id) => match self.heap.instances[id.0].receiver.clone() {
                Some(inner) => self.get_attr(&inner, name),
                None if name == "__init__" => Some(self.outside_init(receiver, class)),
                None => None,
            },
            _ => None,
        }
    }

    /// `super().__init__` above the last class of the script.
    fn outside_init(&self, receiver: &Value, class: ClassId) -> Value {
        match self.action_base(class) {
            Some(base) => Value::Partial(Rc::new(Partial {
                func: Value::Extern(Rc::from(format!("{base}.__init__"))),
                pos: vec![receiver.clone()],
                kw: Vec::new(),
            })),
            None => Value::builtin("object.__init__"),
        }
    }

    /// A class's own or inherited entry, as it stands there.
    pub(crate) fn class_lookup(&self, class: ClassId, name: &str) -> Option<Value> {
        self.linearization(class).into_iter().find_map(|class| {
            self.heap
                .var(self.heap.classes[class.0].space, name)
                .cloned()
        })
    }

    /// The class and its bases in the order of lookup (depth first, a repeated base at its last place).
    pub(crate) fn linearization(&self, class: ClassId) -> Vec<ClassId> {
        let mut order = Vec::new();
        self.collect_bases(class, &mut order, 0);
        let mut result: Vec<ClassId> = Vec::new();
        for class in order.into_iter().rev() {
            if !result.contains(&class) {
                result.push(class);
            }
        }
        result.reverse();
        result
    }

    fn collect_bases(&self, class: ClassId, order: &mut Vec<ClassId>, depth: u32) {
        order.push(class);
        if depth > 20 || order.len() > 200 {
            return;
        }
        for base in &self.heap.classes[class.0].bases {
            if let Value::Class(base) = base {
                self.collect_bases(*base, order, depth + 1);
            }
        }
    }

    fn bind_method(&mut self, found: Value, receiver: &Value, class: ClassId) -> Value {
        let Value::Func(func) = found else {
            return found;
        };
        match self.heap.funcs[func.0].binding {
            Binding::Static => Value::Func(func),
            Binding::Class => {
                let class = match receiver {
                    Value::Class(class) => *class,
                    Value::Instance(id) => self.heap.instances[id.0].class,
                    _ => class,
                };
                Value::Bound(Rc::new((Value::Class(class), func)))
            }
            Binding::Property => self.call(
                &Value::Bound(Rc::new((receiver.clone(), func))),
                Args::default(),
            ),
            Binding::Plain if matches!(receiver, Value::Class(_)) => Value::Func(func),
            Binding::Plain => Value::Bound(Rc::new((receiver.clone(), func))),
        }
    }

    /// The members of an enum class in order of definition.
    pub(crate) fn enum_members(&self, class: ClassId) -> Vec<(Rc<str>, Value)> {
        if !matches!(
            self.heap.classes[class.0].kind,
            ClassKind::Enum | ClassKind::MixedEnum
        ) {
            return Vec::new();
        }
        let space = self.heap.classes[class.0].space;
        let vars = &self.heap.spaces[space.0].vars;
        let mut members: Vec<(Rc<str>, Value)> = Vec::new();
        for (name, value) in vars {
            // An alias repeats a member under another name.
            let is_first = matches!(value, Value::Member(member) if member.name == *name);
            if is_first {
                members.push((name.clone(), value.clone()));
            }
        }
        members
    }

    /// `base.name = value`.
    pub(crate) fn set_attr(&mut self, base: &Value, name: &str, value: Value) {
        let key: Rc<str> = Rc::from(name);
        match base {
            Value::Instance(id) => {
                let space = self.heap.instances[id.0].space;
                self.heap.set_var(space, &key, value);
            }
            Value::Class(id) => {
                let space = self.heap.classes[id.0].space;
                self.heap.set_var(space, &key, value);
            }
            Value::Module(id) => {
                let globals = self.modules[id.0].globals;
                self.heap.set_var(globals, &key, value);
            }
            Value::Action(id) => {
                let value = self.under_condition(value);
                let action = &mut self.model.actions[id.0];
                match name {
                    "default" => action.default = value,
                    "help" => action.help = value,
                    "choices" => action.choices = value,
                    "required" => action.required = value,
                    "type" => action.type_fn = value,
                    "nargs" => action.nargs = value,
                    "metavar" => action.metavar = value,
                    _ => {}
                }
            }
            Value::Subparsers(id) => match name {
                "required" => self.model.subs[id.0].required = value,
                "dest" => self.model.subs[id.0].dest = value,
                _ => {}
            },
            Value::Parser(id) if name == "description" => {
                self.model.parser_mut(*id).description = value;
            }
            Value::Parser(id) => {
                self.model.parser_mut(*id).attrs.insert(key, value);
            }
            Value::Group(id) => match value {
                Value::Str(title) if name == "title" && self.model.groups[id.0].title.is_some() => {
                    self.model.groups[id.0].title = Some(title);
                }
                value => {
                    self.model.groups[id.0].attrs.insert(key, value);
                }
            },
            _ => {}
        }
    }

    /// A value that a branch which is not certain gives to something that exists outside of it.
    pub(crate) fn under_condition(&self, value: Value) -> Value {
        match self.condition() {
            None => value,
            Some(condition) => {
                let text = crate::model::literal::describe(&self.heap, &value);
                Value::unknown(format!("{text} if {condition}"))
            }
        }
    }
}

/// A method of a value that the interpreter itself implements.
pub(crate) fn method(base: &Value, name: &str) -> Value {
    Value::Method(Rc::new((base.clone(), Rc::from(name))))
}
