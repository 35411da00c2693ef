//! Experiments: a script, what it accepts, and what the person set.

use std::fs;
use std::path::{Path, PathBuf};

use domain::experiment::Entry;
use domain::grid::Input;
use domain::protocol::Reading;
use domain::protocol::http::{GetExperimentResponse, PutInputsRequest};
use domain::schema::parameters::{Parameter, parameters};
use domain::schema::{Schema, Warning};

use super::probe::{self, InUse};
use super::{Project, ServiceError};
use crate::storage::format::ExperimentFile;
use crate::storage::{Layout, StorageError, project};

/// The largest script that is read, bytes.
const MAX_SCRIPT_BYTES: u64 = 8 * 1024 * 1024;

/// The absolute path of a script that a person named.
pub fn locate(script: &Path) -> Result<PathBuf, ServiceError> {
    let meta = fs::metadata(script).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ServiceError::ScriptMissing(script.to_path_buf()),
        _ => ServiceError::ScriptUnreadable {
            path: script.to_path_buf(),
            source,
        },
    })?;
    if !meta.is_file() {
        return Err(ServiceError::ScriptNotAFile(script.to_path_buf()));
    }
    if script.extension().is_none_or(|extension| extension != "py") {
        return Err(ServiceError::NotPython(script.to_path_buf()));
    }
    fs::canonicalize(script).map_err(|source| ServiceError::ScriptUnreadable {
        path: script.to_path_buf(),
        source,
    })
}

/// What a script accepts, read without running it.
pub fn read_schema(script: &Path) -> Result<Schema, ServiceError> {
    let unreadable = |source| ServiceError::ScriptUnreadable {
        path: script.to_path_buf(),
        source,
    };
    let length = fs::metadata(script).map_err(unreadable)?.len();
    if length > MAX_SCRIPT_BYTES {
        let message =
            format!("the script has {length} bytes, and at most {MAX_SCRIPT_BYTES} are read");
        return Err(unreadable(std::io::Error::other(message)));
    }
    let bytes = fs::read(script).map_err(unreadable)?;
    let source = inspect::decode(&bytes).map_err(|source| ServiceError::ScriptNotText {
        path: script.to_path_buf(),
        source,
    })?;
    let name = script.file_name().unwrap_or_default().to_string_lossy();
    inspect::read_script(&source, &name, &ModuleFolders::of(script))
        .map_err(ServiceError::ScriptNotUnderstood)
}

/// Where a script's own modules are looked for: its folder, then the folders above it up to the repository's, each with
/// its `src`.
struct ModuleFolders {
    folders: Vec<PathBuf>,
}

/// Folders above the script that are searched at most.
const MAX_LEVELS: usize = 5;

impl ModuleFolders {
    fn of(script: &Path) -> Self {
        let mut folders = Vec::new();
        for folder in script.ancestors().skip(1).take(MAX_LEVELS) {
            folders.extend([folder.to_path_buf(), folder.join("src")]);
            if folder.join(".git").exists() || folder.join("pyproject.toml").exists() {
                return Self { folders };
            }
        }
        // No repository around it: only what Python itself would find.
        folders.truncate(2);
        Self { folders }
    }
}

impl inspect::Sources for ModuleFolders {
    fn read(&self, path: &str) -> Option<String> {
        let path = Path::new(path);
        // A module's name has no way out of its folder.
        if !path
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)))
        {
            return None;
        }
        let found = self
            .folders
            .iter()
            .map(|folder| folder.join(path))
            .find(|file| {
                file.metadata()
                    .is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_SCRIPT_BYTES)
            })?;
        inspect::decode(&fs::read(found).ok()?).ok()
    }
}

/// Where a script's own modules are looked for.
pub fn module_folders(script: &Path) -> Vec<PathBuf> {
    ModuleFolders::of(script).folders
}

/// The experiment that a script would have, or has: without one, it is not written.
pub fn unsaved(layout: &Layout, script: &Path) -> ExperimentFile {
    let known = project::experiment_name(layout, script)
        .and_then(|name| project::read_experiment(layout, &name));
    known.unwrap_or_else(|_| {
        project::new_experiment(project::script_spelling(layout, script), String::new())
    })
}

/// The same for a script that is to be run: one without a command line runs as it is, as a single task.
pub fn read_schema_to_run(script: &Path) -> Result<Schema, ServiceError> {
    match read_schema(script) {
        Err(ServiceError::ScriptNotUnderstood(
            error @ inspect::ReadScriptError::NoParser { .. },
        )) => {
            let warning = Warning {
                line: 1,
                message: error.to_string(),
            };
            Ok(Schema {
                warnings: vec![warning],
                ..Schema::default()
            })
        }
        other => other,
    }
}

/// The schema that counts for a script: what its experiment remembers, put together with the reading.
pub fn used_schema(stored: &ExperimentFile, script: &Path) -> Result<InUse, ServiceError> {
    Ok(probe::in_use(Some(stored), read_or_probed(stored, script)?))
}

/// The reading of a script; nothing if it cannot be read statically but its probe still counts.
fn read_or_probed(file: &ExperimentFile, script: &Path) -> Result<Schema, ServiceError> {
    match read_schema_to_run(script) {
        Err(ServiceError::ScriptNotUnderstood(inspect::ReadScriptError::OtherLibrary {
            ..
        })) if file.probe.as_ref().is_some_and(probe::is_current) => Ok(Schema::default()),
        other => other,
    }
}

/// Opens or creates the experiment of a script; what the person set before stays.
pub fn open(layout: &Layout, script: &Path) -> Result<String, ServiceError> {
    let used = used_schema(&unsaved(layout, script), script)?;
    let name = project::experiment_name(layout, script)?;
    project::save_experiment(layout, &name, script, &Entry::Script, &used.schema)?;
    Ok(name)
}

/// An experiment with its parameters as the script is now.
#[derive(Debug)]
pub struct Opened {
    /// The stored experiment, its schema brought up to date.
    pub file: ExperimentFile,
    /// Its script, absolute.
    pub script: PathBuf,
    /// What the script accepts.
    pub parameters: Vec<Parameter>,
    /// Where the schema comes from.
    pub reading: Reading,
    /// Why the script could not be read now; `file.schema` is then the last one that could.
    pub problem: Option<ServiceError>,
}

/// Reads the stored experiment alone, without its script.
///
/// # Errors
/// [`ServiceError::NoExperiment`] also for a name that could be no folder's.
pub fn check(layout: &Layout, name: &str) -> Result<ExperimentFile, ServiceError> {
    if domain::names::check_name(name).is_err() {
        return Err(ServiceError::NoExperiment(name.to_owned()));
    }
    project::read_experiment(layout, name).map_err(|error| match error {
        StorageError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            ServiceError::NoExperiment(name.to_owned())
        }
        other => other.into(),
    })
}

/// Reads an experiment and its script.
pub fn read(layout: &Layout, name: &str) -> Result<Opened, ServiceError> {
    let file = check(layout, name)?;
    let script = project::script_path(layout, &file);
    let found = locate(&script).and_then(|_| used_schema(&file, &script));
    let (file, reading, problem) = match found {
        Ok(used) => {
            let file = project::save_experiment(layout, name, &script, &file.entry, &used.schema)?;
            (file, used.reading, None)
        }
        Err(problem) => {
            let used = probe::in_use(None, file.schema.clone());
            (file, used.reading, Some(problem))
        }
    };
    let parameters = parameters(&file.schema.parser);
    Ok(Opened {
        file,
        script,
        parameters,
        reading,
        problem,
    })
}

/// `GET /api/v1/experiments/{experiment}`
pub fn get(project: &Project, name: &str) -> Result<GetExperimentResponse, ServiceError> {
    let layout = &project.layout;
    let opened = read(layout, name)?;
    let (inputs, damaged) = match project::read_inputs(layout, name, &opened.parameters) {
        Ok(inputs) => (inputs, None),
        Err(error) => (Vec::<Input>::new(), Some(ServiceError::from(error))),
    };
    let identity = super::completed::rule_now(project, &opened)?;
    Ok(GetExperimentResponse {
        identity,
        name: name.to_owned(),
        script: opened.file.script,
        entry: opened.file.entry,
        schema: opened.file.schema,
        template: None,
        inputs,
        options: opened.file.options,
        prefix: opened.file.prefix,
        reading: opened.reading,
        pinned: opened.file.pinned,
        problem: opened.problem.or(damaged).map(|problem| problem.to_api()),
    })
}

/// `PUT /api/v1/experiments/{experiment}/inputs`: keeps what was typed, correct or not.
pub fn put_inputs(
    project: &Project,
    name: &str,
    request: &PutInputsRequest,
) -> Result<(), ServiceError> {
    let layout = &project.layout;
    let opened = read(layout, name)?;
    project::write_inputs(layout, name, &opened.parameters, &request.inputs)?;
    let mut file = opened.file.clone();
    if domain::names::check_name(&request.prefix).is_ok() {
        file.prefix.clone_from(&request.prefix);
    }
    file.options.clone_from(&request.options);
    if let Some(pinned) = &request.pinned {
        file.pinned.clone_from(pinned);
    }
    if file != opened.file {
        project::write_experiment(layout, name, &file)?;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make the files they read")]
mod tests {
    use super::*;

    #[test]
    fn a_parser_made_in_a_module_of_the_repository_is_read() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(".git")).unwrap();
        fs::create_dir_all(dir.path().join("tools")).unwrap();
        fs::create_dir_all(dir.path().join("src/lab")).unwrap();
        fs::write(dir.path().join("src/lab/__init__.py"), "").unwrap();
        let module = "import argparse\ndef make():\n    p = argparse.ArgumentParser()\n    p.add_argument('--lr', type=float, default=0.1)\n    return p\n";
        fs::write(dir.path().join("src/lab/options.py"), module).unwrap();
        let script = dir.path().join("tools/train.py");
        fs::write(
            &script,
            "from lab.options import make\nargs = make().parse_args()\n",
        )
        .unwrap();
        let schema = read_schema(&script).unwrap();
        assert_eq!(
            schema
                .parser
                .args
                .first()
                .map(|argument| argument.dest.as_str()),
            Some("lr")
        );
    }
}
