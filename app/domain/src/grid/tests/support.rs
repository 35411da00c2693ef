//! What the tests of fields, options and errors share.

use crate::config::{Value, parameters_of, yaml};
use crate::grid::*;
use crate::schema::parameters::{Parameter, parameters};
use crate::schema::{Argument, Decided, Nargs, ParserSchema};

pub(super) fn argument(dest: &str, type_name: &str) -> Argument {
    Argument {
        dest: dest.to_owned(),
        flags: vec![format!("--{dest}")],
        type_name: Decided::Known((!type_name.is_empty()).then(|| type_name.to_owned())),
        ..Argument::default()
    }
}

pub(super) fn parser(args: Vec<Argument>) -> Vec<Parameter> {
    parameters(&ParserSchema {
        args,
        ..ParserSchema::default()
    })
}

pub(super) fn one(type_name: &str) -> Parameter {
    parser(vec![argument("a", type_name)]).remove(0)
}

pub(super) fn listed(type_name: &str) -> Parameter {
    let nargs = Decided::Known(Some(Nargs::OneOrMore));
    parser(vec![Argument {
        nargs,
        ..argument("a", type_name)
    }])
    .remove(0)
}

pub(super) fn inputs(texts: &[(&str, &str)]) -> Vec<Input> {
    texts
        .iter()
        .map(|(key, text)| Input {
            key: (*key).into(),
            text: (*text).to_owned(),
        })
        .collect()
}

/// The values of a text as they are shown, or the error with its place.
pub(super) fn shown(parameter: &Parameter, text: &str) -> String {
    match expand(parameter, text) {
        Ok(expanded) => {
            let values: Vec<String> = (0..expanded.count())
                .filter_map(|i| expanded.get(i))
                .map(|v| v.to_string())
                .collect();
            format!("{:?} {}", expanded.form, values.join(" ; "))
        }
        Err(error) => format!("{}..{} {error}", error.start, error.end),
    }
}

/// The parameters of a config file.
pub(super) fn config(text: &str) -> Vec<Parameter> {
    parameters_of(&yaml::from_yaml(text).unwrap())
}

/// A sweep of texts and of options given as YAML.
pub(super) fn spec(texts: &[(&str, &str)], options: &str) -> SweepSpec {
    let options = yaml::from_yaml(options).unwrap();
    let options = match options {
        Value::Null => SweepOptions::default(),
        options => serde_json::from_value(serde_json::to_value(&options).unwrap()).unwrap(),
    };
    SweepSpec {
        inputs: inputs(texts),
        options,
    }
}

/// The varied values of every point, or the errors with their remedies.
pub(super) fn points(parameters: &[Parameter], spec: &SweepSpec) -> Vec<String> {
    match planned(parameters, spec) {
        Ok(grid) => (0..grid.count())
            .map(|index| line(&grid, &grid.point(index).unwrap()))
            .collect(),
        Err(errors) => errors,
    }
}

pub(super) fn line(grid: &Grid, point: &Point) -> String {
    let values: Vec<String> = point
        .varied(grid)
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let name = point
        .name
        .as_ref()
        .map(|name| format!("{name}: "))
        .unwrap_or_default();
    format!("{name}{}", values.join(" "))
}

/// The grid, or every error: place, sentence, remedy.
pub(super) fn planned(parameters: &[Parameter], spec: &SweepSpec) -> Result<Grid, Vec<String>> {
    let plan = plan_sweep(parameters, spec);
    let fields = plan.fields.iter().filter_map(|field| {
        let error = field.error.as_ref()?;
        let hint = error.hint().unwrap_or_default();
        Some(format!(
            "{} {}..{}: {error}; {hint}",
            field.key, error.start, error.end
        ))
    });
    let errors = plan
        .errors
        .iter()
        .map(|error| format!("{error}; {}", error.hint().unwrap_or_default()));
    let all: Vec<String> = fields.chain(errors).collect();
    plan.grid.ok_or(all)
}

/// Every raw point with what becomes of it.
pub(super) fn previewed(grid: &Grid) -> Vec<String> {
    let row = |raw| {
        let row = grid.preview(raw).unwrap();
        let mark = match row.mark {
            Mark::Kept { number } => format!("#{number}"),
            Mark::Duplicate { of } => format!("= #{of}"),
            Mark::Dropped { by } => format!("{by:?}"),
        };
        let repeats = row
            .repeats
            .map(|of| format!(" repeats #{of}"))
            .unwrap_or_default();
        format!("{} {mark}{repeats}", line(grid, &row.point))
    };
    (0..grid.raw_count()).map(row).collect()
}
