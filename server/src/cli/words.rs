//! Before the parser: what is said in short, and which words are options of ours.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Arg, CommandFactory};

use super::arguments::Cli;
use super::environment;

/// The words as the parser of the command line wants them.
pub(super) fn prepared(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let words = with_default_command(words);
    match words.get(1).and_then(|word| word.to_str()) {
        Some("run") => overrides_last(words),
        Some("label") => labels_apart(words),
        _ => words,
    }
}

/// `runyard label TASK -bad`: a word with one dash that is no option of `label` is a label to take away.
fn labels_apart(words: Vec<OsString>) -> Vec<OsString> {
    let apart = |word: OsString| match word.to_str().and_then(|text| text.strip_prefix('-')) {
        Some(label) if label.chars().count() > 1 && !label.starts_with('-') => {
            OsString::from(format!("--remove={label}"))
        }
        _ => word,
    };
    words.into_iter().map(apart).collect()
}

/// Puts `ui` before a first word that names a file: `runyard train.py` is `runyard ui train.py`.
fn with_default_command(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.collect();
    if words.len() == 1 && environment::site_addr().is_some() {
        // A bare `cargo leptos serve` in this repository shows the example.
        words.extend(["ui", "examples/digits/train.py", "--no-browser"].map(OsString::from));
    }
    let is_file_name = |word: &str| {
        !word.starts_with('-') && (word.contains(['.', '/']) || PathBuf::from(word).is_file())
    };
    // A file that is called like a command does not hide the command.
    let is_command = |word: &str| {
        let cli = Cli::command();
        cli.find_subcommand(word).is_some()
    };
    if words
        .get(1)
        .and_then(|word| word.to_str())
        .is_some_and(|word| is_file_name(word) && !is_command(word))
    {
        words.insert(1, OsString::from("ui"));
    }
    words
}

/// Sorts the words of `runyard run`: its own options first, then `--`, the target, and the overrides in their order.
fn overrides_last(words: Vec<OsString>) -> Vec<OsString> {
    let mut cli = Cli::command();
    cli.build();
    let Some(run) = cli.find_subcommand("run") else {
        return words;
    };
    let options: Vec<&Arg> = run.get_arguments().collect();
    let mut words = words.into_iter();
    let mut own: Vec<OsString> = words.by_ref().take(2).collect();
    let mut target = None;
    let mut overrides = Vec::new();
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        if text == "--" {
            overrides.extend(words);
            break;
        }
        if let Some(option) = own_option(&options, &text) {
            let takes_next = option.get_action().takes_values() && !has_value(&text);
            own.push(word);
            own.extend(takes_next.then(|| words.next()).flatten());
        } else if target.is_none() {
            if text.starts_with('-') {
                // No option of ours, and nothing it could be a parameter of: the parser says so.
                own.push(word);
            } else {
                target = Some(word);
            }
        } else {
            let is_bare = text.starts_with('-') && !text.contains('=');
            overrides.push(word);
            let is_value = |next: &OsString| !next.to_string_lossy().starts_with("--");
            overrides.extend(is_bare.then(|| words.next_if(is_value)).flatten());
        }
    }
    let target = target.or_else(|| (!overrides.is_empty()).then(|| overrides.remove(0)));
    if let Some(target) = target {
        own.push(OsStr::new("--").to_owned());
        own.push(target);
        own.extend(overrides);
    }
    own
}

/// The option of ours that a word is.
fn own_option<'a>(options: &[&'a Arg], word: &str) -> Option<&'a Arg> {
    let found = |is: &dyn Fn(&Arg) -> bool| options.iter().copied().find(|option| is(option));
    if let Some(name) = word.strip_prefix("--") {
        let name = name.split('=').next().unwrap_or(name);
        return found(&|option| option.get_long() == Some(name));
    }
    let mut letters = word.strip_prefix('-')?.chars();
    let first = letters.next()?;
    let option = found(&|option| option.get_short() == Some(first))?;
    // `-j4` is ours; `-json` of somebody's script is not.
    let rest = letters.as_str();
    (rest.is_empty() || rest.trim_start_matches('=').parse::<f64>().is_ok()).then_some(option)
}

/// True if an option's value stands in the same word.
fn has_value(word: &str) -> bool {
    if word.starts_with("--") {
        word.contains('=')
    } else {
        word.len() > 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let words = prepared(text.split(' ').map(OsString::from));
        let words: Vec<String> = words
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        words.join(" ")
    }

    #[test]
    fn the_definition_is_sound_and_a_file_alone_means_ui() {
        Cli::command().debug_assert();
        assert_eq!(
            words("runyard train.py --port 1"),
            "runyard ui train.py --port 1"
        );
        assert_eq!(words("runyard exp.yaml"), "runyard ui exp.yaml");
        assert_eq!(
            words("runyard train.py base.yaml"),
            "runyard ui train.py base.yaml"
        );
        assert_eq!(words("runyard --version"), "runyard --version");
    }

    #[test]
    fn a_label_behind_a_dash_is_taken_away_and_an_option_stays_one() {
        assert_eq!(
            words("runyard label t +good -slow -b --sweep x -C dir"),
            "runyard label t +good --remove=slow -b --sweep x -C dir"
        );
    }

    #[test]
    fn options_are_ours_before_and_after_the_target_and_everything_else_is_an_override() {
        for (typed, sorted) in [
            ("run t.py lr=1", "run -- t.py lr=1"),
            (
                "run --json t.py --lr 0.1 --limit 3",
                "run --json --limit 3 -- t.py --lr 0.1",
            ),
            ("run t.py --seed -5 -j 4", "run -j 4 -- t.py --seed -5"),
            ("run t.py -j4 -b 32", "run -j4 -- t.py -b 32"),
            (
                "run t.py --limit=3 --a.b=v",
                "run --limit=3 -- t.py --a.b=v",
            ),
            ("run t.py --flag --json", "run --json -- t.py --flag"),
            ("run t.py --name --lr 1", "run -- t.py --name --lr 1"),
            ("run t.py -- --json yes", "run -- t.py --json yes"),
            ("run -- t.py --debug 1", "run -- t.py --debug 1"),
            ("run --nonsense t.py", "run --nonsense -- t.py"),
            (
                "run --python p t.py +a=1 ~b",
                "run --python p -- t.py +a=1 ~b",
            ),
            ("run", "run"),
            ("run t.py --help", "run --help -- t.py"),
        ] {
            let (typed, sorted) = (format!("runyard {typed}"), format!("runyard {sorted}"));
            assert_eq!(words(&typed), sorted);
        }
    }
}
