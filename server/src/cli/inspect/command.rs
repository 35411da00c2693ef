//! `runyard inspect`: reads or probes each script, and prints what it accepts.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value as Json, json};

use super::{check, table};
use crate::cli::arguments::InspectArgs;
use crate::cli::environment;
use crate::cli::report::{self, Format};
use crate::process::clock;
use crate::service::probe::{self, InUse, Pick, Request};
use crate::service::{ServiceError, experiments, interpreter};
use crate::storage::format::ProbeFile;
use crate::storage::lock::FileLock;
use crate::storage::settings::Settings;
use crate::storage::{Layout, project};

pub(in crate::cli) fn inspect(args: &InspectArgs) -> ExitCode {
    let format = if args.json {
        Format::Json
    } else {
        Format::Text
    };
    if args.check {
        return check::check(args, format);
    }
    let mut exit = ExitCode::SUCCESS;
    for script in &args.scripts {
        if args.scripts.len() > 1 && !args.json {
            report::line(&format!(
                "{}:",
                report::printable(&script.display().to_string())
            ));
        }
        match found(args, script) {
            Ok(used) if args.json => report::line(&to_json(&used, script).to_string()),
            Ok(used) => table::print(&used),
            Err(error) => exit = report::failure(&error, format),
        }
    }
    exit
}

fn found(args: &InspectArgs, script: &Path) -> Result<InUse, ServiceError> {
    let script = experiments::locate(script)?;
    let used = if args.probe {
        probed(args, &script)?
    } else {
        probe::in_use(None, experiments::read_schema(&script)?)
    };
    probe::select(used, args.parser.map_or(Pick::Remembered, Pick::Parser))
}

/// The answer of the script itself, merged with the reading, which may have found nothing.
fn probed(args: &InspectArgs, script: &Path) -> Result<InUse, ServiceError> {
    let read = match experiments::read_schema(script) {
        Err(ServiceError::ScriptNotUnderstood(
            inspect::ReadScriptError::NoParser { .. }
            | inspect::ReadScriptError::OtherLibrary { .. },
        )) => domain::schema::Schema::default(),
        read => read?,
    };
    let layout = Layout::new(project::find_root(script));
    let probe = ask(args, script, &layout)?;
    remember(&layout, script, &probe);
    let mut file = experiments::unsaved(&layout, script);
    file.probe = Some(probe);
    Ok(probe::in_use(Some(&file), read))
}

/// Runs the script up to its command line.
pub(super) fn ask(
    args: &InspectArgs,
    script: &Path,
    layout: &Layout,
) -> Result<ProbeFile, ServiceError> {
    let python = match &args.python {
        Some(python) => python.clone(),
        None => Settings::read(layout)?.python,
    };
    let python = interpreter::resolve(&python, environment::path().as_deref())?;
    let roots = experiments::module_folders(script);
    let request = Request {
        script,
        python: &python,
        args: &args.args,
        working_dir: script.parent().unwrap_or(Path::new("/")),
        roots: &roots,
        limit_secs: args.time_limit,
    };
    let probed = probe::ask(&request, environment::all()).map_err(ServiceError::Probe)?;
    Ok(probe::probe_file(&request, probed, clock::now()))
}

/// Keeps the probe if the script has an experiment already; a running server has the project to itself.
fn remember(layout: &Layout, script: &Path, probe: &ProbeFile) {
    let known = project::experiment_name(layout, script)
        .and_then(|name| project::read_experiment(layout, &name).map(|file| (name, file)));
    let Ok((name, mut file)) = known else { return };
    match FileLock::try_acquire(&layout.lock()) {
        Ok(Some(_lock)) => {
            file.probe = Some(probe.clone());
            if let Err(error) = project::write_experiment(layout, &name, &file) {
                report::note(&format!("the probe is not remembered: {error}"));
            }
        }
        _ => report::note(&format!(
            "the project is served, so the probe is not remembered: press Probe on the page of `{name}`"
        )),
    }
}

fn to_json(used: &InUse, script: &Path) -> Json {
    let name = script.file_name().unwrap_or_default().to_string_lossy();
    let mut json = inspect::to_inspect_json(&used.schema, &name);
    if let (Some(map), Some(probe)) = (json.as_object_mut(), &used.reading.probe) {
        map.insert("probe".to_owned(), json!(probe));
    }
    json
}
