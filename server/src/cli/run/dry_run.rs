//! What a submission would do.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::prepare::Prepared;
use crate::cli::arguments::RunArgs;
use crate::cli::report;
use crate::process::clock;
use crate::service::{ServiceError, sweeps};

/// Prints the points.
pub(super) fn dry_run(args: &RunArgs, prepared: &Prepared) -> Result<ExitCode, ServiceError> {
    let grid = &prepared.planned.grid;
    let count = grid.count();
    let shown = count.min(u128::from(
        args.limit.unwrap_or(prepared.settings.max_tasks),
    ));
    let python = args
        .python
        .clone()
        .unwrap_or_else(|| prepared.settings.python.clone());
    let stamp = clock::now().stamp();
    let mut tasks = Vec::new();
    for index in 0..shown {
        let (command, tree) = sweeps::command(&prepared.planned, Path::new(&python), index)?;
        let name = format!("{}_{stamp}_{}-of-{count}", prepared.prefix, index + 1);
        let argv = command.get(2..).unwrap_or_default();
        if args.json {
            tasks.push(json!({ "name": name, "values": tree, "varied": grid.varied(), "argv": argv, "cached": false }));
        } else {
            report::line(&report::printable(&format!(
                "{}  {}",
                index + 1,
                shell_words(argv)
            )));
        }
    }
    if args.json {
        let count =
            u64::try_from(count).map_or_else(|_| json!(count.to_string()), |count| json!(count));
        report::line(&json!({ "schema_version": 1, "count": count, "tasks": tasks }).to_string());
    } else {
        let formula: Vec<String> = grid
            .factors()
            .iter()
            .map(|factor| factor.count.to_string())
            .collect();
        let formula = if formula.len() > 1 {
            format!("{} = ", formula.join(" x "))
        } else {
            String::new()
        };
        report::line_to_stderr(&format!("{formula}{count} tasks; nothing was written"));
    }
    Ok(ExitCode::SUCCESS)
}

/// For reading only: nothing of this ever meets a shell.
fn shell_words(words: &[String]) -> String {
    let quote = |word: &String| {
        let is_plain = !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_alphanumeric() || "-_./=:,@%+".contains(c));
        if is_plain {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}
