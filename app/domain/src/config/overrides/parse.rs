//! From words to overrides.

use serde::{Deserialize, Serialize};

use crate::config::Key;

use super::error::{OverrideError, OverrideErrorKind};

/// What an override does with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Gives a key that exists another value.
    Set,
    /// Adds a key; one that exists gets another value.
    Add,
    /// Takes a key away.
    Remove,
}

/// One change asked for on a command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The key it is about.
    pub key: Key,
    /// The value as it was typed, batch syntax included; empty for [`Mode::Remove`].
    pub text: String,
    /// What to do.
    pub mode: Mode,
    /// The words as they were typed: `--lr 0.1`, `+new=1`, `~gone`.
    pub typed: String,
}

/// Reads `--a.b v`, `--a.b=v`, `a.b=v`, `+new=v` and `~gone`, in order; of two for one key the later counts.
///
/// A value may begin with one dash (`--seed -5`); one that begins with two is written `--key=--value`.
///
/// # Errors
/// The first word that is none of these.
pub fn parse<S: AsRef<str>>(words: &[S]) -> Result<Vec<Override>, OverrideError> {
    let mut found = Vec::new();
    let mut words = words.iter().map(AsRef::as_ref).peekable();
    while let Some(word) = words.next() {
        let made = if let Some(flag) = word.strip_prefix("--") {
            if let Some((key, text)) = flag.split_once('=') {
                made(word, key, text, Mode::Set, word.to_owned())?
            } else {
                let is_value = |next: &&str| !next.starts_with("--") || next.len() == 2;
                let text = words.next_if(is_value).ok_or_else(|| OverrideError {
                    key: Some(Key::new(flag)),
                    typed: word.to_owned(),
                    kind: OverrideErrorKind::NoValue,
                })?;
                made(word, flag, text, Mode::Set, format!("{word} {text}"))?
            }
        } else if let Some(key) = word.strip_prefix('~') {
            made(word, key, "", Mode::Remove, word.to_owned())?
        } else {
            let (mode, rest) = match word.strip_prefix('+') {
                Some(rest) => (Mode::Add, rest),
                None => (Mode::Set, word),
            };
            let (key, text) = rest
                .split_once('=')
                .filter(|_| !word.starts_with('-'))
                .ok_or_else(|| OverrideError {
                    key: None,
                    typed: word.to_owned(),
                    kind: OverrideErrorKind::NotAnOverride,
                })?;
            made(word, key, text, mode, word.to_owned())?
        };
        found.push(made);
    }
    Ok(found)
}

fn made(
    word: &str,
    key: &str,
    text: &str,
    mode: Mode,
    typed: String,
) -> Result<Override, OverrideError> {
    let key = Key::new(key.trim());
    if key.parts().iter().any(|part| part.trim().is_empty()) {
        return Err(OverrideError {
            key: None,
            typed: word.to_owned(),
            kind: OverrideErrorKind::EmptyKey,
        });
    }
    Ok(Override {
        key,
        text: text.to_owned(),
        mode,
        typed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(words: &[&str]) -> String {
        match parse(words) {
            Ok(found) => found
                .iter()
                .map(|o| format!("{:?} {} = `{}`", o.mode, o.key, o.text))
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => format!("{error} / {}", error.hint().unwrap_or_default()),
        }
    }

    #[test]
    fn every_spelling_is_taken_apart() {
        insta::assert_snapshot!(
            [
                &["--a.b", "v"][..],
                &["--a.b=v=w"],
                &["a.b=v", "seed=1:5", "lr=1e-3 | 1e-2"],
                &["+new=[1, 2]", "~gone"],
                &["--seed", "-5"],
                &["--seed", ""],
                &["a="],
                &["--seed"],
                &["--seed", "--lr", "5"],
                &["seed", "5"],
                &["-seed", "5"],
                &["-seed=5"],
                &["a..b=1"],
                &["=1"],
                &["~"],
                &["a\\.b=1"],
            ]
            .map(one)
            .join("\n")
        );
    }
}
