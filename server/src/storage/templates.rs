//! `templates/<name>.yaml`: what was typed, kept under a name; a person may edit the files by hand.

use std::fs;
use std::io::ErrorKind;

use domain::config::yaml::{from_yaml, to_yaml};
use domain::config::{Key, Value};
use domain::grid::{Input, SweepOptions};
use domain::protocol::templates::SavedTemplate;
use domain::time::Timestamp;

use super::atomic::{self, Durability};
use super::format::FORMAT;
use super::{Layout, StorageError};

/// The names of all templates, sorted.
pub fn names(layout: &Layout, experiment: &str) -> Result<Vec<String>, StorageError> {
    let dir = layout.templates(experiment);
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StorageError::read(&dir)(error)),
    };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

/// True if there is a template of this name.
pub fn exists(layout: &Layout, experiment: &str, name: &str) -> bool {
    layout.template(experiment, name).exists()
}

/// Reads one template.
pub fn read(layout: &Layout, experiment: &str, name: &str) -> Result<SavedTemplate, StorageError> {
    let path = layout.template(experiment, name);
    let text = fs::read_to_string(&path).map_err(StorageError::read(&path))?;
    let damaged = |message: String| StorageError::Damaged {
        path: path.clone(),
        message,
    };
    let value = from_yaml(&text).map_err(|error| damaged(error.to_string()))?;
    let Value::Map(entries) = value else {
        return Err(damaged("a map is expected".to_owned()));
    };
    let mut template = SavedTemplate {
        name: name.to_owned(),
        saved_at_ms: Timestamp::default(),
        inputs: Vec::new(),
        options: SweepOptions::default(),
    };
    for (key, value) in entries {
        match (key.as_str(), value) {
            ("format", Value::Int(found)) if found > i64::from(FORMAT) => {
                return Err(StorageError::Newer {
                    path,
                    found: u32::try_from(found).unwrap_or(u32::MAX),
                    known: FORMAT,
                });
            }
            ("saved_at_ms", Value::Int(at)) => template.saved_at_ms = Timestamp(at),
            ("inputs", Value::Map(inputs)) => {
                template.inputs = inputs
                    .into_iter()
                    .map(|(key, value)| Input {
                        key: Key::new(key),
                        text: value.to_string(),
                    })
                    .collect();
            }
            ("options", value) => {
                template.options = serde_json::to_value(value)
                    .and_then(serde_json::from_value)
                    .map_err(|error| damaged(format!("`options`: {error}")))?;
            }
            _ => {}
        }
    }
    Ok(template)
}

/// Writes one template over an older one.
pub fn write(
    layout: &Layout,
    experiment: &str,
    template: &SavedTemplate,
) -> Result<(), StorageError> {
    let inputs = template
        .inputs
        .iter()
        .map(|input| {
            (
                input.key.to_string(),
                Value::Text(input.text.trim().to_owned()),
            )
        })
        .collect();
    let mut entries = vec![
        ("format".to_owned(), Value::Int(i64::from(FORMAT))),
        (
            "saved_at_ms".to_owned(),
            Value::Int(template.saved_at_ms.as_ms()),
        ),
        ("inputs".to_owned(), Value::Map(inputs)),
    ];
    if !template.options.is_empty() {
        let options = serde_json::to_value(&template.options)
            .and_then(serde_json::from_value)
            .expect("options are maps with text keys");
        entries.push(("options".to_owned(), options));
    }
    atomic::create_dir_all(&layout.templates(experiment))?;
    atomic::write(
        &layout.template(experiment, &template.name),
        to_yaml(&Value::Map(entries)).as_bytes(),
        Durability::Disk,
    )
}

/// Gives a template another name; one of that name must not exist.
pub fn rename(layout: &Layout, experiment: &str, from: &str, to: &str) -> Result<(), StorageError> {
    let (from, to) = (
        layout.template(experiment, from),
        layout.template(experiment, to),
    );
    // A link fails where a name is taken, a rename would replace it.
    fs::hard_link(&from, &to).map_err(StorageError::write(&to))?;
    fs::remove_file(&from).map_err(StorageError::write(&from))
}

/// Removes a template.
pub fn remove(layout: &Layout, experiment: &str, name: &str) -> Result<(), StorageError> {
    let path = layout.template(experiment, name);
    fs::remove_file(&path).map_err(StorageError::write(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(name: &str, inputs: &[(&str, &str)]) -> SavedTemplate {
        SavedTemplate {
            name: name.to_owned(),
            saved_at_ms: Timestamp(1_700_000_000_000),
            inputs: inputs
                .iter()
                .map(|(key, text)| Input {
                    key: (*key).into(),
                    text: (*text).to_owned(),
                })
                .collect(),
            options: SweepOptions {
                conditions: vec!["lr < 1".to_owned()],
                rows: vec![domain::grid::Assignments(vec![(
                    "lr".into(),
                    Value::Text("1e-3".to_owned()),
                )])],
                ..SweepOptions::default()
            },
        }
    }

    #[test]
    fn texts_come_back_as_they_were_typed() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        assert!(names(&layout, "e").unwrap().is_empty());
        let kept = template(
            "试 1",
            &[
                ("lr", "1e-3 | 0.10"),
                ("train.seed", "0012"),
                ("name", "\"on\" # x"),
                ("sizes", "[1] | [2, 3]"),
            ],
        );
        write(&layout, "e", &kept).unwrap();
        assert_eq!(names(&layout, "e").unwrap(), ["试 1"]);
        assert_eq!(read(&layout, "e", "试 1").unwrap(), kept);
    }

    #[test]
    fn a_rename_never_replaces_another_template() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        write(&layout, "e", &template("a", &[("lr", "1")])).unwrap();
        write(&layout, "e", &template("b", &[("lr", "2")])).unwrap();
        rename(&layout, "e", "a", "b").unwrap_err();
        assert_eq!(read(&layout, "e", "b").unwrap().inputs[0].text, "2");
        rename(&layout, "e", "a", "c").unwrap();
        assert_eq!(names(&layout, "e").unwrap(), ["b", "c"]);
        remove(&layout, "e", "c").unwrap();
        assert_eq!(names(&layout, "e").unwrap(), ["b"]);
    }
}
