//! The batch syntax row by row, and the rules of a plan.

use crate::config::{Key, Value};
use crate::schema::parameters::{Parameter, parameters};
use crate::schema::{
    Action, Argument, Decided, ExclusiveGroup, Literal, ParserSchema, SubcommandChoice, Subcommands,
};

use super::support::{argument, inputs, listed, one, parser, shown};
use crate::grid::*;

/// Rows 1 to 37 of the reference's table, by our rules.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn texts_expand_row_by_row() {
    let (int, float, text, list) = (one("int"), one("float"), one("str"), listed("int"));
    let rows: &[(&Parameter, &str, &str)] = &[
        (&float, "0.001 | 0.01 | 0.1", "Product 0.001 ; 0.01 ; 0.1"),
        (&float, "1e-3|5e-3", "Product 0.001 ; 0.005"),
        (&int, "(1 | 2 | 3)", "Zip 1 ; 2 ; 3"),
        (&text, "(1)", "Single (1)"),
        (&int, "1 |", "3..3 an alternative is empty"),
        (&int, "| 1", "0..0 an alternative is empty"),
        (&int, "|", "0..0 an alternative is empty"),
        (&int, "1 || 2", "3..3 an alternative is empty"),
        (&int, "1 | | 2", "3..4 an alternative is empty"),
        (&int, "(1 | )", "4..5 an alternative is empty"),
        (&int, "1:10:2", "Range 1 ; 3 ; 5 ; 7 ; 9"),
        (&int, "1:5", "Range 1 ; 2 ; 3 ; 4 ; 5"),
        (&int, "5:1", "0..3 the range never reaches its stop"),
        (&int, "1:1", "Range 1"),
        (&int, "0:10:0", "5..6 the step of the range is 0"),
        (&int, "5:1:-1", "Range 5 ; 4 ; 3 ; 2 ; 1"),
        (&int, "10:0:-5", "Range 10 ; 5 ; 0"),
        (&int, "-3:3:2", "Range -3 ; -1 ; 1 ; 3"),
        (&float, "0:1:0.25", "Range 0.0 ; 0.25 ; 0.5 ; 0.75 ; 1.0"),
        (&text, "12:30:00", "Single 12:30:00"),
        (&text, "(1, 4)", "Single (1, 4)"),
        (&int, "(1, 4)", "0..6 `(1, 4)` is not an integer"),
        (&int, "1:3 | 7", "Product 1 ; 2 ; 3 ; 7"),
        (&int, "(1:3 | 7)", "Zip 1 ; 2 ; 3 ; 7"),
        (&int, "(1:3)", "Zip 1 ; 2 ; 3"),
        (&text, "foo\\|bar", "Single foo|bar"),
        (&text, "x\\|y | z", "Product x|y ; z"),
        (&text, "\"x | y\"", "Single x | y"),
        (&text, "'x | y' | \"z\"", "Product x | y ; z"),
        (&list, "[1, 2] | [3, 4]", "Product [1, 2] ; [3, 4]"),
        (&list, "[1, 2] | [3]", "Product [1, 2] ; [3]"),
        (&text, "[1 | 2, 3]", "Single [1 | 2, 3]"),
        (&text, "{x: 1} | {x: 2}", "Product {x: 1} ; {x: 2}"),
        (
            &one("str2bool"),
            "true | OFF | Yes",
            "Product true ; false ; true",
        ),
        (&text, "True | None | null", "Product True ; null ; null"),
        (&text, "\"null\" | None", "Product null ; null"),
        (&int, "01 | 1_000", "Product 1 ; 1000"),
        (&int, "0x10", "0..4 `0x10` is not an integer"),
        (
            &float,
            "1e400 | -inf | NaN | 1_0.5",
            "Product Infinity ; -Infinity ; NaN ; 10.5",
        ),
        (
            &float,
            "-1 | +2 | -.5 | 3.",
            "Product -1.0 ; 2.0 ; -0.5 ; 3.0",
        ),
        (
            &text,
            "(1 | 2) | 3",
            "3..4 a pipe stands inside parentheses that are not the whole value",
        ),
        (
            &text,
            "3 | (1 | 2)",
            "7..8 a pipe stands inside parentheses that are not the whole value",
        ),
        (
            &text,
            "((1 | 2))",
            "4..5 a pipe stands inside parentheses that are not the whole value",
        ),
        (&text, "f(1|2)", "Zip 1 ; 2"),
        (&text, "f(1\\|2)", "Single f(1|2)"),
        (&text, "a( | b", "Product a( ; b"),
        (&text, "it's | that's", "Product it's ; that's"),
        (&text, "'open", "0..5 the quote ' is never closed"),
        (&text, "\"a\" b", "3..5 text follows the closing quote"),
        (
            &text,
            "\"say \\\"hi\\\" \\\\ \\n\"",
            "Single say \"hi\" \\ \\n",
        ),
        (&text, "\"\"", "Single "),
        (
            &text,
            "a\0b",
            "1..2 a NUL character cannot be passed on a command line",
        ),
        (
            &int,
            "1:2.5",
            "0..5 the range of an integer has a decimal in it",
        ),
        (&int, "1:x", "2..3 `x` is not an integer"),
        (
            &int,
            "1:99999999999999999999999999",
            "0..28 the range has too many values",
        ),
        (&list, "64 128", "Single [64, 128]"),
        (&list, "64, 128 | 7", "Product [64, 128] ; [7]"),
        (&list, "[]", "0..2 the list has 0 items, but must have +"),
        (&list, "[1,,2]", "3..4 an item of the list is empty"),
        (&list, "[1, 2", "0..5 the list is never closed"),
        (&list, "[1] 2", "4..5 text follows the list"),
        (&list, "[1, x]", "4..5 `x` is not an integer"),
        (&list, "1:3", "0..3 a range cannot stand for a list"),
        (&listed("str"), "a \"b c\" [d]", "Single [a, b c, [d]]"),
        (
            &listed("str"),
            "[a, 'b, c' , \"]|\"] | \"d | e\"",
            "Product [a, b, c, ]|] ; [d | e]",
        ),
        (
            &listed("str"),
            "a, b",
            "0..4 a comma separates words outside brackets",
        ),
        (&one("positive_int"), "1:3", "Single 1:3"),
    ];
    for (parameter, text, expected) in rows {
        assert_eq!(shown(parameter, text), *expected, "{text}");
    }
}

#[test]
fn decimal_ranges_do_not_drift() {
    let float = one("float");
    let expected = (0..=10)
        .map(|i| format!("{:?}", f64::from(i) / 10.0))
        .collect::<Vec<_>>()
        .join(" ; ");
    assert_eq!(shown(&float, "0:1:0.1"), format!("Range {expected}"));
    assert_eq!(
        shown(&float, "1e-3:3e-3:1e-3"),
        "Range 0.001 ; 0.002 ; 0.003"
    );
    assert_eq!(shown(&float, "1:0:-0.3"), "Range 1.0 ; 0.7 ; 0.4 ; 0.1");
}

#[test]
fn a_long_range_costs_nothing() {
    let parameters = parser(vec![
        argument("a", "int"),
        argument("b", "float"),
        argument("c", "int"),
    ]);
    let plan = plan(
        &parameters,
        &inputs(&[
            ("a", "0:1000000000"),
            ("b", "0:1000:0.001"),
            ("c", "-5 | 0:4000000000"),
        ]),
    );
    let grid = plan.grid.unwrap();
    let count = 1_000_000_001u128 * 1_000_001 * 4_000_000_002;
    assert_eq!(grid.count(), count);
    let last = grid.point(count - 1).unwrap();
    assert_eq!(last.get(&"b".into()), Some(&Value::Float(1000.0)));
    assert_eq!(last.get(&"c".into()), Some(&Value::Int(4_000_000_000)));
    assert_eq!(grid.point(count), None);
    assert_eq!(grid.duplicates(), 0);
}

#[test]
fn choices_are_enforced_with_the_nearest_named() {
    let choices = vec![
        Literal::Text("adam".to_owned()),
        Literal::Text("sgd".to_owned()),
    ];
    let parameter = parser(vec![Argument {
        choices: Decided::Known(Some(choices)),
        ..argument("opt", "str")
    }])
    .remove(0);
    assert_eq!(shown(&parameter, "adam | sgd"), "Product adam ; sgd");
    let error = expand(&parameter, "adam | agd").unwrap_err();
    assert_eq!((error.start, error.end), (7, 10));
    assert_eq!(
        error.hint().unwrap(),
        "did you mean `sgd`? the choices are adam, sgd"
    );
    let levels = (1..=3).map(Literal::Int).collect();
    let parameter = parser(vec![Argument {
        choices: Decided::Known(Some(levels)),
        ..argument("n", "int")
    }])
    .remove(0);
    assert_eq!(shown(&parameter, "1:3"), "Range 1 ; 2 ; 3");
    assert_eq!(
        shown(&parameter, "1:1000000000"),
        "0..12 `4` is not one of the choices"
    );
}

#[test]
fn products_vary_slowest_first_and_the_zip_innermost() {
    let parameters = parser(
        ["z", "p", "s", "q"]
            .map(|dest| argument(dest, "str"))
            .to_vec(),
    );
    let plan = plan(
        &parameters,
        &inputs(&[
            ("z", "(a | b)"),
            ("p", "1 | 2"),
            ("s", "(x | y)"),
            ("q", "u | v"),
        ]),
    );
    let grid = plan.grid.unwrap();
    let rows: Vec<String> = (0..grid.count())
        .filter_map(|i| grid.point(i))
        .map(|point| {
            point
                .values
                .iter()
                .map(|(_, v)| v.to_string())
                .collect::<String>()
        })
        .collect();
    assert_eq!(
        rows,
        [
            "a1xu", "b1yu", "a1xv", "b1yv", "a2xu", "b2yu", "a2xv", "b2yv"
        ]
    );
    let factors: Vec<u64> = grid.factors().iter().map(|factor| factor.count).collect();
    assert_eq!(factors, [2, 2, 2]);
    assert_eq!(
        grid.varied().iter().map(Key::as_str).collect::<Vec<_>>(),
        ["p", "q", "z", "s"]
    );
}

#[test]
fn zips_of_unequal_length_are_named() {
    let parameters = parser(["s", "t"].map(|dest| argument(dest, "str")).to_vec());
    let plan = plan(
        &parameters,
        &inputs(&[("s", "(1 | 2 | 3)"), ("t", "(a | b)")]),
    );
    assert!(plan.grid.is_none());
    assert_eq!(
        plan.errors[0].to_string(),
        "all (zip) values must have the same length: `s` has 3, `t` has 2"
    );
}

#[test]
fn duplicates_are_counted_per_field_and_per_grid() {
    let parameters = parser(vec![
        argument("a", "float"),
        argument("b", "str"),
        argument("c", "str"),
    ]);
    let plan = plan(
        &parameters,
        &inputs(&[
            ("a", "1 | 1.0 | 2"),
            ("b", "(x | x | y)"),
            ("c", "(u | u | u)"),
        ]),
    );
    assert_eq!(plan.fields[0].expansion.as_ref().unwrap().duplicates, 1);
    let grid = plan.grid.unwrap();
    assert_eq!(
        (grid.raw_count(), grid.duplicates(), grid.count()),
        (9, 5, 4)
    );
}

#[test]
fn a_grid_too_large_to_count_is_an_error() {
    let parameters = parser(["a", "b", "c"].map(|dest| argument(dest, "int")).to_vec());
    let long = "0:18446744073709551613";
    let plan = plan(
        &parameters,
        &inputs(&[("a", long), ("b", long), ("c", "1 | 2")]),
    );
    assert_eq!((plan.grid, plan.errors), (None, vec![PlanError::TooLarge]));
}

#[test]
fn a_cleared_field_is_not_given() {
    let default = Argument {
        default: Literal::Int(3),
        ..argument("a", "int")
    };
    let required = Argument {
        required: Decided::Known(true),
        ..argument("b", "str")
    };
    let parameters = parser(vec![default, required]);
    let empty = plan(&parameters, &inputs(&[("a", "  "), ("b", "")]));
    assert!(!empty.fields[0].changed);
    assert_eq!(
        empty.errors,
        [PlanError::MissingRequired { key: "b".into() }]
    );
    let given = plan(&parameters, &inputs(&[("b", "\"\"")]))
        .grid
        .unwrap()
        .point(0)
        .unwrap();
    assert_eq!(given.get(&"a".into()), Some(&Value::Int(3)));
    assert_eq!(given.get(&"b".into()), Some(&Value::Text(String::new())));
}

#[test]
fn unknown_and_repeated_keys_are_errors() {
    let parameters = parser(vec![argument("batch_size", "int")]);
    let plan = plan(
        &parameters,
        &inputs(&[
            ("batch-size", "1"),
            ("batch_size", "1"),
            ("batch_size", "2"),
        ]),
    );
    assert_eq!(plan.errors[0].hint().unwrap(), "did you mean `batch_size`?");
    assert_eq!(
        plan.errors[1],
        PlanError::DuplicateKey {
            key: "batch_size".into()
        }
    );
}

#[test]
fn an_exclusive_group_takes_one_member() {
    let member = |dest: &str| Argument {
        mx: Some("g".to_owned()),
        ..argument(dest, "int")
    };
    let args = vec![member("a"), member("b")];
    let exclusive_groups = vec![ExclusiveGroup {
        id: "g".to_owned(),
        required: true,
    }];
    let parameters = parameters(&ParserSchema {
        args,
        exclusive_groups,
        ..ParserSchema::default()
    });
    let both = plan(&parameters, &inputs(&[("a", "1"), ("b", "2 | 3")]));
    assert_eq!(
        both.errors,
        [PlanError::ExclusiveGroup {
            keys: vec!["a".into(), "b".into()]
        }]
    );
    assert_eq!(
        plan(&parameters, &[]).errors,
        [PlanError::ExclusiveRequired {
            keys: vec!["a".into(), "b".into()]
        }]
    );
    assert!(plan(&parameters, &inputs(&[("b", "2 | 3")])).grid.is_some());
}

#[test]
fn only_the_chosen_sub_command_takes_part() {
    let under = |path: &str, dest: &str| Argument {
        subcommand: vec![path.to_owned()],
        ..argument(dest, "int")
    };
    let choices = ["train", "eval"].map(|name| SubcommandChoice {
        name: name.to_owned(),
        ..SubcommandChoice::default()
    });
    let subcommands = vec![Subcommands {
        dest: Some("cmd".to_owned()),
        required: true,
        at: Vec::new(),
        choices: choices.to_vec(),
    }];
    let args = vec![
        argument("top", "int"),
        under("train", "lr"),
        under("eval", "lr"),
    ];
    let parameters = parameters(&ParserSchema {
        args,
        subcommands,
        ..ParserSchema::default()
    });
    let keys: Vec<&str> = parameters.iter().map(|p| p.key.as_str()).collect();
    assert_eq!(keys, ["top", "cmd", "train.lr", "eval.lr"]);
    let chosen = plan(
        &parameters,
        &inputs(&[("cmd", "train"), ("train.lr", "1:3"), ("eval.lr", "oops")]),
    );
    assert_eq!(
        chosen.fields.iter().map(|f| f.active).collect::<Vec<_>>(),
        [true, true, true, false]
    );
    let grid = chosen.grid.unwrap();
    assert_eq!(grid.count(), 3);
    let tree = serde_json::to_string(&grid.point(2).unwrap().to_tree()).unwrap();
    assert_eq!(tree, r#"{"top":null,"cmd":"train","train":{"lr":3}}"#);
    let swept = plan(&parameters, &inputs(&[("cmd", "train | eval")]));
    assert_eq!(
        swept.errors,
        [PlanError::SweptSubcommand { key: "cmd".into() }]
    );
    assert_eq!(
        plan(&parameters, &[]).errors,
        [PlanError::MissingRequired { key: "cmd".into() }]
    );
}

#[test]
fn equal_digests_need_equal_values_and_roles() {
    let parameters = parser(["a", "b"].map(|dest| argument(dest, "str")).to_vec());
    let digest = |texts: &[(&str, &str)]| plan(&parameters, &inputs(texts)).grid.unwrap().digest();
    let product = digest(&[("a", "1 | 2"), ("b", "x|y")]);
    assert_eq!(product, digest(&[("b", "\"x\" | y"), ("a", "1|2")]));
    assert_ne!(product, digest(&[("a", "(1 | 2)"), ("b", "(x|y)")]));
    assert_ne!(product, digest(&[("a", "2 | 1"), ("b", "x|y")]));
    assert_eq!(product.len(), 64);
    let numbers = parser(vec![argument("a", "float")]);
    let range = |text: &str| {
        plan(&numbers, &inputs(&[("a", text)]))
            .grid
            .unwrap()
            .digest()
    };
    let ranges = ["0:1:0.1", "0:2:0.1", "0:1:0.01", "1:0:-0.1", "0:1000000000"].map(range);
    assert!((1..ranges.len()).all(|index| !ranges[..index].contains(&ranges[index])));
}

#[test]
fn a_switch_and_a_counter_read_words_and_numbers() {
    let switch = parser(vec![Argument {
        action: Decided::Known(Action::StoreTrue),
        default: Literal::Bool(false),
        ..argument("a", "")
    }]);
    assert_eq!(shown(&switch[0], "true | false"), "Product true ; false");
    let counter = parser(vec![Argument {
        action: Decided::Known(Action::Count),
        default: Literal::Int(0),
        ..argument("a", "")
    }]);
    assert_eq!(shown(&counter[0], "0:3"), "Range 0 ; 1 ; 2 ; 3");
    assert_eq!(
        shown(&counter[0], "-1"),
        "0..2 `-1` is not a number of uses"
    );
}
