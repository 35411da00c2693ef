//! The example tables of the systems whose sweeps we know: every row of `tests/cases/sweep_*.md` says what they answer,
//! what we answer, and why where that differs. The fifth column is what this test holds us to.
//!
//! `RUNYARD_UPDATE_CASES=1` writes our answers into the tables; read them before you keep them.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads and, if asked to, writes its tables"
)]

use std::fs;
use std::path::Path;

use domain::config::{Value, parameter, parameters_of, yaml};
use domain::grid::{Input, Plan, SweepSpec, plan, plan_sweep, read_block};
use domain::schema::parameters::Parameter;

/// A row cut at its bars; `\|` is a bar inside a cell, `\\|` a backslash and a bar.
fn cells(line: &str) -> Vec<String> {
    let guarded = line.replace("\\\\\\|", "\u{1}").replace("\\|", "\u{2}");
    let inner = guarded.trim().trim_start_matches('|').trim_end_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().replace('\u{1}', "\\|").replace('\u{2}', "|"))
        .collect()
}

fn guarded(cell: &str) -> String {
    cell.replace("\\|", "\u{1}")
        .replace('|', "\\|")
        .replace('\u{1}', "\\\\\\|")
}

/// The texts between backticks.
fn spans(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// How many points an answer shows.
const SHOWN: u128 = 6;

fn answer(plan: &Plan, keys: &[&str]) -> String {
    let Some(grid) = &plan.grid else {
        let field = plan
            .fields
            .iter()
            .find_map(|field| field.error.as_ref().map(ToString::to_string));
        let error = field.or_else(|| plan.errors.first().map(ToString::to_string));
        return format!("error: {}", error.unwrap());
    };
    let points = (0..grid.count().min(SHOWN)).map(|index| {
        let point = grid.point(index).unwrap();
        let values = keys.iter().filter_map(|key| {
            let value = point.get(&(*key).into())?;
            Some(serde_json::to_string(value).unwrap())
        });
        values.collect::<Vec<_>>().join(" ")
    });
    let more = if grid.count() > SHOWN { ", …" } else { "" };
    let points = points.collect::<Vec<_>>().join(", ");
    format!("{}: {points}{more}", grid.count())
}

fn fields(kinds: &str, typed: &str) -> String {
    let parameters: Vec<Parameter> = kinds
        .split(", ")
        .map(|field| {
            let (key, kind) = field.split_once(' ').unwrap();
            let sample = match kind {
                "int" => Value::Int(0),
                "float" => Value::Float(0.0),
                "text" => Value::Text("t".to_owned()),
                "bool" => Value::Bool(false),
                "list" => Value::List(vec![Value::Int(0)]),
                _ => Value::Null,
            };
            parameter(key.into(), &sample)
        })
        .collect();
    let inputs: Vec<Input> = spans(typed)
        .iter()
        .map(|span| {
            let (key, text) = span.split_once(": ").unwrap();
            Input {
                key: key.into(),
                text: text.to_owned(),
            }
        })
        .collect();
    let keys: Vec<&str> = parameters
        .iter()
        .map(|parameter| parameter.key.as_str())
        .collect();
    answer(&plan(&parameters, &inputs), &keys)
}

fn variations(config: &str, axes: &str) -> String {
    let parameters = parameters_of(&yaml::from_yaml(&spans(config).concat()).unwrap());
    let block = yaml::from_yaml(&spans(axes).concat()).unwrap();
    let spec: SweepSpec = match read_block(&parameters, &block) {
        Ok(spec) => spec,
        Err(error) => return format!("error: {error}"),
    };
    let plan = plan_sweep(&parameters, &spec);
    let keys: Vec<&str> = parameters
        .iter()
        .map(|parameter| parameter.key.as_str())
        .collect();
    let shape = plan.grid.as_ref().map(|grid| {
        let names = (0..grid.count()).map(|index| {
            grid.point(index)
                .unwrap()
                .name
                .unwrap_or_else(|| "-".to_owned())
        });
        format!(
            "shape {:?}, names {}; ",
            grid.shape(),
            names.collect::<Vec<_>>().join(" ")
        )
    });
    shape.unwrap_or_default() + &answer(&plan, &keys)
}

fn table(name: &str, ours: impl Fn(&str, &str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(name);
    let text = fs::read_to_string(&path).unwrap();
    let mut rows = 0;
    let mut wrong = Vec::new();
    let mut written = String::new();
    for line in text.lines() {
        let cells = cells(line);
        if cells.len() != 6 || matches!(cells[0].as_str(), "#" | "---") {
            written += &format!("{line}\n");
            continue;
        }
        rows += 1;
        let ours = ours(&cells[1], &cells[2]);
        if ours.trim() != cells[4] {
            wrong.push(format!(
                "row {}: `{}` now, the table says `{}`",
                cells[0], ours, cells[4]
            ));
        }
        let cells = [&cells[0], &cells[1], &cells[2], &cells[3], &ours, &cells[5]];
        let cells: Vec<String> = cells.iter().map(|cell| guarded(cell)).collect();
        written += &format!("| {} |\n", cells.join(" | "));
    }
    if std::env::var_os("RUNYARD_UPDATE_CASES").is_some() {
        fs::write(&path, written).unwrap();
        return;
    }
    assert!(rows >= 9, "{name} has {rows} rows");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_batch_syntax_answers_as_the_table_says() {
    table("sweep_pyruns.md", fields);
}

#[test]
fn variations_answer_as_the_table_says() {
    table("sweep_pyexp.md", variations);
}
