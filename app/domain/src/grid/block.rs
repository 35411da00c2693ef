//! The `sweep:` block of a config file: everything a form can say, as YAML.
//!
//! ```yaml
//! sweep:
//!   product: {lr: 0.001 | 0.01, seed: [1, 2, 3]}    # texts as in a field, or lists of values
//!   zip: {width: [64, 128], depth: [2, 4]}          # or a list of such maps: several groups
//!   variations:                                     # axes of named variations, slowest first
//!     - [{name: small, model.width: 64}, {name: large, model.width: 512}]
//!   rows: [{lr: 0.1, seed: 1}, {lr: 0.2, seed: 2}]  # or a table as text
//!   where: lr < 0.1 or seed == 1                    # or a list
//!   exclude: [{lr: 0.01, seed: 3}]
//!   sample: {count: 20, seed: 1, method: latin_hypercube}
//!   duplicates: drop
//! ```
//!
//! A list in the place of the map is the list of axes alone: lists of variations, and maps of fields.

use crate::config::{Key, Value};
use crate::schema::parameters::Parameter;

use super::assign;
use super::error::InputErrorKind;
use super::nearest;
use super::options::{
    Assignments, Duplicates, Exclusion, SampleMethod, SweepOptions, SweepSpec, Variation,
};
use super::plan::Input;
use super::table::{TableError, read_table};
use super::text::text_of;
use super::values::Cell;

/// What is wrong with a `sweep:` block, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {kind}")]
pub struct BlockError {
    /// Where: `sweep.variations[0][1].lr`, counted from 0.
    pub path: String,
    /// What is wrong.
    pub kind: BlockErrorKind,
}

/// What is wrong with a part of a `sweep:` block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockErrorKind {
    /// A value of another kind than is needed.
    #[error("expected {expected}, found `{found}`")]
    Expected {
        /// What is needed, with an example.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A word that the block does not have.
    #[error("a sweep has no `{word}`")]
    UnknownWord {
        /// The word.
        word: String,
        /// The known word most like it.
        nearest: Option<String>,
        /// The known words.
        known: &'static [&'static str],
    },
    /// A key or a value that the parameters refuse.
    #[error("{0}")]
    Value(Box<InputErrorKind>),
    /// A table that cannot be read.
    #[error("{0}")]
    Table(Box<TableError>),
    /// A key that stands in two places.
    #[error("the key is given twice")]
    Repeated,
}

impl BlockError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match &self.kind {
            BlockErrorKind::Expected { expected, .. } => format!("write {expected}"),
            BlockErrorKind::UnknownWord {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`?"),
            BlockErrorKind::UnknownWord { known, .. } => format!("use {}", known.join(", ")),
            BlockErrorKind::Value(error) => error.hint().unwrap_or_default(),
            BlockErrorKind::Table(error) => error.hint(),
            BlockErrorKind::Repeated => "keep one of them".to_owned(),
        }
    }
}

const WORDS: &[&str] = &[
    "product",
    "zip",
    "variations",
    "rows",
    "where",
    "exclude",
    "sample",
    "duplicates",
];
const SAMPLE_WORDS: &[&str] = &["count", "seed", "method"];

/// How the keys of a map of fields vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    /// Each on its own.
    Product,
    /// In step.
    Zip,
    /// In step, one group of several.
    Group(usize),
}

/// Reads the value of a `sweep:` key.
///
/// # Errors
/// The first part that cannot be read, with its path.
pub fn read_block(parameters: &[Parameter], block: &Value) -> Result<SweepSpec, BlockError> {
    let mut reader = Reader {
        parameters: parameters.iter().collect(),
        all: parameters,
        spec: SweepSpec::default(),
    };
    match block {
        Value::Null => {}
        Value::List(axes) => reader.axes("sweep", axes)?,
        Value::Map(entries) => {
            for (word, value) in entries {
                reader.part(word, &format!("sweep.{word}"), value)?;
            }
        }
        other => {
            return Err(expected(
                "sweep",
                "a map such as `{product: {lr: 0.1 | 0.2}}`, or a list of axes",
                other,
            ));
        }
    }
    Ok(reader.spec)
}

struct Reader<'a> {
    parameters: Vec<&'a Parameter>,
    all: &'a [Parameter],
    spec: SweepSpec,
}

fn fail(path: &str, kind: BlockErrorKind) -> BlockError {
    BlockError {
        path: path.to_owned(),
        kind,
    }
}

fn expected(path: &str, expected: &'static str, found: &Value) -> BlockError {
    let mut found = found.to_string();
    if let Some((at, _)) = found.char_indices().nth(40) {
        found.truncate(at);
        found.push('…');
    }
    fail(path, BlockErrorKind::Expected { expected, found })
}

fn unknown(path: &str, word: &str, known: &'static [&'static str]) -> BlockError {
    let nearest = nearest(word, known.iter().copied());
    let word = word.to_owned();
    fail(
        path,
        BlockErrorKind::UnknownWord {
            word,
            nearest,
            known,
        },
    )
}

fn list<'v>(
    path: &str,
    example: &'static str,
    value: &'v Value,
) -> Result<&'v [Value], BlockError> {
    match value {
        Value::List(items) => Ok(items),
        other => Err(expected(path, example, other)),
    }
}

fn map<'v>(
    path: &str,
    example: &'static str,
    value: &'v Value,
) -> Result<&'v [(String, Value)], BlockError> {
    match value {
        Value::Map(entries) => Ok(entries),
        other => Err(expected(path, example, other)),
    }
}

fn number(path: &str, value: &Value) -> Result<u64, BlockError> {
    match value {
        Value::Int(int) => u64::try_from(*int).ok(),
        _ => None,
    }
    .ok_or_else(|| expected(path, "a whole number from 0 upwards", value))
}

impl Reader<'_> {
    fn part(&mut self, word: &str, path: &str, value: &Value) -> Result<(), BlockError> {
        match word {
            "product" => self.fields(path, value, Walk::Product),
            "zip" => match value {
                Value::List(groups) => groups.iter().enumerate().try_for_each(|(index, group)| {
                    self.fields(&format!("{path}[{index}]"), group, Walk::Group(index))
                }),
                group => self.fields(path, group, Walk::Zip),
            },
            "variations" => {
                let axes = list(path, "a list of axes, each a list of maps", value)?;
                axes.iter().enumerate().try_for_each(|(index, axis)| {
                    self.variations(&format!("{path}[{index}]"), axis)
                })
            }
            "rows" => self.rows(path, value),
            "where" => {
                self.spec.options.conditions = texts(path, value)?;
                Ok(())
            }
            "exclude" => self.exclude(path, value),
            "sample" => sample(&mut self.spec.options, path, value),
            "duplicates" => {
                self.spec.options.duplicates = match value {
                    Value::Text(word) if word == "drop" => Duplicates::Drop,
                    Value::Text(word) if word == "keep" => Duplicates::Keep,
                    other => return Err(expected(path, "`drop` or `keep`", other)),
                };
                Ok(())
            }
            _ => Err(unknown(path, word, WORDS)),
        }
    }

    /// Axes in one list: lists of variations, and maps of fields.
    fn axes(&mut self, path: &str, axes: &[Value]) -> Result<(), BlockError> {
        axes.iter().enumerate().try_for_each(|(index, axis)| {
            let path = format!("{path}[{index}]");
            match axis {
                Value::Map(_) => self.fields(&path, axis, Walk::Product),
                _ => self.variations(&path, axis),
            }
        })
    }

    /// Keys with the texts of their fields, or with lists of values.
    fn fields(&mut self, path: &str, value: &Value, walk: Walk) -> Result<(), BlockError> {
        for (key, value) in map(
            path,
            "a map of keys and values such as `{lr: 0.1 | 0.2}`",
            value,
        )? {
            let path = format!("{path}.{key}");
            let key = Key::new(key.as_str());
            if self.spec.inputs.iter().any(|input| input.key == key) {
                return Err(fail(&path, BlockErrorKind::Repeated));
            }
            let text = self.field(&path, &key, value)?;
            let alternatives = matches!(value, Value::List(items) if items.len() > 1);
            let text = match walk {
                Walk::Zip if alternatives => format!("({text})"),
                Walk::Group(index) if alternatives => format!("zip{}({text})", index + 1),
                _ => text,
            };
            self.spec.inputs.push(Input { key, text });
        }
        Ok(())
    }

    fn field(&self, path: &str, key: &Key, value: &Value) -> Result<String, BlockError> {
        let values = match value {
            // Not read here: it says itself what is an alternative.
            Value::Text(text) => return Ok(text.clone()),
            Value::List(items) if !items.is_empty() => items.as_slice(),
            Value::List(_) => return Err(expected(path, "at least one value", value)),
            single => std::slice::from_ref(single),
        };
        let texts = values.iter().map(|value| self.spelled(path, key, value));
        Ok(texts.collect::<Result<Vec<_>, _>>()?.join(" | "))
    }

    /// One value as it is typed into its field.
    fn spelled(&self, path: &str, key: &Key, value: &Value) -> Result<String, BlockError> {
        let wrong = |error| fail(path, BlockErrorKind::Value(Box::new(error)));
        if let Some(parameter) = self
            .parameters
            .iter()
            .find(|parameter| parameter.key == *key)
        {
            return Ok(match assign::assigned(parameter, value).map_err(wrong)? {
                Cell::Derived(Value::Text(text)) => text,
                cell => text_of(parameter, &cell.into_value()),
            });
        }
        let mut leaves = Vec::new();
        assign::leaves(&self.parameters, key, value, &mut leaves);
        if let Some((_, error)) = leaves.into_iter().find_map(Result::err) {
            return Err(wrong(error));
        }
        // JSON is YAML in one line.
        Ok(serde_json::to_string(value).unwrap_or_else(|_| value.to_string()))
    }

    fn variations(&mut self, path: &str, axis: &Value) -> Result<(), BlockError> {
        let example = "a list of maps such as `[{name: a, lr: 0.1}, {name: b, lr: 0.2}]`";
        let mut read = Vec::new();
        for (index, entry) in list(path, example, axis)?.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let mut variation = Variation::default();
            for (key, value) in map(&path, "a map such as `{name: a, lr: 0.1}`", entry)? {
                if key == "name" {
                    if matches!(value, Value::List(_) | Value::Map(_)) {
                        return Err(expected(&format!("{path}.name"), "a name", value));
                    }
                    variation.name = Some(value.clone());
                } else {
                    self.check(&path, key, value)?;
                    variation
                        .values
                        .0
                        .push((Key::new(key.as_str()), value.clone()));
                }
            }
            read.push(variation);
        }
        self.spec.options.variations.push(read);
        Ok(())
    }

    fn check(&self, path: &str, key: &str, value: &Value) -> Result<(), BlockError> {
        let mut leaves = Vec::new();
        assign::leaves(&self.parameters, &Key::new(key), value, &mut leaves);
        match leaves.into_iter().find_map(Result::err) {
            Some((key, error)) => Err(fail(
                &format!("{path}.{key}"),
                BlockErrorKind::Value(Box::new(error)),
            )),
            None => Ok(()),
        }
    }

    fn assignments(&self, path: &str, value: &Value) -> Result<Assignments, BlockError> {
        let mut values = Assignments::default();
        for (key, value) in map(path, "a map such as `{lr: 0.1, seed: 1}`", value)? {
            self.check(path, key, value)?;
            values.0.push((Key::new(key.as_str()), value.clone()));
        }
        Ok(values)
    }

    fn rows(&mut self, path: &str, value: &Value) -> Result<(), BlockError> {
        self.spec.options.rows = match value {
            Value::Text(table) => read_table(self.all, table)
                .map_err(|error| fail(path, BlockErrorKind::Table(Box::new(error))))?,
            other => list(path, "a list of maps, or a table as text", other)?
                .iter()
                .enumerate()
                .map(|(index, row)| self.assignments(&format!("{path}[{index}]"), row))
                .collect::<Result<_, _>>()?,
        };
        Ok(())
    }

    fn exclude(&mut self, path: &str, value: &Value) -> Result<(), BlockError> {
        let entries = match value {
            Value::List(entries) => entries.as_slice(),
            single => std::slice::from_ref(single),
        };
        for (index, entry) in entries.iter().enumerate() {
            let path = format!("{path}[{index}]");
            self.spec.options.exclude.push(match entry {
                Value::Text(text) => Exclusion::Expression(text.clone()),
                other => Exclusion::Values(self.assignments(&path, other)?),
            });
        }
        Ok(())
    }
}

fn texts(path: &str, value: &Value) -> Result<Vec<String>, BlockError> {
    let items = match value {
        Value::List(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let text = |(index, item): (usize, &Value)| match item {
        Value::Text(text) => Ok(text.clone()),
        Value::Bool(constant) => Ok(constant.to_string()),
        other => Err(expected(
            &format!("{path}[{index}]"),
            "a condition such as `lr < 0.1`",
            other,
        )),
    };
    items.iter().enumerate().map(text).collect()
}

fn sample(options: &mut SweepOptions, path: &str, value: &Value) -> Result<(), BlockError> {
    for (word, value) in map(path, "a map such as `{count: 20, seed: 1}`", value)? {
        let path = format!("{path}.{word}");
        match word.as_str() {
            "count" => options.sample.count = number(&path, value)?,
            "seed" => options.sample.seed = number(&path, value)?,
            "method" => {
                options.sample.method = match value {
                    Value::Text(word) if word == "random" => SampleMethod::Random,
                    Value::Text(word) if word == "latin_hypercube" => SampleMethod::LatinHypercube,
                    other => return Err(expected(&path, "`random` or `latin_hypercube`", other)),
                }
            }
            _ => return Err(unknown(&path, word, SAMPLE_WORDS)),
        }
    }
    Ok(())
}
