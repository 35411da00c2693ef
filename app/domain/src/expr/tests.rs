//! The language row by row.

use crate::config::Value;

use super::{Expression, glob_matches};

fn lookup(key: &str) -> Option<Value> {
    Some(match key {
        "lr" => Value::Float(0.01),
        "n" => Value::Int(7),
        "zero" => Value::Int(0),
        "name" => Value::Text("digits_3".to_owned()),
        "optimizer.name" => Value::Text("adam".to_owned()),
        "flag" => Value::Bool(true),
        "none" => Value::Null,
        "sizes" => Value::List(vec![Value::Int(64), Value::Int(128)]),
        "batch-size" => Value::Int(32),
        "big" => Value::BigInt("99999999999999999999".to_owned()),
        _ => return None,
    })
}

const KEYS: [&str; 10] = [
    "lr",
    "n",
    "zero",
    "name",
    "optimizer.name",
    "flag",
    "none",
    "sizes",
    "batch-size",
    "big",
];

/// The value as it is shown, or the error with its place and remedy.
fn shown(text: &str) -> String {
    let value = Expression::parse(text).and_then(|expression| {
        expression.check(KEYS.iter().copied())?;
        expression.eval(lookup)
    });
    match value {
        Ok(value) => value.to_string(),
        Err(error) => format!("{}..{} {error}; {}", error.start, error.end, error.hint()),
    }
}

#[test]
fn expressions_have_these_values() {
    let rows = [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("-2 ** 2", "-4"),
        ("2 ** 3 ** 2", "512"),
        ("2 ** -1", "0.5"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("7 // -2", "-4"),
        ("-7 % 3", "2"),
        ("7 % -3", "-2"),
        ("7 / 2", "3.5"),
        ("7.5 // 2", "3.0"),
        ("-7.5 % 2", "0.5"),
        ("1 / zero", "null"),
        ("1 / zero > 3", "false"),
        ("9223372036854775807 + 1", "9.223372036854776e18"),
        ("1_000 == 1e3", "true"),
        ("9007199254740993 == 9007199254740992.0", "false"),
        ("big > 9223372036854775807", "true"),
        ("big == 99999999999999999999.0", "true"),
        ("'a' + \"b\"", "ab"),
        ("[1] + [2, 'x']", "[1, 2, x]"),
        ("lr < 0.1", "true"),
        ("0.001 < lr <= 0.01", "true"),
        ("1 < n < 5 or n == 7", "true"),
        ("not n == 7", "false"),
        ("not not flag", "true"),
        ("flag and lr > 1", "false"),
        ("none > 3", "false"),
        ("none == null", "true"),
        ("none != 3", "true"),
        ("none and true", "null"),
        ("none and false", "false"),
        ("n in [1, 7]", "true"),
        ("n not in [1, 7.0]", "false"),
        ("'gits' in name", "true"),
        ("name ~ \"digits*\"", "true"),
        ("name !~ \"digits_?\"", "false"),
        ("optimizer.name == adam", "true"),
        ("optimizer.name = adam", "true"),
        ("optimizer.name in [sgd, adam]", "true"),
        ("optimizer.name == 'sgd'", "false"),
        ("`batch-size` >= 32", "true"),
        ("`optimizer.name` == adam", "true"),
        ("flag == true", "true"),
        ("flag == 1", "false"),
        ("len(name) + len(sizes)", "10"),
        ("min(3, n, 5)", "3"),
        ("max(sizes)", "128"),
        ("abs(-3) + abs(-0.5)", "3.5"),
        ("round(2.5)", "2"),
        ("round(2.675, 2)", "2.67"),
        ("round(1234.5, -2)", "1200.0"),
        ("upper(name) == 'DIGITS_3'", "true"),
        ("startswith(name, 'dig') and endswith(name, '_3')", "true"),
        ("contains(sizes, 64) and contains(name, 'git')", "true"),
        ("matches(lower('ABC'), 'a[a-c]?')", "true"),
        ("len(none)", "null"),
        ("[1, 2,]", "[1, 2]"),
        ("[1, 2] < [1, 3]", "true"),
        ("'it\\'s'", "it's"),
        (".5 + 1.", "1.5"),
    ];
    for (text, expected) in rows {
        assert_eq!(shown(text), expected, "{text}");
    }
}

/// Every error with its place and its remedy.
#[test]
fn errors_say_where_and_what_to_do() {
    let long = "1 + ".repeat(1100) + "1";
    let deep = "(".repeat(70) + "1" + &")".repeat(70);
    let chain = vec!["n"; 300].join(" + ");
    let rows: Vec<String> = [
        "",
        "  ",
        "lr <",
        "lr < 0.1 adn flag",
        "lr & flag",
        "lr | flag",
        "!flag",
        "{lr} < 1",
        "n$",
        "é © 1",
        "\"open",
        "`open",
        "0x10 < 1",
        "1__0",
        "1.2.3",
        "rl < 0.1",
        "zzzzzz < 0.1",
        "name == rl",
        "name == (digitz)",
        "mim(1, 2)",
        "exec(1)",
        "len(1, 2)",
        "len()",
        "round()",
        "len(3)",
        "abs('x')",
        "lower(3)",
        "round(1, 0.5)",
        "startswith(name, 3)",
        "contains(3, 3)",
        "name < 3",
        "n + name",
        "name * 3",
        "-name",
        "n and flag",
        "not n",
        "3 in n",
        "n ~ 'a'",
        "(1",
        "[1",
        "[1 2]",
        "len(1",
        "and",
        "1 2",
        "n not 3",
        &long,
        &deep,
        &chain,
    ]
    .iter()
    .map(|text| {
        let head: String = text.chars().take(24).collect();
        format!("{head} => {}", shown(text))
    })
    .collect();
    insta::assert_snapshot!(rows.join("\n"));
}

#[test]
fn a_condition_is_true_or_false() {
    let holds = |text: &str| Expression::parse(text).unwrap().holds(lookup);
    assert_eq!(holds("none"), Ok(false));
    assert_eq!(holds("flag"), Ok(true));
    let error = holds("lr * 2").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the expression is `0.02`, not true or false"
    );
    assert_eq!(error.marked("lr * 2"), "lr * 2\n^^^^^^");
}

#[test]
fn conjuncts_mention_their_own_names_only() {
    let expression =
        Expression::parse("n > 1 and (lr < 1 or flag) and not (n == 3 and flag)").unwrap();
    let names: Vec<Vec<String>> = expression
        .conjuncts()
        .iter()
        .map(|part| part.names().map(str::to_owned).collect())
        .collect();
    assert_eq!(names, [vec!["n"], vec!["lr", "flag"], vec!["n", "flag"]]);
    for part in expression.conjuncts() {
        assert_eq!(part.holds(lookup), Ok(true));
    }
}

#[test]
fn patterns_match_whole_texts() {
    let rows = [
        ("", "", true),
        ("*", "", true),
        ("a*c", "abbbc", true),
        ("a*c", "abbbcd", false),
        ("*b*b*", "abab", true),
        ("?", "é", true),
        ("[a-c]x", "bx", true),
        ("[!a-c]x", "bx", false),
        ("[]]", "]", true),
        ("[", "[", true),
        ("a[", "a[", true),
        ("A", "a", false),
    ];
    for (pattern, text, expected) in rows {
        assert_eq!(glob_matches(pattern, text), expected, "{pattern} {text}");
    }
    // No blow-up: this ends at once.
    let text = "a".repeat(5000);
    assert!(!glob_matches(&("*a".repeat(200) + "b"), &text));
}
