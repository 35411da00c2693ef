//! Conditions, exclusions, rows, variations, samples, named zips.

use super::support::{
    argument, config, listed, one, parser, planned, points, previewed, shown, spec,
};
use crate::config::Value;
use crate::grid::*;

fn numbers() -> Vec<crate::schema::parameters::Parameter> {
    parser(vec![
        argument("a", "int"),
        argument("b", "int"),
        argument("c", "str"),
        argument("x", "float"),
    ])
}

#[test]
fn named_zips_are_axes_of_their_own() {
    let spec = spec(
        &[
            ("a", "g(1 | 2)"),
            ("b", "h(10:12)"),
            ("c", "g(u | v)"),
            ("x", "(1 | 2)"),
        ],
        "",
    );
    let grid = planned(&numbers(), &spec).unwrap();
    assert_eq!(grid.shape(), [2, 3, 2]);
    let found = points(&numbers(), &spec);
    assert_eq!(
        found[..4],
        [
            "a=1 c=u b=10 x=1.0",
            "a=1 c=u b=10 x=2.0",
            "a=1 c=u b=11 x=1.0",
            "a=1 c=u b=11 x=2.0"
        ]
    );
    assert_eq!(found[6], "a=2 c=v b=10 x=1.0");
}

#[test]
fn a_name_directly_before_the_parentheses_of_the_whole_value_makes_a_named_zip() {
    let (text, int, float) = (one("str"), one("int"), one("float"));
    let rows = [
        (&text, "f(1|2)", "Zip 1 ; 2"),
        (&text, "\"f(1|2)\"", "Single f(1|2)"),
        (&text, "f(x)", "Single f(x)"),
        (
            &text,
            "f (1|2)",
            "4..5 a pipe stands inside parentheses that are not the whole value",
        ),
        (
            &text,
            "f.g(1|2)",
            "5..6 a pipe stands inside parentheses that are not the whole value",
        ),
        (&text, "f(1|2) ", "Zip 1 ; 2"),
        (&text, "f('a|b' | c)", "Zip a|b ; c"),
        (
            &text,
            "uniform(1|2)",
            "9..10 a pipe stands inside parentheses that are not the whole value",
        ),
        (&int, "run_1(1:3)", "Zip 1 ; 2 ; 3"),
        (&int, "7(1:3)", "0..3 `7(1` is not an integer"),
        (&float, "g(linspace(0, 1, 3))", "Zip 0.0 ; 0.5 ; 1.0"),
    ];
    for (parameter, typed, expected) in rows {
        assert_eq!(shown(parameter, typed), expected, "{typed}");
    }
    let parameters = parser(vec![argument("a", "int")]);
    let plan = plan_sweep(&parameters, &spec(&[("a", "lot(1:3)")], ""));
    assert_eq!(
        plan.fields[0].expansion.as_ref().unwrap().group.as_deref(),
        Some("lot")
    );
}

#[test]
fn evenly_spaced_values_have_exact_ends() {
    let (int, float, text) = (one("int"), one("float"), one("str"));
    let rows = [
        (
            &float,
            "linspace(0, 1, 5)",
            "Range 0.0 ; 0.25 ; 0.5 ; 0.75 ; 1.0",
        ),
        (
            &float,
            "linspace(0, 1, 4)",
            "Range 0.0 ; 0.3333333333333333 ; 0.6666666666666666 ; 1.0",
        ),
        (&float, "linspace(0.1, 0.3, 3)", "Range 0.1 ; 0.2 ; 0.3"),
        (&float, "linspace(1, -1, 3)", "Range 1.0 ; 0.0 ; -1.0"),
        (
            &float,
            "logspace(1e-4, 1e-1, 4)",
            "Range 0.0001 ; 0.001 ; 0.01 ; 0.1",
        ),
        (
            &float,
            "logspace(1, 2, 3)",
            "Range 1.0 ; 1.4142135623731 ; 2.0",
        ),
        (&float, "linspace(0, 1, 2) | 5", "Product 0.0 ; 1.0 ; 5.0"),
        (&float, "(linspace(0, 1, 2) | 5)", "Zip 0.0 ; 1.0 ; 5.0"),
        (&int, "linspace(0, 10, 3)", "Range 0 ; 5 ; 10"),
        (&int, "logspace(1, 1000, 4)", "Range 1 ; 10 ; 100 ; 1000"),
        (
            &int,
            "linspace(0, 10, 4)",
            "0..18 the values between the ends are not all integers",
        ),
        (
            &int,
            "logspace(1, 10, 3)",
            "0..18 the values between the ends are not all integers",
        ),
        (
            &int,
            "linspace(0, 1.5, 2)",
            "0..19 the range of an integer has a decimal in it",
        ),
        (
            &float,
            "linspace(0, 1, 1)",
            "15..16 the function takes other arguments",
        ),
        (
            &float,
            "linspace(0, 1)",
            "0..14 the function takes other arguments",
        ),
        (
            &float,
            "linspace(a, 1, 3)",
            "9..10 the function takes other arguments",
        ),
        (
            &float,
            "logspace(0, 1, 3)",
            "0..17 a logarithm needs numbers above 0",
        ),
        (&text, "linspace(0, 1, 3)", "Single linspace(0, 1, 3)"),
    ];
    for (parameter, typed, expected) in rows {
        assert_eq!(shown(parameter, typed), expected, "{typed}");
    }
    let long = expand(&float, "linspace(0, 1, 1000000001)").unwrap();
    assert_eq!(long.get(500_000_000), Some(Value::Float(0.5)));
}

#[test]
fn conditions_and_exclusions_leave_points_out_and_say_so() {
    let spec = spec(
        &[("a", "1:3"), ("b", "1:3")],
        "{where: [a <= b, a + b < 6], exclude: [{a: 1, b: 2}, 'a == 2 and b == 2']}",
    );
    let grid = planned(&numbers(), &spec).unwrap();
    assert_eq!(points(&numbers(), &spec), ["a=1 b=1", "a=1 b=3", "a=2 b=3"]);
    assert_eq!(
        previewed(&grid),
        [
            "a=1 b=1 #0",
            "a=1 b=2 Exclusion(0)",
            "a=1 b=3 #1",
            "a=2 b=1 Condition(0)",
            "a=2 b=2 Exclusion(1)",
            "a=2 b=3 #2",
            "a=3 b=1 Condition(0)",
            "a=3 b=2 Condition(0)",
            "a=3 b=3 Condition(1)",
        ]
    );
    assert_eq!((grid.raw_count(), grid.dropped(), grid.count()), (9, 6, 3));
}

/// 10^12 points with a condition on two axes of 1,000 values are counted over those two alone.
#[test]
fn a_condition_looks_at_its_own_axes_only() {
    let spec = spec(
        &[
            ("a", "1:1000"),
            ("b", "1:1000"),
            ("x", "linspace(0, 1, 1000000)"),
        ],
        "{where: [a <= b, x >= 0.5]}",
    );
    let grid = planned(&numbers(), &spec).unwrap();
    assert_eq!(grid.count(), 1000 * 1001 / 2 * 500_000);
    let last = grid.point(grid.count() - 1).unwrap();
    assert_eq!(last.get(&"a".into()), Some(&Value::Int(1000)));
    assert_eq!(grid.raw_index(grid.count() - 1), Some(grid.raw_count() - 1));
    let row = grid.preview(grid.raw_index(123_456_789).unwrap()).unwrap();
    assert_eq!(
        row.mark,
        Mark::Kept {
            number: 123_456_789
        }
    );
    assert_eq!(Some(row.point), grid.point(123_456_789));
}

#[test]
fn equal_points_run_once_unless_asked_for() {
    let typed = [("a", "1 | 2 | 1"), ("c", "(x | y | x)")];
    let drop = planned(&numbers(), &spec(&typed, "")).unwrap();
    assert_eq!(
        (drop.raw_count(), drop.count(), drop.duplicates()),
        (9, 4, 5)
    );
    assert_eq!(
        previewed(&drop)[6..],
        ["a=1 c=x = #0", "a=1 c=y = #1", "a=1 c=x = #0"]
    );
    let keep = planned(&numbers(), &spec(&typed, "{duplicates: keep}")).unwrap();
    assert_eq!((keep.count(), keep.duplicates()), (9, 5));
    assert_eq!(
        previewed(&keep)[6..],
        [
            "a=1 c=x #6 repeats #0",
            "a=1 c=y #7 repeats #1",
            "a=1 c=x #8 repeats #0"
        ]
    );
    // One and one point nought are two values where the script sees two.
    let any = config("v: null");
    assert_eq!(
        planned(&any, &spec(&[("v", "1 | 1.0 | '1'")], ""))
            .unwrap()
            .count(),
        3
    );
}

#[test]
fn rows_are_one_axis_and_leave_out_what_they_do_not_name() {
    let spec = spec(
        &[("c", "u | v"), ("b", "9")],
        "{rows: [{a: 1, x: 0.5}, {a: 2, b: 3}]}",
    );
    assert_eq!(
        points(&numbers(), &spec),
        [
            "a=1 x=0.5 b=9 c=u",
            "a=1 x=0.5 b=9 c=v",
            "a=2 x=null b=3 c=u",
            "a=2 x=null b=3 c=v"
        ]
    );
}

#[test]
fn a_pasted_table_is_read_by_the_fields() {
    let parameters = parser(vec![
        argument("a", "int"),
        argument("c", "str"),
        argument("x", "float"),
    ]);
    let shown = |text: &str| match read_table(&parameters, text) {
        Ok(rows) => serde_json::to_string(&rows).unwrap(),
        Err(error) => format!("{error}; {}", error.hint()),
    };
    let rows = [
        ("a,c\n1,u\n2,v\n", r#"[{"a":1,"c":"u"},{"a":2,"c":"v"}]"#),
        ("a\tc\tx\n 1 \t\"u\tv\"\t\n", r#"[{"a":1,"c":"u\tv"}]"#),
        (
            "c;x\r\n\"say \"\"hi\"\"\";1\r\n\r\n\"\";2",
            r#"[{"c":"say \"hi\"","x":1.0},{"c":"","x":2.0}]"#,
        ),
        ("\u{feff}c\n\"two\nlines\"\n", r#"[{"c":"two\nlines"}]"#),
        ("a,c\n1,a | b\n", r#"[{"a":1,"c":"a | b"}]"#),
        ("c,a\nx,\n", r#"[{"c":"x"}]"#),
        (
            "",
            "row 1, column 1: the table is empty; write a header of keys, and one row for each point below it",
        ),
        (
            "a,c\n",
            "row 2, column 1: the table has a header but no rows; write a header of keys, and one row for each point below it",
        ),
        (
            "a,,c\n1,2,3",
            "row 1, column 2: the column has no key; write a key above every column",
        ),
        (
            "a,cc\n1,2",
            "row 1, column 2: there is no key `cc`; did you mean `c`?",
        ),
        (
            "a,a\n1,2",
            "row 1, column 2: `a` has two columns; remove one of them",
        ),
        (
            "a,c\n1",
            "row 2, column 1: the row has 1 cells, but the header has 2; give every row as many cells; put cells with separators in quotes",
        ),
        (
            "a,c\n1,2,3",
            "row 2, column 3: the row has 3 cells, but the header has 2; give every row as many cells; put cells with separators in quotes",
        ),
        (
            "a,c\n1,\"x",
            "row 2, column 2: the quote is never closed; close it; a quote inside a cell is written twice",
        ),
        (
            "a,c\n1,\"x\"y",
            "row 2, column 2: text follows the closing quote; put the whole cell in quotes; a quote inside is written twice",
        ),
        (
            "a,c\n1,x\n1.5,y",
            "row 3, column 1: `a`: `1.5` is not an integer; write an integer such as `3`, a range such as `1:5`, or alternatives such as `1 | 2`",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn variations_are_axes_with_joined_names() {
    let parameters = config("{name: exp, lr: 1.0, model: {width: 32, depth: 2}}");
    let spec = spec(
        &[],
        "{variations: [
            [{name: a, values: {lr: 0.1}}, {name: b, values: {model: {width: 64}}}],
            [{name: x, values: {model.depth: 4}}, {values: {}}, {name: null, values: {lr: 5.0}}]]}",
    );
    let grid = planned(&parameters, &spec).unwrap();
    assert_eq!(grid.shape(), [2, 3]);
    let names: Vec<Option<String>> = (0..grid.count())
        .map(|index| grid.point(index).unwrap().name)
        .collect();
    let expected = ["exp_a_x", "exp_a", "", "exp_b_x", "exp_b", ""];
    assert_eq!(
        names
            .iter()
            .map(|name| name.as_deref().unwrap_or(""))
            .collect::<Vec<_>>(),
        expected
    );
    let first = grid.point(3).unwrap();
    assert_eq!(
        serde_json::to_string(&first.to_tree()).unwrap(),
        r#"{"name":"exp_b_x","lr":1.0,"model":{"width":64,"depth":4}}"#
    );
    assert_eq!(
        grid.point(2).unwrap().get(&"name".into()),
        Some(&Value::Null)
    );
    let picked = SweepSpec {
        options: SweepOptions {
            conditions: vec!["name ~ 'exp_b*'".to_owned()],
            ..spec.options
        },
        ..spec
    };
    assert_eq!(planned(&parameters, &picked).unwrap().count(), 2);
}

#[test]
fn sampled_fields_are_one_axis() {
    let sampled = |method: &str| {
        spec(
            &[
                ("a", "uniform(1, 6)"),
                ("x", "loguniform(1e-4, 1e-1)"),
                ("c", "choice(u | v | w)"),
                ("b", "1 | 2"),
            ],
            &format!("{{sample: {{count: 60, seed: 7, method: {method}}}}}"),
        )
    };
    let grid = planned(&numbers(), &sampled("random")).unwrap();
    assert_eq!(grid.shape(), [2, 60]);
    let value =
        |grid: &Grid, index, key: &str| grid.point(index).unwrap().get(&key.into()).cloned();
    for index in 0..60 {
        assert!(matches!(value(&grid, index, "a"), Some(Value::Int(1..=6))));
        assert!(
            matches!(value(&grid, index, "x"), Some(Value::Float(x)) if (1e-4..=1e-1).contains(&x))
        );
        // The sampled axis is the same beside every value of the others.
        assert_eq!(value(&grid, index, "x"), value(&grid, index + 60, "x"));
    }
    let spread = planned(&numbers(), &sampled("latin_hypercube")).unwrap();
    for letter in ["u", "v", "w"] {
        let times = (0..60)
            .filter(|index| value(&spread, *index, "c") == Some(Value::Text(letter.to_owned())));
        assert_eq!(times.count(), 20, "{letter}");
    }
    // Another sampled field changes nothing for this one, and another seed changes it.
    let alone = planned(
        &numbers(),
        &spec(&[("a", "uniform(1, 6)")], "{sample: {count: 60, seed: 7}}"),
    )
    .unwrap();
    let draws = |grid: &Grid| {
        let rows = (0..grid.raw_count()).filter_map(|raw| grid.preview(raw));
        rows.map(|row| row.point.get(&"a".into()).cloned())
            .take(60)
            .collect::<Vec<_>>()
    };
    assert_eq!(draws(&alone), draws(&grid));
    let other = planned(
        &numbers(),
        &spec(&[("a", "uniform(1, 6)")], "{sample: {count: 60, seed: 8}}"),
    )
    .unwrap();
    assert_ne!(draws(&alone), draws(&other));
}

#[test]
fn maps_are_alternatives_of_a_section() {
    let parameters =
        config("{optimizer: {name: adam, lr: 0.001}, seed: 1, extra: null, layers: [{w: 1}]}");
    assert_eq!(
        points(
            &parameters,
            &spec(
                &[
                    ("optimizer", "{name: adam, lr: 1e-3} | {name: sgd, lr: 0.1}"),
                    ("seed", "1 | 2")
                ],
                ""
            )
        ),
        [
            "optimizer.name=adam optimizer.lr=0.001 seed=1",
            "optimizer.name=adam optimizer.lr=0.001 seed=2",
            "optimizer.name=sgd optimizer.lr=0.1 seed=1",
            "optimizer.name=sgd optimizer.lr=0.1 seed=2",
        ]
    );
    assert_eq!(
        points(
            &parameters,
            &spec(
                &[
                    ("optimizer", "({name: 'a|b'} | {lr: 3})"),
                    ("seed", "(1 | 2)")
                ],
                ""
            )
        ),
        ["optimizer.name=a|b seed=1", "optimizer.lr=3.0 seed=2"]
    );
    assert_eq!(
        points(
            &parameters,
            &spec(
                &[
                    ("extra", "{a: 1, b: [x | y]} | null | 3"),
                    ("layers", "[{w: 1}] | [{w: 2}, {w: 3}]")
                ],
                ""
            )
        )[..3],
        [
            "extra={a: 1, b: [x | y]} layers=[{w: 1}]",
            "extra={a: 1, b: [x | y]} layers=[{w: 2}, {w: 3}]",
            "extra=null layers=[{w: 1}]",
        ]
    );
}

#[test]
fn a_block_says_what_a_form_says() {
    let parameters = config("{lr: 0.1, seed: 1, model: {width: 1, depth: 1}, tag: a, out: null}");
    let read = |text: &str| match read_block(
        &parameters,
        &crate::config::yaml::from_yaml(text).unwrap(),
    ) {
        Ok(spec) => serde_json::to_string(&spec).unwrap(),
        Err(error) => format!("{error}; {}", error.hint()),
    };
    insta::assert_snapshot!([
        "product: {lr: 0.1 | 0.2, seed: [1, 2, 3], tag: ['a | b', '{lr}'], out: x}",
        "zip: {model.width: [64, 128], model.depth: [2, 4]}",
        "zip: [{lr: [1, 2], seed: [3, 4]}, {model: [{width: 1}, {width: 2}], tag: [x, y]}]",
        "variations: [[{name: a, lr: 1}, {model.width: 2, name: 3}], [{name: null}]]",
        "- [{name: a, lr: 1}, {lr: 2}]\n- {seed: '1:3'}",
        "rows: [{lr: 1, model: {width: 2}}]",
        "rows: |\n  lr,tag\n  0.5,x\n",
        "{where: lr < 1, exclude: [{lr: 0.1}, seed > 3], sample: {count: 5, seed: 9, method: latin_hypercube}, duplicates: keep}",
        "~",
        "3",
        "products: {lr: 1}",
        "product: [1]",
        "product: {lrr: [1]}",
        "product: {lr: [x]}",
        "product: {lr: []}",
        "{product: {lr: 1}, zip: {lr: 2}}",
        "variations: {lr: 1}",
        "variations: [[{name: a, modell.width: 1}]]",
        "variations: [[{model: 3}]]",
        "variations: [[{name: [1]}]]",
        "variations: [[lr]]",
        "rows: [[1]]",
        "rows: lr",
        "where: [3]",
        "exclude: [3]",
        "exclude: [{lr: x}]",
        "sample: {n: 3}",
        "sample: {count: -1}",
        "sample: {method: sobol}",
        "sample: 3",
        "duplicates: yes",
        "- 3",
    ]
    .map(|text| format!("{text}\n    => {}", read(text)))
    .join("\n"));
}

#[test]
fn the_digest_is_that_of_the_points() {
    let digest = |texts: &[(&str, &str)], options: &str| {
        planned(&numbers(), &spec(texts, options)).unwrap().digest()
    };
    let range = digest(&[("a", "1:3"), ("b", "1 | 2")], "");
    assert_eq!(range, digest(&[("a", "1 | 2 | 3"), ("b", "1:2")], ""));
    assert_eq!(
        range,
        digest(&[("a", "1 | 2 | 3 | 9"), ("b", "1:2")], "{where: [a < 5]}")
    );
    assert_eq!(
        range,
        digest(&[("a", "(1|1|2|2|3|3)"), ("b", "(1|2|1|2|1|2)")], "")
    );
    assert_ne!(range, digest(&[("a", "1:3"), ("b", "2 | 1")], ""));
    assert_ne!(range, digest(&[("a", "1:3")], ""));
}

#[test]
fn lists_take_zips_and_functions_only_as_alternatives() {
    let list = listed("int");
    assert_eq!(shown(&list, "g([1] | [2, 3])"), "Zip [1] ; [2, 3]");
}
