//! What the engine answers by itself: nothing here needs a server.

use std::path::PathBuf;

use domain::config::{MergeError, Value, merge, to_json, vary};
use domain::identity::Identity;
use domain::protocol::{ApiError, ErrorCode};
use serde_json::json;

use super::request::{Params, bad};
use crate::cli::environment;
use crate::service::calls::{self, Batch, PlanRequest};
use crate::service::{ServiceError, config};

/// The JSON of an answer.
pub(super) type Answer = Result<String, ApiError>;

/// `compose`: what config files and overrides make together.
pub(super) fn compose(mut params: Params) -> Answer {
    let files = params.texts("files")?;
    let overrides = params.texts("overrides")?;
    let cwd = match params.maybe_text("cwd")? {
        Some(cwd) => PathBuf::from(cwd),
        None => std::env::current_dir()
            .map_err(|error| bad(format!("the current folder cannot be used: {error}")))?,
    };
    // Those of the caller as they are now; this process knows those of its start.
    let variables = match params.take("variables") {
        None | Some(Value::Null) => None,
        Some(variables) => Some(variables),
    };
    let variable = |name: &str| match &variables {
        None => environment::variable(name),
        Some(variables) => match at(variables, name)? {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        },
    };
    let shown =
        config::show(&cwd, &files, &overrides, false, &variable).map_err(|error| error.to_api())?;
    let warnings: Vec<String> = shown.warnings.iter().map(ToString::to_string).collect();
    Ok(format!(
        "{{\"config\": {}, \"warnings\": {}}}",
        to_json(&shown.config),
        json!(warnings)
    ))
}

/// The value of a key of an object.
fn at<'a>(object: &'a Value, key: &str) -> Option<&'a Value> {
    let Value::Map(entries) = object else {
        return None;
    };
    let found = entries.iter().find(|(known, _)| known == key);
    found.map(|(_, value)| value)
}

/// `merge`: one config with one update.
pub(super) fn merged(mut params: Params) -> Answer {
    let (base, update) = (params.value("base")?, params.value("update")?);
    let config = merge(&base, &update).map_err(|error| unmergeable(&error))?;
    Ok(format!("{{\"config\": {}}}", to_json(&config)))
}

/// `sweep`: every config with every variation.
pub(super) fn sweep(mut params: Params) -> Answer {
    let (configs, variations) = (params.list("configs")?, params.list("variations")?);
    let mut shape = match params.list("shape")? {
        shape if shape.is_empty() => vec![configs.len()],
        shape => sizes(&shape)?,
    };
    let product: Option<usize> = shape
        .iter()
        .try_fold(1_usize, |product, size| product.checked_mul(*size));
    if product != Some(configs.len()) {
        return Err(bad(format!(
            "a shape of {shape:?} does not hold {} configs",
            configs.len()
        )));
    }
    shape.push(variations.len());
    let configs = vary(&configs, &variations).map_err(|error| unmergeable(&error))?;
    Ok(format!(
        "{{\"configs\": {}, \"shape\": {}}}",
        to_json(&Value::List(configs)),
        json!(shape)
    ))
}

fn sizes(shape: &[Value]) -> Result<Vec<usize>, ApiError> {
    let size = |value: &Value| match value {
        Value::Int(size) => usize::try_from(*size).ok(),
        _ => None,
    };
    let sizes: Option<Vec<usize>> = shape.iter().map(size).collect();
    sizes.ok_or_else(|| bad("`shape` is a list of numbers from 0"))
}

fn unmergeable(error: &MergeError) -> ApiError {
    let answer = ApiError::new(ErrorCode::InvalidInput, error.to_string());
    match error.hint() {
        Some(hint) => answer.with_hint(hint),
        None => answer,
    }
}

/// `identify`: which work configs are.
pub(super) fn identify(mut params: Params) -> Answer {
    let entry = params.text("entry")?;
    let identities = calls::identify(&entry, &params.list("configs")?);
    let identities: Vec<&str> = identities.iter().map(Identity::as_str).collect();
    Ok(json!({ "identities": identities }).to_string())
}

/// `plan`: where the points of an experiment stand.
pub(super) fn plan(mut params: Params) -> Answer {
    let experiment = params.text("experiment")?;
    let mut timestamp = params.section("timestamp")?;
    let batch = match timestamp.text("mode")?.as_str() {
        "new" => Batch::New,
        "at" => Batch::At(timestamp.text("value")?),
        "latest" => Batch::Latest,
        "none" => Batch::Without,
        other => {
            return Err(bad(format!(
                "`timestamp` knows no mode `{}`; there are new, at, latest and none",
                other.escape_debug()
            )));
        }
    };
    let request = PlanRequest {
        script: params.path("script")?,
        function: params
            .maybe_text("function")?
            .unwrap_or_else(|| experiment.clone()),
        experiment,
        output_dir: params.path("output_dir")?,
        batch,
        configs: params.list("configs")?,
    };
    let planned = calls::plan(&request).map_err(|error: ServiceError| error.to_api())?;
    let points: Vec<serde_json::Value> = planned
        .points
        .iter()
        .map(|point| json!({ "identity": point.identity, "name": point.name, "folder": point.folder }))
        .collect();
    Ok(
        json!({ "folder": planned.folder, "timestamp": planned.batch, "points": points })
            .to_string(),
    )
}
