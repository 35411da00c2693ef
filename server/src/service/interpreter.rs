//! Finding the interpreter that runs scripts.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::ServiceError;

/// The absolute path of an interpreter given as a path or as a name to look up in `path` (the value of `PATH`).
///
/// Symbolic links stay: a virtual environment is known by its link.
pub fn resolve(python: &str, path: Option<&str>) -> Result<PathBuf, ServiceError> {
    let missing = || ServiceError::InterpreterMissing(python.to_owned());
    if python.contains('/') {
        let absolute = std::path::absolute(python).map_err(|_| missing())?;
        return Some(absolute)
            .filter(|found| is_executable(found))
            .ok_or_else(missing);
    }
    path.unwrap_or_default()
        .split(':')
        .filter(|folder| folder.starts_with('/'))
        .map(|folder| Path::new(folder).join(python))
        .find(|candidate| is_executable(candidate))
        .ok_or_else(missing)
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_interpreter_is_named() {
        let error = resolve("no-such-python", Some("/usr/bin:/bin")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no interpreter `no-such-python`"
        );
        assert!(resolve("/no/such/python", None).is_err());
        assert!(resolve("sh", Some("/usr/bin:/bin")).is_ok());
    }

    #[test]
    fn a_relative_folder_in_path_is_not_searched() {
        assert!(resolve("sh", Some(".:bin")).is_err());
    }
}
