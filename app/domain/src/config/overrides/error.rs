//! What can be wrong with an override.

use crate::config::Key;

/// Why an override cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{typed}`: {kind}")]
pub struct OverrideError {
    /// The key it is about, if that could be read.
    pub key: Option<Key>,
    /// The words as they were typed.
    pub typed: String,
    /// What is wrong.
    pub kind: OverrideErrorKind,
}

/// What is wrong with an override.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OverrideErrorKind {
    /// The word has neither `=` nor `--`.
    #[error("this is not an override")]
    NotAnOverride,
    /// A flag stands alone.
    #[error("a value is missing")]
    NoValue,
    /// The key, or a part of it, is empty.
    #[error("the key is empty, or a part of it is")]
    EmptyKey,
    /// No file has the key.
    #[error("there is no key `{key}`")]
    UnknownKey {
        /// The key.
        key: Key,
        /// The key it may have been meant as.
        nearest: Option<String>,
    },
    /// The value that stands there is of another type.
    #[error("`{text}` is not {wanted}")]
    WrongType {
        /// The text, or the item of it.
        text: String,
        /// With its article: `an integer`.
        wanted: &'static str,
    },
    /// A section can only be replaced by a section.
    #[error("`{key}` is a section with keys of its own")]
    IsSection {
        /// The key.
        key: Key,
    },
    /// A part of the key's path holds a value, not a section.
    #[error("`{at}` is {found}, so nothing can stand below it")]
    NotASection {
        /// Where the value stands.
        at: Key,
        /// With its article.
        found: &'static str,
    },
    /// A list has fewer items.
    #[error("`{at}` is a list of {length}, numbered from 0")]
    NoItem {
        /// The list.
        at: Key,
        /// How many items it has.
        length: usize,
    },
    /// The list or the section is not closed, or otherwise not YAML.
    #[error("the text cannot be read: {message}")]
    NotReadable {
        /// The reader's reason.
        message: String,
    },
}

impl OverrideError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let word = self.typed.trim_start_matches('-');
        let key = self.key.as_ref().map_or(word, Key::as_str);
        Some(match &self.kind {
            OverrideErrorKind::NotAnOverride => {
                let name = word.split('=').next().unwrap_or(word);
                format!("write `{name}=VALUE` or `--{name} VALUE`; `+{name}=VALUE` adds a key, `~{name}` takes one away")
            }
            OverrideErrorKind::NoValue => {
                format!("write `{key}=VALUE`; a switch is set by `{key}=true`")
            }
            OverrideErrorKind::EmptyKey => "write the key as `section.name=VALUE`".to_owned(),
            OverrideErrorKind::UnknownKey { nearest, .. } if word.starts_with('~') => match nearest {
                Some(nearest) => format!("is `{nearest}` meant?"),
                None => "leave it out".to_owned(),
            },
            OverrideErrorKind::NoItem { at, .. } => {
                format!("give the whole list: `{at}=[a, b]`")
            }
            OverrideErrorKind::UnknownKey { key, nearest } => match nearest {
                Some(nearest) => format!("is `{nearest}` meant? A new key is added by `+{key}=VALUE`"),
                None => format!("a new key is added by `+{key}=VALUE`"),
            },
            OverrideErrorKind::WrongType { .. } => {
                format!("another type is set by `+{key}=VALUE`, read as YAML")
            }
            OverrideErrorKind::IsSection { key } => {
                format!("set its keys one by one (`{key}.name=VALUE`), or the whole as `{key}={{name: VALUE}}`")
            }
            OverrideErrorKind::NotASection { at, .. } => {
                format!("replace it by a section first: `+{at}={{name: VALUE}}`")
            }
            OverrideErrorKind::NotReadable { .. } => {
                "write lists as `[a, b]` or `a,b`, sections as `{key: value}`, and put the word in quotes for the shell".to_owned()
            }
        })
    }
}
