//! Values that other keys decide.

use super::support::{argument, config, parser, planned, points, spec};
use crate::config::Value;

fn fields() -> Vec<crate::schema::parameters::Parameter> {
    parser(vec![
        argument("lr", "float"),
        argument("warmup", "float"),
        argument("seed", "int"),
        argument("out", "str"),
        argument("tag", "str"),
    ])
}

#[test]
fn a_derived_value_follows_point_by_point_and_multiplies_nothing() {
    let spec = spec(
        &[
            ("lr", "0.1 | 0.2"),
            ("warmup", "{lr}"),
            ("seed", "1:2"),
            ("out", "runs/{tag}-{seed}"),
            ("tag", "lr{lr}"),
        ],
        "",
    );
    let grid = planned(&fields(), &spec).unwrap();
    assert_eq!(grid.shape(), [2, 2]);
    assert_eq!(
        points(&fields(), &spec),
        [
            "lr=0.1 seed=1 warmup=0.1 out=runs/lr0.1-1 tag=lr0.1",
            "lr=0.1 seed=2 warmup=0.1 out=runs/lr0.1-2 tag=lr0.1",
            "lr=0.2 seed=1 warmup=0.2 out=runs/lr0.2-1 tag=lr0.2",
            "lr=0.2 seed=2 warmup=0.2 out=runs/lr0.2-2 tag=lr0.2",
        ]
    );
    let point = grid.point(1).unwrap();
    assert_eq!(point.get(&"warmup".into()), Some(&Value::Float(0.1)));
    assert_eq!(
        point.derived[1].1,
        Value::Text("runs/{tag}-{seed}".to_owned())
    );
}

#[test]
fn conditions_see_the_derived_value() {
    let typed = spec(
        &[("lr", "0.1 | 0.2"), ("tag", "lr{lr}"), ("seed", "1:3")],
        "{where: [tag ~ '*2' or seed == 3]}",
    );
    assert_eq!(points(&fields(), &typed).len(), 4);
}

#[test]
fn quotes_and_backslashes_keep_braces() {
    let rows = [
        ("\"{lr}\"", "{lr}"),
        ("\\{lr}", "{lr}"),
        ("{lr}$HOME", "0.5$HOME"),
        ("a{3}", "a{3}"),
        ("{\"a\": 1}", "{\"a\": 1}"),
        ("$HOME", "$HOME"),
    ];
    for (text, expected) in rows {
        let grid = planned(&fields(), &spec(&[("lr", "0.5"), ("out", text)], "")).unwrap();
        assert_eq!(
            grid.point(0).unwrap().get(&"out".into()),
            Some(&Value::Text(expected.to_owned())),
            "{text}"
        );
    }
}

#[test]
fn a_config_files_own_references_follow_the_sweep() {
    let parameters = config(
        "{optimizer: {lr: 0.1, name: adam}, out: 'runs/{optimizer.name}/{optimizer.lr}', copy: '{optimizer}', run: '{__name__}'}",
    );
    let grid = planned(&parameters, &spec(&[("optimizer.lr", "0.1 | 0.2")], "")).unwrap();
    assert_eq!(
        serde_json::to_string(&grid.point(1).unwrap().to_tree()).unwrap(),
        r#"{"optimizer":{"lr":0.2,"name":"adam"},"out":"runs/adam/0.2","copy":{"lr":0.2,"name":"adam"},"run":"{__name__}"}"#
    );
    assert_eq!(
        serde_json::to_string(&grid.point(1).unwrap().to_raw_tree()).unwrap(),
        r#"{"optimizer":{"lr":0.2,"name":"adam"},"out":"runs/{optimizer.name}/{optimizer.lr}","copy":"{optimizer}","run":"{__name__}"}"#
    );
}

#[test]
fn a_derived_alternative_is_one_of_several() {
    let typed = spec(&[("lr", "0.1 | 0.2"), ("warmup", "{lr} | 5")], "");
    assert_eq!(
        points(&fields(), &typed),
        [
            "lr=0.1 warmup=0.1",
            "lr=0.1 warmup=5.0",
            "lr=0.2 warmup=0.2",
            "lr=0.2 warmup=5.0"
        ]
    );
}
