//! `__run__`: what to call and where its folders go.

use std::path::{Component, Path, PathBuf};

use domain::config::Value;

use super::EntryError;

/// The folder of debug runs inside the output folder.
const DEBUG: &str = "DEBUG";

/// A `__run__` section with nothing left to resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSection {
    /// `package.module:function`
    pub main: String,
    /// A relative path without any way up, with `/`.
    pub name: String,
    /// Absolute.
    pub output_dir: PathBuf,
    /// Where modules are found; absolute.
    pub code: PathBuf,
}

impl RunSection {
    /// Reads the section of a resolved config. Relative paths count from `launch_dir`; `home` is what `~` stands for.
    ///
    /// # Errors
    /// [`EntryError`] names `file` and the key.
    pub fn read(
        config: &Value,
        file: &str,
        launch_dir: &Path,
        home: Option<&str>,
    ) -> Result<Self, EntryError> {
        let Some(section) = child(config, "__run__") else {
            return Err(EntryError::NoRunSection(file.to_owned()));
        };
        let text = |key: &'static str| text(section, file, key);
        let required = |key: &'static str| {
            text(key)?.ok_or_else(|| EntryError::Missing {
                file: file.to_owned(),
                key,
            })
        };
        let absolute = |path: &str| {
            let path = match (path.strip_prefix('~'), home) {
                (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                    format!("{home}{rest}")
                }
                _ => path.to_owned(),
            };
            without_dots(&launch_dir.join(path))
        };
        let main = required("__main__")?;
        if !is_main(&main) {
            return Err(EntryError::Main {
                file: file.to_owned(),
                main,
            });
        }
        let output_dir = required("__output_dir__")?;
        let name = required("__name__")?;
        if let Some(reason) = not_a_name(&name) {
            return Err(EntryError::Name {
                file: file.to_owned(),
                name,
                reason,
            });
        }
        if output_dir.is_empty() {
            return Err(EntryError::Missing {
                file: file.to_owned(),
                key: "__output_dir__",
            });
        }
        Ok(Self {
            main,
            name: name.trim_end_matches('/').to_owned(),
            output_dir: absolute(&output_dir),
            code: absolute(&text("__code__")?.unwrap_or_default()),
        })
    }

    /// The folder in which `exp.0`, `exp.1`, … are numbered.
    pub fn parent(&self, debug: bool) -> PathBuf {
        let base = if debug {
            self.output_dir.join(DEBUG)
        } else {
            self.output_dir.clone()
        };
        base.join(&self.name)
    }

    /// The module or package of `code` that is imported first, if it is there.
    pub fn top(&self) -> Option<String> {
        let top = self.main.split([':', '.']).next()?;
        [top.to_owned(), format!("{top}.py")]
            .into_iter()
            .find(|name| {
                let path = self.code.join(name);
                if Path::new(name).extension().is_some() {
                    path.is_file()
                } else {
                    path.is_dir()
                }
            })
    }
}

/// The section's keys as they stand in the files of a run: absolute, so that they mean the same from any folder.
pub fn settle(config: &mut Value, section: &RunSection, resolved: bool) {
    let Value::Map(entries) = config else { return };
    let Some((_, Value::Map(run))) = entries.iter_mut().find(|(key, _)| key == "__run__") else {
        return;
    };
    let mut set = |key: &str, text: &str| {
        let value = Value::Text(text.to_owned());
        match run.iter_mut().find(|(known, _)| known == key) {
            Some((_, known)) => *known = value,
            None => run.push((key.to_owned(), value)),
        }
    };
    set("__output_dir__", &section.output_dir.to_string_lossy());
    set("__code__", &section.code.to_string_lossy());
    if resolved {
        set("__name__", &section.name);
    }
}

fn child<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Map(entries) => entries
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, below)| below),
        _ => None,
    }
}

/// A text; numbers count as their text, as in `__name__: "{seed}"`.
fn text(section: &Value, file: &str, key: &'static str) -> Result<Option<String>, EntryError> {
    let found = match child(section, key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Text(text)) => return Ok(Some(text.clone())),
        Some(number @ (Value::Int(_) | Value::BigInt(_) | Value::Float(_))) => {
            return Ok(Some(number.to_string()));
        }
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::List(_)) => "a list",
        Some(Value::Map(_)) => "a section",
    };
    Err(EntryError::NotText {
        file: file.to_owned(),
        key,
        found,
    })
}

/// `module:function`, dotted identifiers on both sides.
fn is_main(main: &str) -> bool {
    let is_identifier = |part: &str| {
        part.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && !part.is_empty()
    };
    main.split_once(':').is_some_and(|(module, function)| {
        module.split('.').all(is_identifier) && function.split('.').all(is_identifier)
    })
}

/// Why a text cannot be the place of folders inside the output folder.
fn not_a_name(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        return Some("is empty");
    }
    if name.starts_with('/') || name.starts_with('~') {
        return Some("is not inside the output folder");
    }
    if name.chars().any(char::is_control) {
        return Some("holds a control character");
    }
    let mut parts = Path::new(name).components();
    let is_inside = parts.all(|part| matches!(part, Component::Normal(_)));
    (!is_inside || name.split('/').any(|part| part == "."))
        .then_some("leads out of the output folder")
}

/// The path without `.` and `..`; links on the way are not looked at.
fn without_dots(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> String {
        let config = domain::config::yaml::from_yaml(yaml).unwrap();
        match RunSection::read(&config, "exp.yml", Path::new("/lab"), Some("/home/me")) {
            Ok(section) => format!(
                "{} {} {} {}",
                section.main,
                section.parent(false).display(),
                section.parent(true).display(),
                section.code.display()
            ),
            Err(error) => format!("{error} [{}]", error.hint()),
        }
    }

    fn named(name: &str) -> String {
        read(&format!(
            "__run__: {{__main__: 'a.b:f', __output_dir__: out, __name__: {name}}}\n"
        ))
    }

    #[test]
    fn names_are_confined_and_numbers_are_names() {
        let lines: Vec<String> = [
            "base",
            "a/b",
            "5",
            "1.5",
            "''",
            "' '",
            "../x",
            "a/../../x",
            "a/./b",
            "/tmp/x",
            "~/x",
            "'a\\nb'",
            "[1]",
            "true",
            "null",
            "x/",
        ]
        .into_iter()
        .map(|name| format!("{name:<10} {}", named(name)))
        .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn a_section_says_what_it_lacks() {
        let lines: Vec<String> = [
            "a: 1\n",
            "__run__: {}\n",
            "__run__: {__main__: 'a.b'}\n",
            "__run__: {__main__: 'a b:f'}\n",
            "__run__: {__main__: 'a.b:', __name__: x}\n",
            "__run__: {__main__: 'a:f'}\n",
            "__run__: {__main__: 'a:f', __output_dir__: out}\n",
            "__run__: {__main__: 'a:f', __output_dir__: [1], __name__: x}\n",
            "__run__: {__main__: 'a:C.f', __output_dir__: ~/out, __name__: x, __code__: ../src}\n",
            "__run__: {__main__: 'a:f', __output_dir__: /abs/./out/.., __name__: x, __code__: /code}\n",
        ]
        .into_iter()
        .map(|yaml| format!("{} -> {}", yaml.trim_end(), read(yaml)))
        .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
