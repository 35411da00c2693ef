//! YAML that Python's own reader understands the same way.

use super::Value;
pub use super::yaml_edit::{Change, EditError, edit_yaml};
pub use super::yaml_emit::to_yaml;
pub use super::yaml_view::{inputs_from_yaml, inputs_into_yaml, inputs_to_yaml, typed_to_yaml};

/// Why a YAML text could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("line {line}, column {column}: {message}")]
pub struct YamlError {
    /// A lowercase sentence.
    pub message: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl YamlError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let has = |word: &str| self.message.contains(word);
        let remedy = if has("stands twice") {
            "keep one of the two"
        } else if has("the tag") || has("is no `!!") {
            "take the tag away; `!replace` and `!!str`, `!!int`, `!!float`, `!!bool`, `!!null` are known"
        } else if has("second document") {
            "take the line `---` away, or make a second file"
        } else if has("begins with a star") {
            "put the key in quotes: `\"**name\":`"
        } else if has("tabs disallowed") {
            "indent with spaces"
        } else if has("aliases repeat") || has("levels deep") {
            "write less of it"
        } else if has("stands inside itself") {
            "point the alias at something that ends before it"
        } else if has("key must be a scalar") || has("`<<` needs") {
            "write `name: value`"
        } else if has(", inside the") {
            "close the bracket; a text with `: `, `,` or a bracket in it stands in quotes"
        } else {
            "check quotes, colons and indentation here and in the line above"
        };
        Some(remedy.to_owned())
    }
}

/// Reads a YAML document. An empty one is an empty map.
///
/// Scalars are read as PyYAML reads them, except that `1e-3` is a number, and that base-60 numbers, dates and integers
/// with leading zeros stay texts. `<<` is applied; a key that stands twice, and tags, are refused.
///
/// # Errors
/// [`YamlError`] with the place.
pub fn from_yaml(text: &str) -> Result<Value, YamlError> {
    super::yaml_read::read(text).map(|node| node.to_value())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        from_yaml(text).map_or_else(
            |error| error.to_string(),
            |value| serde_json::to_string(&value).unwrap(),
        )
    }

    #[test]
    fn quotes_make_texts_and_plain_scalars_are_resolved() {
        assert_eq!(
            json("a: yes\nb: 'yes'\nc: \"1_000\"\nd: 1_000\n"),
            r#"{"a":true,"b":"yes","c":"1_000","d":1000}"#
        );
        assert_eq!(
            json("[on, 'on', 1e-3, '1', 012, 1:30, 2024-01-01, ~, '', ]"),
            r#"[true,"on",0.001,"1","012","1:30","2024-01-01",null,""]"#
        );
        assert_eq!(
            json("a: |\n  12\nb: >-\n  yes\nc:\nd: {\"x\": 1, \"y\"}\n"),
            r#"{"a":"12\n","b":"yes","c":null,"d":{"x":1,"y":null}}"#
        );
        assert_eq!(json(""), "{}");
        assert_eq!(json("# only a comment\n"), "{}");
    }

    #[test]
    fn merge_keys_are_applied_and_own_keys_win() {
        let text = "base: &b {lr: 1, m: on}\nrun:\n  <<: *b\n  lr: 2\n";
        assert_eq!(
            json(text),
            r#"{"base":{"lr":1,"m":true},"run":{"m":true,"lr":2}}"#
        );
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(
            json("a: 1\nb: 2\n  \na: 3\n"),
            "line 4, column 1: key `a` stands twice"
        );
        assert_eq!(
            json("a: 1\nb: [1, 2\nc: 3\n"),
            "line 3, column 2: illegal placement of ':' indicator, inside the list that begins at line 2, column 4"
        );
        assert_eq!(
            json("a: !x 1"),
            "line 1, column 4: the tag `!x` is not supported"
        );
        let level = |n: usize| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}]\n", n - 1);
        let bomb = format!(
            "a0: &a0 [x]\n{}",
            (1..30).map(level).collect::<Vec<_>>().concat()
        );
        assert!(
            from_yaml(&bomb)
                .unwrap_err()
                .message
                .contains("aliases repeat")
        );
    }
}
