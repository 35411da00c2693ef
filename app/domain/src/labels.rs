//! Labels: what a person marks tasks with.

/// The longest label, in characters.
pub const MAX_LABEL_CHARS: usize = 64;
/// The most labels of one task.
pub const MAX_LABELS: usize = 32;

/// Why a text cannot be a label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// Nothing at all.
    #[error("the label is empty")]
    Empty,
    /// More than [`MAX_LABEL_CHARS`] characters.
    #[error("the label has {0} characters, more than {MAX_LABEL_CHARS}")]
    TooLong(usize),
    /// A comma, which stands between labels, or a control character.
    #[error("`{}` cannot stand in a label", .0.escape_debug())]
    Forbidden(char),
    /// Nobody would see it.
    #[error("a label cannot begin or end with a space")]
    OuterSpace,
    /// More than [`MAX_LABELS`].
    #[error("{0} labels are more than {MAX_LABELS}")]
    TooMany(usize),
}

/// Says whether `label` may be a label.
///
/// # Errors
/// The first thing wrong with it.
pub fn check_label(label: &str) -> Result<(), LabelError> {
    if label.is_empty() {
        return Err(LabelError::Empty);
    }
    let length = label.chars().count();
    if length > MAX_LABEL_CHARS {
        return Err(LabelError::TooLong(length));
    }
    if let Some(bad) = label.chars().find(|c| c.is_control() || *c == ',') {
        return Err(LabelError::Forbidden(bad));
    }
    if label.trim() != label {
        return Err(LabelError::OuterSpace);
    }
    Ok(())
}

/// The labels with some more and without others, in the order in which they were given; each once.
///
/// # Errors
/// A label that cannot be one, or [`LabelError::TooMany`].
pub fn changed(
    labels: &[String],
    add: &[String],
    remove: &[String],
) -> Result<Vec<String>, LabelError> {
    let mut now: Vec<String> = labels
        .iter()
        .filter(|label| !remove.contains(label))
        .cloned()
        .collect();
    for label in add {
        check_label(label)?;
        if !now.contains(label) {
            now.push(label.clone());
        }
    }
    if now.len() > MAX_LABELS && now.len() > labels.len() {
        return Err(LabelError::TooMany(now.len()));
    }
    Ok(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_label_is_one_visible_word_or_more_without_a_comma() {
        for good in ["a", "best so far", "试验", &"x".repeat(64)] {
            assert_eq!(check_label(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            " ",
            " a",
            "a ",
            "a,b",
            "a\nb",
            "\u{1b}[31m",
            &"x".repeat(65),
        ] {
            assert!(check_label(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn labels_keep_their_order_and_stand_once() {
        let labels = list(&["a", "b"]);
        assert_eq!(
            changed(&labels, &list(&["c", "a"]), &list(&["b", "x"])).unwrap(),
            ["a", "c"]
        );
        let many: Vec<String> = (0..33).map(|i| i.to_string()).collect();
        assert_eq!(changed(&[], &many, &[]), Err(LabelError::TooMany(33)));
        // Too many already: taking some away is allowed.
        assert_eq!(changed(&many, &[], &list(&["1"])).unwrap().len(), 32);
    }
}
