//! Properties of whole sweeps: what is counted, numbered, left out and drawn, over random fields and options.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

use std::collections::HashMap;

use domain::config::{Key, Value, parameters_of, yaml};
use domain::expr::Expression;
use domain::grid::{
    Assignments, Dropper, Duplicates, Exclusion, Grid, Input, Mark, Point, Sample, SampleMethod,
    SweepOptions, SweepSpec, Variation, expand, plan_sweep, read_block, text_of,
};
use domain::schema::parameters::Parameter;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn parameters() -> Vec<Parameter> {
    let file = "{name: e, a: 1, b: 2, c: x, m: {u: 0.5, v: 0.5}, d: '{a}-{c}', any: null}";
    parameters_of(&yaml::from_yaml(file).unwrap())
}

fn key(dotted: &str) -> Key {
    dotted.into()
}

/// Texts of the fields that vary on their own.
fn fields() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let a = prop_oneof![
        Just(""),
        Just("1 | 2"),
        Just("1:4"),
        Just("3 | 1 | 3"),
        Just("(1 | 2)"),
        Just("g(1 | 2 | 1)"),
        Just("linspace(0, 6, 3)"),
        Just("uniform(1, 4)"),
    ];
    let b = prop_oneof![
        Just(""),
        Just("2:0:-1"),
        Just("(5 | 6)"),
        Just("g(7 | 8 | 7)"),
        Just("{a} | 2"),
        Just("5"),
    ];
    let c = prop_oneof![
        Just(""),
        Just("x | y | x"),
        Just("choice(x | y)"),
        Just("g(x | y | x)"),
        Just("c{b}"),
    ];
    let section = prop_oneof![
        Just(("m", "")),
        Just(("m", "{u: 1.0} | {v: 2.0} | {u: 1.0, v: 2.0}")),
        Just(("m", "({u: 1.0} | {v: 2})")),
        Just(("m.u", "loguniform(0.1, 10)")),
        Just(("m.v", "0.25 | 0.5")),
    ];
    (a, b, c, section).prop_map(|(a, b, c, section)| {
        let all = [("a", a), ("b", b), ("c", c), section];
        all.into_iter()
            .filter(|(_, text)| !text.is_empty())
            .collect()
    })
}

const CONDITIONS: [&str; 9] = [
    "a < 3",
    "a <= b",
    "a != 2 and c == x",
    "m.u > m.v or a == 1",
    "d ~ '1-*' or d ~ '*y'",
    "any == null",
    "name ~ 'e*' and a > 0",
    "b in [2, 5, 7] or m.v < 0.5",
    "len(d) > 2 and a % 2 == 1",
];

fn conditions() -> impl Strategy<Value = Vec<String>> {
    let one = proptest::sample::select(CONDITIONS.to_vec()).prop_map(str::to_owned);
    proptest::collection::vec(one, 0..3)
}

fn assignments() -> impl Strategy<Value = Assignments> {
    let one = prop_oneof![
        (0i64..3).prop_map(|a| (key("a"), Value::Int(a))),
        (0i64..3).prop_map(|b| (key("b"), Value::Int(b))),
        Just((key("c"), Value::Text("z".to_owned()))),
        Just((key("c"), Value::Text("{a}".to_owned()))),
        Just((key("m.u"), Value::Float(0.5))),
        Just((key("any"), Value::List(vec![Value::Int(1)]))),
    ];
    proptest::collection::vec(one, 0..3).prop_map(|values| {
        let mut unique: Vec<(Key, Value)> = Vec::new();
        for (key, value) in values {
            unique.retain(|(known, _)| *known != key);
            unique.push((key, value));
        }
        Assignments(unique)
    })
}

fn variation() -> impl Strategy<Value = Variation> {
    let name = prop_oneof![
        2 => Just(None),
        3 => "[a-c]".prop_map(|name| Some(Value::Text(name))),
        1 => Just(Some(Value::Null)),
    ];
    (name, assignments()).prop_map(|(name, values)| Variation { name, values })
}

fn options() -> impl Strategy<Value = SweepOptions> {
    let exclusion = prop_oneof![
        assignments()
            .prop_filter("an empty map is refused", |values| !values.0.is_empty())
            .prop_map(Exclusion::Values),
        Just(Exclusion::Expression("a == 1 and c == y".to_owned())),
        Just(Exclusion::Expression("b > 6".to_owned())),
    ];
    let sample = (1u64..5, 0u64..9, any::<bool>()).prop_map(|(count, seed, spread)| Sample {
        count,
        seed,
        method: if spread {
            SampleMethod::LatinHypercube
        } else {
            SampleMethod::Random
        },
    });
    (
        conditions(),
        proptest::collection::vec(exclusion, 0..2),
        proptest::collection::vec(assignments(), 0..3),
        proptest::collection::vec(proptest::collection::vec(variation(), 1..3), 0..3),
        sample,
        any::<bool>(),
    )
        .prop_map(
            |(conditions, exclude, rows, variations, sample, keep)| SweepOptions {
                conditions,
                exclude,
                rows,
                variations,
                sample,
                duplicates: if keep {
                    Duplicates::Keep
                } else {
                    Duplicates::Drop
                },
            },
        )
}

fn spec() -> impl Strategy<Value = SweepSpec> {
    (fields(), options()).prop_map(|(fields, options)| SweepSpec {
        inputs: fields
            .into_iter()
            .map(|(key, text)| Input {
                key: key.into(),
                text: text.to_owned(),
            })
            .collect(),
        options,
    })
}

/// Which condition or exclusion leaves a point out, asked point by point.
fn dropped_by(options: &SweepOptions, point: &Point) -> Option<Dropper> {
    let lookup = |name: &str| match point.get(&key(name)) {
        None if name == "name" => Some(point.name.clone().map_or(Value::Null, Value::Text)),
        found => found.cloned(),
    };
    let holds = |text: &str| Expression::parse(text).unwrap().holds(lookup).unwrap();
    let condition = options.conditions.iter().position(|text| !holds(text));
    if let Some(index) = condition {
        return Some(Dropper::Condition(index));
    }
    let excluded = options
        .exclude
        .iter()
        .position(|exclusion| match exclusion {
            Exclusion::Expression(text) => holds(text),
            // What refers to other keys is compared as it was typed, and is never equal to a value.
            Exclusion::Values(values) => values
                .0
                .iter()
                .all(|(key, value)| point.get(key) == Some(value)),
        });
    excluded.map(Dropper::Exclusion)
}

fn shown(point: &Point) -> String {
    format!(
        "{:?} {}",
        point.name,
        serde_json::to_string(
            &point
                .values
                .iter()
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
        )
        .unwrap()
    )
}

fn points(grid: &Grid) -> Vec<Point> {
    (0..grid.count())
        .map(|index| grid.point(index).unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, rng_seed: RngSeed::Fixed(20_261_121), failure_persistence: None, max_global_rejects: 1 << 20, ..ProptestConfig::default() })]

    /// Filtering the projections and then counting is filtering every point: no gap, no shift, no wrong mark.
    #[test]
    fn what_runs_is_what_remains_of_the_raw_points_in_order(spec in spec()) {
        let parameters = parameters();
        let plan = plan_sweep(&parameters, &spec);
        let everything = SweepSpec {
            options: SweepOptions { conditions: Vec::new(), exclude: Vec::new(), duplicates: Duplicates::Keep, ..spec.options.clone() },
            ..spec.clone()
        };
        let raw = plan_sweep(&parameters, &everything).grid;
        let Some(raw) = raw else {
            prop_assert!(plan.grid.is_none());
            return Ok(());
        };
        prop_assert_eq!(raw.count(), raw.raw_count());
        prop_assert_eq!(raw.shape().iter().map(|count| u128::from(*count)).product::<u128>(), raw.raw_count());
        let mut kept: Vec<Point> = Vec::new();
        let mut marks = Vec::new();
        let mut seen: HashMap<String, u128> = HashMap::new();
        let keep = spec.options.duplicates == Duplicates::Keep;
        for point in points(&raw) {
            if let Some(by) = dropped_by(&spec.options, &point) {
                marks.push((Mark::Dropped { by }, None));
                continue;
            }
            let number = kept.len() as u128;
            let first = *seen.entry(shown(&point)).or_insert(number);
            match (first == number, keep) {
                (false, false) => marks.push((Mark::Duplicate { of: first }, None)),
                (is_first, _) => {
                    kept.push(point);
                    marks.push((Mark::Kept { number }, (!is_first).then_some(first)));
                }
            }
        }
        let Some(grid) = plan.grid else {
            prop_assert!(kept.is_empty(), "{:?}", plan.errors);
            return Ok(());
        };
        prop_assert_eq!(grid.count(), kept.len() as u128);
        prop_assert_eq!(points(&grid), kept);
        for (at, (mark, repeats)) in marks.iter().enumerate() {
            let row = grid.preview(at as u128).unwrap();
            prop_assert_eq!(&row.mark, mark);
            prop_assert_eq!(&row.repeats, repeats);
            if let Mark::Kept { number } = mark {
                prop_assert_eq!(grid.raw_index(*number), Some(at as u128));
            }
        }
        prop_assert_eq!(grid.preview(grid.raw_count()), None);
        prop_assert_eq!(grid.point(grid.count()), None);
        let dropped = marks.iter().filter(|(mark, _)| matches!(mark, Mark::Dropped { .. })).count();
        prop_assert_eq!(grid.dropped(), dropped as u128);
        prop_assert_eq!(grid.duplicates(), (marks.len() - dropped - seen.len()) as u128);
    }

    #[test]
    fn a_digest_stands_for_the_points_in_their_order(one in spec(), other in spec()) {
        let parameters = parameters();
        let (one, other) = (plan_sweep(&parameters, &one).grid, plan_sweep(&parameters, &other).grid);
        if let (Some(one), Some(other)) = (one, other) {
            prop_assert_eq!(one.digest() == other.digest(), points(&one).iter().map(shown).eq(points(&other).iter().map(shown)));
        }
    }

    /// A request is sent as JSON and planned again on the other side.
    #[test]
    fn a_sweep_survives_json(spec in spec()) {
        let text = serde_json::to_string(&spec).unwrap();
        prop_assert_eq!(serde_json::from_str::<SweepSpec>(&text).unwrap(), spec);
    }

    /// What a raw tree resolves to is what the point says.
    #[test]
    fn raw_trees_resolve_to_the_points(spec in spec()) {
        use domain::config::interpolate::{Environment, interpolate};
        if let Some(grid) = plan_sweep(&parameters(), &spec).grid {
            for point in points(&grid).iter().take(20) {
                let resolved = interpolate(&point.to_raw_tree(), Environment::Absent).unwrap();
                prop_assert_eq!(resolved.value, point.to_tree());
            }
        }
    }

    /// Lists of values in a `sweep:` block are the values of the axis.
    #[test]
    fn lists_in_a_block_are_the_values_of_the_axis(
        texts in proptest::collection::vec("[-a-c|()\\[\\]{}\"'\\\\ ,:$0-9]{0,8}|null|true|1:5|g\\(a\\|b\\)|\\{a\\}", 2..5),
        floats in proptest::collection::vec(any::<f64>().prop_filter("finite", |f| f.is_finite()), 2..5),
    ) {
        let parameters = parameters();
        let as_text = |value: &String| Value::Text(value.clone());
        let literal = |value: &String| !value.contains('{') && !value.contains('$') && !value.starts_with("!P");
        let texts: Vec<Value> = texts.iter().filter(|text| literal(text)).map(as_text).collect();
        let floats: Vec<Value> = floats.into_iter().map(Value::Float).collect();
        for (dotted, values) in [("c", texts), ("m.u", floats)] {
            if values.is_empty() {
                continue;
            }
            let fields = Value::Map(vec![(dotted.to_owned(), Value::List(values.clone()))]);
            let block = Value::Map(vec![("product".to_owned(), fields)]);
            let spec = read_block(&parameters, &block).unwrap();
            let parameter = parameters.iter().find(|parameter| parameter.key == key(dotted)).unwrap();
            let expanded = expand(parameter, &spec.inputs[0].text).unwrap();
            let back: Vec<Value> = (0..expanded.count()).filter_map(|index| expanded.get(index)).collect();
            prop_assert_eq!(back, values);
        }
    }

    /// Values of a config file are printed so that they are read back, maps and lists included.
    #[test]
    fn config_values_are_read_back(value in any_value()) {
        let parameters = parameters();
        let any = parameters.iter().find(|parameter| parameter.key == key("any")).unwrap();
        let text = text_of(any, &value);
        let expanded = expand(any, &text).unwrap_or_else(|error| panic!("{error}: {text}"));
        prop_assert_eq!(expanded.single(), Some(value), "{}", text);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>()
            .prop_filter("finite", |f| f.is_finite())
            .prop_map(Value::Float),
        "[-a-z|()\\[\\]\"' ,:0-9]{0,8}|null|yes|1e3|on".prop_map(Value::Text),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    })
}

#[test]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a stratum is a small whole number"
)]
fn every_stratum_of_every_field_is_met_once() {
    let parameters = parameters();
    for (count, seed) in [(1, 0), (7, 1), (64, 2), (100, 3)] {
        let inputs = [
            ("a", "uniform(1, 100)"),
            ("m.u", "uniform(0, 1)"),
            ("m.v", "normal(0, 1)"),
        ];
        let spec = SweepSpec {
            inputs: inputs
                .map(|(key, text)| Input {
                    key: key.into(),
                    text: text.to_owned(),
                })
                .to_vec(),
            options: SweepOptions {
                sample: Sample {
                    count,
                    seed,
                    method: SampleMethod::LatinHypercube,
                },
                ..SweepOptions::default()
            },
        };
        let grid = plan_sweep(&parameters, &spec).grid.unwrap();
        let column = |name: &str| -> Vec<f64> {
            points(&grid)
                .iter()
                .map(|point| match point.get(&key(name)) {
                    Some(Value::Float(float)) => *float,
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        let mut strata: Vec<u64> = column("m.u")
            .iter()
            .map(|u| (u * count as f64) as u64)
            .collect();
        strata.sort_unstable();
        assert_eq!(strata, (0..count).collect::<Vec<_>>());
        // Half of a stratified normal sample lies on either side of its mean.
        let below = column("m.v").iter().filter(|x| **x < 0.0).count() as u64;
        assert!(below.abs_diff(count / 2) <= 1, "{below} of {count}");
    }
}
