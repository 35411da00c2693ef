//! What stands between a keystroke and the preview: planning, counting, single points.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends where something is missing"
)]
#![expect(
    missing_docs,
    reason = "the macros make functions without documentation"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use domain::config::{parameters_of, yaml};
use domain::grid::{Grid, Input, SweepOptions, SweepSpec, plan_sweep};
use domain::schema::parameters::Parameter;

fn parameters() -> Vec<Parameter> {
    let file = "{a: 1, b: 1, c: 1, d: 1.0, e: 1.0, f: x, g: x, h: true, out: x}";
    parameters_of(&yaml::from_yaml(file).unwrap())
}

fn spec(texts: &[(&str, &str)], options: SweepOptions) -> SweepSpec {
    let input = |(key, text): &(&str, &str)| Input {
        key: (*key).into(),
        text: (*text).to_owned(),
    };
    SweepSpec {
        inputs: texts.iter().map(input).collect(),
        options,
    }
}

fn grid(spec: &SweepSpec) -> Grid {
    plan_sweep(&parameters(), spec).grid.unwrap()
}

/// 8 axes, 2,560,000,000 points.
const LARGE: [(&str, &str); 8] = [
    ("a", "1:1000"),
    ("b", "1:100"),
    ("c", "1 | 2 | 3 | 4 | 5"),
    ("d", "linspace(0, 1, 20)"),
    ("e", "0.1:0.4:0.1"),
    ("f", "x | y | z | w"),
    ("g", "(p | q | r | s)"),
    ("h", "true | false"),
];

fn benches(criterion: &mut Criterion) {
    let large = spec(&LARGE, SweepOptions::default());
    let parameters = parameters();
    criterion.bench_function("plan 8 axes, 10^9 points", |bench| {
        bench.iter(|| plan_sweep(black_box(&parameters), black_box(&large)));
    });
    let derived: Vec<(&str, &str)> = LARGE.into_iter().chain([("out", "{f}-{a}")]).collect();
    for (name, texts) in [
        ("point of 8 axes", LARGE.to_vec()),
        ("point with a derived value", derived),
    ] {
        let grid = grid(&spec(&texts, SweepOptions::default()));
        let middle = grid.count() / 3;
        criterion.bench_function(name, |bench| bench.iter(|| grid.point(black_box(middle))));
    }
    let filtered = SweepOptions {
        conditions: vec![
            "a < 500 or f == x".to_owned(),
            "d > 0.2 and c != 3".to_owned(),
        ],
        ..SweepOptions::default()
    };
    let filtered = spec(&LARGE, filtered);
    criterion.bench_function("plan 10^9 points under two conditions", |bench| {
        bench.iter(|| plan_sweep(black_box(&parameters), black_box(&filtered)));
    });
    let planned = grid(&filtered);
    let middle = planned.count() / 3;
    criterion.bench_function("point of a filtered grid", |bench| {
        bench.iter(|| planned.point(black_box(middle)));
    });
    let widest = SweepOptions {
        conditions: vec!["a < b".to_owned()],
        ..SweepOptions::default()
    };
    let widest = spec(&[("a", "1:1000"), ("b", "1:1000")], widest);
    criterion.bench_function("plan with a condition over 10^6 combinations", |bench| {
        bench.iter(|| plan_sweep(black_box(&parameters), black_box(&widest)));
    });
    let sampled = SweepOptions {
        sample: domain::grid::Sample {
            count: 1_000_000_000,
            seed: 1,
            method: domain::grid::SampleMethod::LatinHypercube,
        },
        ..SweepOptions::default()
    };
    let sampled = grid(&spec(
        &[
            ("d", "loguniform(1e-5, 1)"),
            ("e", "normal(0, 1)"),
            ("a", "uniform(1, 9)"),
        ],
        sampled,
    ));
    criterion.bench_function("point of 10^9 Latin hypercube samples", |bench| {
        bench.iter(|| sampled.point(black_box(123_456_789)));
    });
}

criterion_group!(grids, benches);
criterion_main!(grids);
