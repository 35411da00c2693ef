//! How plain scalars are read, and which texts may stand plain.

use super::Value;

/// The value of a scalar without quotes.
///
/// As PyYAML reads it, except that `1e-3` is a number, and that base-60 numbers, dates and integers with leading zeros
/// stay texts.
pub(crate) fn resolve(plain: &str) -> Value {
    if matches!(plain, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    boolean(plain)
        .map(Value::Bool)
        .or_else(|| integer(plain))
        .or_else(|| float(plain).map(Value::Float))
        .unwrap_or_else(|| Value::Text(plain.to_owned()))
}

fn boolean(plain: &str) -> Option<bool> {
    match plain {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn split_sign(plain: &str) -> (&str, &str) {
    match plain.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", plain.strip_prefix('+').unwrap_or(plain)),
    }
}

fn integer(plain: &str) -> Option<Value> {
    let (sign, unsigned) = split_sign(plain);
    let in_base = |digits: &str, base: u32| -> Option<Value> {
        let digits = digits.replace('_', "");
        let fits = !digits.is_empty() && digits.chars().all(|c| c.is_digit(base));
        fits.then(|| {
            i64::from_str_radix(&format!("{sign}{digits}"), base)
                .ok()
                .map(Value::Int)
        })
        .flatten()
    };
    if let Some(digits) = unsigned.strip_prefix("0b") {
        return in_base(digits, 2);
    }
    if let Some(digits) = unsigned.strip_prefix("0x") {
        return in_base(digits, 16);
    }
    let decimal = unsigned == "0"
        || unsigned.starts_with(|c: char| ('1'..='9').contains(&c))
            && unsigned.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if !decimal {
        return None;
    }
    let digits = format!("{sign}{}", unsigned.replace('_', ""));
    Some(digits.parse().map_or(Value::BigInt(digits), Value::Int))
}

fn float(plain: &str) -> Option<f64> {
    let (sign, unsigned) = split_sign(plain);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => {
            return Some(if sign == "-" {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            });
        }
        ".nan" | ".NaN" | ".NAN" if sign.is_empty() => return Some(f64::NAN),
        _ => {}
    }
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    // `_` stands behind a digit only: neither `_1.5` nor `._5` is a number.
    let leading = number.strip_prefix('.').unwrap_or(number);
    let has_digit = leading.starts_with(|c: char| c.is_ascii_digit());
    let is_number = has_digit && digits(whole) && fraction.is_none_or(digits);
    let exponent_fits = exponent.is_none_or(|text| {
        let (_, digits) = split_sign(text);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    // Without point and exponent it is an integer, or digits with leading zeros.
    if !is_number || !exponent_fits || fraction.is_none() && exponent.is_none() {
        return None;
    }
    let leading_zero = fraction.is_none() && whole.len() > 1 && whole.starts_with('0');
    let exponent = exponent.map(|text| format!("e{text}")).unwrap_or_default();
    let text = format!(
        "{sign}0{}.{}0{exponent}",
        whole,
        fraction.unwrap_or_default()
    )
    .replace('_', "");
    if leading_zero {
        None
    } else {
        text.parse().ok()
    }
}

/// Words that some reader of YAML takes for something else, in small letters.
const RESERVED: &[&str] = &[
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf", "infinity",
];

/// True if every reader of YAML takes `text` for the same text without quotes. Says no when in doubt.
pub(super) fn is_plain_text(text: &str) -> bool {
    let path = ["./", "../", "~/", "/"]
        .into_iter()
        .any(|start| text.starts_with(start) && text.len() > start.len());
    let starts_well = text.starts_with(|c: char| c.is_alphabetic() || c == '_') || path;
    let allowed = |c: char| c.is_alphanumeric() || "_-./+=@%~()$^;<> ".contains(c);
    starts_well
        && text.chars().all(allowed)
        && !text.ends_with(' ')
        && !text.ends_with('.')
        && !RESERVED.contains(&text.to_lowercase().as_str())
}

/// A scalar as it is written: quoted wherever another reader could take it for something else.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::BigInt(digits) => digits.clone(),
        Value::Float(value) => float_written(*value),
        Value::Text(text) => text_written(text),
        Value::List(_) => "[]".to_owned(),
        Value::Map(_) => "{}".to_owned(),
    }
}

/// PyYAML reads a float only with a point, and an exponent only with a sign.
fn float_written(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{value:?}");
    let Some((digits, exponent)) = text.split_once('e') else {
        return text;
    };
    let point = if digits.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{digits}{point}e{sign}{exponent}")
}

fn text_written(text: &str) -> String {
    if is_plain_text(text) {
        return text.to_owned();
    }
    if text
        .chars()
        .all(|c| matches!(c, ' '..='~') || c.is_alphanumeric())
    {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            ' '..='~' => quoted.push(c),
            c if c.is_alphanumeric() && u32::from(c) < 0xffff => quoted.push(c),
            c => quoted.push_str(&escape(u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// Any character as YAML writes it by its number.
fn escape(code: u32) -> String {
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_read_by_our_rules() {
        let cases = [
            ("yes", "true"),
            ("Off", "false"),
            ("y", "\"y\""),
            ("~", "null"),
            ("1_000", "1000"),
            ("0x1F", "31"),
            ("0b11", "3"),
            ("012", "\"012\""),
            ("0o17", "\"0o17\""),
            ("1:30", "\"1:30\""),
            ("1e-3", "0.001"),
            ("1E5", "100000.0"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("-.5", "-0.5"),
            ("1_0.5", "10.5"),
            ("2024-01-01", "\"2024-01-01\""),
            ("+1", "1"),
            ("-0", "0"),
            (".", "\".\""),
            ("e5", "\"e5\""),
            ("_1", "\"_1\""),
            ("1e", "\"1e\""),
            ("-", "\"-\""),
            (
                "99999999999999999999",
                "{\"$int\":\"99999999999999999999\"}",
            ),
            (".inf", "{\"$float\":\"Infinity\"}"),
            ("-.INF", "{\"$float\":\"-Infinity\"}"),
            (".nan", "{\"$float\":\"NaN\"}"),
        ];
        for (plain, json) in cases {
            assert_eq!(
                serde_json::to_string(&resolve(plain)).unwrap(),
                json,
                "{plain}"
            );
        }
    }

    #[test]
    fn floats_always_have_a_point() {
        let cases = [
            (1e-20, "1.0e-20"),
            (1e16, "1.0e+16"),
            (1.5e300, "1.5e+300"),
            (0.1, "0.1"),
            (3.0, "3.0"),
        ];
        for (value, text) in cases {
            assert_eq!(written(&Value::Float(value)), text);
        }
    }
}
