//! Interpreter values as schema literals.

use std::cell::Cell;

use domain::schema::{Decided, Literal};

use crate::heap::{Body, Heap};
use crate::value::{ListId, SUPPRESS, Value};

/// The literal of a value; what has no literal form keeps its source text.
pub(crate) fn literal(heap: &Heap<'_>, value: &Value) -> Literal {
    match value {
        Value::Str(text) if &**text == SUPPRESS => Literal::Suppress,
        _ => plain_literal(heap, value, &Limit::default()),
    }
}

/// How much of a value is still written: values may contain each other, or one thing many times.
struct Limit {
    depth: Cell<u32>,
    values: Cell<u32>,
}

impl Default for Limit {
    fn default() -> Self {
        Self {
            depth: Cell::new(20),
            values: Cell::new(20_000),
        }
    }
}

fn plain_literal(heap: &Heap<'_>, value: &Value, limit: &Limit) -> Literal {
    if limit.depth.get() == 0 || limit.values.get() == 0 {
        return Literal::Expr("…".to_owned());
    }
    limit.values.set(limit.values.get() - 1);
    limit.depth.set(limit.depth.get() - 1);
    let literal = literal_within(heap, value, limit);
    limit.depth.set(limit.depth.get() + 1);
    literal
}

fn literal_within(heap: &Heap<'_>, value: &Value, limit: &Limit) -> Literal {
    let list = |items: &[Value]| {
        items
            .iter()
            .map(|item| plain_literal(heap, item, limit))
            .collect()
    };
    match value {
        Value::None => Literal::Null,
        Value::Bool(value) => Literal::Bool(*value),
        Value::Int(value) => {
            i64::try_from(*value).map_or_else(|_| Literal::BigInt(value.to_string()), Literal::Int)
        }
        Value::Float(value) => Literal::Float(*value),
        Value::Str(text) => Literal::Text(text.to_string()),
        Value::Path(path) => Literal::Path(path.to_string()),
        Value::Tuple(items) => Literal::List(list(items)),
        Value::List(id) => {
            contents(heap, *id).map_or_else(Literal::Expr, |items| Literal::List(list(items)))
        }
        Value::Set(id) => {
            contents(heap, *id).map_or_else(Literal::Expr, |items| Literal::Set(list(items)))
        }
        Value::Dict(id) => {
            let object = heap.dict(*id);
            if let Some(text) = &object.unknown {
                return Literal::Expr(text.to_string());
            }
            let pairs: Vec<(&Value, Literal)> = object
                .entries
                .values()
                .map(|(key, value)| (key, plain_literal(heap, value, limit)))
                .collect();
            if pairs.iter().all(|(key, _)| matches!(key, Value::Str(_))) {
                let text = |key: &Value| key.as_str().unwrap_or_default().to_owned();
                Literal::Map(
                    pairs
                        .into_iter()
                        .map(|(key, value)| (text(key), value))
                        .collect(),
                )
            } else {
                Literal::Dict(
                    pairs
                        .into_iter()
                        .map(|(key, value)| (plain_literal(heap, key, limit), value))
                        .collect(),
                )
            }
        }
        Value::Member(member) => Literal::Enum {
            name: format!("{}.{}", member.class_name, member.name),
            value: Box::new(plain_literal(heap, &member.value, limit)),
        },
        _ => Literal::Expr(describe(heap, value)),
    }
}

fn contents<'h>(heap: &'h Heap<'_>, id: ListId) -> Result<&'h [Value], String> {
    let object = heap.list(id);
    match &object.unknown {
        Some(text) => Err(text.to_string()),
        None => Ok(&object.items),
    }
}

/// Source text for a value that has no literal form.
pub(crate) fn describe(heap: &Heap<'_>, value: &Value) -> String {
    match value {
        Value::Unknown(text) | Value::Str(text) => text.to_string(),
        Value::Extern(name) => name.strip_prefix("builtins.").unwrap_or(name).to_owned(),
        Value::Object(name) => format!("{name}(…)"),
        Value::Func(id) => heap.funcs[id.0].name.to_string(),
        Value::Bound(bound) => heap.funcs[bound.1.0].name.to_string(),
        Value::Method(method) => method.1.to_string(),
        Value::Class(id) => heap.classes[id.0].name.to_string(),
        Value::Instance(id) => format!("{}(…)", heap.classes[heap.instances[id.0].class.0].name),
        Value::Partial(partial) => format!("partial({}, …)", describe(heap, &partial.func)),
        Value::Argv => "sys.argv".to_owned(),
        Value::Here(here) => here.text.to_string(),
        Value::Generic(generic) => {
            let parts: Vec<String> = generic.1.iter().map(|part| describe(heap, part)).collect();
            format!("{}[{}]", describe(heap, &generic.0), parts.join(", "))
        }
        Value::FieldSpec(_) | Value::Field(..) => "field(…)".to_owned(),
        other => {
            let literal = plain_literal(heap, other, &Limit::default());
            if let Literal::Expr(text) = literal {
                text
            } else {
                format!("{literal:?}")
            }
        }
    }
}

/// A text or nothing.
pub(crate) fn text(heap: &Heap<'_>, value: &Value) -> Decided<Option<String>> {
    match value {
        Value::None => Decided::Known(None),
        Value::Str(text) => Decided::Known(Some(text.to_string())),
        other => Decided::Expr(describe(heap, other)),
    }
}

/// The bare name of a converting callable; `str` and nothing are the same.
pub(crate) fn type_name(heap: &Heap<'_>, value: &Value) -> Decided<Option<String>> {
    match value {
        Value::None => Decided::Known(None),
        Value::Str(_) | Value::Unknown(_) => Decided::Expr(describe(heap, value)),
        _ => match callable_name(heap, value) {
            Some(name) if name == "str" => Decided::Known(None),
            Some(name) => Decided::Known(Some(name)),
            None => Decided::Expr(describe(heap, value)),
        },
    }
}

/// `__name__` of a callable, `partial:f` for a partial, the class's name for a callable object.
pub(crate) fn callable_name(heap: &Heap<'_>, value: &Value) -> Option<String> {
    let last = |dotted: &str| dotted.rsplit('.').next().unwrap_or(dotted).to_owned();
    Some(match value {
        Value::Extern(name) | Value::Object(name) => last(name),
        Value::Func(id) if matches!(heap.funcs[id.0].body, Body::Lambda(_)) => "lambda".to_owned(),
        Value::Func(id) => heap.funcs[id.0].name.to_string(),
        Value::Bound(bound) => heap.funcs[bound.1.0].name.to_string(),
        Value::Method(method) => method.1.to_string(),
        Value::Class(id) => heap.classes[id.0].name.to_string(),
        Value::Instance(id) => heap.classes[heap.instances[id.0].class.0].name.to_string(),
        Value::Partial(partial) => format!("partial:{}", callable_name(heap, &partial.func)?),
        Value::Generic(generic) => callable_name(heap, &generic.0)?,
        _ => return None,
    })
}
