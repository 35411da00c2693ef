//! The composed config behind the form of an experiment.

use std::fs;
use std::path::{Path, PathBuf};

use domain::config::compose::{ConfigError, Gathered, SetBy, Source, gather};
use domain::config::interpolate::{Environment, interpolate};
use domain::config::overrides::Override;
use domain::config::{Value, parameters_of};
use domain::experiment::{Entry, Template};
use domain::grid::{SweepSpec, read_block};

use super::files::DiskFiles;
use super::{EntryError, Target};
use crate::service::{ServiceError, experiments};
use crate::storage::format::ExperimentFile;
use crate::storage::{Layout, project};

/// A template that was read, with everything needed to make points of it.
#[derive(Clone, Debug)]
pub struct OpenTemplate {
    /// As messages name the file.
    pub shown: String,
    /// The merged values with their stories.
    pub gathered: Gathered,
    /// What its `sweep:` section asks for; the section is none of the values.
    pub sweep: SweepSpec,
    /// The text of the file.
    pub text: String,
    /// What relative paths count from; absolute.
    pub launch_dir: PathBuf,
    /// True for a config file with `__run__`.
    pub is_run_file: bool,
}

impl OpenTemplate {
    /// What a page gets of it.
    pub fn to_template(&self, source: String) -> Template {
        Template {
            source,
            text: self.text.clone(),
            values: self.gathered.raw.clone(),
            origins: self.gathered.origins.clone(),
        }
    }

    /// A config made of this template, resolved.
    ///
    /// # Errors
    /// [`ServiceError::Config`] with the place of the text that cannot be resolved.
    pub fn resolve(&self, raw: &Value) -> Result<Value, ServiceError> {
        let launch_dir = self.launch_dir.to_string_lossy();
        let variable = |name: &str| match name {
            "EXPYRUN_CWD" => Some(launch_dir.clone().into_owned()),
            _ => crate::cli::environment::variable(name),
        };
        let environment = Environment::Of(&variable);
        interpolate(raw, environment)
            .map(|done| done.value)
            .map_err(|error| {
                // The slow way knows the place.
                let gathered = Gathered {
                    raw: raw.clone(),
                    ..self.gathered.clone()
                };
                match gathered.resolve(environment) {
                    Err(error) => ServiceError::Config(error),
                    Ok(_) => ServiceError::Config(ConfigError {
                        key: Some(error.key.clone()),
                        kind: Box::new(error.into()),
                        at: None,
                        chain: Vec::new(),
                    }),
                }
            })
    }
}

/// Reads the template of a stored experiment; `None` for a script with arguments of its own.
pub fn read(
    layout: &Layout,
    name: &str,
    file: &ExperimentFile,
    launch_dir: Option<&Path>,
    overrides: &[Override],
) -> Result<Option<OpenTemplate>, ServiceError> {
    let script = project::script_path(layout, file);
    let launch_dir = launch_dir
        .map(Path::to_path_buf)
        .or_else(|| file.launch_dir.as_ref().map(PathBuf::from))
        .unwrap_or_else(|| script.parent().unwrap_or(Path::new("/")).to_path_buf());
    match &file.entry {
        Entry::Script | Entry::Command | Entry::Function { .. } => Ok(None),
        Entry::ConfigScript { source } => {
            let text = project::read_template(layout, name)?;
            let source = Source::Text {
                name: source.clone(),
                format: domain::config::Format::Yaml,
                text: text.clone(),
            };
            open(&[source], text, launch_dir, overrides, false).map(Some)
        }
        Entry::RunFile { over } => {
            let over: Vec<PathBuf> = over.iter().map(PathBuf::from).collect();
            of_run_file(&script, &over, launch_dir, overrides).map(Some)
        }
    }
}

fn of_run_file(
    path: &Path,
    over: &[PathBuf],
    launch_dir: PathBuf,
    overrides: &[Override],
) -> Result<OpenTemplate, ServiceError> {
    let sources: Vec<Source> = std::iter::once(path)
        .chain(over.iter().map(PathBuf::as_path))
        .map(|path| Source::File(path.to_string_lossy().into_owned()))
        .collect();
    let text = fs::read_to_string(path).unwrap_or_default();
    let opened = open(&sources, text, launch_dir, overrides, true)?;
    let has_section = matches!(
        domain::experiment::at(&opened.gathered.raw, &"__run__".into()),
        Some(Value::Map(_))
    );
    if !has_section {
        return Err(EntryError::NoRunSection(opened.shown).into());
    }
    Ok(opened)
}

fn open(
    sources: &[Source],
    text: String,
    launch_dir: PathBuf,
    overrides: &[Override],
    is_run_file: bool,
) -> Result<OpenTemplate, ServiceError> {
    let files = DiskFiles::new(&launch_dir);
    let mut gathered = gather(&files, sources, overrides).map_err(ServiceError::Config)?;
    let shown = match sources.last() {
        Some(Source::File(path)) => domain::config::compose::Files::shown(&files, path),
        Some(Source::Text { name, .. } | Source::Base { name, .. }) => name.clone(),
        None => String::new(),
    };
    let sweep = take_sweep(&mut gathered, &shown)?;
    Ok(OpenTemplate {
        shown,
        gathered,
        sweep,
        text,
        launch_dir,
        is_run_file,
    })
}

/// Takes the `sweep:` section out of a config.
fn take_sweep(gathered: &mut Gathered, shown: &str) -> Result<SweepSpec, ServiceError> {
    let Value::Map(entries) = &mut gathered.raw else {
        return Ok(SweepSpec::default());
    };
    // A single value under that name (`sweep: fast`) is a value like others.
    let is_section = |(key, value): &(String, Value)| {
        key == "sweep" && matches!(value, Value::Map(_) | Value::List(_))
    };
    let Some(at) = entries.iter().position(is_section) else {
        return Ok(SweepSpec::default());
    };
    let (_, block) = entries.remove(at);
    let stories = gathered.origins.iter();
    let line = stories
        .filter(|(key, _)| key.segments().next() == Some("sweep"))
        .find_map(|(_, origin)| match origin.set_by {
            SetBy::File { line, .. } => Some(line),
            SetBy::Flag { .. } | SetBy::Base { .. } => None,
        });
    gathered
        .origins
        .retain(|(key, _)| key.segments().next() != Some("sweep"));
    read_block(&parameters_of(&gathered.raw), &block).map_err(|error| {
        EntryError::Sweep {
            file: shown.to_owned(),
            line,
            error: Box::new(error),
        }
        .into()
    })
}

/// What a target is, with its template if it has one; nothing is written.
#[derive(Debug)]
pub struct Opening {
    /// The entry.
    pub entry: Entry,
    /// Its template.
    pub template: Option<OpenTemplate>,
    /// The text to keep as the template of a script; `None` to leave what is kept.
    pub keep: Option<String>,
}

/// Decides what a target is. `known` is the experiment it has already.
///
/// # Errors
/// Its configs cannot be composed, or a config is needed and none is known.
pub fn of_target(
    layout: &Layout,
    target: &Target,
    known: Option<(&str, &ExperimentFile)>,
    overrides: &[Override],
) -> Result<Opening, ServiceError> {
    if target.is_config {
        let launch_dir = target.launch_dir.clone();
        let over = target
            .configs
            .iter()
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        return Ok(Opening {
            entry: Entry::RunFile { over },
            template: Some(of_run_file(
                &target.path,
                &target.configs,
                launch_dir,
                overrides,
            )?),
            keep: None,
        });
    }
    if !target.configs.is_empty() {
        return of_config_script(layout, target, &target.configs, overrides);
    }
    let known = known.filter(|(_, file)| matches!(file.entry, Entry::ConfigScript { .. }));
    if let (Some((name, file)), false) = (known, target.no_config) {
        return Ok(Opening {
            entry: file.entry.clone(),
            template: read(layout, name, file, Some(&target.launch_dir), overrides)?,
            keep: None,
        });
    }
    let call = if target.no_config {
        None
    } else {
        experiments::config_call(&target.path)?
    };
    let Some(call) = call else {
        return Ok(Opening {
            entry: Entry::Script,
            template: None,
            keep: None,
        });
    };
    let folder = target.path.parent().unwrap_or(Path::new("/"));
    let stem = target.path.file_stem().unwrap_or_default();
    // The file it names itself, else the one that Pyruns kept for it.
    let own = call
        .path
        .as_ref()
        .map(|path| folder.join(path))
        .into_iter()
        .chain([folder
            .join("_pyruns_")
            .join(stem)
            .join("config_default.yaml")])
        .find(|path| path.is_file());
    match own {
        Some(path) => of_config_script(layout, target, &[path], overrides),
        None => Err(EntryError::NoTemplate {
            script: target.path.clone(),
            function: call.function,
            line: call.line,
        }
        .into()),
    }
}

/// The configs as one template: the text of a single file that imports nothing, comments and all, else the merged values.
fn of_config_script(
    layout: &Layout,
    target: &Target,
    configs: &[PathBuf],
    overrides: &[Override],
) -> Result<Opening, ServiceError> {
    let sources: Vec<Source> = configs
        .iter()
        .map(|path| Source::File(path.to_string_lossy().into_owned()))
        .collect();
    let launch_dir = target.launch_dir.clone();
    let plain = open(&sources, String::new(), launch_dir.clone(), &[], false)?;
    let text = match configs {
        [only] if plain.gathered.files.len() == 1 && !has_other_syntax(only) => {
            fs::read_to_string(only).map_err(|source| ServiceError::ScriptUnreadable {
                path: only.clone(),
                source,
            })?
        }
        // With the `sweep:` section, which a template's values no longer hold.
        _ => {
            let files = DiskFiles::new(&launch_dir);
            let whole = gather(&files, &sources, &[]).map_err(ServiceError::Config)?;
            domain::config::yaml::to_yaml(&whole.raw)
        }
    };
    let mut template = if overrides.is_empty() {
        plain
    } else {
        open(&sources, String::new(), launch_dir, overrides, false)?
    };
    template.text.clone_from(&text);
    let spelled: Vec<String> = configs
        .iter()
        .map(|path| project::script_spelling(layout, path))
        .collect();
    Ok(Opening {
        entry: Entry::ConfigScript {
            source: spelled.join(", "),
        },
        template: Some(template),
        keep: Some(text),
    })
}

/// True for a file that is not YAML.
fn has_other_syntax(path: &Path) -> bool {
    domain::config::Format::of(&path.to_string_lossy()) != domain::config::Format::Yaml
}
