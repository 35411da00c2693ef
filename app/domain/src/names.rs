//! Names of experiments and tasks: what may be a folder's name on every system.

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// Why a name cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing at all.
    #[error("the name is empty")]
    Empty,
    /// More than [`MAX_NAME_CHARS`] characters.
    #[error("the name has {0} characters, more than {MAX_NAME_CHARS}")]
    TooLong(usize),
    /// A character that some system refuses, or a control character.
    #[error("`{}` cannot stand in a name", .0.escape_debug())]
    Forbidden(char),
    /// A hidden file's name, `.` and `..` included.
    #[error("a name cannot begin with a dot")]
    LeadingDot,
    /// Some systems drop it silently.
    #[error("a name cannot end with a dot")]
    TrailingDot,
    /// Some systems drop it silently.
    #[error("a name cannot begin or end with a space")]
    OuterSpace,
}

impl NameError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Empty => "write a name".to_owned(),
            Self::TooLong(_) => "shorten it".to_owned(),
            Self::Forbidden(_) => "leave out / \\ : * ? \" < > | and control characters".to_owned(),
            Self::LeadingDot | Self::TrailingDot | Self::OuterSpace => "remove it".to_owned(),
        })
    }
}

/// Says whether `name` may be the name of an experiment or a task.
///
/// # Errors
/// The first thing wrong with it.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    let length = name.chars().count();
    if length > MAX_NAME_CHARS {
        return Err(NameError::TooLong(length));
    }
    if let Some(bad) = name
        .chars()
        .find(|c| c.is_control() || r#"/\:*?"<>|"#.contains(*c))
    {
        return Err(NameError::Forbidden(bad));
    }
    if name.starts_with('.') {
        return Err(NameError::LeadingDot);
    }
    if name.trim() != name {
        return Err(NameError::OuterSpace);
    }
    if name.ends_with('.') {
        return Err(NameError::TrailingDot);
    }
    Ok(())
}

/// The names of the tasks of one submission: `<prefix>_<stamp>_<i>-of-<n>`, `i` from 1.
pub fn task_names(prefix: &str, stamp: &str, count: u64) -> impl Fn(u64) -> String + use<> {
    let start = format!("{prefix}_{stamp}_");
    move |index| format!("{start}{index}-of-{count}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folder_names_everywhere() {
        for good in ["a", "digits lr", "试验-1", "a.b", "x".repeat(200).as_str()] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in [
            "", ".", "..", ".git", "a/b", "a\\b", "a:b", "a*", "a?", "\"a", "<a", "a>", "a|b",
            "a\n", "a\0", " a", "a ", "a.", "\u{7f}",
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert_eq!(check_name(&"x".repeat(201)), Err(NameError::TooLong(201)));
    }

    #[test]
    fn task_names_count_from_one() {
        let name = task_names("train", "20261121-074500", 6);
        assert_eq!(name(1), "train_20261121-074500_1-of-6");
        assert_eq!(name(6), "train_20261121-074500_6-of-6");
    }
}
