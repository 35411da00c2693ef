//! Numbers, order and equality, as in Python where Python has a meaning for them.
//!
//! Integers that leave 64 bits go on as decimals, and a division by zero has no result: null.

use std::cmp::Ordering;

use crate::config::Value;

use super::ast::Arithmetic;
use super::error::ExprErrorKind;

/// What an operation cannot take; the place is added by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem(pub(super) ExprErrorKind);

impl Problem {
    pub(super) fn operand(operation: &str, expected: &str, found: &Value) -> Self {
        Self(ExprErrorKind::Operand {
            operation: operation.to_owned(),
            expected: expected.to_owned(),
            found: shown(found),
        })
    }
}

/// A value for a message, cut where it is long.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::Text(text) => format!("\"{text}\""),
        other => other.to_string(),
    };
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("`{}…`", &text[..at]),
        None => format!("`{text}`"),
    }
}

/// The longest text or list that `+` makes.
const MAX_RESULT: usize = 1 << 16;

pub(super) fn compute(
    operation: Arithmetic,
    left: &Value,
    right: &Value,
) -> Result<Value, Problem> {
    if matches!(left, Value::Null) || matches!(right, Value::Null) {
        return Ok(Value::Null);
    }
    match (operation, left, right) {
        (Arithmetic::Add, Value::Text(a), Value::Text(b)) if a.len() + b.len() <= MAX_RESULT => {
            return Ok(Value::Text(format!("{a}{b}")));
        }
        (Arithmetic::Add, Value::List(a), Value::List(b)) if a.len() + b.len() <= MAX_RESULT => {
            return Ok(Value::List(a.iter().chain(b).cloned().collect()));
        }
        (Arithmetic::Add, Value::Text(_), Value::Text(_))
        | (Arithmetic::Add, Value::List(_), Value::List(_)) => {
            return Err(Problem(ExprErrorKind::ResultTooLong));
        }
        _ => {}
    }
    if let (Value::Int(a), Value::Int(b)) = (left, right)
        && let Some(result) = whole(operation, *a, *b)
    {
        return Ok(result);
    }
    let expected = if operation == Arithmetic::Add {
        "numbers, texts or lists"
    } else {
        "numbers"
    };
    let a = float(left).ok_or_else(|| Problem::operand(operation.symbol(), expected, left))?;
    let b = float(right).ok_or_else(|| Problem::operand(operation.symbol(), expected, right))?;
    Ok(decimal(operation, a, b))
}

/// The exact result; `None` where decimals go on.
fn whole(operation: Arithmetic, a: i64, b: i64) -> Option<Value> {
    let result = match operation {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => return None,
        Arithmetic::FloorDivide | Arithmetic::Remainder if b == 0 => return Some(Value::Null),
        Arithmetic::FloorDivide => a.checked_div_euclid(b).map(|quotient| {
            // Euclid's quotient rounds so that the rest is positive; Python's so that it has the divisor's sign.
            if b < 0 && a.checked_rem_euclid(b) != Some(0) {
                quotient - 1
            } else {
                quotient
            }
        }),
        Arithmetic::Remainder => a
            .checked_rem_euclid(b)
            .map(|rest| if b < 0 && rest != 0 { rest + b } else { rest }),
        Arithmetic::Power => u32::try_from(b)
            .ok()
            .and_then(|exponent| a.checked_pow(exponent)),
    };
    result.map(Value::Int)
}

fn decimal(operation: Arithmetic, a: f64, b: f64) -> Value {
    let zero = b == 0.0;
    Value::Float(match operation {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide | Arithmetic::FloorDivide | Arithmetic::Remainder if zero => {
            return Value::Null;
        }
        Arithmetic::Divide => a / b,
        Arithmetic::FloorDivide => (a / b).floor(),
        Arithmetic::Remainder => {
            let rest = a % b;
            if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
                rest + b
            } else {
                rest
            }
        }
        // The same on every machine for small whole exponents; `powf` may differ in the last digit.
        Arithmetic::Power if b.fract() == 0.0 && b.abs() <= 1024.0 => power(a, b),
        Arithmetic::Power => a.powf(b),
    })
}

/// Repeated squaring: only multiplications and one division, which are exact to the bit everywhere.
fn power(base: f64, exponent: f64) -> f64 {
    let mut result = 1.0;
    let mut square = base;
    let mut rest = exponent.abs();
    while rest >= 1.0 {
        if rest % 2.0 > 0.5 {
            result *= square;
        }
        square *= square;
        rest = (rest / 2.0).floor();
    }
    if exponent < 0.0 { 1.0 / result } else { result }
}

/// The nearest decimal of a number.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::BigInt(digits) => digits.parse().ok(),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

pub(super) fn negated(value: &Value) -> Option<Value> {
    match value {
        Value::Null => Some(Value::Null),
        Value::Int(int) => Some(
            int.checked_neg()
                .map_or_else(|| Value::Float(-(*int as f64)), Value::Int),
        ),
        other => float(other).map(|float| Value::Float(-float)),
    }
}

pub(super) fn absolute(value: &Value) -> Option<Value> {
    match value {
        Value::Int(int) if *int < 0 => negated(value),
        Value::Int(_) => Some(value.clone()),
        other => float(other).map(|float| Value::Float(float.abs())),
    }
}

/// Rounds half to even, as Python does; without digits to an integer.
pub(super) fn rounded(value: &Value, digits: i64, to_int: bool) -> Option<Value> {
    if let Value::Int(_) = value
        && digits >= 0
    {
        return Some(value.clone());
    }
    let float = float(value)?;
    if to_int {
        let whole = float.round_ties_even();
        let fits = whole.abs() < 9.0e18;
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
        return Some(if fits {
            Value::Int(whole as i64)
        } else {
            Value::Float(whole)
        });
    }
    let Ok(places) = usize::try_from(digits.min(340)) else {
        let scale = power(10.0, -(digits.max(-400) as f64));
        return Some(Value::Float((float / scale).round_ties_even() * scale));
    };
    // The printed form rounds the exact binary value, as Python's `round` does.
    format!("{float:.places$}").parse().ok().map(Value::Float)
}

/// Equality: numbers by value, everything else by kind and value.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| {
                    b.iter()
                        .any(|(other, found)| other == key && equal(value, found))
                })
        }
        (
            Value::Int(_) | Value::BigInt(_) | Value::Float(_),
            Value::Int(_) | Value::BigInt(_) | Value::Float(_),
        ) => numeric_order(a, b) == Some(Ordering::Equal),
        (a, b) => a == b,
    }
}

/// The order of two numbers, exact also between integers and decimals; `None` with NaN.
fn numeric_order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Float(b)) => int_and_float(*a, *b),
        (Value::Float(a), Value::Int(b)) => int_and_float(*b, *a).map(Ordering::reverse),
        (Value::BigInt(a), Value::BigInt(b)) => {
            let negative = |digits: &str| digits.starts_with('-');
            let magnitude = a
                .trim_start_matches('-')
                .len()
                .cmp(&b.trim_start_matches('-').len())
                .then_with(|| a.trim_start_matches('-').cmp(b.trim_start_matches('-')));
            Some(match (negative(a), negative(b)) {
                (false, false) => magnitude,
                (true, true) => magnitude.reverse(),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
            })
        }
        // A larger integer is beyond every one of 64 bits.
        (Value::BigInt(a), Value::Int(_)) => Some(if a.starts_with('-') {
            Ordering::Less
        } else {
            Ordering::Greater
        }),
        (Value::Int(_), Value::BigInt(_)) => numeric_order(b, a).map(Ordering::reverse),
        _ => float(a)?.partial_cmp(&float(b)?),
    }
}

fn int_and_float(int: i64, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if float < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is in range")]
    let whole = float.trunc() as i64;
    Some(
        int.cmp(&whole)
            .then_with(|| 0.0.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal)),
    )
}

/// The order of two values: numbers, texts, booleans, and lists of them. `None` without one: null, or NaN.
pub(super) fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, Problem> {
    let is_number =
        |value: &Value| matches!(value, Value::Int(_) | Value::BigInt(_) | Value::Float(_));
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => Ok(None),
        (Value::Text(a), Value::Text(b)) => Ok(Some(a.cmp(b))),
        (Value::Bool(a), Value::Bool(b)) => Ok(Some(a.cmp(b))),
        (Value::List(a), Value::List(b)) => {
            for (a, b) in a.iter().zip(b) {
                if !equal(a, b) {
                    return order(a, b);
                }
            }
            Ok(Some(a.len().cmp(&b.len())))
        }
        (a, b) if is_number(a) && is_number(b) => Ok(numeric_order(a, b)),
        _ => Err(Problem(ExprErrorKind::NoOrder {
            left: shown(a),
            right: shown(b),
        })),
    }
}

/// Whether a text holds a text, a list an item or a map a key; `None` if neither can be.
pub(super) fn contains(whole: &Value, part: &Value) -> Option<bool> {
    match (whole, part) {
        (Value::Text(text), Value::Text(part)) => Some(text.contains(part.as_str())),
        (Value::List(items), part) => Some(items.iter().any(|item| equal(item, part))),
        (Value::Map(entries), Value::Text(key)) => {
            Some(entries.iter().any(|(known, _)| known == key))
        }
        _ => None,
    }
}
