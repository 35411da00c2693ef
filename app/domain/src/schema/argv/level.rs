//! One level of a command line: which words its parser takes for options.

use crate::schema::{Action, ParserSchema};

/// The option strings of one parser or sub-parser.
pub(super) struct Level {
    flags: Vec<String>,
    prefix_chars: Vec<char>,
    /// Characters that make a word the name of a file with more words.
    file_chars: Vec<char>,
}

impl Level {
    /// The level reached by a path of sub-commands; empty for the top.
    pub(super) fn new(parser: &ParserSchema, path: &[String]) -> Self {
        let mut flags = vec!["-h".to_owned(), "--help".to_owned()];
        for argument in parser
            .args
            .iter()
            .filter(|argument| argument.subcommand == path)
        {
            flags.extend(argument.flags.iter().cloned());
            if argument.action.known() == Some(&Action::BooleanOptional) {
                flags.extend(
                    argument
                        .flags
                        .iter()
                        .filter_map(|f| f.strip_prefix("--"))
                        .map(|f| format!("--no-{f}")),
                );
            }
        }
        // A sub-parser is made by `add_parser`, which starts from argparse's own default.
        let prefix_chars = parser
            .prefix_chars
            .as_deref()
            .filter(|_| path.is_empty())
            .unwrap_or("-")
            .chars()
            .collect();
        // The top parser reads the files before any sub-parser sees a word.
        let file_chars = parser.fromfile_prefix_chars.as_deref().unwrap_or_default();
        Self {
            flags,
            prefix_chars,
            file_chars: file_chars.chars().collect(),
        }
    }

    /// True if argparse takes `word` for a value, after the rules of `ArgumentParser._parse_optional`.
    pub(super) fn is_plain(&self, word: &str) -> bool {
        let mut chars = word.chars();
        let Some(first) = chars.next() else {
            return true;
        };
        if word == "--" || self.file_chars.contains(&first) {
            return false;
        }
        if !self.prefix_chars.contains(&first) {
            return true;
        }
        if self.flags.iter().any(|flag| flag == word) {
            return false;
        }
        let Some(second) = chars.next() else {
            return true;
        };
        let named = word.split_once('=').map(|(name, _)| name);
        if named.is_some_and(|name| self.flags.iter().any(|flag| flag == name)) {
            return false;
        }
        let abbreviates = self.abbreviated(word, [first, second]) > 0;
        if abbreviates {
            return false;
        }
        if looks_negative(word) {
            return !self.flags.iter().any(|flag| looks_negative(flag));
        }
        word.contains(' ')
    }

    /// True if argparse refuses `word` wherever it stands, because several options begin like it.
    pub(super) fn is_ambiguous(&self, word: &str) -> bool {
        let mut chars = word.chars();
        let (Some(first), Some(second)) = (chars.next(), chars.next()) else {
            return false;
        };
        let name = word.split_once('=').map_or(word, |(name, _)| name);
        self.prefix_chars.contains(&first)
            && !self.flags.iter().any(|flag| flag == word || flag == name)
            && self.abbreviated(word, [first, second]) > 1
    }

    /// How many options `word` could abbreviate, after `ArgumentParser._get_option_tuples`.
    fn abbreviated(&self, word: &str, start: [char; 2]) -> usize {
        if self.prefix_chars.contains(&start[1]) {
            let prefix = word.split_once('=').map_or(word, |(name, _)| name);
            return self
                .flags
                .iter()
                .filter(|flag| flag.starts_with(prefix))
                .count();
        }
        let short = String::from_iter(start);
        self.flags
            .iter()
            .filter(|flag| **flag == short || flag.starts_with(word))
            .count()
    }
}

/// argparse's own idea of a negative number: no exponent, no underscore.
fn looks_negative(word: &str) -> bool {
    let Some(digits) = word.strip_prefix('-') else {
        return false;
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match digits.split_once('.') {
        Some((whole, fraction)) => (whole.is_empty() || all_digits(whole)) && all_digits(fraction),
        None => all_digits(digits),
    }
}
