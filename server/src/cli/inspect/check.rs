//! `runyard inspect --check`: the reading of each script against its real parser, field by field.

use std::path::Path;
use std::process::ExitCode;

use domain::schema::merge::{Comparison, compare};
use serde_json::json;

use super::command;
use crate::cli::arguments::InspectArgs;
use crate::cli::report::{self, Format};
use crate::service::{ServiceError, experiments};
use crate::storage::{Layout, project};

#[derive(Default)]
struct Total {
    scripts: usize,
    arguments: usize,
    exact: usize,
    undecided: usize,
    wrong: usize,
    failed: usize,
}

/// Prints one block per script and the sum; fails if anything is wrong, or nothing could be compared.
pub(super) fn check(args: &InspectArgs, format: Format) -> ExitCode {
    let mut total = Total::default();
    for script in &args.scripts {
        match one(args, script) {
            Ok(found) => {
                total.scripts += 1;
                total.arguments += found.arguments;
                total.exact += found.exact;
                total.undecided += found.undecided();
                total.wrong += found.wrong().len();
                tell(script, &found, format);
            }
            Err(error) => {
                total.failed += 1;
                report::line_to_stderr(&format!(
                    "{}:",
                    report::printable(&script.display().to_string())
                ));
                report::failure(&error, format);
            }
        }
    }
    tell_sum(&total, format);
    if total.wrong == 0 && total.scripts > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn one(args: &InspectArgs, script: &Path) -> Result<Comparison, ServiceError> {
    let script = experiments::locate(script)?;
    let layout = Layout::new(project::find_root(&script));
    let probe = command::ask(args, &script, &layout)?;
    // A script that cannot be read has nothing wrong: everything is undecided.
    let read = match experiments::read_schema(&script) {
        Err(ServiceError::ScriptNotUnderstood(error)) => {
            report::note(&report::printable(&error.to_string()));
            domain::schema::Schema::default()
        }
        read => read?,
    };
    Ok(compare(&read.parser, &probe.parser))
}

fn tell(script: &Path, found: &Comparison, format: Format) {
    let name = script.display().to_string();
    let (undecided, wrong) = (found.undecided(), found.wrong());
    if format == Format::Json {
        let line = json!({
            "script": name, "arguments": found.arguments, "exact": found.exact, "undecided": undecided,
            "wrong": wrong, "differences": found.differences,
        });
        report::line(&line.to_string());
        return;
    }
    report::line(&report::printable(&format!(
        "{name}: {} arguments, {} exact, {undecided} undecided, {} wrong",
        found.arguments,
        found.exact,
        wrong.len()
    )));
    let fields = found
        .differences
        .fields
        .iter()
        .chain(&found.differences.parser);
    for open in fields.filter(|difference| difference.undecided) {
        report::line(&report::printable(&format!(
            "    undecided {} {}: {} is {}",
            open.argument, open.field, open.read, open.probe
        )));
    }
    for missing in &found.differences.only_probe {
        report::line(&report::printable(&format!(
            "    not found {}",
            missing.argument
        )));
    }
    for wrong in wrong {
        report::line(&report::printable(&format!("    WRONG {wrong}")));
    }
}

fn tell_sum(total: &Total, format: Format) {
    let Total {
        scripts,
        arguments,
        exact,
        undecided,
        wrong,
        failed,
    } = total;
    if format == Format::Json {
        let sum = json!({
            "schema_version": 1, "scripts": scripts, "arguments": arguments, "exact": exact,
            "undecided": undecided, "wrong": wrong, "failed": failed,
        });
        report::line(&sum.to_string());
    } else {
        report::line(&format!(
            "{scripts} scripts, {arguments} arguments: {exact} exact, {undecided} undecided, {wrong} wrong; {failed} scripts gave no parser"
        ));
    }
}
