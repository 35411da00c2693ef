//! The use cases of the API: ask, forget, choose.

use std::path::Path;

use domain::experiment::Entry;
use domain::protocol::http::GetExperimentResponse;
use domain::protocol::{PostProbeRequest, PutParserRequest};
use tokio::sync::Mutex;

use super::{DEFAULT_LIMIT_SECS, MAX_LIMIT_SECS, Request, ask, probe_file};
use crate::cli::environment;
use crate::process::clock;
use crate::service::{Project, ServiceError, experiments};
use crate::storage::Layout;
use crate::storage::format::{ExperimentFile, ParserFile};
use crate::storage::project as files;

/// One script at a time: a probe may import half of the machine's memory.
static PROBING: Mutex<()> = Mutex::const_new(());
/// Words a probe may pass, and their bytes.
const MAX_WORDS: usize = 1000;
const MAX_WORD_BYTES: usize = 100_000;

/// `POST /api/v1/experiments/{experiment}/probe`
pub async fn probe(
    project: &Project,
    name: String,
    request: PostProbeRequest,
) -> Result<GetExperimentResponse, ServiceError> {
    let limit_secs = request.time_limit_secs.unwrap_or(DEFAULT_LIMIT_SECS);
    if !(1..=MAX_LIMIT_SECS).contains(&limit_secs) {
        let message =
            format!("`time_limit_secs` is {limit_secs}; 1 to {MAX_LIMIT_SECS} are possible");
        return Err(ServiceError::OutOfRange(message));
    }
    let bytes: usize = request.args.iter().map(String::len).sum();
    if request.args.len() > MAX_WORDS
        || bytes > MAX_WORD_BYTES
        || request.args.iter().any(|word| word.contains('\0'))
    {
        return Err(ServiceError::OutOfRange(
            "`args` are too long, or hold a NUL".to_owned(),
        ));
    }
    let _one_at_a_time = PROBING.try_lock().map_err(|_| ServiceError::ProbeBusy)?;
    let project = project.clone();
    let done =
        tokio::task::spawn_blocking(move || run(&project, &name, &request.args, limit_secs)).await;
    done.unwrap_or_else(|error| {
        tracing::error!(%error, "a probe broke");
        Err(ServiceError::Gone(crate::dispatcher::DispatcherGone))
    })
}

fn run(
    project: &Project,
    name: &str,
    args: &[String],
    limit_secs: u32,
) -> Result<GetExperimentResponse, ServiceError> {
    let layout = &project.layout;
    let file = experiments::check(layout, name)?;
    if file.entry != Entry::Script {
        return Err(ServiceError::NotProbed(name.to_owned()));
    }
    let script = experiments::locate(&files::script_path(layout, &file))?;
    let python = project.interpreter()?;
    let roots = experiments::module_folders(&script);
    let request = Request {
        script: &script,
        python: &python,
        args,
        working_dir: script.parent().unwrap_or(Path::new("/")),
        roots: &roots,
        limit_secs,
    };
    let probed = ask(&request, environment::all()).map_err(ServiceError::Probe)?;
    let probe = probe_file(&request, probed, clock::now());
    update(project, name, |file| {
        file.probe = Some(probe);
        // Asking the parser that reads the command line means wanting it.
        file.parser = None;
    })
}

/// `DELETE /api/v1/experiments/{experiment}/probe`
pub fn forget(project: &Project, name: &str) -> Result<GetExperimentResponse, ServiceError> {
    update(project, name, |file| file.probe = None)
}

/// `PUT /api/v1/experiments/{experiment}/parser`
pub fn choose_parser(
    project: &Project,
    name: &str,
    request: &PutParserRequest,
) -> Result<GetExperimentResponse, ServiceError> {
    remember_parser(&project.layout, name, request.index)?;
    experiments::get(project, name)
}

/// Makes a parser the one that an experiment uses from now on.
///
/// # Errors
/// [`ServiceError::NoSuchParser`]; then the old choice stays.
pub fn remember_parser(layout: &Layout, name: &str, index: u32) -> Result<(), ServiceError> {
    let opened = experiments::read(layout, name)?;
    let parsers = &opened.reading.parsers;
    let missing = || ServiceError::NoSuchParser {
        index,
        count: parsers.len(),
    };
    let choice = parsers
        .iter()
        .find(|choice| choice.index == index)
        .ok_or_else(missing)?;
    let pick = ParserFile {
        index: choice.index,
        label: choice.label.clone(),
    };
    change(layout, name, |file| {
        file.parser = (pick.index > 0).then_some(pick);
    })
}

fn update(
    project: &Project,
    name: &str,
    what: impl FnOnce(&mut ExperimentFile),
) -> Result<GetExperimentResponse, ServiceError> {
    change(&project.layout, name, what)?;
    experiments::get(project, name)
}

fn change(
    layout: &Layout,
    name: &str,
    what: impl FnOnce(&mut ExperimentFile),
) -> Result<(), ServiceError> {
    let mut file = experiments::check(layout, name)?;
    what(&mut file);
    Ok(files::write_experiment(layout, name, &file)?)
}
