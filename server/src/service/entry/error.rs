//! What can be wrong with an entry.

use std::path::PathBuf;

use domain::grid::BlockError;

/// Why an entry cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A config file is expected.
    #[error("`{}` is not a config file", .0.display())]
    NotAConfig(PathBuf),
    /// The script takes its values from a config, and none is known.
    #[error("`{}` takes its values from a config file (line {line}: `{function}()`), and none is known", script.display())]
    NoTemplate {
        /// The script.
        script: PathBuf,
        /// `pyruns.load`
        function: String,
        /// Where it is called, from 1.
        line: u32,
    },
    /// The `sweep:` section of a config cannot be read.
    #[error("`{file}`: {error}")]
    Sweep {
        /// The file.
        file: String,
        /// Where the section stands, from 1.
        line: Option<u32>,
        /// What is wrong.
        error: Box<BlockError>,
    },
    /// A config alone must say what to run.
    #[error("`{0}` has no `__run__` section, so it does not say what to run")]
    NoRunSection(String),
    /// A key of `__run__` is missing.
    #[error("`{file}`: `__run__.{key}` is missing")]
    Missing {
        /// The file.
        file: String,
        /// The key.
        key: &'static str,
    },
    /// A key of `__run__` holds something else than text.
    #[error("`{file}`: `__run__.{key}` is {found}, and a text is expected")]
    NotText {
        /// The file.
        file: String,
        /// The key.
        key: &'static str,
        /// With its article.
        found: &'static str,
    },
    /// `__main__` names no function.
    #[error("`{file}`: `__run__.__main__` is `{main}`, which names no function")]
    Main {
        /// The file.
        file: String,
        /// What stands there.
        main: String,
    },
    /// `__name__` is no folder's name.
    #[error("`{file}`: `__run__.__name__` is `{name}`, which {reason}")]
    Name {
        /// The file.
        file: String,
        /// What it resolved to.
        name: String,
        /// A part of the sentence.
        reason: &'static str,
    },
    /// Nothing of the kind has it.
    #[error("`{option}` is for {wanted}")]
    WrongKind {
        /// The option.
        option: &'static str,
        /// What it is for.
        wanted: &'static str,
    },
}

impl EntryError {
    /// The key it is about.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Missing { key, .. } | Self::NotText { key, .. } => Some(format!("__run__.{key}")),
            Self::Main { .. } => Some("__run__.__main__".to_owned()),
            Self::Name { .. } => Some("__run__.__name__".to_owned()),
            Self::NoRunSection(_) => Some("__run__".to_owned()),
            Self::Sweep { error, .. } => Some(error.path.clone()),
            _ => None,
        }
    }

    /// The line it is about, from 1.
    pub fn line(&self) -> Option<u32> {
        match self {
            Self::NoTemplate { line, .. } => Some(*line),
            Self::Sweep { line, .. } => *line,
            _ => None,
        }
    }

    /// The file it is about.
    pub fn file(&self) -> Option<String> {
        match self {
            Self::Missing { file, .. }
            | Self::Sweep { file, .. }
            | Self::NotText { file, .. }
            | Self::Main { file, .. }
            | Self::Name { file, .. }
            | Self::NoRunSection(file) => Some(file.clone()),
            Self::NoTemplate { script, .. } => Some(script.display().to_string()),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Sweep { error, .. } => error.hint(),
            Self::NotAConfig(_) => {
                "name a file that ends in `.yaml`, `.yml`, `.toml` or `.json`".to_owned()
            }
            Self::NoTemplate { script, .. } => {
                let script = script.file_name().unwrap_or_default().to_string_lossy();
                format!(
                    "name one: `runyard {script} base.yaml`, or `runyard run {script} --config base.yaml`; it is remembered"
                )
            }
            Self::NoRunSection(file) => format!(
                "add `__run__:` with `__main__: package.module:function`, `__name__` and `__output_dir__`; to give the file to a script, write `runyard run SCRIPT.py --config {file}`"
            ),
            Self::Missing { key, .. } => format!(
                "add `{key}: {}` under `__run__:`",
                match *key {
                    "__main__" => "package.module:function",
                    "__name__" => "my-experiment/{seed}",
                    _ => "outputs",
                }
            ),
            Self::NotText { .. } => "write a text, in quotes if it looks like something else".to_owned(),
            Self::Main { .. } => {
                "write `package.module:function`; the function is called as `function(name, config)`".to_owned()
            }
            Self::Name { .. } => {
                "write a name inside `__output_dir__`, such as `my-experiment` or `my-experiment/{seed}`".to_owned()
            }
            Self::WrongKind { option, .. } => format!("leave `{option}` out"),
        }
    }
}
