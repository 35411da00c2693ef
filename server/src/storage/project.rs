//! Opening and creating projects and experiments.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::experiment::Entry;
use domain::grid::Input;
use domain::schema::Schema;
use domain::schema::parameters::Parameter;

use super::atomic::{self, Durability};
use super::format::{self, ExperimentFile, FORMAT};
use super::{Layout, StorageError};

/// The project a script belongs to: the nearest folder upwards that holds `_runyard_/`, else the script's own.
///
/// `script` is absolute.
pub fn find_root(script: &Path) -> PathBuf {
    let folder = script.parent().unwrap_or(Path::new("/"));
    folder
        .ancestors()
        .find(|candidate| candidate.join(super::layout::STATE_DIR).is_dir())
        .unwrap_or(folder)
        .to_path_buf()
}

/// Creates the project's own folder, readable by its owner's group as the umask says, and keeps it out of git.
pub fn create(layout: &Layout) -> Result<(), StorageError> {
    atomic::create_dir_all(&layout.state_dir())?;
    let ignore = layout.state_dir().join(".gitignore");
    if !ignore.exists() {
        atomic::write(&ignore, b"*\n", Durability::Process)?;
    }
    Ok(())
}

/// The names of all experiments, sorted.
pub fn experiments(layout: &Layout) -> Result<Vec<String>, StorageError> {
    let dir = layout.state_dir();
    let entries = fs::read_dir(&dir).map_err(StorageError::read(&dir))?;
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.') && layout.experiment_file(name).is_file())
        .collect();
    names.sort();
    Ok(names)
}

/// How `experiment.json` spells a script: relative to the project if it lies inside it.
pub fn script_spelling(layout: &Layout, script: &Path) -> String {
    script
        .strip_prefix(layout.root())
        .unwrap_or(script)
        .to_string_lossy()
        .into_owned()
}

/// The script of an experiment, absolute.
pub fn script_path(layout: &Layout, experiment: &ExperimentFile) -> PathBuf {
    layout.root().join(&experiment.script)
}

/// The experiment of a script: the one that has it, or a new name after the script.
///
/// If another script has that name already, the name is made of the script's path in the project (`a-train`), then also
/// of its ending (`train-yaml`), then of a number.
pub fn experiment_name(layout: &Layout, script: &Path) -> Result<String, StorageError> {
    let spelling = script_spelling(layout, script);
    let stem = script.file_stem().unwrap_or_default().to_string_lossy();
    let names = [
        clean(&stem),
        flat(&Path::new(&spelling).with_extension("")),
        flat(Path::new(&spelling.replace('.', "-"))),
    ];
    first_name(layout, names, |file| {
        file.script == spelling && !matches!(file.entry, Entry::Function { .. })
    })
}

/// The experiment of a function: the one that has it under this name, or a new name after it.
///
/// If something else has that name already, the script's name stands before it (`train-main`), then the script's path, then also
/// a number behind.
pub fn function_experiment_name(
    layout: &Layout,
    script: &Path,
    (experiment, function): (&str, &str),
) -> Result<String, StorageError> {
    let spelling = script_spelling(layout, script);
    let stem = script.file_stem().unwrap_or_default().to_string_lossy();
    let own = clean(experiment);
    let names = [
        own.clone(),
        clean(&format!("{stem}-{own}")),
        clean(&format!(
            "{}-{own}",
            flat(&Path::new(&spelling).with_extension(""))
        )),
    ];
    let entry = Entry::Function {
        function: function.to_owned(),
    };
    first_name(layout, names, |file| {
        file.script == spelling && file.entry == entry
    })
}

fn flat(path: &Path) -> String {
    let text = path.to_string_lossy();
    clean(&text.trim_start_matches('/').replace('/', "-"))
}

/// The first of the names, then numbered, that is free or belongs to whoever asks.
fn first_name(
    layout: &Layout,
    names: [String; 3],
    is_own: impl Fn(&ExperimentFile) -> bool,
) -> Result<String, StorageError> {
    let [.., whole] = &names;
    let whole = whole.clone();
    let numbered = (2..=u32::MAX).map(|number| format!("{whole}-{number}"));
    for name in names.into_iter().chain(numbered) {
        match read_experiment(layout, &name) {
            Ok(file) if is_own(&file) => return Ok(name),
            Ok(_) => {}
            Err(StorageError::Read { source, .. }) if source.kind() == ErrorKind::NotFound => {
                return Ok(name);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(whole)
}

/// A name that every rule for names allows.
fn clean(name: &str) -> String {
    let kept: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '-'
            }
        })
        .take(100)
        .collect();
    let trimmed = kept.trim_matches(|c| matches!(c, '.' | '-')).to_owned();
    if trimmed.is_empty() {
        "script".to_owned()
    } else {
        trimmed
    }
}

/// Reads `experiment.json`.
pub fn read_experiment(layout: &Layout, experiment: &str) -> Result<ExperimentFile, StorageError> {
    format::read_json(&layout.experiment_file(experiment))
}

/// What the opening of an experiment sets; the rest is a person's and stays.
#[derive(Clone, Debug)]
pub struct Definition<'a> {
    /// The script; for a config alone that file.
    pub script: &'a Path,
    /// What kind of thing it is.
    pub entry: &'a Entry,
    /// The folder it was opened in; `None` leaves what is known.
    pub launch_dir: Option<&'a Path>,
    /// What the script accepts.
    pub schema: &'a Schema,
}

/// Creates the experiment, or keeps what a person set before and takes the new definition.
pub fn save_experiment(
    layout: &Layout,
    name: &str,
    definition: &Definition<'_>,
) -> Result<ExperimentFile, StorageError> {
    let old = read_experiment(layout, name).ok();
    let mut file = old
        .clone()
        .unwrap_or_else(|| new_experiment(String::new(), name.to_owned()));
    file.script = script_spelling(layout, definition.script);
    file.entry = definition.entry.clone();
    file.schema = definition.schema.clone();
    if let Some(folder) = definition.launch_dir {
        file.launch_dir = Some(folder.to_string_lossy().into_owned());
    }
    if old.as_ref() != Some(&file) {
        write_experiment(layout, name, &file)?;
    }
    Ok(file)
}

/// An experiment in which nothing was set yet.
pub fn new_experiment(script: String, prefix: String) -> ExperimentFile {
    ExperimentFile {
        format: FORMAT,
        script,
        entry: Entry::Script,
        launch_dir: None,
        schema: Schema::default(),
        prefix,
        options: domain::grid::SweepOptions::default(),
        pinned: Vec::new(),
        plan: std::collections::BTreeMap::new(),
        ignore: Vec::new(),
        probe: None,
        parser: None,
    }
}

/// The text of `template.yaml`.
pub fn read_template(layout: &Layout, name: &str) -> Result<String, StorageError> {
    let path = layout.config_template(name);
    fs::read_to_string(&path).map_err(StorageError::read(&path))
}

/// Writes `template.yaml`.
pub fn write_template(layout: &Layout, name: &str, text: &str) -> Result<(), StorageError> {
    atomic::create_dir_all(&layout.experiment(name))?;
    atomic::write(
        &layout.config_template(name),
        text.as_bytes(),
        Durability::Disk,
    )
}

/// Writes `experiment.json`.
pub fn write_experiment(
    layout: &Layout,
    name: &str,
    file: &ExperimentFile,
) -> Result<(), StorageError> {
    atomic::create_dir_all(&layout.experiment(name))?;
    atomic::write(
        &layout.experiment_file(name),
        &format::to_json(file),
        Durability::Disk,
    )
}

/// Reads what a person set over the script's own defaults.
pub fn read_inputs(
    layout: &Layout,
    name: &str,
    parameters: &[Parameter],
) -> Result<Vec<Input>, StorageError> {
    let path = layout.defaults(name);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StorageError::read(&path)(error)),
    };
    domain::config::yaml::inputs_from_yaml(parameters, &text).map_err(|error| {
        StorageError::Damaged {
            path,
            message: format!(
                "line {}, column {}: {}",
                error.line, error.column, error.message
            ),
        }
    })
}

/// Writes what a person set; only that, so that a later change of the script's own defaults shows.
pub fn write_inputs(
    layout: &Layout,
    name: &str,
    parameters: &[Parameter],
    inputs: &[Input],
) -> Result<(), StorageError> {
    let text = domain::config::yaml::typed_to_yaml(parameters, inputs);
    atomic::write(&layout.defaults(name), text.as_bytes(), Durability::Disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save(layout: &Layout, name: &str, script: &Path) {
        let definition = Definition {
            script,
            entry: &Entry::Script,
            launch_dir: None,
            schema: &Schema::default(),
        };
        save_experiment(layout, name, &definition).unwrap();
    }

    #[test]
    fn two_scripts_of_one_name_get_two_experiments() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        create(&layout).unwrap();
        let (first, second) = (dir.path().join("train.py"), dir.path().join("a/train.py"));
        let name = experiment_name(&layout, &first).unwrap();
        assert_eq!(name, "train");
        save(&layout, &name, &first);
        assert_eq!(experiment_name(&layout, &first).unwrap(), "train");
        assert_eq!(experiment_name(&layout, &second).unwrap(), "a-train");
        // A config beside it, then one more whose names are all taken.
        let config = dir.path().join("train.yaml");
        let name = experiment_name(&layout, &config).unwrap();
        assert_eq!(name, "train-yaml");
        save(&layout, &name, &config);
        assert_eq!(experiment_name(&layout, &config).unwrap(), "train-yaml");
        save(&layout, "train-yml", &second);
        let config = dir.path().join("train.yml");
        assert_eq!(experiment_name(&layout, &config).unwrap(), "train-yml-2");
    }

    #[test]
    fn a_function_and_a_script_of_one_name_are_two_experiments() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        create(&layout).unwrap();
        let script = dir.path().join("a/train.py");
        let names = ("train", "train");
        let entry = Entry::Function {
            function: "train".to_owned(),
        };
        let name = function_experiment_name(&layout, &script, names).unwrap();
        assert_eq!(name, "train");
        let definition = Definition {
            script: &script,
            entry: &entry,
            launch_dir: None,
            schema: &Schema::default(),
        };
        save_experiment(&layout, &name, &definition).unwrap();
        assert_eq!(
            function_experiment_name(&layout, &script, names).unwrap(),
            "train"
        );
        assert_eq!(experiment_name(&layout, &script).unwrap(), "a-train");
        // Another function, and the same one of another script.
        let other = function_experiment_name(&layout, &script, ("train", "main")).unwrap();
        assert_eq!(other, "train-train");
        let beside = dir.path().join("b/train.py");
        save_experiment(
            &layout,
            &other,
            &Definition {
                entry: &Entry::Script,
                ..definition
            },
        )
        .unwrap();
        assert_eq!(
            function_experiment_name(&layout, &beside, names).unwrap(),
            "b-train-train"
        );
    }

    #[test]
    fn the_project_is_the_nearest_folder_that_has_been_one() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        let script = dir.path().join("a/b/train.py");
        assert_eq!(find_root(&script), dir.path().join("a/b"));
        create(&Layout::new(dir.path())).unwrap();
        assert_eq!(find_root(&script), dir.path());
    }
}
