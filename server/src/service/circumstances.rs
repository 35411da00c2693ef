//! What a sweep can be reproduced from, taken once at its submission: source, requirements, circumstances.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::thread;
use std::time::Duration;

use domain::run::environment::{Circumstances, GetEnvironmentResponse, Git, Gpu};
use domain::task::RunId;

use super::requirements::{self, Requirements};
use super::source::{self, SourceRequest, TakenSource};
use super::{Project, ServiceError, redact, tasks};
use crate::monitor::machine;
use crate::process::tool::Tool;
use crate::storage::format::{FORMAT, Kept, to_json};
use crate::storage::settings::Settings;
use crate::storage::store::Store;
use crate::storage::{Layout, StorageError};

/// What the circumstances are taken of.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The project.
    pub layout: &'a Layout,
    /// Its settings.
    pub settings: &'a Settings,
    /// The script, canonical.
    pub script: &'a Path,
    /// The interpreter of the tasks.
    pub python: &'a Path,
    /// The environment that the tasks inherit.
    pub variables: &'a [(OsString, OsString)],
    /// The time, nanoseconds since 1970.
    pub now_ns: i64,
}

/// Takes them and puts them into the store.
///
/// # Errors
/// The store cannot be written. What cannot be found out is written down as such and is no error.
pub fn take(request: &Request<'_>) -> Result<Kept, StorageError> {
    let store = Store::new(request.layout);
    store.create()?;
    thread::scope(|scope| {
        let asked = scope.spawn(|| requirements::of(&store, request.python, request.variables));
        let source = take_source(&store, request)?;
        let mut problems = Vec::new();
        let requirements = match asked.join() {
            Ok(answer) => answer?.map_err(|problem| problems.push(problem)).ok(),
            Err(_) => None,
        };
        let circumstances = describe(request, requirements.as_ref(), source.as_ref(), problems);
        let environment = store.put(&[("env.json", &to_json(&circumstances))])?;
        Ok(Kept {
            python_path: python_path(requirements.as_ref(), source.as_ref(), request.variables),
            source: source.as_ref().map(|taken| taken.source.snapshot.clone()),
            root: source.as_ref().map(|taken| taken.source.root.clone()),
            requirements: requirements.map(|requirements| requirements.entry),
            environment: Some(environment),
        })
    })
}

/// The digest of the source as it is now, without anything else; `None` if snapshots are switched off.
pub fn code_digest(request: &Request<'_>) -> Result<Option<String>, StorageError> {
    let taken = take_source(&Store::new(request.layout), request)?;
    Ok(taken.map(|taken| taken.source.snapshot))
}

fn take_source(store: &Store, request: &Request<'_>) -> Result<Option<TakenSource>, StorageError> {
    if !request.settings.snapshot.enabled {
        return Ok(None);
    }
    let wanted = SourceRequest {
        project: request.layout.root(),
        script: request.script,
        settings: &request.settings.snapshot,
        variables: request.variables,
        now_ns: request.now_ns,
    };
    source::take(store, &wanted).map(Some)
}

fn describe(
    request: &Request<'_>,
    requirements: Option<&Requirements>,
    source: Option<&TakenSource>,
    problems: Vec<String>,
) -> Circumstances {
    let more = &request.settings.environment.redact;
    let mut environment: Vec<(String, String)> = request
        .variables
        .iter()
        .map(|(name, value)| {
            let name = name.to_string_lossy().into_owned();
            let value = redact::variable(&name, &value.to_string_lossy(), more);
            (name, value)
        })
        .collect();
    environment.sort();
    Circumstances {
        format: FORMAT,
        runyard: env!("CARGO_PKG_VERSION").to_owned(),
        host: machine::host(),
        python: requirements.map(|requirements| requirements.python.clone()),
        gpu: gpu(),
        git: source.and_then(|taken| taken.git.clone()),
        source: source.map(|taken| taken.source.clone()),
        problems,
        environment,
    }
}

/// The driver's own files; where they name no device (as in some containers), its tool.
fn gpu() -> Option<Gpu> {
    let shown = machine::gpu()?;
    if !shown.devices.is_empty() {
        return Some(shown);
    }
    let tool = Tool {
        program: OsStr::new("nvidia-smi"),
        arguments: vec![
            OsStr::new("--query-gpu=name"),
            OsStr::new("--format=csv,noheader"),
        ],
        directory: Path::new("/"),
        environment: None,
        limit: Duration::from_secs(3),
        max_bytes: 1 << 16,
    };
    let answer = tool.ask().ok().filter(|answer| answer.is_success);
    let text = answer.map_or_else(String::new, |answer| {
        String::from_utf8_lossy(&answer.stdout).into_owned()
    });
    Some(Gpu {
        devices: text.lines().map(|line| line.trim().to_owned()).collect(),
        ..shown
    })
}

/// The folders of the module search path that lie in the source, relative to its root: an editable install of the project
/// is found there, and must be found in the snapshot when code runs from it.
fn python_path(
    requirements: Option<&Requirements>,
    source: Option<&TakenSource>,
    variables: &[(OsString, OsString)],
) -> Vec<String> {
    let (Some(requirements), Some(taken)) = (requirements, source) else {
        return Vec::new();
    };
    let prefix = std::fs::canonicalize(&requirements.python.prefix).ok();
    let inside = |path: &String| {
        let real = std::fs::canonicalize(path).ok()?;
        // The environment itself may stand in the source's folder.
        if prefix
            .as_ref()
            .is_some_and(|prefix| real.starts_with(prefix))
        {
            return None;
        }
        let relative = real.strip_prefix(&taken.root).ok()?.to_str()?.to_owned();
        let is_source = !relative.split('/').any(|name| {
            matches!(
                source::rules::folder(name),
                source::rules::Folder::Cache | source::rules::Folder::Environment
            )
        });
        is_source.then_some(relative)
    };
    let mut path: Vec<String> = requirements.path.iter().filter_map(inside).collect();
    // What the task would have inherited comes after it.
    let inherited = variables.iter().find(|(name, _)| name == "PYTHONPATH");
    let inherited = inherited.map_or_else(String::new, |(_, value)| {
        value.to_string_lossy().into_owned()
    });
    path.extend(
        inherited
            .split(':')
            .filter(|folder| folder.starts_with('/'))
            .map(str::to_owned),
    );
    let mut seen = std::collections::BTreeSet::new();
    path.retain(|folder| seen.insert(folder.clone()));
    path
}

/// `GET /api/v1/runs/{experiment}/{task}/{number}/environment`
pub async fn get(project: &Project, id: RunId) -> Result<GetEnvironmentResponse, ServiceError> {
    let dir = tasks::run_dir(project, id.clone()).await?;
    let wanted = id.task.clone();
    let is_from_snapshot = project
        .dispatcher
        .read(move |state| {
            state
                .entry(&wanted)
                .is_some_and(|entry| entry.task().snapshot.is_some())
        })
        .await?;
    let layout = project.layout.clone();
    let read = tokio::task::spawn_blocking(move || {
        let text = |path: &Path| std::fs::read_to_string(path).ok();
        let circumstances: Option<Circumstances> =
            text(&dir.environment()).and_then(|text| serde_json::from_str(&text).ok());
        let git: Option<&Git> = circumstances.as_ref().and_then(|known| known.git.as_ref());
        let store = Store::new(&layout);
        let diff = git
            .and_then(|git| git.diff.as_ref())
            .and_then(|entry| store.read(entry, "diff.patch").ok())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        GetEnvironmentResponse {
            requirements: text(&dir.requirements()),
            conda: text(&dir.conda()),
            diff,
            circumstances,
            is_from_snapshot,
        }
    });
    read.await.map_err(|error| {
        tracing::error!(%error, "reading a run's environment broke");
        ServiceError::Gone(crate::dispatcher::DispatcherGone)
    })
}
