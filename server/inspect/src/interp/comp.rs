//! Comprehensions, subscripts and iteration over known values.

use std::rc::Rc;

use ruff_python_ast::{Comprehension, Expr};

use super::machine::Interp;
use crate::heap::{ClassKind, DictObj};
use crate::value::{DictKey, SUPPRESS, Value};

/// Longer iterables are treated as undecided.
const MAX_ITEMS: usize = 5000;

impl<'a> Interp<'a> {
    /// What iterating over a value gives; `None` if that is not certain or too much.
    pub(crate) fn items_of(&self, value: &Value) -> Option<Vec<Value>> {
        let items = match value {
            Value::Tuple(items) => items.to_vec(),
            Value::List(id) | Value::Set(id) => {
                let list = self.heap.list(*id);
                if list.unknown.is_some() {
                    return None;
                }
                list.items.clone()
            }
            Value::Dict(id) => {
                let dict = self.heap.dict(*id);
                if dict.unknown.is_some() {
                    return None;
                }
                dict.entries.values().map(|(key, _)| key.clone()).collect()
            }
            Value::Str(text) if &**text != SUPPRESS => {
                text.chars().map(|c| Value::str(c.to_string())).collect()
            }
            Value::Class(id)
                if matches!(
                    self.heap.classes[id.0].kind,
                    ClassKind::Enum | ClassKind::MixedEnum
                ) =>
            {
                self.enum_members(*id)
                    .into_iter()
                    .map(|(_, member)| member)
                    .collect()
            }
            _ => return None,
        };
        (items.len() <= MAX_ITEMS).then_some(items)
    }

    /// A list, set or dict comprehension or generator; `None` if it is not certain.
    pub(crate) fn comprehension(&mut self, expr: &'a Expr) -> Option<Value> {
        let generators = match expr {
            Expr::ListComp(comp) => &comp.generators,
            Expr::SetComp(comp) => &comp.generators,
            Expr::DictComp(comp) => &comp.generators,
            Expr::Generator(comp) => &comp.generators,
            _ => return None,
        };
        let outer = self.here().locals;
        let scope = self.heap.new_space(Some(outer), false);
        self.frame().locals = scope;
        let mut results = Vec::new();
        let done = self.generate(expr, generators, &mut results);
        self.frame().locals = outer;
        done?;
        match expr {
            Expr::SetComp(_) => self.set_of(results.into_iter().map(|(_, value)| value).collect()),
            Expr::DictComp(_) => {
                let mut object = DictObj::default();
                for (key, value) in results {
                    object.entries.insert(DictKey::of(&key)?, (key, value));
                }
                Some(Value::Dict(self.heap.new_dict(object)))
            }
            _ => Some(Value::List(
                self.heap
                    .new_list(results.into_iter().map(|(_, value)| value).collect()),
            )),
        }
    }

    fn generate(
        &mut self,
        expr: &'a Expr,
        generators: &'a [Comprehension],
        results: &mut Vec<(Value, Value)>,
    ) -> Option<()> {
        let Some((first, rest)) = generators.split_first() else {
            let result = match expr {
                Expr::ListComp(comp) => (Value::None, self.eval(&comp.elt)),
                Expr::SetComp(comp) => (Value::None, self.eval(&comp.elt)),
                Expr::Generator(comp) => (Value::None, self.eval(&comp.elt)),
                Expr::DictComp(comp) => (self.eval(comp.key.as_ref()?), self.eval(&comp.value)),
                _ => return None,
            };
            if results.len() >= MAX_ITEMS {
                return None;
            }
            results.push(result);
            return Some(());
        };
        let iterable = self.eval(&first.iter);
        for item in self.items_of(&iterable)? {
            if self.fuel == 0 {
                return None;
            }
            self.assign(&first.target, item);
            let mut wanted = true;
            for test in &first.ifs {
                let value = self.eval(test);
                if !self.truth(&value)? {
                    wanted = false;
                    break;
                }
            }
            if wanted {
                self.generate(expr, rest, results)?;
            }
        }
        Some(())
    }

    /// `base[index]`; `None` if it is not certain.
    pub(crate) fn subscript(&mut self, base: &Value, index: &'a Expr) -> Option<Value> {
        if let Expr::Slice(slice) = index {
            if *base == Value::Argv {
                return Some(Value::Argv);
            }
            let mut bound = |part: &'a Option<Box<Expr>>| -> Option<Option<i128>> {
                match part {
                    None => Some(None),
                    Some(expr) => match self.eval(expr) {
                        Value::None => Some(None),
                        value => value.as_int().map(Some),
                    },
                }
            };
            let (lower, upper, step) = (
                bound(&slice.lower)?,
                bound(&slice.upper)?,
                bound(&slice.step)?,
            );
            return self.slice(base, lower, upper, step.unwrap_or(1));
        }
        let key = self.eval(index);
        if (base, &key) == (&Value::Argv, &Value::Int(0)) {
            return self.heap.var(self.modules[0].globals, "__file__").cloned();
        }
        self.item(base, &key)
    }

    /// `base[key]` for a key that is known.
    pub(crate) fn item(&mut self, base: &Value, key: &Value) -> Option<Value> {
        match base {
            Value::Dict(id) => {
                let dict = self.heap.dict(*id);
                if dict.unknown.is_some() {
                    return None;
                }
                dict.entries
                    .get(&DictKey::of(key)?)
                    .map(|(_, value)| value.clone())
            }
            Value::Class(id) if self.heap.classes[id.0].kind != ClassKind::Plain => {
                let name = key.as_str()?;
                self.enum_members(*id)
                    .into_iter()
                    .find(|(member, _)| &**member == name)
                    .map(|(_, value)| value)
            }
            Value::Instance(_) => {
                let method = self.get_attr(base, "__getitem__")?;
                Some(self.call(&method, crate::value::Args::positional(vec![key.clone()])))
            }
            Value::Extern(_) | Value::Class(_) => {
                let parts = match key {
                    Value::Tuple(parts) => parts.to_vec(),
                    part => vec![part.clone()],
                };
                Some(Value::Generic(Rc::new((base.clone(), parts))))
            }
            Value::Set(_) => None,
            _ => {
                let items = self.items_of(base)?;
                let length = i128::try_from(items.len()).ok()?;
                let index = key.as_int()?;
                let index = if index < 0 { index + length } else { index };
                items.get(usize::try_from(index).ok()?).cloned()
            }
        }
    }

    fn slice(
        &mut self,
        base: &Value,
        lower: Option<i128>,
        upper: Option<i128>,
        step: i128,
    ) -> Option<Value> {
        let items = self.items_of(base)?;
        let length = i128::try_from(items.len()).ok()?;
        let clamp = |bound: i128| {
            if bound < 0 {
                (bound + length).max(0)
            } else {
                bound.min(length)
            }
        };
        let picked: Vec<Value> = if step == -1 && lower.is_none() && upper.is_none() {
            items.into_iter().rev().collect()
        } else if step > 0 {
            let from = usize::try_from(clamp(lower.unwrap_or(0))).ok()?;
            let to = usize::try_from(clamp(upper.unwrap_or(length))).ok()?;
            items
                .into_iter()
                .take(to)
                .skip(from)
                .step_by(usize::try_from(step).ok()?)
                .collect()
        } else {
            return None;
        };
        match base {
            Value::Str(_) => Some(Value::str(
                picked.iter().filter_map(Value::as_str).collect::<String>(),
            )),
            Value::Tuple(_) => Some(Value::Tuple(Rc::from(picked))),
            Value::List(_) => Some(Value::List(self.heap.new_list(picked))),
            _ => None,
        }
    }
}
