//! Secret variables of all runs: in a file that only its owner can read, and in no other.
//!
//! A run's record names the file, never what it holds; the supervisor reads it in the moment of starting.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::format::{self, FORMAT, RunFile};
use super::{Layout, StorageError, atomic};

/// `.secrets.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SecretsFile {
    format: u32,
    variables: BTreeMap<String, String>,
}

/// Secret variables by name. `Debug` hides the values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<String, String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    /// Those of a project; none if there is no file.
    ///
    /// # Errors
    /// The file cannot be read or understood.
    pub fn read(layout: &Layout) -> Result<Self, StorageError> {
        Self::read_file(&layout.secrets())
    }

    fn read_file(path: &Path) -> Result<Self, StorageError> {
        match format::read_json::<SecretsFile>(path) {
            Ok(file) => Ok(Self(file.variables)),
            Err(StorageError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps them; an empty set takes the file away.
    ///
    /// # Errors
    /// The file cannot be written; the old one stays.
    pub fn write(&self, layout: &Layout) -> Result<(), StorageError> {
        let path = layout.secrets();
        if self.0.is_empty() {
            return match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    Err(StorageError::write(&path)(error))
                }
                _ => Ok(()),
            };
        }
        let file = SecretsFile {
            format: FORMAT,
            variables: self.0.clone(),
        };
        atomic::write_private(&path, &format::to_json(&file))
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// One more, or another value of one.
    pub fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// One less.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }
}

/// The environment of a run with the secrets that its record does not hold; what the record holds counts more.
///
/// # Errors
/// The file that the record names cannot be read.
pub fn environment_of(run: &RunFile) -> Result<Vec<(String, String)>, StorageError> {
    let Some(path) = &run.secrets_file else {
        return Ok(run.environment.clone());
    };
    let Secrets(secrets) = Secrets::read_file(Path::new(path))?;
    let is_set = |name: &str| run.environment.iter().any(|(known, _)| known == name);
    let added = secrets.into_iter().filter(|(name, _)| !is_set(name));
    Ok(run.environment.iter().cloned().chain(added).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_readable_by_their_owner_only_and_do_not_show() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        fs::create_dir_all(layout.state_dir()).unwrap();
        let mut secrets = Secrets::read(&layout).unwrap();
        secrets.set("HF_TOKEN", "hf_abc".to_owned());
        secrets.write(&layout).unwrap();
        let mode = fs::metadata(layout.secrets()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let read = Secrets::read(&layout).unwrap();
        assert_eq!(read, secrets);
        assert!(!format!("{read:?}").contains("hf_abc"));
        secrets.remove("HF_TOKEN");
        secrets.write(&layout).unwrap();
        assert!(!layout.secrets().exists());
    }
}
