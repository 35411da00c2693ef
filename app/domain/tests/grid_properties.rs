//! Properties of the batch syntax and the grid, over random texts and values.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use domain::config::{Key, Value};
use domain::grid::{Grid, Input, expand, plan, text_of};
use domain::schema::parameters::{Parameter, parameters};
use domain::schema::{Argument, Decided, Literal, Nargs, ParserSchema};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn argument(dest: &str, type_name: &str, nargs: Option<Nargs>) -> Argument {
    let type_name = Decided::Known(Some(type_name.to_owned()));
    let flags = vec![format!("--{dest}")];
    Argument {
        dest: dest.to_owned(),
        flags,
        type_name,
        nargs: Decided::Known(nargs),
        ..Argument::default()
    }
}

fn parser(args: Vec<Argument>) -> Vec<Parameter> {
    parameters(&ParserSchema {
        args,
        ..ParserSchema::default()
    })
}

/// One parameter of every way to read a text.
fn kinds() -> Vec<Parameter> {
    let types = ["int", "float", "str", "str2bool", "custom"];
    let mut args: Vec<Argument> = types
        .iter()
        .map(|name| argument(name, name, None))
        .collect();
    args.extend(
        types
            .iter()
            .map(|name| argument(&format!("{name}_list"), name, Some(Nargs::ZeroOrMore))),
    );
    args.push(Argument {
        default: Literal::Int(1),
        ..argument("numeric", "custom", None)
    });
    let choices = Decided::Known(Some(vec![Literal::Int(1), Literal::Int(7)]));
    args.push(Argument {
        choices,
        ..argument("choice", "int", None)
    });
    parser(args)
}

#[derive(Clone, Debug)]
enum Axis {
    Fixed,
    Product(usize),
    Range(i64, i64, usize),
    Zip,
}

fn axis() -> impl Strategy<Value = Axis> {
    prop_oneof![
        Just(Axis::Fixed),
        (2usize..5).prop_map(Axis::Product),
        (-9i64..9, prop_oneof![1i64..4, -3i64..0], 1usize..5)
            .prop_map(|(start, step, count)| Axis::Range(start, step, count)),
        Just(Axis::Zip),
    ]
}

/// The text of an axis and its values.
fn text(axis: &Axis, zip: usize, index: usize) -> (String, Vec<i64>) {
    let base = i64::try_from(index).unwrap() * 100;
    let spell = |values: &[i64]| {
        values
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" | ")
    };
    match axis {
        Axis::Fixed => (base.to_string(), vec![base]),
        Axis::Product(count) => {
            let values: Vec<i64> = (0..i64::try_from(*count).unwrap())
                .map(|i| base + i)
                .collect();
            (spell(&values), values)
        }
        Axis::Range(start, step, count) => {
            let values: Vec<i64> = (0..i64::try_from(*count).unwrap())
                .map(|i| start + i * step)
                .collect();
            (format!("{start}:{}:{step}", values.last().unwrap()), values)
        }
        Axis::Zip => {
            let values: Vec<i64> = (0..i64::try_from(zip).unwrap()).map(|i| base - i).collect();
            (format!("({})", spell(&values)), values)
        }
    }
}

/// Nested loops, written the slow way: products slowest first in key order, the zip innermost.
fn naive(axes: &[(Axis, Vec<i64>)], zip: usize) -> Vec<Vec<i64>> {
    let mut rows: Vec<Vec<Option<i64>>> = vec![vec![None; axes.len()]];
    for (index, (axis, values)) in axes.iter().enumerate() {
        if matches!(axis, Axis::Zip) {
            continue;
        }
        let longer = rows.iter().flat_map(|row| {
            values.iter().map(move |value| {
                let mut row = row.clone();
                row[index] = Some(*value);
                row
            })
        });
        rows = longer.collect();
    }
    let zipped = axes.iter().any(|(axis, _)| matches!(axis, Axis::Zip));
    let inner = if zipped { zip } else { 1 };
    let full = |row: &Vec<Option<i64>>, at: usize| {
        row.iter()
            .zip(axes)
            .map(|(value, (_, values))| value.unwrap_or_else(|| values[at]))
            .collect::<Vec<i64>>()
    };
    rows.iter()
        .flat_map(|row| (0..inner).map(move |at| full(row, at)))
        .collect()
}

fn points(grid: &Grid) -> Vec<Vec<i64>> {
    let int = |value: &Value| {
        if let Value::Int(int) = value {
            *int
        } else {
            panic!("{value:?}")
        }
    };
    (0..grid.count())
        .map(|index| {
            grid.point(index)
                .unwrap()
                .values
                .iter()
                .map(|(_, value)| int(value))
                .collect()
        })
        .collect()
}

fn value_for(parameter: &Parameter) -> BoxedStrategy<Value> {
    let one = match parameter.key.as_str().trim_end_matches("_list") {
        "int" => prop_oneof![
            any::<i64>().prop_map(Value::Int),
            Just(Value::BigInt("-99999999999999999999".to_owned()))
        ]
        .boxed(),
        "float" => any::<f64>()
            .prop_filter("NaN equals nothing", |f| !f.is_nan())
            .prop_map(Value::Float)
            .boxed(),
        "str2bool" => any::<bool>().prop_map(Value::Bool).boxed(),
        "numeric" => any::<i64>().prop_map(Value::Int).boxed(),
        "choice" => prop_oneof![Just(Value::Int(1)), Just(Value::Int(7))].boxed(),
        _ => prop_oneof![
            ".{0,12}".prop_map(|text| text.replace('\0', "")),
            "[-a-c|()\\[\\]\"'\\\\ ,:0-9]{0,8}",
            "null|None|true|1:5|\\(a \\| b\\)|\\\\\\||\"",
        ]
        .prop_map(Value::Text)
        .boxed(),
    };
    if parameter.kind.list {
        proptest::collection::vec(one, 0..4)
            .prop_map(Value::List)
            .boxed()
    } else {
        one
    }
}

fn typed() -> impl Strategy<Value = (Parameter, Vec<Value>)> {
    proptest::sample::select(kinds()).prop_flat_map(|parameter| {
        let values = proptest::collection::vec(value_for(&parameter), 1..5);
        (Just(parameter), values)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, rng_seed: RngSeed::Fixed(20_261_121), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn points_come_in_the_order_of_nested_loops(axes in proptest::collection::vec(axis(), 1..6), zip in 2usize..4) {
        let names: Vec<String> = (0..axes.len()).map(|index| format!("k{index}")).collect();
        let parameters = parser(names.iter().map(|name| argument(name, "int", None)).collect());
        let texts: Vec<(String, Vec<i64>)> = axes.iter().enumerate().map(|(index, axis)| text(axis, zip, index)).collect();
        let inputs: Vec<Input> =
            names.iter().zip(&texts).map(|(name, (text, _))| Input { key: Key::new(name.clone()), text: text.clone() }).collect();
        let grid = plan(&parameters, &inputs).grid.unwrap();
        let axes: Vec<(Axis, Vec<i64>)> = axes.into_iter().zip(texts).map(|(axis, (_, values))| (axis, values)).collect();
        let expected = naive(&axes, zip);
        prop_assert_eq!(grid.count(), expected.len() as u128);
        prop_assert_eq!(grid.count(), grid.factors().iter().map(|factor| u128::from(factor.count)).product::<u128>());
        prop_assert_eq!(grid.duplicates(), 0);
        prop_assert_eq!(grid.point(grid.count()), None);
        prop_assert_eq!(points(&grid), expected);
        // What a digest stands for: the same inputs give it again, and another order of values another one.
        prop_assert_eq!(plan(&parameters, &inputs).grid.unwrap().digest(), grid.digest());
    }

    #[test]
    fn what_is_printed_is_read_back((parameter, values) in typed()) {
        let texts: Vec<String> = values.iter().map(|value| text_of(&parameter, value)).collect();
        for (text, value) in texts.iter().zip(&values) {
            let expanded = expand(&parameter, text).unwrap();
            prop_assert_eq!(expanded.single(), Some(value.clone()), "{}", text);
        }
        for joined in [texts.join(" | "), format!("({})", texts.join("|"))] {
            if values.len() > 1 {
                let expanded = expand(&parameter, &joined).unwrap_or_else(|error| panic!("{error}: {joined}"));
                let back: Vec<Value> = (0..expanded.count()).filter_map(|index| expanded.get(index)).collect();
                prop_assert_eq!(&back, &values, "{}", joined);
            }
        }
    }

    #[test]
    fn no_text_is_too_strange(text in "[-a-c|()\\[\\]\"'\\\\ ,:0-9.e]{0,24}|.{0,24}", index in 0..12usize) {
        let parameters = kinds();
        let parameter = &parameters[index % parameters.len()];
        let length = text.chars().count();
        if let Err(error) = expand(parameter, &text) {
            prop_assert!(error.start <= error.end && error.end <= length, "{error:?}");
            prop_assert!(!error.to_string().is_empty() && error.hint().is_some());
        }
        plan(&parameters, &[Input { key: parameter.key.clone(), text }]);
    }
}
