//! What can go wrong in a composition, and what is worth a warning.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::config::interpolate::InterpolateError;
use crate::config::overrides::OverrideError;
use crate::config::{Key, Place};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct At {
    /// As messages name it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl At {
    pub(super) fn new(file: &str, at: Place) -> Self {
        Self {
            file: file.to_owned(),
            line: at.line,
            column: at.column,
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` line {}, column {}",
            self.file, self.line, self.column
        )
    }
}

/// Why files could not be composed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{kind}{}", place(at.as_ref()), wanted(chain))]
pub struct ConfigError {
    /// What is wrong. Boxed: errors are rare, and results small.
    pub kind: Box<ConfigErrorKind>,
    /// The key it is about.
    pub key: Option<Key>,
    /// Where it stands.
    pub at: Option<At>,
    /// The lines that name the file, the innermost first.
    pub chain: Vec<At>,
}

fn place(at: Option<&At>) -> String {
    at.map(|at| format!("{at}: ")).unwrap_or_default()
}

fn wanted(chain: &[At]) -> String {
    let lines: Vec<String> = chain
        .iter()
        .map(|at| format!("`{}` line {}", at.file, at.line))
        .collect();
    if lines.is_empty() {
        String::new()
    } else {
        format!(" (imported by {})", lines.join(", imported by "))
    }
}

/// What is wrong with a file, or with what they make together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigErrorKind {
    /// The system does not give the file.
    #[error("could not read `{file}`: {reason}")]
    Unreadable {
        /// As messages name it.
        file: String,
        /// The system's reason.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// The text is not what its ending says.
    #[error("{message}")]
    Syntax {
        /// The reader's reason.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The file holds something else than keys.
    #[error("a map of keys to values is expected, and this is {found}")]
    RootNotAMap {
        /// With its article.
        found: &'static str,
    },
    /// `imports` or `__default__` is no path.
    #[error("`{key}` is {found}, and a path or a list of paths is expected")]
    NotAPath {
        /// Which of the two.
        key: &'static str,
        /// With its article.
        found: &'static str,
    },
    /// A file needs itself.
    #[error("the files import each other: {}", .0.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>().join(" -> "))]
    Cycle(
        /// In the order of import; the first is the last.
        Vec<String>,
    ),
    /// More files than any real config has.
    #[error("the config has more than {0} files")]
    TooManyFiles(
        /// The limit.
        usize,
    ),
    /// `__new_key_policy__` is none of the three words.
    #[error("`__new_key_policy__` is `{0}`, which is no policy")]
    UnknownPolicy(
        /// What stands there.
        String,
    ),
    /// A key that the files it builds on do not have.
    #[error("`{key}` is a new key: nothing that the file builds on has it")]
    NewKey {
        /// The whole path.
        key: Key,
        /// The key it may have been meant as.
        nearest: Option<String>,
    },
    /// `**key` needs a map.
    #[error("`{key}` merges a map into `{target}`, and its value is {found}")]
    StarsWithoutMap {
        /// With its stars.
        key: String,
        /// Without.
        target: String,
        /// With its article.
        found: &'static str,
    },
    /// A dotted key has an empty part.
    #[error("a part of the key `{0}` is empty")]
    EmptyPart(
        /// The key.
        String,
    ),
    /// An override cannot be used.
    #[error(transparent)]
    Override(#[from] OverrideError),
    /// A text cannot be resolved.
    #[error(transparent)]
    Interpolate(#[from] InterpolateError),
}

impl ConfigError {
    pub(super) fn new(kind: ConfigErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
            key: None,
            at: None,
            chain: Vec::new(),
        }
    }

    pub(super) fn at(mut self, at: At) -> Self {
        self.at = Some(at);
        self
    }

    pub(super) fn about(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match &*self.kind {
            ConfigErrorKind::Unreadable { hint, .. } => hint.clone(),
            ConfigErrorKind::Syntax { hint, .. } => return hint.clone(),
            ConfigErrorKind::RootNotAMap { .. } => "write `key: value` lines".to_owned(),
            ConfigErrorKind::NotAPath { key, .. } => {
                format!(
                    "write `{key}: other.yaml`, or `{key}: [a.yaml, b.yaml]`; leave the line out for none"
                )
            }
            ConfigErrorKind::Cycle(_) => {
                "take one of the imports away; what both need belongs into a third file".to_owned()
            }
            ConfigErrorKind::TooManyFiles(_) => "import fewer files".to_owned(),
            ConfigErrorKind::UnknownPolicy(_) => "write `raise`, `warn` or `pass`".to_owned(),
            ConfigErrorKind::NewKey { nearest, .. } => {
                let meant = nearest
                    .as_ref()
                    .map(|nearest| format!("is `{nearest}` meant? "))
                    .unwrap_or_default();
                format!("{meant}Add it to the file below, or write `__new_key_policy__: warn` here")
            }
            ConfigErrorKind::StarsWithoutMap { target, .. } => {
                format!("write `{target}` without stars to replace the value")
            }
            ConfigErrorKind::EmptyPart(_) => {
                "a dot leads into a section; a dot that belongs to the name is written `\\.`"
                    .to_owned()
            }
            ConfigErrorKind::Override(error) => return error.hint(),
            ConfigErrorKind::Interpolate(error) => return error.hint(),
        })
    }
}

impl From<OverrideError> for ConfigError {
    fn from(error: OverrideError) -> Self {
        let key = error.key.clone();
        Self {
            key,
            ..Self::new(ConfigErrorKind::Override(error))
        }
    }
}

/// Something that is allowed and may still be a mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The key it is about.
    pub key: Key,
    /// Where it stands.
    pub at: At,
    /// A lowercase sentence that names the key.
    pub message: String,
}

/// `` `exp.yaml` line 3, column 1: `m.new` is a new key ``
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.message)
    }
}
