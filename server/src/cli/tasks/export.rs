//! `runyard export`: tasks with their parameters, outcomes and times, for a table program or a script.

use std::process::ExitCode;

use domain::config::{Value, yaml};
use domain::protocol::ApiError;
use domain::protocol::select::TaskOrder;
use domain::task::TaskSummary;
use serde_json::value::RawValue;
use serde_json::{Map, json};

use super::args::{ExportArgs, ExportFormat};
use super::metrics;
use crate::cli::amounts;
use crate::cli::door::Door;
use crate::cli::report;
use crate::cli::targets;
use crate::service::ServiceError;
use crate::storage::atomic::{self, Durability};
use crate::storage::{Layout, tasks};

pub(in crate::cli) fn export(args: &ExportArgs) -> ExitCode {
    report::finish(write(args), report::Format::Text)
}

fn write(args: &ExportArgs) -> Result<ExitCode, ApiError> {
    let layout = args.filter.project().layout()?;
    let filter = args.filter.filter(&args.targets);
    let tasks = {
        let door = Door::open(&layout)?;
        let (found, tasks) = targets::every(&door, &filter, TaskOrder::Oldest, u64::MAX)?;
        targets::useful(&found.problems)?;
        tasks
    };
    let rows: Vec<Row> = tasks.iter().map(|task| row(&layout, task, args)).collect();
    let text = match args.format {
        ExportFormat::Csv => to_csv(&rows),
        ExportFormat::Json => to_json(&rows),
    };
    let count = report::tasks(rows.len());
    match &args.output {
        Some(path) => {
            let written = atomic::write(path, text.as_bytes(), Durability::Process);
            written.map_err(|error| ServiceError::from(error).to_api())?;
            report::line_to_stderr(&format!("{count} written to {}", path.display()));
        }
        None => {
            report::is_taken(text.trim_end_matches('\n'));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One task: properties, then parameters, then metrics, each with its column's name.
struct Row {
    properties: Vec<(&'static str, serde_json::Value)>,
    parameters: Vec<(String, Value)>,
    /// As they were written.
    metrics: Vec<(String, Box<RawValue>)>,
}

fn row(layout: &Layout, task: &TaskSummary, args: &ExportArgs) -> Row {
    let started = task.started_at_ms;
    let elapsed = started
        .zip(task.ended_at_ms)
        .map(|(started, ended)| ended.since_ms(started) as f64 / 1000.0);
    let time = |at: Option<domain::time::Timestamp>| at.map(amounts::moment);
    let properties = vec![
        ("experiment", json!(task.id.experiment)),
        ("task", json!(task.id.task)),
        ("sweep", json!(task.sweep)),
        ("index", json!(task.index)),
        ("status", json!(task.status)),
        ("reason", json!(task.reason)),
        ("labels", json!(task.labels.join(" "))),
        ("user", json!(task.user)),
        ("priority", json!(task.priority)),
        ("runs", json!(task.runs)),
        ("created", json!(amounts::moment(task.created_at_ms))),
        ("started", json!(time(started))),
        ("ended", json!(time(task.ended_at_ms))),
        ("elapsed_secs", json!(elapsed)),
    ];
    let mut parameters: Vec<(String, Value)> = task
        .varied
        .iter()
        .map(|(key, value)| (key.to_string(), value.clone()))
        .collect();
    if args.config {
        // A config that cannot be read leaves its columns empty.
        let text = tasks::read_config(layout, &task.id).ok();
        if let Some(config) = text.and_then(|text| yaml::from_yaml(&text).ok()) {
            leaves(String::new(), config, &mut parameters);
        }
    }
    let metrics = if args.metrics && task.runs > 0 {
        let series = metrics::newest(layout, &task.id, task.runs);
        series.into_iter().map(|one| (one.name, one.last)).collect()
    } else {
        Vec::new()
    };
    Row {
        properties,
        parameters,
        metrics,
    }
}

fn leaves(prefix: String, value: Value, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Map(entries) => {
            for (key, below) in entries {
                let name = if prefix.is_empty() {
                    key
                } else {
                    format!("{prefix}.{key}")
                };
                leaves(name, below, into);
            }
        }
        leaf if into.iter().all(|(known, _)| *known != prefix) => into.push((prefix, leaf)),
        _ => {}
    }
}

fn to_json(rows: &[Row]) -> String {
    let row = |row: &Row| {
        let mut all = Map::new();
        for (name, value) in &row.properties {
            all.insert((*name).to_owned(), value.clone());
        }
        all.insert("parameters".to_owned(), object(&row.parameters));
        all.insert("metrics".to_owned(), object(&row.metrics));
        serde_json::Value::Object(all)
    };
    let rows: Vec<serde_json::Value> = rows.iter().map(row).collect();
    json!({ "schema_version": 1, "tasks": rows }).to_string()
}

fn object<T: serde::Serialize>(pairs: &[(String, T)]) -> serde_json::Value {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)));
    serde_json::Value::Object(pairs.collect())
}

fn to_csv(rows: &[Row]) -> String {
    let mut parameters: Vec<&str> = Vec::new();
    let mut metrics: Vec<&str> = Vec::new();
    for row in rows {
        note_names(row.parameters.iter().map(|(name, _)| name), &mut parameters);
        note_names(row.metrics.iter().map(|(name, _)| name), &mut metrics);
    }
    let Some(first) = rows.first() else {
        return String::new();
    };
    let mut header: Vec<String> = first
        .properties
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    // A parameter may be called like a property.
    header.extend(parameters.iter().map(|name| format!("param.{name}")));
    header.extend(metrics.iter().map(|name| format!("metric.{name}")));
    let mut text = csv_line(&header) + "\n";
    for row in rows {
        let mut cells: Vec<String> = row
            .properties
            .iter()
            .map(|(_, value)| plain(value))
            .collect();
        cells.extend(parameters.iter().map(|name| {
            let found = row.parameters.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| spelled(value)).unwrap_or_default()
        }));
        cells.extend(metrics.iter().map(|name| {
            let found = row.metrics.iter().find(|(known, _)| known == name);
            found
                .map(|(_, value)| metrics::plain(value))
                .unwrap_or_default()
        }));
        text += &(csv_line(&cells) + "\n");
    }
    text
}

fn note_names<'a>(names: impl Iterator<Item = &'a String>, into: &mut Vec<&'a str>) {
    for name in names {
        if !into.contains(&name.as_str()) {
            into.push(name);
        }
    }
}

/// A property without the quotes of a text.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value as it stands in a cell: lists and maps as JSON.
fn spelled(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

/// One line of comma-separated values.
///
/// A cell that a table program would take for a formula gets an apostrophe before it: the values are texts of whoever wrote the
/// script, and whoever opens the table is somebody else.
pub(super) fn csv_line(cells: &[String]) -> String {
    let cell = |cell: &String| {
        let begins = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let is_number = cell.parse::<f64>().is_ok_and(f64::is_finite);
        let text = if begins && !is_number {
            format!("'{cell}")
        } else {
            cell.clone()
        };
        if text.contains(['"', ',', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_a_number_stays_one() {
        let cells = [
            "=HYPERLINK(\"http://evil\")",
            "-0.5",
            "+1e-3",
            "-x",
            "@SUM(A1)",
            "\tx",
            "a,b",
            "two\nlines",
            "-inf",
            "",
        ];
        let cells: Vec<String> = cells.map(str::to_owned).to_vec();
        assert_eq!(
            csv_line(&cells),
            "\"'=HYPERLINK(\"\"http://evil\"\")\",-0.5,+1e-3,'-x,'@SUM(A1),'\tx,\"a,b\",\"two\nlines\",'-inf,"
        );
    }
}
