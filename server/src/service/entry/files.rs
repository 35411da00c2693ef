//! Config files on this disk.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::config::compose::Files;

/// The largest config file that is read, bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Reads config files; `cwd` is the folder that paths without a leading dot count from.
#[derive(Clone, Debug)]
pub struct DiskFiles {
    cwd: PathBuf,
}

impl DiskFiles {
    /// Files as seen from `cwd` (absolute).
    pub fn new(cwd: impl Into<PathBuf>) -> Self {
        Self { cwd: cwd.into() }
    }
}

impl Files for DiskFiles {
    fn locate(&self, folder: &str, path: &str) -> String {
        let joined = self.cwd.join(folder).join(path);
        // A file that is not there keeps its spelling; reading it then says so.
        fs::canonicalize(&joined)
            .unwrap_or(joined)
            .to_string_lossy()
            .into_owned()
    }

    fn folder(&self, file: &str) -> String {
        Path::new(file)
            .parent()
            .unwrap_or(Path::new("/"))
            .to_string_lossy()
            .into_owned()
    }

    fn cwd(&self) -> String {
        self.cwd.to_string_lossy().into_owned()
    }

    fn read(&self, file: &str) -> Result<String, String> {
        let reason = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => "no such file".to_owned(),
            ErrorKind::PermissionDenied => "it may not be read".to_owned(),
            _ => error.to_string(),
        };
        let meta = fs::metadata(file).map_err(reason)?;
        if !meta.is_file() {
            return Err("it is not a file".to_owned());
        }
        if meta.len() > MAX_BYTES {
            return Err(format!("it has more than {MAX_BYTES} bytes"));
        }
        let bytes = fs::read(file).map_err(reason)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            format!("byte {at} is not UTF-8")
        })?;
        Ok(text
            .strip_prefix('\u{feff}')
            .map_or(text.clone(), str::to_owned))
    }

    fn shown(&self, file: &str) -> String {
        let cwd = fs::canonicalize(&self.cwd).unwrap_or_else(|_| self.cwd.clone());
        Path::new(file).strip_prefix(&cwd).map_or_else(
            |_| file.to_owned(),
            |short| short.to_string_lossy().into_owned(),
        )
    }
}
