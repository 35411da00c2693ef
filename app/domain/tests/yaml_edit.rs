//! An edit changes its key and nothing else: comments, order, spacing and quotes of all other lines stay.

use domain::config::yaml::{Change, edit_yaml, from_yaml};
use domain::config::{Key, Value, leaves};
use proptest::prelude::*;

const DOCUMENT: &str = "\
# Training
lr: 1e-3   # tuned by hand

optimizer: &opt
  name: 'sgd'  # quotes stay
  betas: [0.9, 0.999]   # a pair
  # the end of the section
model: {hidden: 128, \"layers\": 2, }
text: |
  two
  lines

empty:   # nothing yet
rows:
- a: 1
  b: 2
- [x, y]
other:
  <<: *opt
  name: adam
alias: *opt
a.b: 5
last: end";

fn set(value: Value) -> Change {
    Change::Set(value)
}

fn text(text: &str) -> Change {
    Change::Set(Value::Text(text.to_owned()))
}

/// The lines that went (`-`) and came (`+`), in order.
fn changed(before: &str, after: &str) -> String {
    let old: Vec<&str> = before.lines().collect();
    let new: Vec<&str> = after.lines().collect();
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let end = old[start..]
        .iter()
        .rev()
        .zip(new[start..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let gone = old[start..old.len() - end]
        .iter()
        .map(|line| format!("  -{line}\n"));
    let come = new[start..new.len() - end]
        .iter()
        .map(|line| format!("  +{line}\n"));
    gone.chain(come).collect()
}

#[test]
fn only_the_lines_of_the_key_change() {
    let changes = [
        ("lr", set(Value::Float(0.5))),
        ("lr", Change::Source("'0.1 | 0.2'".to_owned())),
        ("optimizer.name", text("on")),
        ("optimizer.betas", set(Value::List(vec![Value::Int(1)]))),
        ("optimizer.betas.1", set(Value::Float(0.5))),
        ("optimizer.new.deep", set(Value::Int(1))),
        ("optimizer", set(Value::Null)),
        ("model.layers", set(Value::Int(3))),
        ("model.new", text("a: b")),
        ("model.hidden", Change::Remove),
        ("model.layers", Change::Remove),
        ("text", text("one")),
        ("text.below", set(Value::Int(1))),
        ("empty", text("now")),
        ("empty.section", set(Value::Int(1))),
        ("rows.0.a", set(Value::Int(7))),
        ("rows.0.c", set(Value::Int(7))),
        ("rows.1.0", text("z")),
        ("rows", set(Value::List(Vec::new()))),
        ("other.name", text("lamb")),
        ("other.betas", set(Value::Null)),
        ("other.betas", Change::Remove),
        ("other.name", Change::Remove),
        ("alias.name", text("x")),
        ("alias", set(Value::Int(1))),
        ("a.b", set(Value::Int(6))),
        ("last", text("two\nlines")),
        (
            "fresh",
            set(Value::Map(vec![("x".to_owned(), Value::Int(1))])),
        ),
        ("lr", Change::Remove),
        ("optimizer", Change::Remove),
        ("last", Change::Remove),
        ("gone", Change::Remove),
        ("lr", Change::Source("[1".to_owned())),
    ];
    let mut shown = String::new();
    for (key, change) in changes {
        shown += &format!("{key} {change:?}\n");
        shown += &match edit_yaml(DOCUMENT, &[(key.into(), change)]) {
            Ok(after) => changed(DOCUMENT, &after),
            Err(error) => format!("  {error}: {}\n", error.hint().unwrap_or_default()),
        };
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn documents_of_all_shapes_can_be_edited() {
    let one = |document: &str, key: &str, change: Change| {
        edit_yaml(document, &[(key.into(), change)]).unwrap_or_else(|error| error.to_string())
    };
    assert_eq!(one("", "a.b", set(Value::Int(1))), "a:\n  b: 1\n");
    assert_eq!(one("# c\n", "a", set(Value::Int(1))), "# c\na: 1\n");
    assert_eq!(one("{}", "a.b", set(Value::Int(1))), "{a: {b: 1}}");
    assert_eq!(
        one("a: 1\r\nb: 2\r\n", "a", set(Value::Int(3))),
        "a: 3\r\nb: 2\r\n"
    );
    assert_eq!(
        one("a: 1\r\nb: 2", "c", set(Value::Int(3))),
        "a: 1\r\nb: 2\nc: 3\n"
    );
    assert_eq!(
        one("é: 'ü'  # ö\nb: 2\n", "é", set(Value::Int(3))),
        "é: 3  # ö\nb: 2\n"
    );
    assert_eq!(one("a: 1\n", "a", Change::Remove), "");
    assert_eq!(
        one("m:\n  a: 1\nb: 2\n", "m.a", Change::Remove),
        "m: {}\nb: 2\n"
    );
    assert_eq!(
        one("- 1\n", "a", Change::Remove),
        "the text is no map of keys to values"
    );
    assert_eq!(one("a: [\n", "a", Change::Remove).lines().count(), 1);
}

fn comment() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        1 => Just("  # why: [a, {b".to_owned()),
    ]
}

fn scalar() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "1",
        "1e-3",
        "'q''s'",
        "\"d\\n\"",
        "plain text",
        "[1, 'a']",
        "{x: 1, y: [2]}",
        "",
        "~",
        "yes",
        "é",
        "|\n    block\n    text\n",
        ">-\n    folded\n",
        "\n    - 1\n    - b: 2\n      c: 3",
        "\n    deep: 1\n    er: {a: 1}",
    ])
    .prop_map(str::to_owned)
}

/// Two levels of keys with values of all styles, comments and blank lines between.
fn document() -> impl Strategy<Value = String> {
    let entry = (scalar(), comment(), any::<bool>());
    proptest::collection::vec((proptest::collection::vec(entry, 1..4), comment()), 1..4).prop_map(
        |sections| {
            let mut out = String::new();
            for (index, (entries, note)) in sections.iter().enumerate() {
                out += &format!("s{index}:{note}\n");
                for (number, (value, note, blank)) in entries.iter().enumerate() {
                    let value = match value.strip_prefix('\n') {
                        Some(below) => format!("{note}\n{below}"),
                        None if value.contains('\n') => format!(" {value}"),
                        None if value.is_empty() => note.clone(),
                        None => format!(" {value}{note}"),
                    };
                    out += &format!("  k{number}:{}\n", value.trim_end_matches('\n'));
                    if *blank {
                        out += "\n  # between\n";
                    }
                }
            }
            out
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Int),
        "[ -~\n]{0,12}".prop_map(Value::Text),
        Just(Value::Null),
        Just(Value::List(vec![
            Value::Text("a, b".to_owned()),
            Value::Bool(true)
        ])),
        Just(Value::Map(vec![("x y".to_owned(), Value::Float(1e-20))])),
    ]
}

fn lines_of(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(lines_of).sum::<usize>(),
        Value::Map(entries) => {
            1 + entries
                .iter()
                .map(|(_, value)| lines_of(value))
                .sum::<usize>()
        }
        Value::Text(text) => 1 + text.lines().count(),
        _ => 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn untouched_lines_are_identical(document in document(), pick in any::<prop::sample::Index>(), value in value(), act in 0..4) {
        let before = from_yaml(&document).unwrap();
        let keys: Vec<Key> = leaves(&before).into_iter().map(|(key, _)| key).collect();
        let key = pick.get(&keys);
        let (key, change) = match act {
            0 => (key.clone(), Change::Remove),
            1 => (key.child("new"), Change::Set(value)),
            2 => (Key::new("s0.fresh"), Change::Set(value)),
            _ => (key.clone(), Change::Set(value)),
        };
        let after = edit_yaml(&document, &[(key.clone(), change.clone())]);
        let after = match after {
            Ok(after) => after,
            Err(error) => return Err(TestCaseError::fail(format!("{key} {change:?}: {error}\n{document}"))),
        };
        // The value itself may have stood on several lines; everything else is there, in order.
        let own = leaves(&before).into_iter().find(|(known, _)| key.as_str().starts_with(known.as_str()));
        let allowed = own.map_or(1, |(_, value)| 2 + lines_of(value));
        let gone = changed(&document, &after).lines().filter(|line| line.starts_with("  -")).count();
        prop_assert!(gone <= allowed, "{key} {change:?}\n{document}\n=>\n{after}");
        // What stands there afterwards is what was asked for, and nothing else is different.
        let now = from_yaml(&after).unwrap();
        let differing = domain::config::diff(&before, &now);
        prop_assert!(
            differing.iter().all(|one| one.key.as_str().starts_with(key.as_str()) || key.as_str().starts_with(one.key.as_str())),
            "{differing:?}"
        );
    }
}
