//! What can go wrong in an interpolation.

use crate::config::Key;

/// Why a text could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {kind}")]
pub struct InterpolateError {
    /// Whose text it is.
    pub key: Key,
    /// What is wrong.
    pub kind: InterpolateErrorKind,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InterpolateErrorKind {
    /// The environment has no such variable.
    #[error("the environment has no variable `{name}`")]
    NoVariable {
        /// Its name.
        name: String,
    },
    /// The config has no such key.
    #[error("`{{{reference}}}` names no key")]
    NoKey {
        /// The key as written between the braces.
        reference: String,
        /// A key it may have been meant as.
        nearest: Option<String>,
    },
    /// A value needs itself.
    #[error("the value depends on itself: {}", chain(.0))]
    Cycle(
        /// The keys in the order of need; the first is the last.
        Vec<Key>,
    ),
    /// References lead through more values than any real config has.
    #[error("the chain of references is longer than {0}")]
    TooDeep(
        /// The limit.
        usize,
    ),
    /// Texts that repeat each other grow beyond all bounds.
    #[error("the resolved config would exceed {0} bytes")]
    TooLarge(
        /// The limit.
        usize,
    ),
}

fn chain(keys: &[Key]) -> String {
    let names: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    names.join(" -> ")
}

impl InterpolateError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match &self.kind {
            InterpolateErrorKind::NoVariable { name } => {
                format!("set it, or write `${{{name}:-default}}`; `$$` is a dollar sign")
            }
            InterpolateErrorKind::NoKey { reference, nearest } => {
                let meant = nearest
                    .as_ref()
                    .map(|nearest| format!("is `{{{nearest}}}` meant? "))
                    .unwrap_or_default();
                format!(
                    "{meant}names count from the top of the config; for the text itself write `\\{{{reference}}}`"
                )
            }
            InterpolateErrorKind::Cycle(_) => "give one of them a value of its own".to_owned(),
            InterpolateErrorKind::TooDeep(_) => "refer to the first value directly".to_owned(),
            InterpolateErrorKind::TooLarge(_) => "let fewer texts repeat each other".to_owned(),
        })
    }
}
