//! The settings page as data: which keys there are, what kind of value each has, and how a text becomes one.

use serde_json::{Value, json};

/// What kind of value a setting has, and so how it is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A whole number in a range; an empty text is the default.
    Whole(i64, i64),
    /// A number, fractions allowed.
    Number(f64, f64),
    /// Milliseconds, shown as seconds and typed as `90`, `2 min`, `1.5 h` or `1 d`.
    Seconds,
    /// A text.
    Text,
    /// The interpreter.
    Interpreter,
    /// On or off.
    Flag,
    /// Texts, one per line.
    Lines,
    /// One of these words; with `kind` around each if the setting is an object.
    Choice(&'static [&'static str]),
    /// Where output goes.
    Capture,
}

/// One setting.
pub(crate) type Setting = (&'static str, Kind);

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Section {
    /// Names it in texts and in the address.
    pub(crate) id: &'static str,
    /// What stands in it.
    pub(crate) settings: &'static [Setting],
}

const DAY: i64 = 86_400;

/// The parts of the page that are made of settings alone, in order.
pub(crate) const SECTIONS: &[Section] = &[
    Section {
        id: "general",
        settings: &[
            ("slots", Kind::Whole(1, 1_024)),
            ("python", Kind::Interpreter),
            ("max_tasks", Kind::Whole(1, 100_000_000)),
            ("port", Kind::Whole(0, 65_535)),
        ],
    },
    Section {
        id: "run",
        settings: &[
            ("run.capture", Kind::Capture),
            ("run.stop_signal", Kind::Choice(&["term", "int"])),
            ("grace_period_secs", Kind::Whole(0, DAY)),
            ("run.nice", Kind::Whole(-20, 19)),
            ("run.enforce", Kind::Flag),
        ],
    },
    Section {
        id: "queue",
        settings: &[
            ("queue.cpus", Kind::Whole(1, 100_000)),
            ("queue.memory_mb", Kind::Whole(1, 1 << 40)),
            ("queue.user_limit", Kind::Whole(1, 100_000)),
            ("queue.ageing_per_hour", Kind::Whole(0, 1_000_000)),
        ],
    },
    Section {
        id: "gpu",
        settings: &[
            ("gpu.strangers", Kind::Choice(&["respect", "ignore"])),
            ("gpu.max_used_mb", Kind::Whole(0, 10_000_000)),
            ("gpu.max_utilization_percent", Kind::Whole(0, 100)),
            ("gpu.hide_from_others", Kind::Flag),
            ("gpu.variable", Kind::Text),
        ],
    },
    Section {
        id: "environment",
        settings: &[("environment.redact", Kind::Lines)],
    },
    Section {
        id: "identity",
        settings: &[
            ("identity.ignore", Kind::Lines),
            ("identity.code", Kind::Flag),
        ],
    },
    Section {
        id: "snapshot",
        settings: &[
            ("snapshot.enabled", Kind::Flag),
            ("snapshot.max_file_mb", Kind::Whole(0, 1_000_000)),
            ("snapshot.max_total_mb", Kind::Whole(0, 1_000_000)),
            ("snapshot.max_files", Kind::Whole(0, 10_000_000)),
            ("snapshot.exclude", Kind::Lines),
            ("snapshot.include", Kind::Lines),
        ],
    },
    Section {
        id: "trash",
        settings: &[("trash.keep_days", Kind::Whole(0, 36_500))],
    },
];

/// The value of a dotted key; `null` if it is not there.
pub(crate) fn at(values: &Value, key: &str) -> Value {
    let mut found = values;
    for part in key.split('.') {
        match found.get(part) {
            Some(below) => found = below,
            None => return Value::Null,
        }
    }
    found.clone()
}

/// How a value stands in its control.
pub(crate) fn to_text(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Lines, Value::Array(items)) => {
            let text = |item: &Value| {
                item.as_str()
                    .map_or_else(|| item.to_string(), str::to_owned)
            };
            items.iter().map(text).collect::<Vec<_>>().join("\n")
        }
        (Kind::Capture, Value::Object(_)) => at(value, "kind").as_str().unwrap_or("").to_owned(),
        (Kind::Seconds, Value::Number(ms)) => {
            let seconds = ms.as_f64().unwrap_or_default() / 1000.0;
            if seconds == 0.0 {
                String::new()
            } else {
                seconds.to_string()
            }
        }
        (_, Value::Null) => String::new(),
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}

/// The value of what was typed; an empty text is `null`, the default.
///
/// # Errors
/// It is none; the range that a number must be in.
pub(crate) fn of_text(kind: Kind, text: &str) -> Result<Value, (f64, f64)> {
    let text = text.trim();
    if text.is_empty() && kind != Kind::Lines {
        return Ok(Value::Null);
    }
    Ok(match kind {
        Kind::Whole(from, to) => {
            let number = text.parse::<i64>().ok();
            let number = number.filter(|number| (from..=to).contains(number));
            json!(number.ok_or((from as f64, to as f64))?)
        }
        Kind::Number(from, to) => {
            let number = text.parse::<f64>().ok();
            let number = number.filter(|number| (from..=to).contains(number));
            json!(number.ok_or((from, to))?)
        }
        Kind::Seconds => json!(milliseconds(text).ok_or((0.0, 1e9))?),
        Kind::Flag => json!(text == "true"),
        Kind::Lines => {
            let lines = text.lines().map(str::trim);
            json!(lines.filter(|line| !line.is_empty()).collect::<Vec<_>>())
        }
        Kind::Capture if text == "pty" => json!({ "kind": "pty", "rows": 40, "columns": 120 }),
        Kind::Capture => json!({ "kind": text }),
        Kind::Text | Kind::Interpreter | Kind::Choice(_) => json!(text),
    })
}

/// A span of time with its unit; seconds without one.
fn milliseconds(text: &str) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit.trim() {
        "" | "s" => 1_000.0,
        "min" | "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    let ms = number.parse::<f64>().ok()? * factor;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "neither negative nor beyond 30,000 years"
    )]
    let ms = (0.0..1e15).contains(&ms).then_some(ms.round() as u64);
    ms
}

/// The outline of the dark modules of a code, one bar for each run of them in a row.
pub(crate) fn code_path(modules: &[String]) -> String {
    let mut path = String::new();
    for (y, row) in modules.iter().enumerate() {
        let mut x = 0;
        for bar in row.split_inclusive('0') {
            let length = bar.trim_end_matches('0').len();
            if length > 0 {
                path.push_str(&format!("M{x} {y}h{length}v1h-{length}z"));
            }
            x += bar.len();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_back_as_it_was() {
        let values = json!({
            "slots": 3,
            "run": { "capture": { "kind": "split" }, "stop_signal": "int" },
            "snapshot": { "enabled": false, "exclude": ["a b", "*.bin"] },
        });
        for section in SECTIONS {
            for (key, kind) in section.settings {
                let value = at(&values, key);
                assert_eq!(
                    of_text(*kind, &to_text(*kind, &value)).map(|read| match (kind, &value) {
                        (Kind::Lines, Value::Null) => Value::Null,
                        _ => read,
                    }),
                    Ok(value),
                    "{key}"
                );
            }
        }
    }

    #[test]
    fn a_number_out_of_its_range_tells_the_range() {
        assert_eq!(of_text(Kind::Whole(1, 9), "0"), Err((1.0, 9.0)));
        assert_eq!(of_text(Kind::Whole(1, 9), "x"), Err((1.0, 9.0)));
        assert_eq!(of_text(Kind::Whole(1, 9), " "), Ok(Value::Null));
    }

    #[test]
    fn a_code_is_drawn_with_one_bar_for_each_run_of_dark_modules() {
        let modules = ["1101".to_owned(), "0000".to_owned(), "0011".to_owned()];
        assert_eq!(code_path(&modules), "M0 0h2v1h-2zM3 0h1v1h-1zM2 2h2v1h-2z");
    }
}
