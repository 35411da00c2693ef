//! Everything up to the grid; nothing is written.

use domain::config::Key;
use domain::experiment::Launch;
use domain::grid::{Assignments, Exclusion, Input, SweepOptions, SweepSpec};
use domain::protocol::ApiError;

use super::overrides::{self, Sorted};
use crate::cli::arguments::RunArgs;
use crate::cli::open;
use crate::cli::report;
use crate::service::ServiceError;
use crate::service::entry::{EntryError, Target};
use crate::service::experiments::{self, Opened};
use crate::service::probe::Pick;
use crate::service::sweeps::{self, Planned};
use crate::storage::Layout;
use crate::storage::settings::Settings;

/// A sweep that could be submitted.
pub(super) struct Prepared {
    pub(super) target: Target,
    pub(super) layout: Layout,
    pub(super) settings: Settings,
    pub(super) experiment: String,
    pub(super) prefix: String,
    pub(super) spec: SweepSpec,
    pub(super) launch: Launch,
    pub(super) planned: Planned,
}

/// Everything up to the grid, without writing anything.
pub(super) fn prepare(args: &RunArgs) -> Result<Prepared, ApiError> {
    let (more, words) = overrides::configs(&args.words);
    let configs: Vec<_> = args.config.iter().cloned().chain(more).collect();
    let api = |error: ServiceError| error.to_api();
    let (target, layout) = open::locate(&args.target, &configs, args.no_config).map_err(api)?;
    let settings = Settings::read(&layout).map_err(|error| ServiceError::from(error).to_api())?;
    // First as it is: what the overrides mean depends on what there is.
    let pick = args.parser.map_or(Pick::Remembered, Pick::Parser);
    let bare = experiments::sketch(&layout, &target, &[], pick).map_err(api)?;
    let Sorted { inputs, overrides } = overrides::sort(&words, &bare.opened)?;
    let sketch = if overrides.is_empty() {
        bare
    } else {
        experiments::sketch(&layout, &target, &overrides, pick).map_err(overrides::with_option)?
    };
    let reading = &sketch.opened.reading;
    if reading.probe.as_ref().is_some_and(|probe| probe.outdated) {
        report::note("the script has changed since it was probed, so its source is read instead");
    }
    let is_run_file = sketch
        .opened
        .template
        .as_ref()
        .is_some_and(|template| template.is_run_file);
    if args.debug && !is_run_file {
        let error = EntryError::WrongKind {
            option: "--debug",
            wanted: "config files with `__run__`",
        };
        return Err(ServiceError::from(error).to_api());
    }
    let prefix = args.prefix.clone().unwrap_or_else(|| sketch.name.clone());
    sweeps::check_prefix(&prefix).map_err(api)?;
    // What the file itself asks for, under what was typed.
    let own = sketch
        .opened
        .template
        .as_ref()
        .map(|template| template.sweep.clone())
        .unwrap_or_default();
    let is_typed = |key: &Key| {
        let input = inputs.iter().any(|input| input.key == *key);
        input || overrides.iter().any(|given| given.key == *key)
    };
    let mut all: Vec<Input> = own
        .inputs
        .into_iter()
        .filter(|input| !is_typed(&input.key))
        .collect();
    all.extend(inputs);
    refuse_inactive(&sketch.opened, &all).map_err(api)?;
    let spec = SweepSpec {
        inputs: all,
        options: options(args, own.options),
    };
    let launch = Launch {
        folder: Some(target.launch_dir.to_string_lossy().into_owned()),
        overrides,
        debug: args.debug,
    };
    let planned = sweeps::expand(sketch.opened, &spec).map_err(api)?;
    Ok(Prepared {
        target,
        layout,
        settings,
        experiment: sketch.name,
        prefix,
        spec,
        launch,
        planned,
    })
}

/// What the command line says about the whole sweep, over what a file says.
fn options(args: &RunArgs, mut options: SweepOptions) -> SweepOptions {
    options.conditions.extend(args.conditions.iter().cloned());
    options.exclude.extend(args.exclude.iter().map(|text| {
        // `{lr: 0.1}` is a row; everything else is an expression.
        match domain::config::yaml::from_yaml(text) {
            Ok(domain::config::Value::Map(entries)) if text.trim_start().starts_with('{') => {
                let values = entries
                    .into_iter()
                    .map(|(key, value)| (key.as_str().into(), value))
                    .collect();
                Exclusion::Values(Assignments(values))
            }
            _ => Exclusion::Expression(text.clone()),
        }
    }));
    options.sample.count = args.sample.unwrap_or(options.sample.count);
    options.sample.seed = args.sample_seed.unwrap_or(options.sample.seed);
    options
}

/// A form keeps what was typed under another sub-command; a command line that says it means it.
fn refuse_inactive(opened: &Opened, inputs: &[domain::grid::Input]) -> Result<(), ServiceError> {
    let plan = domain::grid::plan(&opened.parameters_for(inputs), inputs);
    let inactive = plan
        .fields
        .iter()
        .find(|field| field.changed && !field.active);
    inactive.map_or(Ok(()), |field| {
        Err(ServiceError::Inactive(field.key.to_string()))
    })
}
