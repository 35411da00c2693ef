//! Commands that a person wrote: run exactly as they stand, with nothing put into them.

use serde::{Deserialize, Serialize};

use crate::config::Value;

/// What counts as the entry of every command's identity: two commands are the same work if command and folder are the same.
pub const COMMAND_ENTRY: &str = "command";

/// The longest command, bytes: what Linux passes as one argument, less some room.
pub const MAX_COMMAND_BYTES: usize = 128 * 1024 - 4096;

/// A command as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CommandLine {
    /// A text for `sh -c`, unchanged byte by byte.
    Text(String),
    /// A program and its arguments: no shell reads them.
    Words(Vec<String>),
}

/// Why a command cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Nothing at all, or nothing but space.
    #[error("the command is empty")]
    Empty,
    /// A zero byte ends a text for the system: what follows would be lost.
    #[error("the command holds a zero byte")]
    ZeroByte,
    /// More than the system passes on.
    #[error("the command has {0} bytes, more than {MAX_COMMAND_BYTES}")]
    TooLong(usize),
}

impl CommandError {
    /// What to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Empty => "say what is to be run",
            Self::ZeroByte => "take it out",
            Self::TooLong(_) => "put it into a script, and run that",
        }
    }
}

impl CommandLine {
    /// What is executed, word by word.
    pub fn argv(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec!["sh".to_owned(), "-c".to_owned(), text.clone()],
            Self::Words(words) => words.clone(),
        }
    }

    /// Says whether it can be run at all.
    ///
    /// # Errors
    /// The first thing wrong with it.
    pub fn check(&self) -> Result<(), CommandError> {
        let (is_empty, bytes) = match self {
            Self::Text(text) => (text.trim().is_empty(), text.len()),
            Self::Words(words) => {
                let longest = words.iter().map(String::len).max().unwrap_or(0);
                (words.first().is_none_or(String::is_empty), longest)
            }
        };
        let holds_zero = match self {
            Self::Text(text) => text.contains('\0'),
            Self::Words(words) => words.iter().any(|word| word.contains('\0')),
        };
        match (is_empty, holds_zero) {
            (true, _) => Err(CommandError::Empty),
            (_, true) => Err(CommandError::ZeroByte),
            _ if bytes > MAX_COMMAND_BYTES => Err(CommandError::TooLong(bytes)),
            _ => Ok(()),
        }
    }

    /// The config of a task that runs it in this folder: what its identity is made of.
    pub fn to_config(&self, working_dir: &str) -> Value {
        let text = |text: &String| Value::Text(text.clone());
        let command = match self {
            Self::Text(all) => text(all),
            Self::Words(words) => Value::List(words.iter().map(text).collect()),
        };
        Value::Map(vec![
            ("command".to_owned(), command),
            ("cwd".to_owned(), Value::Text(working_dir.to_owned())),
        ])
    }

    /// The command in such a config; `None` if there is none that can be run.
    pub fn of_config(config: &Value) -> Option<Self> {
        let Value::Map(entries) = config else {
            return None;
        };
        let command = match &entries.iter().find(|(key, _)| key == "command")?.1 {
            Value::Text(text) => Self::Text(text.clone()),
            Value::List(words) => {
                let word = |word: &Value| match word {
                    Value::Text(text) => Some(text.clone()),
                    _ => None,
                };
                Self::Words(words.iter().map(word).collect::<Option<_>>()?)
            }
            _ => return None,
        };
        command.check().is_ok().then_some(command)
    }

    /// A short name for it, fit for a folder: the script it runs, or its program.
    pub fn short_name(&self) -> String {
        let words: Vec<&str> = match self {
            Self::Text(text) => text.split_whitespace().collect(),
            Self::Words(words) => words.iter().map(String::as_str).collect(),
        };
        let base = |word: &&str| word.rsplit('/').next().unwrap_or(word).to_owned();
        let script = words.iter().map(base).find_map(|name| {
            let stem = name
                .strip_suffix(".py")
                .or_else(|| name.strip_suffix(".sh"))?;
            Some(stem.to_owned())
        });
        let name = script
            .or_else(|| words.first().map(base))
            .unwrap_or_default();
        let kept: String = name
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .take(40)
            .collect();
        let kept = kept.trim_matches(['.', '-']);
        if kept.is_empty() {
            COMMAND_ENTRY.to_owned()
        } else {
            kept.to_owned()
        }
    }
}

/// Where the runs of a command put their folders: `<parent>/<name>_<YYYY-MM-DD__HH-MM-SS>`, the layout of EXP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampedFolder {
    /// The folder in which they stand, absolute; absent: the runs are kept in their task's own folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The experiment's name, what the folder's name begins with: `EXPERIMENT_NAME`. It may hold `/`.
    pub name: String,
    /// The stamp of an existing folder in which the runs go on instead of getting one of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> CommandLine {
        CommandLine::Words(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn a_text_goes_to_the_shell_unchanged_and_words_never_do() {
        let text = "echo \"$HOME\" '\n\t{a} é' | cat; exit 3";
        assert_eq!(
            CommandLine::Text(text.to_owned()).argv(),
            ["sh", "-c", text]
        );
        assert_eq!(words(&["echo", "$HOME; ls"]).argv(), ["echo", "$HOME; ls"]);
    }

    #[test]
    fn a_config_leads_back_to_the_command() {
        for command in [
            CommandLine::Text("a | b".to_owned()),
            words(&["sh", "-c", "a"]),
        ] {
            assert_eq!(
                CommandLine::of_config(&command.to_config("/w")),
                Some(command)
            );
        }
        assert_eq!(CommandLine::of_config(&Value::Int(1)), None);
        assert_eq!(
            CommandLine::of_config(&words(&[]).to_config("/")),
            None,
            "nothing to run"
        );
    }

    #[test]
    fn what_cannot_be_run_is_said() {
        use CommandError::{Empty, TooLong, ZeroByte};
        let text = |text: &str| CommandLine::Text(text.to_owned()).check();
        assert_eq!(text(" \n"), Err(Empty));
        assert_eq!(words(&["", "x"]).check(), Err(Empty));
        assert_eq!(text("a\0b"), Err(ZeroByte));
        assert_eq!(words(&["a", "\0"]).check(), Err(ZeroByte));
        assert_eq!(
            text(&"x".repeat(MAX_COMMAND_BYTES + 1)),
            Err(TooLong(MAX_COMMAND_BYTES + 1))
        );
        assert_eq!(text("true"), Ok(()));
    }

    #[test]
    fn a_short_name_is_the_script_or_the_program() {
        for (command, name) in [
            (words(&["python", "a/train.py", "--x"]), "train"),
            (words(&["/usr/bin/env", "x"]), "env"),
            (CommandLine::Text("cd x && make".to_owned()), "cd"),
            (CommandLine::Text("../../$(rm -rf x)".to_owned()), "rm"),
            (words(&["--"]), "command"),
            (words(&["./Läufe.sh"]), "Läufe"),
        ] {
            assert_eq!(command.short_name(), name);
        }
    }
}
