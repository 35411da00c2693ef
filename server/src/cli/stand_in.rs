//! `runyard stand-in`: a task whose work is done by the program that submitted it.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::environment::variable;
use super::report;
use crate::process::stand_in;

/// Is the task until its work has ended.
pub(super) fn stand_in(socket: &Path) -> ExitCode {
    let point: Option<u64> = variable("RUNYARD_POINT").and_then(|point| point.parse().ok());
    let run_dir = variable("RUNYARD_RUN_DIR");
    let config = run_dir
        .as_ref()
        .map(|run_dir| Path::new(run_dir).join("config.json"));
    let announcement = json!({
        "point": point, "run_dir": run_dir, "output_dir": variable("RUNYARD_OUTPUT_DIR"), "config": config,
    });
    match stand_in::work_elsewhere(socket, &announcement) {
        // What is no exit code of a process is a failure all the same.
        Ok(Some(code)) => u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from),
        Ok(None) => {
            report::line_to_stderr("the program that did the work of this task has gone");
            ExitCode::FAILURE
        }
        Err(error) => {
            report::line_to_stderr(&format!(
                "the program that does the work of this task cannot be reached at `{}`: {error}",
                socket.display()
            ));
            ExitCode::FAILURE
        }
    }
}
