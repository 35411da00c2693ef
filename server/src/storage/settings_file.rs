//! Changing `settings.toml` in place, comments and order kept, and what is in force meanwhile.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::atomic::{self, Durability};
use super::settings::Settings;
use super::{Layout, StorageError};

/// The text of the settings and what it means.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    /// The text; empty if there is no file.
    pub text: String,
    /// What it says.
    pub settings: Settings,
}

impl SettingsFile {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or not be understood.
    pub fn read(layout: &Layout) -> Result<Self, StorageError> {
        let text = Self::text(layout)?;
        let settings = Settings::parse(&layout.settings(), &text)?;
        Ok(Self { text, settings })
    }

    /// The text alone, right or wrong.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn text(layout: &Layout) -> Result<String, StorageError> {
        let path = layout.settings();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(StorageError::read(&path)(error)),
        }
    }

    /// What tells this text from any other.
    pub fn revision(text: &str) -> String {
        let digest = Sha256::digest(text.as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The same with other values. A `null` takes the line out; what holds comments and order stays.
    ///
    /// # Errors
    /// A key or a value that cannot be used; the error names it.
    pub fn changed(
        &self,
        layout: &Layout,
        changes: &[(String, Json)],
    ) -> Result<Self, StorageError> {
        let path = layout.settings();
        let refused = |key: &str, message: String| StorageError::Setting {
            path: path.clone(),
            line: None,
            key: Some(key.to_owned()),
            message,
        };
        let mut document: DocumentMut = self
            .text
            .parse()
            .map_err(|error: toml_edit::TomlError| refused("", error.message().to_owned()))?;
        for (key, value) in changes {
            set(document.as_table_mut(), key, value).map_err(|message| refused(key, message))?;
        }
        let text = document.to_string();
        let settings = Settings::parse(&path, &text).map_err(|error| match error {
            // One change is to blame, if there is one only.
            StorageError::Setting {
                path,
                key: None,
                message,
                ..
            } if changes.len() == 1 => StorageError::Setting {
                path,
                line: None,
                key: changes.first().map(|(key, _)| key.clone()),
                message,
            },
            error => error,
        })?;
        Ok(Self { text, settings })
    }

    /// Puts it in the file's place; who could read the file can read it still, and nobody else.
    ///
    /// # Errors
    /// It cannot be written; the old one stays.
    pub fn write(&self, layout: &Layout) -> Result<(), StorageError> {
        let path = layout.settings();
        let mode = fs::metadata(&path).map_or(0o666, |meta| meta.permissions().mode() & 0o777);
        atomic::write_with_mode(&path, self.text.as_bytes(), mode, Durability::Disk)
    }
}

/// Sets or removes the value of a dotted key.
fn set(root: &mut dyn TableLike, key: &str, value: &Json) -> Result<(), String> {
    let (folder, name) = key
        .rsplit_once('.')
        .map_or((None, key), |(folder, name)| (Some(folder), name));
    let mut table = root;
    for part in folder.into_iter().flat_map(|folder| folder.split('.')) {
        if value.is_null() && !table.contains_key(part) {
            return Ok(());
        }
        let item = table
            .entry(part)
            .or_insert_with(|| Item::Table(Table::new()));
        table = item
            .as_table_like_mut()
            .ok_or_else(|| format!("`{part}` is no section"))?;
    }
    if value.is_null() {
        table.remove(name);
        return Ok(());
    }
    let mut new = to_toml(value).ok_or_else(|| format!("`{key}` cannot be {value}"))?;
    match table.get_mut(name) {
        Some(Item::Value(old)) => {
            // The comment behind the old value stays behind the new one.
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        Some(item) => *item = Item::Value(new),
        None => {
            table.insert(name, Item::Value(new));
        }
    }
    Ok(())
}

fn to_toml(value: &Json) -> Option<Value> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::Array(items.iter().map(to_toml).collect::<Option<Array>>()?),
        Json::Object(pairs) => {
            let mut table = InlineTable::new();
            for (key, value) in pairs {
                table.insert(key, to_toml(value)?);
            }
            Value::InlineTable(table)
        }
    })
}

/// The settings in force: read at the start, replaced when somebody changes the file through this process.
#[derive(Clone, Debug)]
pub struct SharedSettings(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    now: RwLock<Arc<Settings>>,
    changing: Mutex<()>,
}

impl SharedSettings {
    /// With these to begin with.
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(Shared {
            now: RwLock::new(Arc::new(settings)),
            changing: Mutex::new(()),
        }))
    }

    /// Those in force now. Whoever needs several of them asks once.
    pub fn now(&self) -> Arc<Settings> {
        let now = self.0.now.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&now)
    }

    /// Others are in force from now on.
    pub fn replace(&self, settings: Settings) {
        let mut now = self.0.now.write().unwrap_or_else(PoisonError::into_inner);
        *now = Arc::new(settings);
    }

    /// One change of the file at a time, as long as the answer is held.
    pub fn change(&self) -> MutexGuard<'_, ()> {
        self.0
            .changing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "# our box\nport = 9000 # behind the proxy\n\nslots = 3\n\n[snapshot] # what is kept\nenabled = true\nexclude = [\"data\"]\n";

    fn layout() -> Layout {
        Layout::new("/p")
    }

    fn file(text: &str) -> SettingsFile {
        SettingsFile {
            text: text.to_owned(),
            settings: Settings::parse(&layout().settings(), text).unwrap(),
        }
    }

    fn change(text: &str, key: &str, value: Json) -> Result<String, StorageError> {
        file(text)
            .changed(&layout(), &[(key.to_owned(), value)])
            .map(|file| file.text)
    }

    #[test]
    fn a_change_keeps_comments_order_and_what_it_does_not_name() {
        assert_eq!(
            change(TEXT, "slots", json!(7)).unwrap(),
            TEXT.replace("slots = 3", "slots = 7")
        );
        assert_eq!(
            change(TEXT, "port", json!(8123)).unwrap(),
            TEXT.replace("port = 9000 #", "port = 8123 #")
        );
        assert_eq!(
            change(TEXT, "snapshot.exclude", json!(["data", "logs"])).unwrap(),
            TEXT.replace("[\"data\"]", "[\"data\", \"logs\"]")
        );
        assert_eq!(
            change(TEXT, "slots", Json::Null).unwrap(),
            TEXT.replace("slots = 3\n", "").replace("\n\n\n", "\n\n")
        );
    }

    #[test]
    fn a_new_section_goes_behind_and_a_new_key_of_the_top_goes_before_sections() {
        let text = change(TEXT, "run.nice", json!(5)).unwrap();
        assert!(
            text.starts_with(TEXT) && text.ends_with("[run]\nnice = 5\n"),
            "{text}"
        );
        let text = change(TEXT, "max_tasks", json!(5)).unwrap();
        assert!(text.contains("slots = 3\nmax_tasks = 5\n"), "{text}");
        let text = change(
            "",
            "run.capture",
            json!({"kind": "pty", "rows": 24, "columns": 80}),
        );
        let text = text.unwrap();
        assert!(text.contains("kind = \"pty\""), "{text}");
        let untouched = change(TEXT, "run.nice", Json::Null).unwrap();
        assert_eq!(untouched, TEXT);
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_its_key() {
        for (key, value) in [
            ("slots", json!(0)),
            ("slots", json!("many")),
            ("slot", json!(3)),
            ("slots.deep", json!(3)),
            ("port", json!(70_000)),
            ("run.nice", json!(40)),
            ("run.capture", json!({"kind": "telepathy"})),
            ("environment.set.A=B", json!("x")),
        ] {
            match change(TEXT, key, value.clone()) {
                Err(StorageError::Setting { key: named, .. }) => {
                    assert_eq!(named.as_deref(), Some(key), "{value}");
                }
                other => panic!("{key}: {other:?}"),
            }
        }
    }
}
