//! Whatever stands in a field, a condition, a pasted table or a `sweep:` block: an answer comes, soon, and names its place.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "support/fuzz.rs"]
mod fuzz;
#[path = "support/random.rs"]
mod random;

use domain::config::{Value, parameters_of, yaml};
use domain::expr::Expression;
use domain::grid::{Input, SweepOptions, SweepSpec, expand, plan_sweep, read_block, read_table};
use domain::schema::parameters::Parameter;
use fuzz::fuzz;

fn config() -> Vec<Parameter> {
    let file = "{a: 1, b: 2, c: x, m: {u: 0.5, v: 0.5}, any: null, l: [1], t: [a], on: true}";
    parameters_of(&yaml::from_yaml(file).unwrap())
}

const BATCH: &[&str] = &[
    "|",
    " | ",
    "\\|",
    "(",
    ")",
    "g(",
    "choice(",
    "linspace(",
    "logspace(",
    "uniform(",
    "[",
    "]",
    "{",
    "}",
    "{a}",
    "\\{a}",
    ":",
    ", ",
    "\"",
    "'",
    "\\",
    "1",
    "-2.5e3",
    "1:5",
    "null",
    "true",
    "$HOME",
    "!P",
    "\0",
    "é",
    "99999999999999999999",
];

/// The first points are there, and the counts fit together.
fn look_at(spec: &SweepSpec, parameters: &[Parameter]) {
    let plan = plan_sweep(parameters, spec);
    for error in &plan.errors {
        assert!(!error.to_string().is_empty() && error.hint().is_some_and(|hint| !hint.is_empty()));
    }
    let Some(grid) = plan.grid else {
        let in_a_field = plan.fields.iter().any(|field| field.error.is_some());
        assert!(in_a_field || !plan.errors.is_empty());
        return;
    };
    assert!(grid.count() >= 1 && grid.count() <= grid.raw_count());
    for index in [0, grid.count() / 2, grid.count() - 1] {
        let point = grid.point(index).unwrap();
        let row = grid.preview(grid.raw_index(index).unwrap()).unwrap();
        assert_eq!(
            serde_json::to_string(&row.point.to_tree()).unwrap(),
            serde_json::to_string(&point.to_tree()).unwrap()
        );
    }
}

#[test]
fn any_text_may_stand_in_a_field() {
    let parameters = config();
    fuzz("batch", BATCH, |text| {
        let length = text.chars().count();
        for parameter in &parameters {
            if let Err(error) = expand(parameter, text) {
                assert!(error.start <= error.end && error.end <= length, "{error:?}");
                assert!(error.hint().is_some());
            }
        }
        for key in ["a", "c", "m", "any", "t"] {
            let input = Input {
                key: key.into(),
                text: text.to_owned(),
            };
            let spec = SweepSpec {
                inputs: vec![input],
                options: SweepOptions::default(),
            };
            look_at(&spec, &parameters);
        }
    });
}

#[test]
fn any_text_may_stand_in_a_condition() {
    let tokens = [
        "and ",
        "or ",
        "not ",
        "in ",
        "==",
        "=",
        "!=",
        "<=",
        "~",
        "!~",
        "+",
        "-",
        "*",
        "**",
        "//",
        "%",
        "(",
        ")",
        "[",
        "]",
        ",",
        "'",
        "\"",
        "`",
        "\\",
        "a",
        "m.u",
        "c",
        "any",
        "1",
        "1e309",
        "9223372036854775807",
        "null",
        "true",
        "len(",
        "min(",
        "round(",
        "matches(",
        "é",
        ".",
    ];
    let known = ["a", "b", "c", "m.u", "any"];
    let values = [
        Value::Null,
        Value::Int(-7),
        Value::Float(0.5),
        Value::Text("dx".to_owned()),
        Value::List(vec![Value::Int(1)]),
    ];
    fuzz("expression", &tokens, |text| {
        let length = text.chars().count();
        let check = |error: domain::expr::ExprError| {
            assert!(error.start <= error.end && error.end <= length, "{error:?}");
            assert!(!error.to_string().is_empty() && !error.hint().is_empty());
            assert!(error.marked(text).contains('^'));
        };
        match Expression::parse(text) {
            Err(error) => check(error),
            Ok(expression) => {
                if let Err(error) = expression.check(known.iter().copied()) {
                    check(error);
                }
                for shift in 0..values.len() {
                    let lookup = |name: &str| {
                        let at = known.iter().position(|known| *known == name)?;
                        values.get((at + shift) % values.len()).cloned()
                    };
                    let whole = expression.holds(lookup);
                    // What the parts say together is what the whole says.
                    let parts: Vec<_> = expression
                        .conjuncts()
                        .iter()
                        .map(|part| part.holds(lookup))
                        .collect();
                    if let (Ok(whole), true) = (&whole, parts.iter().all(Result::is_ok)) {
                        assert_eq!(*whole, parts.iter().all(|part| *part == Ok(true)));
                    }
                    if let Err(error) = whole {
                        check(error);
                    }
                }
            }
        }
    });
}

#[test]
fn any_text_may_be_pasted_as_a_table() {
    let parameters = config();
    let tokens = [
        ",", "\t", ";", "\"", "\"\"", "\n", "\r\n", "a", "c", "m.u", "any", "1", "x", "null",
        "{a}", "[1]", "\u{feff}",
    ];
    fuzz("table", &tokens, |text| {
        match read_table(&parameters, text) {
            Ok(rows) => {
                let options = SweepOptions {
                    rows,
                    ..SweepOptions::default()
                };
                look_at(
                    &SweepSpec {
                        inputs: Vec::new(),
                        options,
                    },
                    &parameters,
                );
            }
            Err(error) => assert!(error.row >= 1 && error.column >= 1 && !error.hint().is_empty()),
        }
    });
}

#[test]
fn any_config_may_stand_in_a_sweep_block() {
    let parameters = config();
    let tokens = [
        "product: ",
        "zip: ",
        "variations: ",
        "rows: ",
        "where: ",
        "exclude: ",
        "sample: ",
        "duplicates: ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "- ",
        "\n",
        "\n  ",
        "'",
        "\"",
        "a: ",
        "c: ",
        "m: ",
        "m.u: ",
        "any: ",
        "name: ",
        "1",
        "0.5",
        "x | y",
        "g(1|2)",
        "~",
        "count: ",
        "seed: ",
        "**m: ",
    ];
    fuzz("sweep", &tokens, |text| {
        let Ok(block) = yaml::from_yaml(text) else {
            return;
        };
        match read_block(&parameters, &block) {
            Ok(spec) => look_at(&spec, &parameters),
            Err(error) => assert!(!error.to_string().is_empty() && !error.path.is_empty()),
        }
    });
}
