//! Every error of a plan with its place and its remedy.

use super::support::{argument, config, parser, planned, spec};
use crate::schema::{Argument, Literal};

/// Whether it is a script or a config file, what is typed, and the options.
type Row<'a> = (bool, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn errors_of_a_sweep_name_the_place_and_the_remedy() {
    let script = parser(vec![
        argument("lr", "float"),
        argument("seed", "int"),
        Argument {
            default: Literal::Int(1),
            ..argument("width", "int")
        },
        argument("name", "str"),
    ]);
    let file = config("{optimizer: {name: adam, lr: 0.1}, seed: 1, out: null}");
    let rows: &[Row<'_>] = &[
        (true, &[("lr", "g(1 | 2)"), ("seed", "g(1:3)")], ""),
        (true, &[("lr", "(1 | 2)"), ("seed", "(1:3)")], ""),
        (true, &[("lr", "uniform(1, 1)")], ""),
        (true, &[("lr", "loguniform(0, 1)")], ""),
        (true, &[("lr", "normal(0)")], ""),
        (true, &[("seed", "uniform(0.5, 2)")], ""),
        (true, &[("seed", "randint(1, x)")], ""),
        (true, &[("lr", "uniform(0, 1) | 3")], ""),
        (true, &[("lr", "choice({width} | 3)")], ""),
        (true, &[("lr", "uniform(0, 1)")], "{sample: {count: 0}}"),
        (true, &[("name", "{lrr}")], ""),
        (true, &[("name", "{lr}")], ""),
        (true, &[("seed", "{seed}")], ""),
        (true, &[("seed", "{width}"), ("width", "{seed}")], ""),
        (true, &[("lr", "1"), ("seed", "{lr}")], ""),
        (true, &[("seed", "1{width}")], ""),
        (true, &[("seed", "1:3")], "{where: [seed <]}"),
        (true, &[("seed", "1:3")], "{where: [sead < 3]}"),
        (true, &[("seed", "1:3")], "{where: [seed]}"),
        (
            true,
            &[("seed", "1:3"), ("name", "a")],
            "{where: [seed < name]}",
        ),
        (true, &[("seed", "1:3")], "{exclude: ['seed +']}"),
        (true, &[("seed", "1:3")], "{exclude: [{sead: 1}]}"),
        (true, &[("seed", "1:3")], "{exclude: [{}]}"),
        (true, &[("seed", "1:3")], "{where: [seed > 5]}"),
        (true, &[("seed", "1:3")], "{where: [width > 5, seed > 1]}"),
        (true, &[("seed", "1:3")], "{exclude: [{width: 1}]}"),
        (
            true,
            &[("seed", "0:9999"), ("lr", "0:9999")],
            "{where: [seed < lr]}",
        ),
        (true, &[("seed", "1:3")], "{rows: [{seed: 1}]}"),
        (
            true,
            &[("seed", "1:3")],
            "{variations: [[{values: {seed: 1}}]]}",
        ),
        (true, &[], "{rows: [{seed: 1}, {seed: x, lrr: 1}]}"),
        (true, &[], "{rows: [{seed: [1]}, {lr: null}]}"),
        (true, &[], "{variations: [[], [{values: {name: [1]}}]]}"),
        (false, &[("optimizer", "{name: adam} | 3")], ""),
        (false, &[("optimizer", "{name: adam")], ""),
        (false, &[("optimizer", "{nam: adam}")], ""),
        (
            false,
            &[("optimizer", "{name: adam}"), ("optimizer.name", "sgd")],
            "",
        ),
        (false, &[("optimizer", "{lr: 1} | {lr: x}")], ""),
        (false, &[("optimiser", "{lr: 1}")], ""),
        (false, &[("out", "{a: [1}")], ""),
        (false, &[], "{rows: [{optimizer: 3}]}"),
    ];
    let shown: Vec<String> = rows
        .iter()
        .map(|(is_script, texts, options)| {
            let parameters = if *is_script { &script } else { &file };
            let found = match planned(parameters, &spec(texts, options)) {
                Ok(grid) => format!("{} points", grid.count()),
                Err(errors) => errors.join("\n    => "),
            };
            let typed: Vec<String> = texts
                .iter()
                .map(|(key, text)| format!("{key} = {text}"))
                .collect();
            format!("{} {options}\n    => {found}", typed.join(", "))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}
