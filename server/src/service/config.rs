//! Config files by themselves: what they make together, and what two of them differ in.

use std::path::Path;

use domain::config::compose::{
    Composed, Files as _, Origin, Source, Told, Warning, gather, literal,
};
use domain::config::interpolate::Environment;
use domain::config::overrides::parse;
use domain::config::{Difference, Format, Key, Value};
use domain::protocol::config::GetConfigResponse;
use serde::Serialize;

use super::entry::files::DiskFiles;
use super::entry::template;
use super::{ServiceError, experiments};
use crate::storage::Layout;

/// Where variables come from.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The files of a run or task folder that hold its config, the first that is there.
const CONFIG_FILES: [&str; 3] = ["config.yaml", "config.yml", "config.json"];

/// What files and overrides make together.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The values: resolved, or raw if asked for.
    pub config: Value,
    /// Every leaf with its story.
    pub told: Vec<Told>,
    /// What may be a mistake.
    pub warnings: Vec<Warning>,
}

/// Composes files (named as seen from `cwd`) and overrides.
///
/// # Errors
/// [`ServiceError::Config`] with file, line and key.
pub fn show(
    cwd: &Path,
    files: &[String],
    overrides: &[String],
    raw: bool,
    variables: Variables<'_>,
) -> Result<Shown, ServiceError> {
    if files.is_empty() {
        return Err(ServiceError::OutOfRange(
            "no config file is named".to_owned(),
        ));
    }
    let sources: Vec<Source> = files.iter().cloned().map(Source::File).collect();
    let overrides = parse(overrides).map_err(|error| ServiceError::Config(error.into()))?;
    let gathered =
        gather(&DiskFiles::new(cwd), &sources, &overrides).map_err(ServiceError::Config)?;
    if raw {
        return Ok(Shown {
            told: gathered.told(),
            config: gathered.raw,
            warnings: gathered.warnings,
        });
    }
    let composed = gathered
        .resolve(Environment::Of(variables))
        .map_err(ServiceError::Config)?;
    Ok(Shown {
        told: composed.told(),
        config: composed.resolved,
        warnings: composed.warnings,
    })
}

/// A key whose values differ, with where each comes from.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// The key and its two values.
    #[serde(flatten)]
    pub difference: Difference,
    /// The story of the first value.
    pub origin_a: Option<Origin>,
    /// The story of the second value.
    pub origin_b: Option<Origin>,
}

/// Compares two configs, each a config file or the folder of a run or task.
///
/// # Errors
/// [`ServiceError::Config`] with file, line and key; [`ServiceError::ConfigMissing`] for a folder without a config.
pub fn diff(
    cwd: &Path,
    a: &str,
    b: &str,
    variables: Variables<'_>,
) -> Result<Vec<Compared>, ServiceError> {
    let a = one(cwd, a, variables)?;
    let b = one(cwd, b, variables)?;
    let origin = |composed: &Composed, key: &Key, value: &Option<Value>| {
        value.as_ref().and_then(|_| composed.origin(key).cloned())
    };
    Ok(domain::config::diff(&a.resolved, &b.resolved)
        .into_iter()
        .map(|difference| Compared {
            origin_a: origin(&a, &difference.key, &difference.a),
            origin_b: origin(&b, &difference.key, &difference.b),
            difference,
        })
        .collect())
}

/// A config file is composed and resolved; what a run or task was given stands as it is.
fn one(cwd: &Path, name: &str, variables: Variables<'_>) -> Result<Composed, ServiceError> {
    let files = DiskFiles::new(cwd);
    let path = cwd.join(name);
    if !path.is_dir() {
        let source = Source::File(name.to_owned());
        return gather(&files, &[source], &[])
            .and_then(|gathered| gathered.resolve(Environment::Of(variables)))
            .map_err(ServiceError::Config);
    }
    let found = CONFIG_FILES
        .into_iter()
        .map(|file| path.join(file))
        .find(|file| file.is_file())
        .ok_or_else(|| ServiceError::ConfigMissing(path.join(CONFIG_FILES[0])))?;
    let file = files.locate("", &found.to_string_lossy());
    let shown = files.shown(&file);
    let text = files
        .read(&file)
        .map_err(|_| ServiceError::ConfigMissing(found))?;
    literal(&shown, Format::of(&file), &text).map_err(ServiceError::Config)
}

/// `GET /api/v1/experiments/{experiment}/config`: the template behind a form, each leaf with its story.
///
/// A script with arguments of its own has none: the answer is empty. What cannot be resolved is shown as written, with the
/// problem beside it.
///
/// # Errors
/// [`ServiceError::NoExperiment`], and what keeps the template from being read.
pub fn of_experiment(
    layout: &Layout,
    name: &str,
    variables: Variables<'_>,
) -> Result<GetConfigResponse, ServiceError> {
    let file = experiments::check(layout, name)?;
    let Some(opened) = template::read(layout, name, &file, None, &[])? else {
        return Ok(GetConfigResponse::default());
    };
    let launch_dir = opened.launch_dir.to_string_lossy().into_owned();
    let variable = |name: &str| match name {
        "EXPYRUN_CWD" => Some(launch_dir.clone()),
        _ => variables(name),
    };
    let files = DiskFiles::new(&opened.launch_dir);
    let shown = |composed: &[String]| composed.iter().map(|file| files.shown(file)).collect();
    let gathered = opened.gathered;
    Ok(match gathered.clone().resolve(Environment::Of(&variable)) {
        Ok(composed) => GetConfigResponse {
            keys: composed.told(),
            files: shown(&composed.files),
            warnings: composed.warnings,
            problem: None,
        },
        Err(error) => GetConfigResponse {
            keys: gathered.told(),
            files: shown(&gathered.files),
            warnings: gathered.warnings,
            problem: Some(ServiceError::Config(error).to_api()),
        },
    })
}
