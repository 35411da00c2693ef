//! `runyard metrics`: what a run has recorded.
//!
//! `metrics.jsonl` holds one JSON object per line, `{"step": 3, "loss": 0.5}`; `NaN`, `Infinity` and `-Infinity` are texts.

use std::collections::HashMap;
use std::process::ExitCode;

use domain::protocol::{ApiError, ErrorCode};
use domain::records::{Field, Row};
use domain::task::TaskId;
use serde::Serialize;
use serde_json::value::RawValue;

use super::args::MetricsArgs;
use super::export::csv_line;
use super::show;
use crate::cli::door::Door;
use crate::cli::report::{self, Format};
use crate::cli::table::{self, Cell, Column};
use crate::cli::targets;
use crate::service::ServiceError;
use crate::storage::layout::RunDir;
use crate::storage::{Layout, records};

/// Keys that say when a row was written, not what was measured.
const WHEN: [&str; 4] = ["step", "time", "timestamp", "_time"];

/// One metric of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Series {
    pub(super) name: String,
    count: u64,
    /// The newest value, as it was written.
    pub(super) last: Box<RawValue>,
    step: Box<RawValue>,
    min: Option<f64>,
    max: Option<f64>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Printed<'a> {
    schema_version: u32,
    task: &'a TaskId,
    run: u32,
    rows: u64,
    metrics: &'a [Series],
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
    let recorded = Recorded::read(&dir)?;
    if recorded.rows == 0 {
        let message = format!("run {number} of `{}` has recorded no metrics", task.task);
        return Err(
            ApiError::new(ErrorCode::NotFound, message).with_hint(format!(
                "a run records them in `{}`",
                dir.metrics().display()
            )),
        );
    }
    if args.csv {
        print_csv(&dir)?;
        return Ok(ExitCode::SUCCESS);
    }
    let all = recorded.series;
    if args.output.format() == Format::Json {
        let printed = Printed {
            schema_version: 1,
            task: &task,
            run: number,
            rows: recorded.rows,
            metrics: &all,
        };
        let text = serde_json::to_string(&printed);
        report::line(&text.expect("numbers, texts, and what was JSON before"));
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
    Recorded::read(&dir).map_or_else(|_| Vec::new(), |recorded| recorded.series)
}

/// What is kept of the rows of a run while they are read.
#[derive(Debug, Default)]
struct Recorded {
    rows: u64,
    series: Vec<Series>,
    places: HashMap<String, usize>,
}

impl Recorded {
    fn read(dir: &RunDir) -> Result<Self, ApiError> {
        let mut this = Self::default();
        records::each(dir.metrics(), |row| this.take(&row)).map_err(failed)?;
        Ok(this)
    }

    fn take(&mut self, row: &Row) {
        self.rows += 1;
        let fields = row.fields();
        let step = fields.iter().find(|(name, _)| name == "step");
        let step = step.map(|(_, step)| step.raw());
        for (name, field) in &fields {
            if !WHEN.contains(&&**name) {
                self.series_of(name).take(*field, step.clone());
            }
        }
    }

    fn series_of(&mut self, name: &str) -> &mut Series {
        let place = self.places.get(name).copied().unwrap_or_else(|| {
            self.places.insert(name.to_owned(), self.series.len());
            self.series.push(Series {
                name: name.to_owned(),
                ..Series::default()
            });
            self.series.len() - 1
        });
        &mut self.series[place]
    }
}

impl Series {
    fn take(&mut self, field: Field<'_>, step: Option<Box<RawValue>>) {
        self.count += 1;
        self.last = field.raw();
        self.step = step.unwrap_or_default();
        if let Some(number) = field.number().filter(|number| number.is_finite()) {
            self.min = Some(self.min.map_or(number, |min| min.min(number)));
            self.max = Some(self.max.map_or(number, |max| max.max(number)));
        }
    }
}

fn failed(error: crate::storage::StorageError) -> ApiError {
    ServiceError::from(error).to_api()
}

/// Read twice, for the columns and for the rows: what a run records may be more than memory holds.
fn print_csv(dir: &RunDir) -> Result<(), ApiError> {
    let mut names: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let collect = |row: Row| {
        for (name, _) in row.fields() {
            if !places.contains_key(&*name) {
                places.insert(name.clone().into_owned(), names.len());
                names.push(name.into_owned());
            }
        }
    };
    records::each(dir.metrics(), collect).map_err(failed)?;
    let mut is_taken = report::is_taken(&csv_line(&names));
    records::each(dir.metrics(), |row| {
        let mut cells = vec![String::new(); names.len()];
        for (name, field) in row.fields() {
            // A column that came between the two readings has no place.
            if let Some(cell) = places.get(&*name).and_then(|place| cells.get_mut(*place)) {
                *cell = field.plain().into_owned();
            }
        }
        is_taken = is_taken && report::is_taken(&csv_line(&cells));
    })
    .map_err(failed)
}

/// A value without the quotes of a text.
pub(super) fn plain(value: &RawValue) -> String {
    Field::of(value).plain().into_owned()
}
