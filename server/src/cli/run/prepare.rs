//! Everything up to the grid; nothing is written.

use std::path::Path;

use domain::config::Key;
use domain::grid::{Input, SweepOptions, SweepSpec};
use domain::protocol::{ApiError, ErrorCode};
use domain::schema::parameters::parameters;

use crate::cli::arguments::RunArgs;
use crate::cli::open;
use crate::cli::report;
use crate::service::ServiceError;
use crate::service::experiments::{self, Opened};
use crate::service::probe::{self, Pick};
use crate::service::sweeps::{self, Planned};
use crate::storage::format::ExperimentFile;
use crate::storage::settings::Settings;
use crate::storage::{Layout, project};

/// A sweep that could be submitted.
pub(super) struct Prepared {
    pub(super) layout: Layout,
    pub(super) settings: Settings,
    pub(super) experiment: String,
    pub(super) prefix: String,
    pub(super) inputs: Vec<Input>,
    pub(super) planned: Planned,
}

/// Everything up to the grid, without writing anything.
pub(super) fn prepare(args: &RunArgs) -> Result<Prepared, ApiError> {
    let (script, layout) = open::locate(&args.script).map_err(|error| error.to_api())?;
    let inputs = args
        .overrides
        .iter()
        .map(|text| parse_override(text))
        .collect::<Result<Vec<_>, _>>()?;
    let found = find(&script, &layout, args, &inputs).map_err(|error| error.to_api())?;
    let (settings, experiment, prefix, planned) = found;
    Ok(Prepared {
        layout,
        settings,
        experiment,
        prefix,
        inputs,
        planned,
    })
}

fn find(
    script: &Path,
    layout: &Layout,
    args: &RunArgs,
    inputs: &[Input],
) -> Result<(Settings, String, String, Planned), ServiceError> {
    let settings = Settings::read(layout)?;
    let experiment = project::experiment_name(layout, script)?;
    let prefix = args.prefix.clone().unwrap_or_else(|| experiment.clone());
    sweeps::check_prefix(&prefix)?;
    let stored = experiments::unsaved(layout, script);
    let used = experiments::used_schema(&stored, script)?;
    let used = probe::select(used, args.parser.map_or(Pick::Remembered, Pick::Parser))?;
    if used
        .reading
        .probe
        .as_ref()
        .is_some_and(|probe| probe.outdated)
    {
        report::note("the script has changed since it was probed, so its source is read instead");
    }
    let parameters = parameters(&used.schema.parser);
    let file = ExperimentFile {
        schema: used.schema,
        prefix: prefix.clone(),
        ..project::new_experiment(stored.script, String::new())
    };
    let opened = Opened {
        file,
        script: script.to_path_buf(),
        parameters,
        reading: used.reading,
        problem: None,
    };
    refuse_inactive(&opened, inputs)?;
    let spec = SweepSpec {
        inputs: inputs.to_vec(),
        options: SweepOptions::default(),
    };
    let planned = sweeps::expand(opened, &spec)?;
    Ok((settings, experiment, prefix, planned))
}

/// A form keeps what was typed under another sub-command; a command line that says it means it.
fn refuse_inactive(opened: &Opened, inputs: &[Input]) -> Result<(), ServiceError> {
    let plan = domain::grid::plan(&opened.parameters, inputs);
    let inactive = plan
        .fields
        .iter()
        .find(|field| field.changed && !field.active);
    inactive.map_or(Ok(()), |field| {
        Err(ServiceError::Inactive(field.key.to_string()))
    })
}

fn parse_override(text: &str) -> Result<Input, ApiError> {
    let (key, value) = text
        .split_once('=')
        .filter(|(key, _)| !key.trim().is_empty())
        .ok_or_else(|| {
            let message = format!("`{text}` is not an override");
            ApiError::new(ErrorCode::BadRequest, message)
                .with_hint("write key=value, e.g. lr='0.001 | 0.01'")
        })?;
    Ok(Input {
        key: Key::new(key.trim()),
        text: value.to_owned(),
    })
}
