//! Files that stand in memory, for compositions.

use std::collections::BTreeMap;

use domain::config::compose::Files;

/// Names with slashes; the working directory is `/lab`.
#[derive(Debug, Default)]
pub(crate) struct MemoryFiles(pub(crate) BTreeMap<String, String>);

impl MemoryFiles {
    /// Files by their paths relative to the working directory.
    pub(crate) fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let absolute = |(path, text): (&str, &str)| (joined("/lab", path), text.to_owned());
        Self(files.into_iter().map(absolute).collect())
    }
}

fn joined(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

impl Files for MemoryFiles {
    fn locate(&self, folder: &str, path: &str) -> String {
        joined(folder, path)
    }

    fn folder(&self, file: &str) -> String {
        joined(file, "..")
    }

    fn cwd(&self) -> String {
        "/lab".to_owned()
    }

    fn read(&self, file: &str) -> Result<String, String> {
        self.0
            .get(file)
            .cloned()
            .ok_or_else(|| "no such file".to_owned())
    }

    fn shown(&self, file: &str) -> String {
        file.strip_prefix("/lab/").unwrap_or(file).to_owned()
    }
}
