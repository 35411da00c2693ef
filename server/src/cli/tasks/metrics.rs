//! `runyard metrics`: what a run has recorded.
//!
//! `metrics.jsonl` holds one JSON object per line, `{"step": 3, "loss": 0.5}`; `NaN`, `Infinity` and `-Infinity` are texts.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::ExitCode;

use domain::protocol::{ApiError, ErrorCode};
use domain::task::TaskId;
use serde_json::{Map, Value, json};

use super::args::MetricsArgs;
use super::export::csv_line;
use super::show;
use crate::cli::door::Door;
use crate::cli::report::{self, Format};
use crate::cli::table::{self, Cell, Column};
use crate::cli::targets;
use crate::service::ServiceError;
use crate::storage::layout::RunDir;
use crate::storage::{Layout, StorageError};

/// Keys that say when a row was written, not what was measured.
const WHEN: [&str; 4] = ["step", "time", "timestamp", "_time"];

/// One metric of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    pub(super) name: String,
    count: u64,
    /// The newest value, as it was written.
    pub(super) last: Value,
    step: Value,
    min: Option<f64>,
    max: Option<f64>,
}

pub(in crate::cli) fn metrics(args: &MetricsArgs) -> ExitCode {
    report::finish(print(args), args.output.format())
}

fn print(args: &MetricsArgs) -> Result<ExitCode, ApiError> {
    let layout = args.project.layout()?;
    let (name, number) = targets::with_run(&args.target);
    let (task, number) = {
        let door = Door::open(&layout)?;
        let task = targets::one(&door, &name)?;
        let detail = show::detail(&door, &task)?;
        let begun = detail
            .runs
            .iter()
            .rev()
            .find(|run| run.started_at_ms.is_some());
        let number = match number {
            Some(_) => show::pick(&detail, number)?.map(|run| run.number),
            None => begun.map(|run| run.number),
        };
        (task.id, number.unwrap_or(1))
    };
    let dir = layout.run(&targets::run_of(&task, number));
    let rows = rows(&dir)?;
    if rows.is_empty() {
        let message = format!("run {number} of `{}` has recorded no metrics", task.task);
        return Err(
            ApiError::new(ErrorCode::NotFound, message).with_hint(format!(
                "a run records them in `{}`",
                dir.metrics().display()
            )),
        );
    }
    if args.csv {
        print_csv(&rows);
        return Ok(ExitCode::SUCCESS);
    }
    let all = series(&rows);
    if args.output.format() == Format::Json {
        let to_json = |one: &Series| json!({ "name": one.name, "count": one.count, "last": one.last, "step": one.step, "min": one.min, "max": one.max });
        let all: Vec<Value> = all.iter().map(to_json).collect();
        let value = json!({ "schema_version": 1, "task": task, "run": number, "rows": rows.len(), "metrics": all });
        report::line(&value.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let columns = [
        Column::Cut("METRIC"),
        Column::Number("LAST"),
        Column::Number("STEP"),
        Column::Number("MIN"),
        Column::Number("MAX"),
        Column::Number("COUNT"),
    ];
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let row = |one: &Series| -> Vec<Cell> {
        vec![
            one.name.clone().into(),
            plain(&one.last).into(),
            plain(&one.step).into(),
            number(one.min).into(),
            number(one.max).into(),
            one.count.to_string().into(),
        ]
    };
    let rows: Vec<Vec<Cell>> = all.iter().map(row).collect();
    for line in table::lines(&columns, &rows, args.output.style()) {
        report::line(&line);
    }
    Ok(ExitCode::SUCCESS)
}

/// The newest value of each metric of a task's run; nothing if it has recorded none.
pub(super) fn newest(layout: &Layout, task: &TaskId, run: u32) -> Vec<Series> {
    let dir = layout.run(&targets::run_of(task, run));
    rows(&dir).map(|rows| series(&rows)).unwrap_or_default()
}

/// The rows that can be read; a torn last one is left out.
fn rows(dir: &RunDir) -> Result<Vec<Map<String, Value>>, ApiError> {
    let path = dir.metrics();
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ServiceError::from(StorageError::read(&path)(error)).to_api()),
    };
    let lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    Ok(lines
        .filter_map(|line| serde_json::from_slice(&line).ok())
        .collect())
}

fn series(rows: &[Map<String, Value>]) -> Vec<Series> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut all: Vec<Series> = Vec::new();
    for row in rows {
        for (name, value) in row
            .iter()
            .filter(|(name, _)| !WHEN.contains(&name.as_str()))
        {
            let place = *places.entry(name).or_insert_with(|| {
                all.push(Series {
                    name: name.clone(),
                    ..Series::default()
                });
                all.len() - 1
            });
            let one = &mut all[place];
            one.count += 1;
            one.last = value.clone();
            one.step = row.get("step").cloned().unwrap_or_default();
            if let Some(number) = value.as_f64() {
                one.min = Some(one.min.map_or(number, |min| min.min(number)));
                one.max = Some(one.max.map_or(number, |max| max.max(number)));
            }
        }
    }
    all
}

fn print_csv(rows: &[Map<String, Value>]) {
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let header: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    if !report::is_taken(&csv_line(&header)) {
        return;
    }
    for row in rows {
        let cell = |name: &&str| row.get(*name).map(plain).unwrap_or_default();
        let cells: Vec<String> = names.iter().map(cell).collect();
        if !report::is_taken(&csv_line(&cells)) {
            return;
        }
    }
}

/// A value without the quotes of a text.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
