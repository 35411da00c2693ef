//! Annotations: what they say of the words on a command line.

use super::machine::Interp;
use crate::heap::ClassKind;
use crate::value::{ClassId, Value};

/// What an annotation says of the words on a command line.
pub(crate) enum Shape {
    Scalar(Value),
    Bool,
    List(Box<Shape>),
    Tuple(Vec<Shape>),
    Choice(Vec<Value>),
    Enum(ClassId),
    Record(ClassId),
    Dict,
    Unknown(Value),
}

pub(crate) fn base_name(value: &Value) -> &str {
    let dotted = value.extern_name().unwrap_or_default();
    dotted.rsplit('.').next().unwrap_or(dotted)
}

pub(crate) fn is_none(value: &Value) -> bool {
    matches!(value, Value::None) || base_name(value) == "NoneType"
}

/// The members of `Optional[…]`, `Union[…]` and `a | b`.
pub(crate) fn union_parts(value: &Value) -> Option<Vec<Value>> {
    let Value::Generic(generic) = value else {
        return None;
    };
    match base_name(&generic.0) {
        "Optional" => {
            let mut parts = generic.1.clone();
            parts.push(Value::None);
            Some(parts)
        }
        "Union" => {
            let inner = generic
                .1
                .iter()
                .flat_map(|part| union_parts(part).unwrap_or_else(|| vec![part.clone()]));
            Some(inner.collect())
        }
        _ => None,
    }
}

pub(crate) fn literal_parts(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Generic(generic) if base_name(&generic.0) == "Literal" => Some(generic.1.clone()),
        _ => None,
    }
}

/// `Annotated[T, …]` as `T` and what stands behind it.
pub(crate) fn annotated(value: Value) -> (Value, Vec<Value>) {
    match &value {
        Value::Generic(generic) if base_name(&generic.0) == "Annotated" => {
            let first = generic.1.first().cloned().unwrap_or(Value::None);
            (first, generic.1.get(1..).unwrap_or_default().to_vec())
        }
        _ => (value, Vec::new()),
    }
}

impl Interp<'_> {
    /// What an annotation says, and whether it may be `None`.
    pub(crate) fn shape(&self, ty: &Value) -> (Shape, bool) {
        if let Some(parts) = union_parts(ty) {
            let inner: Vec<&Value> = parts.iter().filter(|part| !is_none(part)).collect();
            return match inner.as_slice() {
                [only] => (self.shape(only).0, inner.len() < parts.len()),
                _ => (Shape::Unknown(ty.clone()), false),
            };
        }
        (self.plain_shape(ty), false)
    }

    fn plain_shape(&self, ty: &Value) -> Shape {
        if let Some(choices) = literal_parts(ty) {
            return Shape::Choice(choices);
        }
        match ty {
            Value::Generic(generic) => {
                let item = |at: usize| match generic.1.get(at) {
                    Some(part) => self.shape(&annotated(part.clone()).0).0,
                    None => Shape::Scalar(Value::builtin("str")),
                };
                let endless =
                    matches!(generic.1.last(), Some(Value::Unknown(text)) if &**text == "...");
                match base_name(&generic.0) {
                    "List" | "list" | "Sequence" | "Iterable" | "Set" | "set" | "FrozenSet"
                    | "frozenset" => Shape::List(Box::new(item(0))),
                    "Tuple" | "tuple" if endless => Shape::List(Box::new(item(0))),
                    "Tuple" | "tuple" => Shape::Tuple((0..generic.1.len()).map(item).collect()),
                    "Dict" | "dict" | "Mapping" => Shape::Dict,
                    "Annotated" | "Final" | "Suppress" | "Fixed" | "Positional" => item(0),
                    _ => self.plain_shape(&generic.0),
                }
            }
            Value::Class(class) => match self.heap.classes[class.0].kind {
                ClassKind::Enum | ClassKind::MixedEnum => Shape::Enum(*class),
                ClassKind::Record => Shape::Record(*class),
                ClassKind::Plain => Shape::Scalar(ty.clone()),
            },
            Value::Extern(_) => match base_name(ty) {
                "bool" => Shape::Bool,
                "list" | "List" => Shape::List(Box::new(Shape::Scalar(Value::builtin("str")))),
                "dict" | "Dict" => Shape::Dict,
                "Any" => Shape::Unknown(ty.clone()),
                _ => Shape::Scalar(ty.clone()),
            },
            other => Shape::Unknown(other.clone()),
        }
    }
}
