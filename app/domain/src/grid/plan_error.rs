//! What can be wrong with texts taken together.

use serde::{Deserialize, Serialize};

use crate::config::{Key, Value};
use crate::expr::ExprError;

use super::error::{InputError, InputErrorKind};
use super::preview::Dropper;

/// What is wrong with texts taken together.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PlanError {
    /// No parameter has this key.
    #[error("there is no parameter `{key}`")]
    UnknownKey {
        /// What was typed.
        key: Key,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// A key was given twice.
    #[error("`{key}` is given twice")]
    DuplicateKey {
        /// The key.
        key: Key,
    },
    /// Zips of different lengths.
    #[error(
        "all {} values must have the same length: {}",
        group_in_words(group.as_deref()),
        list_lengths(lengths)
    )]
    ZipLengths {
        /// The group's name, if it has one.
        group: Option<String>,
        /// Every zip with its length.
        lengths: Vec<(Key, u64)>,
    },
    /// A required parameter without a value.
    #[error("`{key}` is required")]
    MissingRequired {
        /// The parameter.
        key: Key,
    },
    /// More than one member of an exclusive group.
    #[error("only one of {} may be given", list_keys(keys))]
    ExclusiveGroup {
        /// The members given.
        keys: Vec<Key>,
    },
    /// No member of a required exclusive group.
    #[error("one of {} is required", list_keys(keys))]
    ExclusiveRequired {
        /// The members.
        keys: Vec<Key>,
    },
    /// Several sub-commands in one sweep.
    #[error("the sub-command `{key}` cannot be swept")]
    SweptSubcommand {
        /// The choice's key.
        key: Key,
    },
    /// More points than can be counted.
    #[error("the grid has more points than can be counted")]
    TooLarge,
    /// A condition or an exclusion that cannot be read, or not evaluated at a point.
    #[error("{} `{text}`, character {}: {error}{}", by.in_words(), error.start + 1, at_point(point))]
    Expression {
        /// Which one.
        by: Dropper,
        /// Its text.
        text: String,
        /// What is wrong, and where.
        error: Box<ExprError>,
        /// The values at which it could not be evaluated; empty if it could not be read.
        point: Vec<(Key, Value)>,
    },
    /// Conditions over more combinations than are looked at one by one.
    #[error(
        "{} would have to be checked for {combinations} combinations of {}; the limit is {limit}",
        quoted(expressions),
        list_keys(keys)
    )]
    TooManyToCheck {
        /// The conditions; none if equal points are looked for.
        expressions: Vec<String>,
        /// The keys that vary.
        keys: Vec<Key>,
        /// How many combinations they have.
        combinations: String,
        /// How many are looked at.
        limit: u64,
    },
    /// No point runs.
    #[error("no point is left: {}", quoted(expressions))]
    NothingLeft {
        /// What leaves them out.
        expressions: Vec<String>,
    },
    /// A derived value refers to nothing.
    #[error("`{key}`: `{{{reference}}}` names no key")]
    UnknownReference {
        /// Whose value it is.
        key: Key,
        /// What it refers to.
        reference: Key,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// A derived value refers to a key without a value.
    #[error("`{key}`: `{{{reference}}}` has no value")]
    UnsetReference {
        /// Whose value it is.
        key: Key,
        /// What it refers to.
        reference: Key,
    },
    /// Derived values that need each other.
    #[error("derived values go in a circle: {}", chain(keys))]
    DerivedCycle {
        /// The keys in the order of need; the first is the last.
        keys: Vec<Key>,
    },
    /// A derived value of the wrong kind.
    #[error("`{key}`: `{text}` is not {wanted}")]
    DerivedKind {
        /// Whose value it is.
        key: Key,
        /// What was typed.
        text: String,
        /// What the key takes.
        wanted: String,
    },
    /// A key is set by its field and by an option, or by two options that exclude each other.
    #[error("`{key}` varies {} and {}", first.in_words(), second.in_words())]
    SetTwice {
        /// The key.
        key: Key,
        /// Where first.
        first: Place,
        /// Where else.
        second: Place,
    },
    /// A value of a row or a variation that cannot be one.
    #[error("{}, `{key}`: {error}", place.in_words())]
    Assigned {
        /// Where it stands.
        place: Place,
        /// The key.
        key: Key,
        /// What is wrong.
        error: Box<InputErrorKind>,
    },
    /// The text of a section that cannot be read.
    #[error("`{key}`: {error}")]
    Section {
        /// The section.
        key: Key,
        /// What is wrong with its text, and where.
        error: Box<InputError>,
    },
    /// An axis of variations, or a table, without entries.
    #[error("{} there are no entries", place.in_words())]
    EmptyAxis {
        /// Which one.
        place: Place,
    },
    /// A number of samples that cannot be drawn.
    #[error("{count} samples cannot be drawn")]
    SampleCount {
        /// The number.
        count: u64,
    },
}

/// Where in a sweep something is set. Numbers count from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The key's own field.
    Field,
    /// The field of the section it stands in.
    Section(
        /// The section.
        Key,
    ),
    /// The table as a whole.
    Rows,
    /// A row of the table.
    Row(
        /// Which one.
        usize,
    ),
    /// An axis of variations.
    Axis(
        /// Which one.
        usize,
    ),
    /// An exclusion.
    Exclusion(
        /// Which one.
        usize,
    ),
    /// A variation: its axis, and its place there.
    Variation(
        /// The axis.
        usize,
        /// The place.
        usize,
    ),
}

impl Place {
    fn in_words(&self) -> String {
        match self {
            Self::Field => "in its field".to_owned(),
            Self::Section(key) => format!("in `{key}`"),
            Self::Rows => "in the rows".to_owned(),
            Self::Row(row) => format!("in row {}", row + 1),
            Self::Exclusion(index) => format!("in exclusion {}", index + 1),
            Self::Axis(axis) => format!("in axis {} of the variations", axis + 1),
            Self::Variation(axis, at) => {
                format!("in variation {} of axis {}", at + 1, axis + 1)
            }
        }
    }
}

impl PlanError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`?"),
            Self::UnknownKey { nearest: None, .. } => {
                "see `runyard inspect` for the parameters".to_owned()
            }
            Self::DuplicateKey { .. } => "join both with `|`".to_owned(),
            Self::ZipLengths { .. } => "give every zip the same number of alternatives".to_owned(),
            Self::MissingRequired { .. } => "give it a value; the empty text is `\"\"`".to_owned(),
            Self::ExclusiveGroup { .. } => "clear all but one".to_owned(),
            Self::ExclusiveRequired { .. } => "give one of them a value".to_owned(),
            Self::SweptSubcommand { .. } => "choose one, and submit one sweep for each".to_owned(),
            Self::TooLarge => "narrow a range".to_owned(),
            Self::Expression { error, .. } => error.hint(),
            Self::TooManyToCheck { expressions, .. } if expressions.is_empty() => {
                "let fewer axes set the same key, or keep duplicates".to_owned()
            }
            Self::TooManyToCheck { .. } => {
                "narrow these keys, or write conditions that mention fewer of them".to_owned()
            }
            Self::NothingLeft { .. } => "widen the conditions, or the values".to_owned(),
            Self::UnknownReference {
                reference, nearest, ..
            } => {
                let meant = nearest
                    .as_ref()
                    .map(|nearest| format!("is `{{{nearest}}}` meant? "))
                    .unwrap_or_default();
                format!("{meant}the text itself is written `\\{{{reference}}}`")
            }
            Self::UnsetReference { reference, .. } => {
                format!(
                    "give `{reference}` a value, or write `\\{{{reference}}}` for the text itself"
                )
            }
            Self::DerivedCycle { .. } => "give one of them a value of its own".to_owned(),
            Self::DerivedKind { .. } => {
                "refer to one key of the same kind, alone: `{key}`".to_owned()
            }
            Self::SetTwice { .. } => "keep one of them".to_owned(),
            Self::Assigned { error, .. } => error.hint().unwrap_or_default(),
            Self::Section { error, .. } => error.hint().unwrap_or_default(),
            Self::EmptyAxis { .. } => "add an entry, or remove it".to_owned(),
            Self::SampleCount { .. } => {
                format!("choose a number from 1 to {}", super::options::MAX_SAMPLES)
            }
        })
    }
}

fn list_keys(keys: &[Key]) -> String {
    keys.iter()
        .map(|key| format!("`{key}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn list_lengths(lengths: &[(Key, u64)]) -> String {
    lengths
        .iter()
        .map(|(key, length)| format!("`{key}` has {length}"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn chain(keys: &[Key]) -> String {
    keys.iter()
        .map(|key| format!("`{key}`"))
        .collect::<Vec<_>>()
        .join(" -> ")
}

fn quoted(texts: &[String]) -> String {
    if texts.is_empty() {
        return "equal points".to_owned();
    }
    texts
        .iter()
        .map(|text| format!("`{text}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn at_point(point: &[(Key, Value)]) -> String {
    if point.is_empty() {
        return String::new();
    }
    let values: Vec<String> = point
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    format!(" (at {})", values.join(", "))
}

/// `(zip)`, or the name before the parentheses.
fn group_in_words(group: Option<&str>) -> String {
    group.map_or_else(|| "(zip)".to_owned(), |name| format!("`{name}(…)`"))
}
