//! Experiments: a script, what it accepts, and what the person set.

use std::fs;
use std::path::{Path, PathBuf};

use domain::config::overrides::Override;
use domain::experiment::{Entry, Launch, template_parameters};
use domain::grid::Input;
use domain::protocol::Reading;
use domain::protocol::http::{GetExperimentResponse, PutInputsRequest};
use domain::schema::parameters::{Parameter, parameters};
use domain::schema::{Schema, Warning};

use super::entry::{OpenTemplate, Target, template};
use super::probe::{self, InUse, Pick};
use super::{Project, ServiceError};
use crate::storage::format::ExperimentFile;
use crate::storage::project::{self, Definition};
use crate::storage::{Layout, StorageError};

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
        // `sys.path` may name a folder above the script's; modules are read from the script's own project only.
        let up = Path::new(path)
            .components()
            .take_while(|part| matches!(part, std::path::Component::ParentDir))
            .count();
        let path: PathBuf = Path::new(path).components().skip(up).collect();
        if !path
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)))
        {
            return None;
        }
        // Each level has two folders: itself and its `src`.
        let folders = match up {
            0 => self.folders.as_slice(),
            up => self.folders.get(2 * up..2 * up + 1)?,
        };
        let found = folders
            .iter()
            .map(|folder| folder.join(&path))
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
            error @ (inspect::ReadScriptError::NoParser { .. }
            | inspect::ReadScriptError::OtherLibrary { .. }),
        )) => {
            let warning = Warning {
                line: 1,
                message: format!("{error}: {}", error.hint()),
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

/// Where a script asks for the values of its run, if it does.
pub fn config_call(script: &Path) -> Result<Option<inspect::ConfigCall>, ServiceError> {
    let unreadable = |source| ServiceError::ScriptUnreadable {
        path: script.to_path_buf(),
        source,
    };
    if fs::metadata(script).map_err(unreadable)?.len() > MAX_SCRIPT_BYTES {
        return Ok(None);
    }
    let bytes = fs::read(script).map_err(unreadable)?;
    let Ok(source) = inspect::decode(&bytes) else {
        return Ok(None);
    };
    Ok(inspect::outline(&source).config_call)
}

/// What a target is before anything is written.
#[derive(Debug)]
pub struct Sketch {
    /// The name its experiment has or will have.
    pub name: String,
    /// The experiment as a submission would read it.
    pub opened: Opened,
    /// The text that opening it would keep as its template.
    keep: Option<String>,
}

/// Reads a target without writing anything.
///
/// # Errors
/// The script or its configs cannot be read, or a config is needed and none is known.
pub fn sketch(
    layout: &Layout,
    target: &Target,
    overrides: &[Override],
    pick: Pick,
) -> Result<Sketch, ServiceError> {
    let name = project::experiment_name(layout, &target.path)?;
    let known = project::read_experiment(layout, &name).ok();
    let opening = template::of_target(
        layout,
        target,
        known.as_ref().map(|file| (name.as_str(), file)),
        overrides,
    )?;
    let spelling = project::script_spelling(layout, &target.path);
    let stored = known.unwrap_or_else(|| project::new_experiment(spelling.clone(), name.clone()));
    let used = if opening.template.is_some() {
        probe::in_use(None, Schema::default())
    } else {
        probe::select(used_schema(&stored, &target.path)?, pick)?
    };
    let file = ExperimentFile {
        script: spelling,
        entry: opening.entry,
        launch_dir: Some(target.launch_dir.to_string_lossy().into_owned()),
        schema: used.schema,
        ..stored
    };
    Ok(Sketch {
        opened: Opened::new(
            file,
            target.path.clone(),
            opening.template,
            used.reading,
            None,
        ),
        name,
        keep: opening.keep,
    })
}

/// Opens or creates the experiment of a target; what the person set before stays.
pub fn open(layout: &Layout, target: &Target) -> Result<String, ServiceError> {
    let sketch = sketch(layout, target, &[], Pick::Remembered)?;
    if let Some(text) = &sketch.keep {
        project::write_template(layout, &sketch.name, text)?;
    }
    let file = &sketch.opened.file;
    let definition = Definition {
        script: &target.path,
        entry: &file.entry,
        launch_dir: Some(&target.launch_dir),
        schema: &file.schema,
    };
    project::save_experiment(layout, &sketch.name, &definition)?;
    Ok(sketch.name)
}

/// An experiment with its parameters as the script is now.
#[derive(Debug)]
pub struct Opened {
    /// The stored experiment, its schema brought up to date.
    pub file: ExperimentFile,
    /// Its script, absolute.
    pub script: PathBuf,
    /// What the script accepts; for a template, one parameter for each of its leaves.
    pub parameters: Vec<Parameter>,
    /// Where the schema comes from.
    pub reading: Reading,
    /// The config behind the form, if the entry has one.
    pub template: Option<OpenTemplate>,
    /// Why the script could not be read now; `file.schema` is then the last one that could.
    pub problem: Option<ServiceError>,
}

impl Opened {
    fn new(
        file: ExperimentFile,
        script: PathBuf,
        template: Option<OpenTemplate>,
        reading: Reading,
        problem: Option<ServiceError>,
    ) -> Self {
        let parameters = match &template {
            Some(template) => template_parameters(&template.gathered.raw, &[]),
            None => parameters(&file.schema.parser),
        };
        Self {
            file,
            script,
            parameters,
            reading,
            template,
            problem,
        }
    }

    /// The parameters when these inputs are given: a section may be set as a whole.
    pub fn parameters_for(&self, inputs: &[Input]) -> Vec<Parameter> {
        match &self.template {
            Some(template) => template_parameters(&template.gathered.raw, inputs),
            None => self.parameters.clone(),
        }
    }
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
    read_launched(layout, name, &Launch::default())
}

/// The same as a command line asked for it.
pub fn read_launched(layout: &Layout, name: &str, launch: &Launch) -> Result<Opened, ServiceError> {
    let file = check(layout, name)?;
    let script = project::script_path(layout, &file);
    let no_parameters = match &file.entry {
        Entry::Command => Some(ServiceError::HoldsCommands(name.to_owned())),
        Entry::Function { .. } => Some(ServiceError::HoldsCalls {
            experiment: name.to_owned(),
            script: file.script.clone(),
        }),
        Entry::Script | Entry::ConfigScript { .. } | Entry::RunFile { .. } => None,
    };
    if let Some(problem) = no_parameters {
        // Nothing is read of it: what its tasks do stands in them.
        let reading = probe::in_use(None, Schema::default()).reading;
        return Ok(Opened::new(file, script, None, reading, Some(problem)));
    }
    if file.entry.has_template() {
        let folder = launch.folder.as_deref().map(Path::new);
        let found = readable(&script)
            .and_then(|()| template::read(layout, name, &file, folder, &launch.overrides));
        let reading = probe::in_use(None, Schema::default()).reading;
        return Ok(match found {
            Ok(template) => Opened::new(file, script, template, reading, None),
            Err(problem) => Opened::new(file, script, None, reading, Some(problem)),
        });
    }
    let found = locate(&script).and_then(|_| used_schema(&file, &script));
    let (file, reading, problem) = match found {
        Ok(used) => {
            let definition = Definition {
                script: &script,
                entry: &file.entry,
                launch_dir: None,
                schema: &used.schema,
            };
            let file = project::save_experiment(layout, name, &definition)?;
            (file, used.reading, None)
        }
        Err(problem) => {
            let used = probe::in_use(None, file.schema.clone());
            (file, used.reading, Some(problem))
        }
    };
    Ok(Opened::new(file, script, None, reading, problem))
}

fn readable(script: &Path) -> Result<(), ServiceError> {
    if script.is_file() {
        Ok(())
    } else {
        Err(ServiceError::ScriptMissing(script.to_path_buf()))
    }
}

/// `GET /api/v1/experiments/{experiment}`
pub fn get(project: &Project, name: &str) -> Result<GetExperimentResponse, ServiceError> {
    let layout = &project.layout;
    let opened = read(layout, name)?;
    let (inputs, damaged) = match project::read_inputs(layout, name, &opened.parameters) {
        Ok(inputs) => (inputs, None),
        Err(error) => (Vec::<Input>::new(), Some(ServiceError::from(error))),
    };
    let mut options = opened.file.options.clone();
    // Until something is set here, the file's own sweep is what the form begins with.
    let mut inputs = inputs;
    if let Some(template) = &opened.template
        && inputs.is_empty()
        && options.is_empty()
    {
        inputs.clone_from(&template.sweep.inputs);
        options.clone_from(&template.sweep.options);
    }
    let identity = super::completed::rule_now(project, &opened)?;
    let template = opened
        .template
        .as_ref()
        .map(|template| template.to_template(template.shown.clone()));
    Ok(GetExperimentResponse {
        identity,
        name: name.to_owned(),
        script: opened.file.script,
        entry: opened.file.entry,
        schema: opened.file.schema,
        template,
        inputs,
        options,
        prefix: opened.file.prefix,
        reading: opened.reading,
        pinned: opened.file.pinned,
        plan: opened.file.plan,
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
    if let Some(plan) = &request.plan {
        file.plan.clone_from(plan);
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
