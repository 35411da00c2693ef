//! Submitting the points of an experiment, and cancelling them: through the project's one door.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::config::Value;
use domain::protocol::calls::{CallPoint, PostCallsRequest, PostCallsResponse};
use domain::protocol::http::{ActOnTasksRequest, ActOnTasksResponse, GetProjectResponse};
use domain::protocol::select::TaskFilter;
use domain::protocol::{ApiError, ErrorCode};
use domain::queue::{Execution, ExecutorName, Policy, Retry, SweepPolicy};
use domain::run::ShownStatus;
use serde_json::json;
use ureq::http::Method;

use super::follow::Followed;
use super::methods::Answer;
use super::request::{Params, bad, section};
use super::serve::Out;
use crate::cli::{background, environment, exec, remote};
use crate::service::calls;
use crate::storage::Layout;

/// The most sweeps that one engine follows at a time.
const MAX_FOLLOWED: usize = 256;

/// The sweeps that were submitted here.
#[derive(Debug, Default)]
pub(super) struct Sweeps {
    places: Mutex<HashMap<String, Place>>,
    /// How many of them are being followed.
    followed: Arc<AtomicUsize>,
}

/// Where a sweep stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) layout: Layout,
    pub(super) experiment: String,
}

impl Sweeps {
    fn place(&self, sweep: &str) -> Option<Place> {
        let known = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(sweep).cloned()
    }

    fn add(&self, sweep: &str, place: Place) {
        let mut known = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(sweep.to_owned(), place);
    }
}

/// `submit`: one task for each point. What is returned besides is to be followed once the answer has been given.
pub(super) fn submit(
    mut params: Params,
    sweeps: &Sweeps,
    out: &Arc<Out>,
) -> Result<(String, Followed), ApiError> {
    let (layout, request) = request(&mut params)?;
    let points: Vec<u64> = request.points.iter().map(|point| point.index).collect();
    let body = serde_json::to_string(&request)
        .map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
    drop(request);
    let running = sweeps.followed.load(Ordering::Relaxed);
    if running >= MAX_FOLLOWED {
        let message = format!("{running} sweeps are being followed, and there may be no more");
        return Err(ApiError::new(ErrorCode::Conflict, message)
            .with_hint("wait until some of them have ended"));
    }
    let address = background::ensure(&layout, None)?;
    let answer = address.ask(Method::POST, "calls", body, None)?;
    let project: GetProjectResponse =
        remote::parsed(&address.ask(Method::GET, "project", String::new(), None)?)?;
    let PostCallsResponse {
        experiment,
        sweep,
        tasks,
    } = remote::parsed(&answer)?;
    let place = Place {
        layout,
        experiment: experiment.clone(),
    };
    sweeps.add(&sweep, place.clone());
    let followed = Followed {
        place,
        sweep: sweep.clone(),
        points,
        address: Some(address.clone()),
        out: Arc::clone(out),
        count: Arc::clone(&sweeps.followed),
    };
    let named: Vec<serde_json::Value> = tasks
        .iter()
        .map(|task| json!({ "experiment": experiment, "task": task }))
        .collect();
    let answer = json!({
        "experiment": experiment, "sweep": sweep, "tasks": named, "slots": project.slots,
        "address": address.page("runs"),
    });
    Ok((answer.to_string(), followed))
}

/// The request to the server, and the project that it is meant for.
fn request(params: &mut Params) -> Result<(Layout, PostCallsRequest), ApiError> {
    let script = params.path("script")?;
    let (layout, script) = calls::project_of(&script).map_err(|error| error.to_api())?;
    let points = params.list("points")?;
    let points = points.into_iter().enumerate().map(point);
    let environment = environment_of(params.list("environment")?, &layout)?;
    let executor = executor(params)?;
    let request = PostCallsRequest {
        script: script.to_string_lossy().into_owned(),
        experiment: params.text("experiment")?,
        function: params.maybe_text("function")?,
        command: params.texts("command")?,
        working_dir: params.path("working_dir")?.to_string_lossy().into_owned(),
        environment,
        python: params.maybe_text("python")?,
        points: points.collect::<Result<_, _>>()?,
        policy: Policy {
            retry: Retry {
                max: params.maybe_number("retries")?.unwrap_or(0),
                ..Retry::default()
            },
            ..Policy::default()
        },
        sweep_policy: SweepPolicy {
            limit: params.maybe_number("limit")?,
            ..SweepPolicy::default()
        },
        execution: Execution {
            executor: Some(executor),
            ..Execution::default()
        },
        labels: params.texts("labels")?,
        description: params.maybe_text("description")?.unwrap_or_default(),
        user: environment::user(),
        ..PostCallsRequest::default()
    };
    Ok((layout, request))
}

fn point((at, value): (usize, Value)) -> Result<CallPoint, ApiError> {
    let mut point = section(value).ok_or_else(|| bad(format!("point {at} is no object")))?;
    let index = point.maybe_number("index")?;
    Ok(CallPoint {
        config: point.value("config")?,
        folder: point.text("folder")?,
        index: index.map_or(at as u64, u64::from),
    })
}

fn executor(params: &mut Params) -> Result<ExecutorName, ApiError> {
    let Some(value) = params.take("executor") else {
        return Ok(ExecutorName::Subprocess);
    };
    let mut executor = section(value).ok_or_else(|| bad("`executor` is no object"))?;
    match executor.text("kind")?.as_str() {
        "subprocess" => Ok(ExecutorName::Subprocess),
        "fork" => Ok(ExecutorName::Fork {
            modules: executor.texts("modules")?,
        }),
        other => Err(bad(format!(
            "`executor` knows no kind `{}`; there are subprocess and fork",
            other.escape_debug()
        ))),
    }
}

/// What decides in this process which programs are found, and what the caller says, which counts more.
fn environment_of(given: Vec<Value>, layout: &Layout) -> Result<Vec<(String, String)>, ApiError> {
    let mut all = exec::of_this_shell(layout)?;
    for pair in given {
        let Value::List(pair) = pair else {
            return Err(bad("`environment` holds pairs of name and value"));
        };
        let [Value::Text(name), Value::Text(value)] = pair.as_slice() else {
            return Err(bad("`environment` holds pairs of name and value"));
        };
        all.retain(|(known, _)| known != name);
        all.push((name.clone(), value.clone()));
    }
    Ok(all)
}

/// `cancel`: ends what waits or runs of a sweep; once more, it kills.
pub(super) fn cancel(mut params: Params, sweeps: &Sweeps) -> Answer {
    let sweep = params.text("sweep")?;
    let place = match params.maybe_text("script")? {
        None => sweeps.place(&sweep),
        Some(script) => {
            let project = calls::project_of(&PathBuf::from(script));
            let (layout, _) = project.map_err(|error| error.to_api())?;
            let experiment = params.text("experiment")?;
            Some(Place { layout, experiment })
        }
    };
    let Some(place) = place else {
        let message = format!("no sweep `{}` was submitted here", sweep.escape_debug());
        return Err(ApiError::new(ErrorCode::NotFound, message)
            .with_hint("name its `script` and `experiment`, too"));
    };
    let request = ActOnTasksRequest {
        tasks: Vec::new(),
        filter: Some(TaskFilter {
            experiment: Some(place.experiment),
            sweep: Some(sweep),
            status: vec![ShownStatus::Queued, ShownStatus::Running],
            ..TaskFilter::default()
        }),
    };
    let address = background::ensure(&place.layout, None)?;
    let body = json!(request).to_string();
    let answer = address.ask(Method::POST, "tasks/cancel", body, None)?;
    let answer: ActOnTasksResponse = remote::parsed(&answer)?;
    Ok(json!({ "cancelled": answer.done }).to_string())
}
