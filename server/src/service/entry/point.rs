//! What one point of a template does.

use std::path::{Path, PathBuf};

use domain::config::{Key, Value};
use domain::experiment::{RunFolder, with_point};
use domain::grid::{Input, Point};

use super::OpenTemplate;
use super::section::{self, RunSection};
use crate::service::ServiceError;

/// What a task is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Interpreter, program and arguments.
    pub command: Vec<String>,
    /// The resolved config.
    pub config: Value,
    /// The config before anything in it was resolved, if that differs.
    pub raw_config: Option<Value>,
    /// The working directory of its runs, unless they have folders of their own.
    pub working_dir: PathBuf,
    /// Where its runs are kept, if not under the task's own folder.
    pub run_folder: Option<RunFolder>,
}

/// What does not change from point to point.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The interpreter.
    pub python: &'a Path,
    /// The program that calls functions.
    pub runner: &'a Path,
    /// The script; for a run file the file itself.
    pub script: &'a Path,
    /// What was typed.
    pub inputs: &'a [Input],
    /// What varies.
    pub varied: &'a [Key],
    /// Run the code in place.
    pub debug: bool,
}

/// The values of a point in its template, resolved.
pub fn make(
    template: &OpenTemplate,
    point: &Point,
    context: Context<'_>,
) -> Result<Made, ServiceError> {
    let mut raw = with_point(
        &template.gathered.raw,
        point,
        context.inputs,
        context.varied,
    );
    let mut config = template.resolve(&raw)?;
    let python = context.python.to_string_lossy().into_owned();
    if !template.is_run_file {
        return Ok(Made {
            command: vec![python, context.script.to_string_lossy().into_owned()],
            raw_config: (raw != config).then_some(raw),
            config,
            working_dir: context
                .script
                .parent()
                .unwrap_or(Path::new("/"))
                .to_path_buf(),
            run_folder: None,
        });
    }
    let home = crate::cli::environment::variable("HOME");
    let run = RunSection::read(
        &config,
        &template.shown,
        &template.launch_dir,
        home.as_deref(),
    )?;
    section::settle(&mut config, &run, true);
    section::settle(&mut raw, &run, false);
    let mut command = vec![python, context.runner.to_string_lossy().into_owned()];
    if context.debug {
        command.push("--in-place".to_owned());
    }
    let code = run.code.to_string_lossy().into_owned();
    command.extend([run.main.clone(), run.name.clone(), code.clone()]);
    let copied = if context.debug {
        Vec::new()
    } else {
        run.top().into_iter().collect()
    };
    let parent = run.parent(context.debug);
    Ok(Made {
        command,
        config,
        raw_config: Some(raw),
        working_dir: parent.clone(),
        run_folder: Some(RunFolder {
            parent: parent.to_string_lossy().into_owned(),
            main: run.main,
            name: run.name,
            code,
            copied,
            debug: context.debug,
            snapshot: None,
            launch_dir: template.launch_dir.to_string_lossy().into_owned(),
        }),
    })
}
