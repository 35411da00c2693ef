//! Formatting: format specifications, `%` and `str.format`.

use super::machine::{Interp, MAX_TEXT};
use super::text::float_repr;
use crate::value::{Args, Value};

/// The parts of a format specification that are supported: `[[fill]align][sign][0][width][,][.precision][type]`.
#[derive(Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    plus: bool,
    zero: bool,
    width: usize,
    comma: bool,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    fn parse(spec: &str) -> Option<Self> {
        let mut out = Self::default();
        let mut chars: Vec<char> = spec.chars().collect();
        if chars.len() > 1 && matches!(chars[1], '<' | '>' | '^') {
            (out.fill, out.align) = (Some(chars[0]), Some(chars[1]));
            chars.drain(..2);
        } else if chars.first().is_some_and(|c| matches!(c, '<' | '>' | '^')) {
            out.align = Some(chars.remove(0));
        }
        let mut chars = chars.into_iter().peekable();
        out.plus = chars.next_if_eq(&'+').is_some();
        out.zero = chars.next_if_eq(&'0').is_some();
        let number = |chars: &mut std::iter::Peekable<std::vec::IntoIter<char>>| {
            let mut digits = String::new();
            while let Some(c) = chars.next_if(char::is_ascii_digit) {
                digits.push(c);
            }
            if digits.is_empty() {
                None
            } else {
                digits.parse::<usize>().ok().filter(|n| *n < 1000)
            }
        };
        out.width = number(&mut chars).unwrap_or(0);
        out.comma = chars.next_if_eq(&',').is_some();
        if chars.next_if_eq(&'.').is_some() {
            out.precision = Some(number(&mut chars)?);
        }
        out.kind = chars.next();
        chars.next().is_none().then_some(out)
    }

    fn pad(&self, text: String, number: bool) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        if missing == 0 {
            return text;
        }
        if self.zero && self.align.is_none() && number {
            let (sign, digits) = match text.strip_prefix(['-', '+']) {
                Some(digits) => (&text[..1], digits),
                None => ("", text.as_str()),
            };
            return format!("{sign}{}{digits}", "0".repeat(missing));
        }
        let fill = |n: usize| self.fill.unwrap_or(' ').to_string().repeat(n);
        match self.align.unwrap_or(if number { '>' } else { '<' }) {
            '<' => text + &fill(missing),
            '^' => fill(missing / 2) + &text + &fill(missing - missing / 2),
            _ => fill(missing) + &text,
        }
    }
}

fn with_commas(digits: &str) -> String {
    let (sign, rest) = digits
        .strip_prefix('-')
        .map_or(("", digits), |rest| ("-", rest));
    let (whole, tail) = rest
        .split_once('.')
        .map_or((rest, None), |(whole, tail)| (whole, Some(tail)));
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    match tail {
        Some(tail) => format!("{sign}{out}.{tail}"),
        None => format!("{sign}{out}"),
    }
}

/// `%e` and `e`: at least two digits of exponent.
fn exponent_form(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `%g` and `g`.
fn general_form(value: f64, precision: usize) -> String {
    let precision = precision.max(1);
    let probe = format!("{value:.*e}", precision - 1);
    let exponent: i32 = probe
        .split_once('e')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or(0);
    let strip = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text.to_owned()
        }
    };
    if exponent < -4 || exponent >= i32::try_from(precision).unwrap_or(i32::MAX) {
        let text = exponent_form(value, precision - 1);
        let (mantissa, tail) = text.split_once('e').unwrap_or((&text, "+00"));
        format!("{}e{tail}", strip(mantissa))
    } else {
        let decimals =
            usize::try_from(i32::try_from(precision).unwrap_or(0) - 1 - exponent).unwrap_or(0);
        strip(&format!("{value:.decimals$}"))
    }
}

fn format_number(value: &Value, spec: &Spec) -> Option<String> {
    let text = match (spec.kind, value) {
        (None | Some('d'), Value::Int(_) | Value::Bool(_)) if spec.precision.is_none() => {
            value.as_int()?.to_string()
        }
        (Some('x'), _) if spec.precision.is_none() => {
            format!("{:x}", u128::try_from(value.as_int()?).ok()?)
        }
        (Some('f' | 'F'), _) => format!("{:.*}", spec.precision.unwrap_or(6), value.as_float()?),
        (Some('e'), _) => exponent_form(value.as_float()?, spec.precision.unwrap_or(6)),
        (Some('g'), _) => general_form(value.as_float()?, spec.precision.unwrap_or(6)),
        (Some('%'), _) => format!(
            "{:.*}%",
            spec.precision.unwrap_or(6),
            value.as_float()? * 100.0
        ),
        (None, Value::Float(float)) if spec.precision.is_none() => float_repr(*float),
        _ => return None,
    };
    if value.as_float().is_some_and(|float| !float.is_finite()) {
        return None;
    }
    let text = if spec.comma { with_commas(&text) } else { text };
    let text = if spec.plus && !text.starts_with('-') {
        format!("+{text}")
    } else {
        text
    };
    Some(spec.pad(text, true))
}

impl Interp<'_> {
    /// `format(value, spec)`; `None` if it is not certain.
    pub(crate) fn format_value(&mut self, value: &Value, spec: &str) -> Option<String> {
        if spec.is_empty() {
            return self.str_of(value);
        }
        let spec = Spec::parse(spec)?;
        match value {
            Value::Str(text)
                if matches!(spec.kind, None | Some('s')) && !spec.comma && !spec.plus =>
            {
                let text: String = text
                    .chars()
                    .take(spec.precision.unwrap_or(usize::MAX))
                    .collect();
                Some(spec.pad(text, false))
            }
            Value::Bool(_) if spec.kind.is_none() => None,
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => format_number(value, &spec),
            _ => None,
        }
    }

    /// `template % values`; `None` if it is not certain.
    pub(crate) fn percent(&mut self, template: &str, values: &Value) -> Option<String> {
        let mut out = String::new();
        let mut chars = template.chars().peekable();
        let list: Vec<Value> = match values {
            Value::Tuple(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        let mut next = list.iter();
        let mut by_name = false;
        while let Some(c) = chars.next() {
            if out.len() > MAX_TEXT {
                return None;
            }
            if c != '%' {
                out.push(c);
                continue;
            }
            if chars.next_if_eq(&'%').is_some() {
                out.push('%');
                continue;
            }
            let mut named = None;
            if chars.next_if_eq(&'(').is_some() {
                let name: String = chars.by_ref().take_while(|c| *c != ')').collect();
                by_name = true;
                named = Some(self.item(values, &Value::str(&name))?);
            }
            let mut spec = String::new();
            while let Some(c) =
                chars.next_if(|c| matches!(c, '-' | '+' | ' ' | '#' | '.') || c.is_ascii_digit())
            {
                spec.push(c);
            }
            let kind = chars.next()?;
            let value = match named {
                Some(value) => value,
                None => next.next()?.clone(),
            };
            out.push_str(&self.percent_item(&value, &spec, kind)?);
        }
        (by_name || next.next().is_none()).then_some(out)
    }

    fn percent_item(&mut self, value: &Value, spec: &str, kind: char) -> Option<String> {
        let (left, spec) = spec
            .strip_prefix('-')
            .map_or((false, spec), |rest| (true, rest));
        if spec.contains(['#', ' ']) {
            return None;
        }
        let align = if left { "<" } else { ">" };
        let spec = if spec.starts_with('0') && !left {
            spec.to_owned()
        } else {
            format!("{align}{spec}")
        };
        match kind {
            's' => {
                let text = self.str_of(value)?;
                self.format_value(&Value::str(text), &spec)
            }
            'r' => {
                let text = self.repr(value)?;
                self.format_value(&Value::str(text), &spec)
            }
            'd' | 'i' => match value {
                Value::Int(_) | Value::Bool(_) => {
                    self.format_value(&Value::Int(value.as_int()?), &format!("{spec}d"))
                }
                _ => None,
            },
            'f' | 'F' | 'e' | 'g' => {
                self.format_value(&Value::Float(value.as_float()?), &format!("{spec}{kind}"))
            }
            'x' => self.format_value(&Value::Int(value.as_int()?), &format!("{spec}x")),
            _ => None,
        }
    }

    /// `template.format(…)`; `None` if it is not certain.
    pub(crate) fn str_format(&mut self, template: &str, args: &Args) -> Option<String> {
        if !args.is_closed() {
            return None;
        }
        let mut out = String::new();
        let mut chars = template.chars().peekable();
        let mut automatic = 0;
        while let Some(c) = chars.next() {
            if out.len() > MAX_TEXT {
                return None;
            }
            match c {
                '{' if chars.next_if_eq(&'{').is_some() => out.push('{'),
                '}' if chars.next_if_eq(&'}').is_some() => out.push('}'),
                '}' => return None,
                '{' => {
                    let mut field = String::new();
                    let mut depth = 1;
                    for c in chars.by_ref() {
                        depth += match c {
                            '{' => 1,
                            '}' => -1,
                            _ => 0,
                        };
                        if depth == 0 {
                            break;
                        }
                        field.push(c);
                    }
                    if depth != 0 || field.contains('{') {
                        return None;
                    }
                    out.push_str(&self.format_field(&field, args, &mut automatic)?);
                }
                c => out.push(c),
            }
        }
        Some(out)
    }

    fn format_field(&mut self, field: &str, args: &Args, automatic: &mut usize) -> Option<String> {
        let (path, spec) = field.split_once(':').unwrap_or((field, ""));
        let (path, conversion) = path
            .split_once('!')
            .map_or((path, None), |(path, c)| (path, Some(c)));
        let head_end = path.find(['.', '[']).unwrap_or(path.len());
        let (head, mut rest) = path.split_at(head_end);
        let mut value = if head.is_empty() {
            *automatic += 1;
            args.pos.get(*automatic - 1)?.clone()
        } else if let Ok(index) = head.parse::<usize>() {
            args.pos.get(index)?.clone()
        } else {
            args.keyword(head)?.clone()
        };
        while !rest.is_empty() {
            if let Some(tail) = rest.strip_prefix('.') {
                let end = tail.find(['.', '[']).unwrap_or(tail.len());
                value = self.get_attr(&value, &tail[..end])?;
                rest = &tail[end..];
            } else {
                let (key, tail) = rest.strip_prefix('[')?.split_once(']')?;
                let key = key
                    .parse::<i128>()
                    .map_or_else(|_| Value::str(key), Value::Int);
                value = self.item(&value, &key)?;
                rest = tail;
            }
        }
        match conversion {
            None => self.format_value(&value, spec),
            Some("r") => {
                let text = self.repr(&value)?;
                self.format_value(&Value::str(text), spec)
            }
            Some("s") => {
                let text = self.str_of(&value)?;
                self.format_value(&Value::str(text), spec)
            }
            Some(_) => None,
        }
    }
}
