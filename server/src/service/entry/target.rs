//! What a person named: a script or a config file, and the configs given with it.

use std::fs;
use std::path::{Path, PathBuf};

use super::EntryError;
use crate::service::{ServiceError, experiments};

/// The endings of config files.
const CONFIGS: [&str; 4] = ["yaml", "yml", "toml", "json"];

/// A target with the configs given along with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The script or the config file; absolute, links resolved.
    pub path: PathBuf,
    /// True for a config file.
    pub is_config: bool,
    /// Configs given with it; absolute, links resolved.
    pub configs: Vec<PathBuf>,
    /// A script that had a template shall read its own arguments again.
    pub no_config: bool,
    /// The folder it was named in; absolute.
    pub launch_dir: PathBuf,
}

impl Target {
    /// Finds a target and its configs. Nothing is read yet.
    pub fn locate(
        target: &Path,
        configs: &[PathBuf],
        no_config: bool,
        launch_dir: &Path,
    ) -> Result<Self, ServiceError> {
        let is_config = is_config_file(target);
        let path = if is_config {
            find(target)?
        } else {
            experiments::locate(target)?
        };
        let configs = configs
            .iter()
            .map(|config| {
                if is_config_file(config) {
                    find(config)
                } else {
                    Err(EntryError::NotAConfig(config.clone()).into())
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            path,
            is_config,
            configs,
            no_config,
            launch_dir: launch_dir.to_path_buf(),
        })
    }
}

/// True if the name ends as those of config files do.
pub fn is_config_file(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| CONFIGS.contains(&ending.to_ascii_lowercase().as_str()))
}

fn find(path: &Path) -> Result<PathBuf, ServiceError> {
    let unreadable = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => ServiceError::ConfigMissing(path.to_path_buf()),
        _ => ServiceError::ScriptUnreadable {
            path: path.to_path_buf(),
            source,
        },
    };
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(ServiceError::ScriptNotAFile(path.to_path_buf()));
    }
    fs::canonicalize(path).map_err(unreadable)
}
