//! Truth, equality, comparison and arithmetic, as Python defines them.

use std::cmp::Ordering;
use std::rc::Rc;

use ruff_python_ast::{CmpOp, Operator};

use super::machine::Interp;
use crate::heap::ClassKind;
use crate::value::Value;

/// Texts and lists longer than this are not built.
const MAX_REPEAT: usize = 10_000;

impl Interp<'_> {
    /// The truth of a value; `None` if it is not certain.
    pub(crate) fn truth(&self, value: &Value) -> Option<bool> {
        Some(match value {
            Value::None => false,
            Value::Bool(value) => *value,
            Value::Int(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::Tuple(items) => !items.is_empty(),
            Value::List(id) | Value::Set(id) => {
                let list = self.heap.list(*id);
                return list.unknown.is_none().then_some(!list.items.is_empty());
            }
            Value::Dict(id) => {
                let dict = self.heap.dict(*id);
                return dict.unknown.is_none().then_some(!dict.entries.is_empty());
            }
            Value::Member(member) => {
                let plain = self.heap.classes[member.class.0].kind == ClassKind::Enum;
                return if plain { Some(true) } else { None };
            }
            Value::Extern(name) => return extern_truth(name),
            Value::Import(_)
            | Value::Instance(_)
            | Value::Object(_)
            | Value::Argv
            | Value::Unknown(_)
            | Value::Super(_) => return None,
            Value::Path(_)
            | Value::Here(_)
            | Value::Func(_)
            | Value::Bound(_)
            | Value::Method(_)
            | Value::Class(_)
            | Value::Module(_)
            | Value::Partial(_)
            | Value::Generic(_)
            | Value::FieldSpec(_)
            | Value::Field(..)
            | Value::Parser(_)
            | Value::Group(_)
            | Value::Subparsers(_)
            | Value::Action(_) => true,
        })
    }

    /// True if two values are certainly the same in every use.
    pub(crate) fn same(&self, a: &Value, b: &Value) -> bool {
        self.inside(|| Some(self.same_inside(a, b))) == Some(true)
    }

    fn same_inside(&self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Unknown(_), _) | (_, Value::Unknown(_)) => false,
            (Value::List(a), Value::List(b)) | (Value::Set(a), Value::Set(b)) => {
                let (a, b) = (self.heap.list(*a), self.heap.list(*b));
                a.unknown.is_none() && b.unknown.is_none() && self.all_same(&a.items, &b.items)
            }
            (Value::Tuple(a), Value::Tuple(b)) => self.all_same(a, b),
            (Value::Dict(a), Value::Dict(b)) => {
                let (a, b) = (self.heap.dict(*a), self.heap.dict(*b));
                let pairs = || a.entries.values().zip(b.entries.values());
                a.unknown.is_none()
                    && b.unknown.is_none()
                    && a.entries.len() == b.entries.len()
                    && pairs().all(|(a, b)| self.same(&a.0, &b.0) && self.same(&a.1, &b.1))
            }
            _ => a == b,
        }
    }

    fn all_same(&self, a: &[Value], b: &[Value]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same(a, b))
    }

    /// `==`; `None` if it is not certain.
    pub(crate) fn equal(&self, a: &Value, b: &Value) -> Option<bool> {
        self.inside(|| self.equal_inside(a, b))
    }

    fn equal_inside(&self, a: &Value, b: &Value) -> Option<bool> {
        match (a, b) {
            (Value::Unknown(_) | Value::Object(_) | Value::Argv | Value::Here(_), _)
            | (_, Value::Unknown(_) | Value::Object(_) | Value::Argv | Value::Here(_)) => None,
            (Value::Instance(a), Value::Instance(b)) => (a == b).then_some(true),
            (Value::Extern(_), Value::Class(_) | Value::Func(_) | Value::Generic(_))
            | (Value::Class(_) | Value::Func(_) | Value::Generic(_), Value::Extern(_)) => {
                Some(false)
            }
            (Value::Instance(_) | Value::Extern(_), _)
            | (_, Value::Instance(_) | Value::Extern(_)) => {
                if a == b {
                    Some(true)
                } else if matches!(a, Value::None) || matches!(b, Value::None) {
                    // Only what is not a class or function of the outside may be `None`.
                    [a, b]
                        .into_iter()
                        .find_map(Value::extern_name)
                        .and_then(extern_truth)
                        .map(|_| false)
                } else {
                    match (a.extern_name(), b.extern_name()) {
                        (Some(a), Some(b))
                            if a.starts_with("builtins.") || b.starts_with("builtins.") =>
                        {
                            Some(false)
                        }
                        _ => None,
                    }
                }
            }
            (Value::Member(member), other) | (other, Value::Member(member)) => match other {
                Value::Member(other) => Some(member == other),
                _ if self.heap.classes[member.class.0].kind == ClassKind::Enum => Some(false),
                other => self.equal(&member.value, other),
            },
            (Value::Tuple(_), Value::Tuple(_)) | (Value::List(_), Value::List(_)) => {
                let (a, b) = (self.items_of(a)?, self.items_of(b)?);
                if a.len() != b.len() {
                    return Some(false);
                }
                let mut result = Some(true);
                for (a, b) in a.iter().zip(&b) {
                    match self.equal(a, b) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => result = None,
                    }
                }
                result
            }
            (Value::Set(_), Value::Set(_)) | (Value::Dict(_), Value::Dict(_)) => {
                self.same(a, b).then_some(true)
            }
            _ => match (a.as_float(), b.as_float()) {
                (Some(x), Some(y)) => match (a.as_int(), b.as_int()) {
                    (Some(x), Some(y)) => Some(x == y),
                    _ => Some(x.partial_cmp(&y) == Some(Ordering::Equal)),
                },
                _ => Some(a == b),
            },
        }
    }

    /// One comparison; `None` if it is not certain.
    pub(crate) fn compare(&mut self, op: CmpOp, a: &Value, b: &Value) -> Option<bool> {
        match op {
            CmpOp::Eq => self.equal(a, b),
            CmpOp::NotEq => self.equal(a, b).map(|equal| !equal),
            CmpOp::Is => self.identical(a, b),
            CmpOp::IsNot => self.identical(a, b).map(|same| !same),
            CmpOp::In => self.contains(b, a),
            CmpOp::NotIn => self.contains(b, a).map(|inside| !inside),
            CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => {
                if let Some(answer) = self.version_test(op, a, b) {
                    return Some(answer);
                }
                let ordering = self.order(a, b)?;
                Some(match op {
                    CmpOp::Lt => ordering == Ordering::Less,
                    CmpOp::LtE => ordering != Ordering::Greater,
                    CmpOp::Gt => ordering == Ordering::Greater,
                    _ => ordering != Ordering::Less,
                })
            }
        }
    }

    fn identical(&self, a: &Value, b: &Value) -> Option<bool> {
        let missing = |value: &Value| value.extern_name() == Some("dataclasses.MISSING");
        match (a, b) {
            (value, other) | (other, value)
                if missing(value) && !matches!(other, Value::Unknown(_)) =>
            {
                Some(missing(other))
            }
            (Value::None, Value::Instance(_) | Value::Object(_) | Value::Argv | Value::Here(_))
            | (Value::Instance(_) | Value::Object(_) | Value::Argv | Value::Here(_), Value::None)
            | (Value::Bool(_), Value::Int(_) | Value::Float(_))
            | (Value::Int(_) | Value::Float(_), Value::Bool(_)) => Some(false),
            (Value::List(a), Value::List(b)) | (Value::Set(a), Value::Set(b)) => Some(a == b),
            (Value::Dict(a), Value::Dict(b)) => Some(a == b),
            (Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Tuple(_), b)
                if std::mem::discriminant(a) == std::mem::discriminant(b) =>
            {
                self.equal(a, b).filter(|equal| !equal)
            }
            _ => self.equal(a, b),
        }
    }

    /// `sys.version_info >= (3, 7)`: only what holds for every maintained Python (3.11 and later) is certain.
    fn version_test(&self, op: CmpOp, a: &Value, b: &Value) -> Option<bool> {
        let (name, bound, flipped) = match (a.extern_name(), b.extern_name()) {
            (Some(name), _) => (name, b, false),
            (_, Some(name)) => (name, a, true),
            _ => return None,
        };
        let parts: Vec<i128> = match name {
            "sys.version_info" => self
                .items_of(bound)?
                .iter()
                .map(Value::as_int)
                .collect::<Option<_>>()?,
            _ => return None,
        };
        let old =
            parts.as_slice() <= [3, 11].as_slice() || matches!(parts.as_slice(), [3, 11, 0, ..]);
        if !old {
            return (parts.as_slice() >= [4].as_slice())
                .then_some(matches!(op, CmpOp::Lt | CmpOp::LtE) != flipped);
        }
        Some(matches!(op, CmpOp::Gt | CmpOp::GtE) != flipped)
    }

    /// The order of two values of the same kind.
    pub(crate) fn order(&self, a: &Value, b: &Value) -> Option<Ordering> {
        self.inside(|| self.order_inside(a, b))
    }

    fn order_inside(&self, a: &Value, b: &Value) -> Option<Ordering> {
        match (a, b) {
            (Value::Str(a), Value::Str(b)) => Some(a.chars().cmp(b.chars())),
            (Value::Tuple(_), Value::Tuple(_)) | (Value::List(_), Value::List(_)) => {
                let (a, b) = (self.items_of(a)?, self.items_of(b)?);
                for (a, b) in a.iter().zip(&b) {
                    let ordering = self.order(a, b)?;
                    if ordering != Ordering::Equal {
                        return Some(ordering);
                    }
                }
                Some(a.len().cmp(&b.len()))
            }
            _ => match (a.as_int(), b.as_int()) {
                (Some(a), Some(b)) => Some(a.cmp(&b)),
                _ => a.as_float()?.partial_cmp(&b.as_float()?),
            },
        }
    }

    fn contains(&mut self, container: &Value, item: &Value) -> Option<bool> {
        if let (Value::Str(text), Value::Str(part)) = (container, item) {
            return Some(text.contains(&**part));
        }
        let mut result = Some(false);
        for candidate in self.items_of(container)? {
            match self.equal(&candidate, item) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => result = None,
            }
        }
        result
    }

    /// A binary operator; `None` if the result is not certain.
    pub(crate) fn binary(&mut self, op: Operator, a: &Value, b: &Value) -> Option<Value> {
        match (op, a, b) {
            (Operator::Add, Value::Str(a), Value::Str(b)) => Some(Value::str(format!("{a}{b}"))),
            (Operator::Add, Value::List(_), Value::List(_)) => {
                let mut items = self.items_of(a)?;
                items.extend(self.items_of(b)?);
                (items.len() <= MAX_REPEAT).then(|| Value::List(self.heap.new_list(items)))
            }
            (Operator::Add, Value::Tuple(a), Value::Tuple(b))
                if a.len() + b.len() <= MAX_REPEAT =>
            {
                Some(Value::tuple(a.iter().chain(b.iter()).cloned().collect()))
            }
            (Operator::Mult, Value::Str(_) | Value::List(_) | Value::Tuple(_), count)
            | (Operator::Mult, count, Value::Str(_) | Value::List(_) | Value::Tuple(_)) => {
                let sequence = if std::ptr::eq(count, b) { a } else { b };
                self.repeat(sequence, count.as_int()?)
            }
            (Operator::Add, Value::Here(here), Value::Str(tail)) if tail.starts_with('/') => {
                Some(here.join(tail.trim_start_matches('/')))
            }
            (Operator::Div, Value::Here(here), tail) if here.is_path => here.join_value(tail),
            (Operator::Mod, Value::Str(template), values) => {
                self.percent(template, values).map(Value::str)
            }
            (Operator::Div, Value::Path(base), tail) => {
                let tail = match tail {
                    Value::Str(tail) | Value::Path(tail) => tail.clone(),
                    _ => return None,
                };
                Some(Value::Path(Rc::from(super::stdlib::join_path(base, &tail))))
            }
            (Operator::Div, Value::Str(base), Value::Path(tail)) => {
                Some(Value::Path(Rc::from(super::stdlib::join_path(base, tail))))
            }
            (Operator::BitOr, a, b) if is_type(a) && is_type(b) => {
                let union = Value::Extern(Rc::from("typing.Union"));
                let parts = [a, b].map(|part| match part {
                    Value::Generic(generic) if generic.0 == union => generic.1.clone(),
                    part => vec![part.clone()],
                });
                Some(Value::Generic(Rc::new((union, parts.concat()))))
            }
            (Operator::BitOr, Value::Dict(a), Value::Dict(b)) => {
                let (left, right) = (self.heap.dict(*a).clone(), self.heap.dict(*b).clone());
                let mut merged = left;
                merged.entries.extend(right.entries);
                merged.unknown = merged.unknown.or(right.unknown);
                Some(Value::Dict(self.heap.new_dict(merged)))
            }
            (Operator::BitOr | Operator::BitAnd | Operator::Sub, Value::Set(_), Value::Set(_)) => {
                self.set_operation(op, a, b)
            }
            _ => arithmetic(op, a, b),
        }
    }

    fn set_operation(&mut self, op: Operator, a: &Value, b: &Value) -> Option<Value> {
        let (left, right) = (self.items_of(a)?, self.items_of(b)?);
        let items = if op == Operator::BitOr {
            left.into_iter().chain(right).collect()
        } else {
            let wanted = op == Operator::BitAnd;
            left.into_iter()
                .filter(|item| right.iter().any(|other| other == item) == wanted)
                .collect()
        };
        self.set_of(items)
    }

    fn repeat(&mut self, sequence: &Value, count: i128) -> Option<Value> {
        let count = usize::try_from(count.max(0)).ok()?;
        match sequence {
            Value::Str(text) if text.len().checked_mul(count)? <= MAX_REPEAT => {
                Some(Value::str(text.repeat(count)))
            }
            Value::List(_) | Value::Tuple(_) => {
                let items = self.items_of(sequence)?;
                if items.len().checked_mul(count)? > MAX_REPEAT {
                    return None;
                }
                let repeated: Vec<Value> = items
                    .iter()
                    .cycle()
                    .take(items.len() * count)
                    .cloned()
                    .collect();
                Some(match sequence {
                    Value::List(_) => Value::List(self.heap.new_list(repeated)),
                    _ => Value::tuple(repeated),
                })
            }
            _ => None,
        }
    }
}

/// True for what stands in annotations.
fn is_type(value: &Value) -> bool {
    matches!(
        value,
        Value::None | Value::Extern(_) | Value::Class(_) | Value::Generic(_)
    )
}

/// Outside things whose truth is known: modules, classes and functions of the standard library are true.
fn extern_truth(name: &str) -> Option<bool> {
    match name {
        "typing.TYPE_CHECKING" => Some(false),
        name if name.starts_with("builtins.") && name != "builtins.__debug__" => Some(true),
        _ => None,
    }
}

fn arithmetic(op: Operator, a: &Value, b: &Value) -> Option<Value> {
    if let (Value::Bool(a), Value::Bool(b)) = (a, b) {
        match op {
            Operator::BitOr => return Some(Value::Bool(a | b)),
            Operator::BitAnd => return Some(Value::Bool(a & b)),
            Operator::BitXor => return Some(Value::Bool(a ^ b)),
            _ => {}
        }
    }
    if let (Some(a), Some(b)) = (a.as_int(), b.as_int()) {
        return int_arithmetic(op, a, b);
    }
    let (a, b) = (a.as_float()?, b.as_float()?);
    Some(Value::Float(match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        Operator::Pow if a >= 0.0 || b.fract() == 0.0 => {
            if a == 0.0 && b < 0.0 {
                return None;
            }
            a.powf(b)
        }
        Operator::FloorDiv if b != 0.0 => ((a - python_fmod(a, b)) / b).round(),
        Operator::Mod if b != 0.0 => python_fmod(a, b),
        _ => return None,
    }))
}

fn python_fmod(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
        rest + b
    } else {
        rest
    }
}

fn int_arithmetic(op: Operator, a: i128, b: i128) -> Option<Value> {
    Some(Value::Int(match op {
        Operator::Add => a.checked_add(b)?,
        Operator::Sub => a.checked_sub(b)?,
        Operator::Mult => a.checked_mul(b)?,
        Operator::Div => {
            let exact = |value: i128| value.unsigned_abs() < (1 << 53);
            return (b != 0 && exact(a) && exact(b)).then(|| Value::Float(a as f64 / b as f64));
        }
        Operator::FloorDiv if b != 0 => {
            let quotient = a.checked_div(b)?;
            if a % b != 0 && (a < 0) != (b < 0) {
                quotient - 1
            } else {
                quotient
            }
        }
        Operator::Mod if b != 0 => {
            let rest = a.checked_rem(b)?;
            if rest != 0 && (rest < 0) != (b < 0) {
                rest + b
            } else {
                rest
            }
        }
        Operator::Pow if b >= 0 => a.checked_pow(u32::try_from(b).ok()?)?,
        Operator::Pow if a != 0 => {
            #[expect(
                clippy::cast_precision_loss,
                reason = "Python converts both to float as well"
            )]
            let power = (a as f64).powf(b as f64);
            return Some(Value::Float(power));
        }
        Operator::LShift => a.checked_mul(
            1i128
                .checked_shl(u32::try_from(b).ok()?)
                .filter(|_| b < 126)?,
        )?,
        Operator::RShift => a >> u32::try_from(b).ok().filter(|shift| *shift < 127)?,
        Operator::BitOr => a | b,
        Operator::BitAnd => a & b,
        Operator::BitXor => a ^ b,
        _ => return None,
    }))
}
