//! Overrides: which are fields of the sweep, and which change the template before it.

use std::path::PathBuf;

use clap::CommandFactory;
use domain::config::Key;
use domain::config::compose::{ConfigError, ConfigErrorKind};
use domain::config::overrides::{self, Mode, Override, OverrideError, OverrideErrorKind};
use domain::grid::{Input, PlanError, expand, nearest};
use domain::protocol::ApiError;
use domain::schema::parameters::Parameter;

use crate::cli::arguments::Cli;
use crate::service::ServiceError;
use crate::service::entry::target::is_config_file;
use crate::service::experiments::Opened;

/// What stands on a command line after the target.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sorted {
    /// The fields of the sweep.
    pub(super) inputs: Vec<Input>,
    /// Changes of the template before anything is swept.
    pub(super) overrides: Vec<Override>,
}

/// Takes the config files out of the words behind a target.
pub(super) fn configs(words: &[String]) -> (Vec<PathBuf>, Vec<String>) {
    let mut files = Vec::new();
    let mut others = Vec::new();
    let mut is_value = false;
    for word in words {
        let is_file = !word.starts_with(['-', '+', '~'])
            && !word.contains('=')
            && is_config_file(&PathBuf::from(word));
        if is_file && !is_value {
            files.push(PathBuf::from(word));
        } else {
            others.push(word.clone());
        }
        is_value = !is_value && word.starts_with('-') && !word.contains('=');
    }
    (files, others)
}

/// Sorts the overrides of an experiment. Of two for one key the later counts.
pub(super) fn sort(words: &[String], opened: &Opened) -> Result<Sorted, ApiError> {
    let words = by_key(words, &opened.parameters);
    let parsed = overrides::parse(&words).map_err(|error| as_service(error).to_api())?;
    let mut sorted = Sorted::default();
    for given in parsed {
        let parameter = opened
            .parameters
            .iter()
            .find(|parameter| parameter.key == given.key);
        let is_field = match (&opened.template, parameter) {
            (None, None) => return Err(unknown(&given, opened)),
            (None, Some(_)) if given.mode != Mode::Set => return Err(of_script(&given)),
            (None, Some(_)) => true,
            (Some(_), Some(parameter)) => {
                given.mode == Mode::Set && is_swept(parameter, &given.text)
            }
            (Some(template), None) => {
                // A section, or an item of a list, that takes several values.
                domain::experiment::at(&template.gathered.raw, &given.key).is_some_and(|value| {
                    let parameter = domain::config::parameter(given.key.clone(), value);
                    !given.key.as_str().starts_with("__") && is_swept(&parameter, &given.text)
                })
            }
        };
        sorted.inputs.retain(|input| input.key != given.key);
        if is_field {
            sorted.inputs.push(Input {
                key: given.key,
                text: given.text,
            });
        } else if given.mode == Mode::Add
            && is_swept(
                &domain::config::parameter(given.key.clone(), &domain::config::Value::Null),
                &given.text,
            )
        {
            sorted.inputs.push(Input {
                key: given.key.clone(),
                text: given.text,
            });
            sorted.overrides.push(Override {
                text: "null".to_owned(),
                ..Override {
                    key: given.key,
                    text: String::new(),
                    mode: given.mode,
                    typed: given.typed,
                }
            });
        } else {
            sorted.overrides.push(given);
        }
    }
    Ok(sorted)
}

/// True if a text means more than one value, or cannot be read as one: the field then says what is wrong with it.
fn is_swept(parameter: &Parameter, text: &str) -> bool {
    expand(parameter, text).is_ok_and(|expanded| expanded.summary().count != 1)
}

/// Flags as the script itself spells them (`--learning-rate 0.1`, `-b 32`) become their keys.
fn by_key(words: &[String], parameters: &[Parameter]) -> Vec<String> {
    let mut is_value = false;
    let mut renamed = Vec::with_capacity(words.len());
    for word in words {
        if is_value || !word.starts_with('-') {
            is_value = false;
            renamed.push(word.clone());
            continue;
        }
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word.as_str(), None),
        };
        is_value = value.is_none();
        let key = flag.trim_start_matches('-');
        let is_key = parameters.iter().any(|known| known.key.as_str() == key);
        let by_flag = parameters
            .iter()
            .find(|known| known.flags.iter().any(|known| known == flag))
            .filter(|_| !is_key);
        renamed.push(match (by_flag, value) {
            (None, _) => word.clone(),
            (Some(parameter), None) => format!("--{}", parameter.key),
            (Some(parameter), Some(value)) => format!("--{}={value}", parameter.key),
        });
    }
    renamed
}

/// A script's parameters are what it defines.
fn unknown(given: &Override, opened: &Opened) -> ApiError {
    let keys = opened.parameters.iter().map(|known| known.key.as_str());
    let nearest = nearest(given.key.as_str(), keys);
    let error = PlanError::UnknownKey {
        key: given.key.clone(),
        nearest,
    };
    let api = ServiceError::Plan(error).to_api();
    match option_like(&given.key, &given.typed) {
        Some(option) => {
            let hint = format!("{}; ", api.hint.clone().unwrap_or_default());
            let own = format!("`--{option}` is an option of `runyard run`");
            api.with_hint(format!("{}{own}", if hint == "; " { "" } else { &hint }))
        }
        None => api,
    }
}

fn of_script(given: &Override) -> ApiError {
    let error = OverrideError {
        key: Some(given.key.clone()),
        typed: given.typed.clone(),
        kind: OverrideErrorKind::NotAnOverride,
    };
    let api = ServiceError::Config(config_error(error)).to_api();
    let key = &given.key;
    ApiError {
        message: format!(
            "`{}`: a script has the parameters it defines, no more and no less",
            given.typed
        ),
        hint: Some(format!(
            "write `{key}=VALUE`; keys are added and taken away in configs only"
        )),
        ..api
    }
}

/// The same as an error of the service.
fn as_service(error: OverrideError) -> ServiceError {
    ServiceError::Config(config_error(error))
}

fn config_error(error: OverrideError) -> ConfigError {
    ConfigError {
        key: error.key.clone(),
        kind: Box::new(ConfigErrorKind::Override(error)),
        at: None,
        chain: Vec::new(),
    }
}

/// The option of ours that a flag may have been meant as.
fn option_like(key: &Key, typed: &str) -> Option<String> {
    if !typed.starts_with("--") {
        return None;
    }
    let cli = Cli::command();
    let run = cli.find_subcommand("run")?;
    let longs: Vec<&str> = run
        .get_arguments()
        .filter_map(|known| known.get_long())
        .collect();
    nearest(key.as_str(), longs.into_iter())
}

/// The same remedy for a key that the composition did not know.
pub(super) fn with_option(error: ServiceError) -> ApiError {
    let ServiceError::Config(config) = &error else {
        return error.to_api();
    };
    let ConfigErrorKind::Override(OverrideError {
        typed,
        kind: OverrideErrorKind::UnknownKey { key, .. },
        ..
    }) = &*config.kind
    else {
        return error.to_api();
    };
    let api = error.to_api();
    match option_like(key, typed) {
        Some(option) => {
            let hint = api.hint.clone().unwrap_or_default();
            api.with_hint(format!(
                "{hint}; `--{option}` is an option of `runyard run`"
            ))
        }
        None => api,
    }
}
