//! Python's builtin functions.

use std::cmp::Ordering;
use std::rc::Rc;

use super::machine::Interp;
use crate::heap::{ClassKind, DictObj};
use crate::value::{Args, DictKey, SUPPRESS, Value};

/// The builtin names that are not looked up anywhere else.
const BUILTINS: &[&str] = &[
    "Exception",
    "ImportError",
    "KeyError",
    "NotImplementedError",
    "RuntimeError",
    "SystemExit",
    "TypeError",
    "ValueError",
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "complex",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "exit",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];

pub(crate) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

impl Interp<'_> {
    /// A builtin function called with known arguments; `None` if the result is not certain.
    pub(crate) fn call_builtin(&mut self, name: &str, args: &Args) -> Option<Value> {
        if !args.is_closed() {
            return None;
        }
        let first = args.pos.first();
        match name {
            "print" | "delattr" | "object.__init__" => Some(Value::None),
            "exit" | "quit" => {
                self.exiting = true;
                Some(Value::None)
            }
            "setattr" => {
                let name = args.pos.get(1)?.as_str()?.to_owned();
                self.set_attr(first?, &name, args.pos.get(2)?.clone());
                Some(Value::None)
            }
            "getattr" => self.builtin_getattr(args),
            "hasattr" => self.builtin_hasattr(first?, args.pos.get(1)?.as_str()?),
            "isinstance" => self.is_instance(first?, args.pos.get(1)?).map(Value::Bool),
            "callable" => match first? {
                Value::Func(_) | Value::Bound(_) | Value::Class(_) => Some(Value::Bool(true)),
                Value::Str(_) | Value::Int(_) | Value::None => Some(Value::Bool(false)),
                _ => None,
            },
            "type" => type_of(first?),
            "super" => match args.pos.as_slice() {
                [Value::Class(class), receiver] => {
                    Some(Value::Super(Rc::new((receiver.clone(), *class))))
                }
                _ => None,
            },
            "vars" => self.vars(first?),
            "int" | "float" | "str" | "bool" | "repr" | "format" | "chr" | "ord" => {
                self.convert(name, args)
            }
            "len" => Some(Value::Int(match first? {
                Value::Str(text) => i128::try_from(text.chars().count()).ok()?,
                value => i128::try_from(self.items_of(value)?.len()).ok()?,
            })),
            "abs" | "round" | "pow" | "divmod" | "min" | "max" | "sum" | "any" | "all" => {
                self.numeric(name, args)
            }
            "list" | "tuple" | "set" | "frozenset" | "dict" | "sorted" | "reversed" | "range"
            | "enumerate" | "zip" | "map" | "filter" | "iter" => self.collect(name, args),
            _ => None,
        }
    }

    fn builtin_getattr(&mut self, args: &Args) -> Option<Value> {
        let base = args.pos.first()?;
        let name = args.pos.get(1)?.as_str()?.to_owned();
        let found = self.get_attr(base, &name);
        match (found, base, args.pos.get(2)) {
            (Some(value), _, _) => Some(value),
            (None, Value::Class(_) | Value::Instance(_) | Value::Module(_), Some(default)) => {
                Some(default.clone())
            }
            _ => None,
        }
    }

    fn builtin_hasattr(&mut self, base: &Value, name: &str) -> Option<Value> {
        match base {
            Value::Class(id) => {
                let outside = self.has_outside_base(*id);
                let found = self.get_attr(base, name).is_some();
                (found || !outside).then_some(Value::Bool(found))
            }
            Value::Instance(id) => {
                let outside = self.has_outside_base(self.heap.instances[id.0].class);
                let found = self.get_attr(base, name).is_some();
                (found || !outside).then_some(Value::Bool(found))
            }
            Value::Module(_) => Some(Value::Bool(self.get_attr(base, name).is_some())),
            Value::Extern(module) if &**module == "argparse" && name != "ONE_OR_MORE" => {
                super::stdlib::argparse_names()
                    .contains(&name)
                    .then_some(Value::Bool(true))
            }
            _ => None,
        }
    }

    fn has_outside_base(&self, class: crate::value::ClassId) -> bool {
        self.linearization(class).iter().any(|class| {
            self.heap.classes[class.0]
                .bases
                .iter()
                .any(|base| !matches!(base, Value::Class(_)))
        })
    }

    fn is_instance(&self, value: &Value, class: &Value) -> Option<bool> {
        if let Value::Tuple(classes) = class {
            let mut result = Some(false);
            for class in classes.iter() {
                match self.is_instance(value, class) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => result = None,
                }
            }
            return result;
        }
        match (value, class) {
            (Value::Unknown(_), _) => None,
            (Value::Action(id), class) => self.is_action_instance(*id, class),
            (Value::Instance(id), Value::Class(class)) => {
                let own = self.heap.instances[id.0].class;
                let found = self.linearization(own).contains(class);
                (found || !self.has_outside_base(own)).then_some(found)
            }
            (Value::Member(member), Value::Class(class)) => {
                Some(self.linearization(member.class).contains(class))
            }
            (_, Value::Extern(name)) => {
                let kind = type_of(value)?;
                let kind = kind.extern_name()?.to_owned();
                let class = &**name;
                let known = class.starts_with("builtins.");
                let is = kind == class
                    || class == "builtins.object"
                    || (kind == "builtins.bool" && class == "builtins.int");
                (known || is).then_some(is)
            }
            (Value::Class(_) | Value::Func(_) | Value::Instance(_), _) => None,
            (_, Value::Class(_)) => Some(false),
            _ => None,
        }
    }

    fn vars(&mut self, value: &Value) -> Option<Value> {
        if let Value::Action(id) = value {
            let mut object = DictObj::default();
            for name in super::actions::PLAIN {
                let value = self.action_attr(*id, name)?;
                let key = Rc::from(*name);
                object
                    .entries
                    .insert(DictKey::Str(Rc::clone(&key)), (Value::Str(key), value));
            }
            return Some(Value::Dict(self.heap.new_dict(object)));
        }
        let space = match value {
            Value::Instance(id) => self.heap.instances[id.0].space,
            Value::Class(id) => self.heap.classes[id.0].space,
            _ => return None,
        };
        let mut object = DictObj::default();
        for (name, value) in &self.heap.spaces[space.0].vars {
            object.entries.insert(
                DictKey::Str(name.clone()),
                (Value::Str(name.clone()), value.clone()),
            );
        }
        Some(Value::Dict(self.heap.new_dict(object)))
    }

    fn convert(&mut self, name: &str, args: &Args) -> Option<Value> {
        let Some(value) = args.pos.first() else {
            return match name {
                "int" => Some(Value::Int(0)),
                "float" => Some(Value::Float(0.0)),
                "str" => Some(Value::str("")),
                "bool" => Some(Value::Bool(false)),
                _ => None,
            };
        };
        match name {
            "int" => match (value, args.pos.get(1)) {
                (Value::Str(text), None) => super::text::parse_int(text).map(Value::Int),
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "Python truncates, and the range is checked"
                )]
                (Value::Float(float), None) if float.abs() < 1e18 => {
                    Some(Value::Int(float.trunc() as i128))
                }
                (value, None) => value.as_int().map(Value::Int),
                _ => None,
            },
            "float" => match value {
                Value::Str(text) => super::text::parse_float(text).map(Value::Float),
                value => value.as_float().map(Value::Float),
            },
            "str" => self.str_of(value).map(Value::str),
            "repr" => self.repr(value).map(Value::str),
            "bool" => self.truth(value).map(Value::Bool),
            "format" => {
                let spec = args.pos.get(1).map_or(Some(""), Value::as_str)?.to_owned();
                self.format_value(value, &spec).map(Value::str)
            }
            "chr" => char::from_u32(u32::try_from(value.as_int()?).ok()?)
                .map(|c| Value::str(c.to_string())),
            "ord" => {
                let mut chars = value.as_str()?.chars();
                match (chars.next(), chars.next()) {
                    (Some(only), None) => Some(Value::Int(i128::from(u32::from(only)))),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn numeric(&mut self, name: &str, args: &Args) -> Option<Value> {
        use ruff_python_ast::Operator;
        let first = args.pos.first()?;
        match name {
            "abs" => match first {
                Value::Float(value) => Some(Value::Float(value.abs())),
                value => Some(Value::Int(value.as_int()?.checked_abs()?)),
            },
            "round" => super::text::round(first, args.get(1, "ndigits")),
            "pow" if args.pos.len() == 2 => self.binary(Operator::Pow, first, &args.pos[1]),
            "divmod" => {
                let quotient = self.binary(Operator::FloorDiv, first, args.pos.get(1)?)?;
                let rest = self.binary(Operator::Mod, first, args.pos.get(1)?)?;
                Some(Value::tuple(vec![quotient, rest]))
            }
            "min" | "max" if args.kw.is_empty() => {
                let items = if args.pos.len() == 1 {
                    self.items_of(first)?
                } else {
                    args.pos.clone()
                };
                let wanted = if name == "min" {
                    Ordering::Less
                } else {
                    Ordering::Greater
                };
                let mut items = items.into_iter();
                let mut best = items.next()?;
                for item in items {
                    if self.order(&item, &best)? == wanted {
                        best = item;
                    }
                }
                Some(best)
            }
            "sum" => {
                let mut total = args.get(1, "start").cloned().unwrap_or(Value::Int(0));
                for item in self.items_of(first)? {
                    total = self.binary(Operator::Add, &total, &item)?;
                }
                Some(total)
            }
            "any" | "all" => {
                let stop = name == "any";
                for item in self.items_of(first)? {
                    if self.truth(&item)? == stop {
                        return Some(Value::Bool(stop));
                    }
                }
                Some(Value::Bool(!stop))
            }
            _ => None,
        }
    }

    fn collect(&mut self, name: &str, args: &Args) -> Option<Value> {
        let items = |interp: &Self, at: usize| match args.pos.get(at) {
            None => Some(Vec::new()),
            Some(value) => interp.items_of(value),
        };
        match name {
            "list" | "iter" => {
                let items = items(self, 0)?;
                Some(Value::List(self.heap.new_list(items)))
            }
            "tuple" => items(self, 0).map(Value::tuple),
            "set" | "frozenset" => {
                let items = items(self, 0)?;
                self.set_of(items)
            }
            "reversed" => {
                let reversed = items(self, 0)?.into_iter().rev().collect();
                Some(Value::List(self.heap.new_list(reversed)))
            }
            "sorted" => {
                let sorted = self.sorted(items(self, 0)?, args)?;
                Some(Value::List(self.heap.new_list(sorted)))
            }
            "dict" => self.make_dict(args),
            "range" => range(&args.pos),
            "enumerate" => {
                let start = args.get(1, "start").map_or(Some(0), Value::as_int)?;
                let pairs = (start..)
                    .zip(items(self, 0)?)
                    .map(|(i, item)| Value::tuple(vec![Value::Int(i), item]));
                Some(Value::List(self.heap.new_list(pairs.collect())))
            }
            "zip" => {
                let columns = args
                    .pos
                    .iter()
                    .map(|value| self.items_of(value))
                    .collect::<Option<Vec<_>>>()?;
                let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
                let row = |i: usize| {
                    Value::tuple(columns.iter().map(|column| column[i].clone()).collect())
                };
                Some(Value::List(
                    self.heap.new_list((0..rows).map(row).collect()),
                ))
            }
            "map" => {
                let func = args.pos.first()?.clone();
                let mut results = Vec::new();
                for item in items(self, 1)? {
                    results.push(self.call(&func, Args::positional(vec![item])));
                }
                (args.pos.len() == 2).then(|| Value::List(self.heap.new_list(results)))
            }
            "filter" => {
                let func = args.pos.first()?.clone();
                let mut results = Vec::new();
                for item in items(self, 1)? {
                    let kept = if func == Value::None {
                        item.clone()
                    } else {
                        self.call(&func, Args::positional(vec![item.clone()]))
                    };
                    if self.truth(&kept)? {
                        results.push(item);
                    }
                }
                Some(Value::List(self.heap.new_list(results)))
            }
            _ => None,
        }
    }

    /// `sorted(items, key=, reverse=)`; `None` if some order is not certain.
    pub(crate) fn sorted(&mut self, items: Vec<Value>, args: &Args) -> Option<Vec<Value>> {
        let reverse = args
            .keyword("reverse")
            .map_or(Some(false), |value| self.truth(value))?;
        let mut keyed = Vec::new();
        for item in items {
            let key = match args.keyword("key") {
                None | Some(Value::None) => item.clone(),
                Some(func) => self.call(&func.clone(), Args::positional(vec![item.clone()])),
            };
            keyed.push((key, item));
        }
        let mut certain = true;
        keyed.sort_by(|(a, _), (b, _)| {
            let ordering = self.order(a, b).unwrap_or_else(|| {
                certain = false;
                Ordering::Equal
            });
            if reverse {
                ordering.reverse()
            } else {
                ordering
            }
        });
        certain.then(|| keyed.into_iter().map(|(_, item)| item).collect())
    }

    fn make_dict(&mut self, args: &Args) -> Option<Value> {
        let mut object = DictObj::default();
        match args.pos.first() {
            None => {}
            Some(Value::Dict(id)) => object = self.heap.dict(*id).clone(),
            Some(pairs) => {
                for pair in self.items_of(pairs)? {
                    let pair = self.items_of(&pair)?;
                    let [key, value] = pair.as_slice() else {
                        return None;
                    };
                    object
                        .entries
                        .insert(DictKey::of(key)?, (key.clone(), value.clone()));
                }
            }
        }
        for (name, value) in &args.kw {
            object.entries.insert(
                DictKey::Str(name.clone()),
                (Value::Str(name.clone()), value.clone()),
            );
        }
        Some(Value::Dict(self.heap.new_dict(object)))
    }

    /// The class of an enum member or instance, or the builtin type.
    pub(crate) fn is_plain_enum(&self, class: crate::value::ClassId) -> bool {
        self.heap.classes[class.0].kind == ClassKind::Enum
    }
}

fn range(pos: &[Value]) -> Option<Value> {
    let numbers = pos.iter().map(Value::as_int).collect::<Option<Vec<_>>>()?;
    let (start, stop, step) = match numbers.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [start, stop, step] if *step != 0 => (*start, *stop, *step),
        _ => return None,
    };
    let mut items = Vec::new();
    let mut at = start;
    while if step > 0 { at < stop } else { at > stop } {
        if items.len() > 5000 {
            return None;
        }
        items.push(Value::Int(at));
        at = at.checked_add(step)?;
    }
    Some(Value::tuple(items))
}

/// `type(value)` for builtin values and instances.
fn type_of(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Bool(_) => Value::builtin("bool"),
        Value::Int(_) => Value::builtin("int"),
        Value::Float(_) => Value::builtin("float"),
        Value::Str(text) if &**text != SUPPRESS => Value::builtin("str"),
        Value::Str(_) => Value::builtin("str"),
        Value::List(_) => Value::builtin("list"),
        Value::Tuple(_) => Value::builtin("tuple"),
        Value::Set(_) => Value::builtin("set"),
        Value::Dict(_) => Value::builtin("dict"),
        Value::None => Value::builtin("NoneType"),
        Value::Path(_) => Value::Extern(Rc::from("pathlib.Path")),
        Value::Member(member) => Value::Class(member.class),
        _ => return None,
    })
}
