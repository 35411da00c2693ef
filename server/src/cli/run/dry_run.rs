//! What a submission would do.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use domain::config::Value;
use serde_json::json;

use super::prepare::Prepared;
use crate::cli::arguments::RunArgs;
use crate::cli::report;
use crate::process::clock;
use crate::service::entry::point::Made;
use crate::service::sweeps::{self, Making};
use crate::service::{ServiceError, completed};
use crate::storage::{layout, run_folders};

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
    let runner = prepared.layout.runner();
    let making = Making {
        python: Path::new(&python),
        runner: &runner,
        debug: prepared.launch.debug,
    };
    let rule = completed::rule(&prepared.planned.opened, &prepared.settings.identity);
    let done = completed::from_files(&prepared.layout, &prepared.experiment)?;
    let mut cached = 0u64;
    let mut tasks = Vec::new();
    let mut folders = Folders::default();
    for index in 0..shown {
        let made = sweeps::make(&prepared.planned, making, index)?;
        let folder = folders.of(&made);
        let is_cached = !args.rerun && !args.debug && done.contains(&rule.of(&made.config));
        cached += u64::from(is_cached);
        if args.json {
            let mut task = json!({
                "name": format!("{}_{stamp}_{}-of-{count}", prepared.prefix, index + 1),
                "values": values(&made.config),
                "varied": grid.varied(),
                "argv": arguments(&made),
                "cached": is_cached,
            });
            if let (Some(run), Some(folder)) = (&made.run_folder, &folder) {
                task["call"] = json!(call(run));
                task["run_folder"] = json!(folder);
            }
            tasks.push(task);
        } else {
            let point = grid.point(index).unwrap_or_default();
            let line = describe(&made, folder.as_deref(), &point.varied(grid));
            let mark = if is_cached { "  (done already)" } else { "" };
            report::line(&report::printable(&format!("{}  {line}{mark}", index + 1)));
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
        let done = if cached > 0 {
            format!(", {cached} of those shown done already")
        } else {
            String::new()
        };
        let left_out = match grid.raw_count() - count {
            0 => String::new(),
            dropped => format!("{} points, {dropped} left out: ", grid.raw_count()),
        };
        report::line_to_stderr(&format!(
            "{formula}{left_out}{}{done}; nothing was written",
            report::tasks(count)
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The numbered folders that runs would get, if nobody else takes one meanwhile.
#[derive(Default)]
struct Folders {
    next: HashMap<PathBuf, u64>,
}

impl Folders {
    fn of(&mut self, made: &Made) -> Option<PathBuf> {
        let parent = PathBuf::from(&made.run_folder.as_ref()?.parent);
        let next = self
            .next
            .entry(parent.clone())
            .or_insert_with(|| run_folders::peek(&parent));
        let folder = parent.join(layout::numbered(*next));
        *next += 1;
        Some(folder)
    }
}

/// What the code gets: the section that says what to run is none of it.
fn values(config: &Value) -> Value {
    match config {
        Value::Map(entries) => Value::Map(
            entries
                .iter()
                .filter(|(key, _)| key != "__run__")
                .cloned()
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The words behind the script; a function gets none.
fn arguments(made: &Made) -> &[String] {
    if made.run_folder.is_some() {
        return &[];
    }
    made.command.get(2..).unwrap_or_default()
}

fn call(run: &domain::experiment::RunFolder) -> String {
    format!("{}({:?}, config)", run.main, run.name)
}

fn describe(made: &Made, folder: Option<&Path>, varied: &[(domain::config::Key, Value)]) -> String {
    let varied: Vec<String> = varied
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let varied = varied.join(" ");
    match (&made.run_folder, folder) {
        (Some(run), Some(folder)) => {
            let line = format!("{} in {}", call(run), folder.display());
            format!("{line}  {varied}").trim_end().to_owned()
        }
        _ if made.command.len() > 2 => shell_words(arguments(made)),
        _ => varied,
    }
}

/// For reading only: nothing of this ever meets a shell.
pub(super) fn shell_words(words: &[String]) -> String {
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
