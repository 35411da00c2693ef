//! Looking at the settings and changing them.

use std::path::Path;

use domain::protocol::ApiError;
use domain::protocol::settings::{
    GetSettingsResponse, PutSettingsRequest, SettingChange, Variable,
};
use serde_json::Value as Json;

use super::{Project, ServiceError, in_background, interpreters, redact};
use crate::cli::environment;
use crate::storage::secrets::Secrets;
use crate::storage::settings::{Settings, is_variable};
use crate::storage::settings_file::SettingsFile;

/// What stands for variables in changes of the file.
const VARIABLES: &str = "environment.set";

/// `GET /api/v1/settings`
pub async fn get(project: &Project) -> Result<GetSettingsResponse, ServiceError> {
    let project = project.clone();
    in_background(move || read(&project)).await
}

fn read(project: &Project) -> Result<GetSettingsResponse, ServiceError> {
    let layout = &project.layout;
    let text = SettingsFile::text(layout)?;
    let in_force = project.settings.now();
    let (settings, problem) = match Settings::parse(&layout.settings(), &text) {
        Ok(settings) => (settings, None),
        Err(error) => {
            let problem: ApiError = ServiceError::from(error).to_api();
            ((*in_force).clone(), Some(problem))
        }
    };
    let secrets = Secrets::read(layout)?;
    Ok(GetSettingsResponse {
        path: layout.settings().to_string_lossy().into_owned(),
        revision: SettingsFile::revision(&text),
        values: shown(&settings),
        defaults: shown(&Settings::default()),
        variables: variables(&settings, &secrets),
        pending: differing(&shown(&settings), &shown(&in_force)),
        overridden: project.overridden.iter().map(ToString::to_string).collect(),
        addresses: Vec::new(),
        problem,
    })
}

/// The settings as a page gets them: values of variables are told apart.
fn shown(settings: &Settings) -> Json {
    let mut json = serde_json::to_value(settings).unwrap_or_default();
    if let Some(environment) = json.get_mut("environment").and_then(Json::as_object_mut) {
        environment.remove("set");
    }
    json
}

fn variables(settings: &Settings, secrets: &Secrets) -> Vec<Variable> {
    let more = &settings.environment.redact;
    let plain = settings.environment.set.iter().map(|(name, value)| {
        // Written by hand into a file that others may read, and still nobody's business here.
        let is_secret = redact::variable(name, value, more) != *value;
        Variable {
            name: name.clone(),
            value: (!is_secret).then(|| value.clone()),
            is_secret,
        }
    });
    let secret = secrets.names().map(|name| Variable {
        name: name.to_owned(),
        value: None,
        is_secret: true,
    });
    let mut all: Vec<_> = plain.chain(secret).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// The dotted keys of leaves that are not the same.
fn differing(a: &Json, b: &Json) -> Vec<String> {
    match (a, b) {
        (Json::Object(a), Json::Object(b)) => a
            .iter()
            .flat_map(|(key, value)| {
                let below = differing(value, b.get(key).unwrap_or(&Json::Null));
                below.into_iter().map(move |rest| {
                    if rest.is_empty() {
                        key.clone()
                    } else {
                        format!("{key}.{rest}")
                    }
                })
            })
            .collect(),
        _ if a == b => Vec::new(),
        _ => vec![String::new()],
    }
}

/// `PUT /api/v1/settings`: writes the file, and puts into force what can be without a start.
pub async fn put(
    project: &Project,
    request: PutSettingsRequest,
) -> Result<GetSettingsResponse, ServiceError> {
    let this = project.clone();
    let slots = in_background(move || write(&this, request)).await?;
    if let Some(slots) = slots {
        project.dispatcher.set_slots(slots).await?;
    }
    let rules = project.settings.now().queue.clone();
    project.dispatcher.set_rules(rules).await?;
    get(project).await
}

/// Everything that needs files; the number of slots if it is another one now.
fn write(project: &Project, request: PutSettingsRequest) -> Result<Option<u32>, ServiceError> {
    let layout = &project.layout;
    let _one_at_a_time = project.settings.change();
    let text = SettingsFile::text(layout)?;
    if request
        .revision
        .as_ref()
        .is_some_and(|seen| *seen != SettingsFile::revision(&text))
    {
        return Err(ServiceError::SettingsChanged);
    }
    let settings = Settings::parse(&layout.settings(), &text)?;
    let file = SettingsFile { text, settings };
    let mut secrets = Secrets::read(layout)?;
    let before = secrets.clone();
    let changes = changes(&request, &file.settings, &mut secrets)?;
    let new = file.changed(layout, &changes)?;
    if new.settings.python != file.settings.python {
        let python = Path::new(&new.settings.python);
        interpreters::check(python, environment::path().as_deref())?;
    }
    // The secret first: a variable is rather there twice for an instant than nowhere.
    if secrets != before {
        secrets.write(layout)?;
    }
    if new.text != file.text {
        new.write(layout)?;
    }
    let old = project.settings.now();
    let slots = (new.settings.slots != file.settings.slots).then_some(new.settings.slots);
    project.settings.replace(Settings {
        // The port is what this process listens on until it ends.
        port: old.port,
        ..new.settings
    });
    Ok(slots)
}

/// What is to be different in the file; secrets go into their own.
fn changes(
    request: &PutSettingsRequest,
    settings: &Settings,
    secrets: &mut Secrets,
) -> Result<Vec<(String, Json)>, ServiceError> {
    let mut changes: Vec<(String, Json)> = Vec::new();
    for SettingChange { key, value } in &request.changes {
        if key.starts_with(VARIABLES) {
            return Err(ServiceError::OutOfRange(format!(
                "`{key}` is no setting of its own: variables are set by `set_variables`"
            )));
        }
        changes.push((key.clone(), value.clone()));
    }
    let key = |name: &str| format!("{VARIABLES}.{name}");
    for name in &request.remove_variables {
        secrets.remove(name);
        if settings.environment.set.contains_key(name) {
            changes.push((key(name), Json::Null));
        }
    }
    for Variable {
        name,
        value,
        is_secret,
    } in &request.set_variables
    {
        let Some(value) = value else {
            return Err(ServiceError::Variable {
                name: name.clone(),
                message: "it has no value",
            });
        };
        if !is_variable(name) || value.contains('\0') {
            return Err(ServiceError::Variable {
                name: name.clone(),
                message: "a name has letters, digits and `_`, and no digit in front",
            });
        }
        let is_secret =
            *is_secret || redact::variable(name, value, &settings.environment.redact) != *value;
        if is_secret {
            secrets.set(name, value.clone());
            if settings.environment.set.contains_key(name) {
                changes.push((key(name), Json::Null));
            }
        } else {
            secrets.remove(name);
            changes.push((key(name), Json::String(value.clone())));
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_leaves_that_differ_are_named() {
        let a = json!({"port": 1, "run": {"nice": 2, "limits": [1]}, "same": {"x": 1}});
        let b = json!({"port": 2, "run": {"nice": 2, "limits": []}, "same": {"x": 1}});
        assert_eq!(differing(&a, &b), ["port", "run.limits"]);
    }

    #[test]
    fn a_secret_is_known_by_its_mark_its_name_or_its_shape_and_never_shown() {
        let mut secrets = Secrets::default();
        let variable = |name: &str, value: &str, is_secret| Variable {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            is_secret,
        };
        let request = PutSettingsRequest {
            set_variables: vec![
                variable("OMP_NUM_THREADS", "1", false),
                variable("HF_TOKEN", "plain", false),
                variable("MARKED", "plain", true),
                variable("SHAPED", "ghp_0123456789abcdefghij", false),
            ],
            ..PutSettingsRequest::default()
        };
        let changes = changes(&request, &Settings::default(), &mut secrets).unwrap();
        assert_eq!(
            changes,
            [("environment.set.OMP_NUM_THREADS".to_owned(), json!("1"))]
        );
        assert_eq!(
            secrets.names().collect::<Vec<_>>(),
            ["HF_TOKEN", "MARKED", "SHAPED"]
        );
        let all = variables(&Settings::default(), &secrets);
        assert!(
            all.iter().all(|v| v.is_secret && v.value.is_none()),
            "{all:?}"
        );
    }
}
