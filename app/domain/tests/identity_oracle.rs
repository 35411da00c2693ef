//! Python computes the same identities from the rule that `docs/STORAGE.md` states.

mod support;

use domain::config::{Key, Value};
use domain::identity::{canonical, identity};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner};

const CASES: usize = 400;

/// Reads our tagged JSON, writes the canonical text by the documented call, and hashes it.
const ORACLE: &str = r#"
import hashlib, json, sys
def untag(pairs):
    if len(pairs) == 1 and pairs[0][0] in ("$int", "$float") and isinstance(pairs[0][1], str):
        return (int if pairs[0][0] == "$int" else float)(pairs[0][1])
    return dict(pairs)
for line in sys.stdin:
    config = json.loads(line, object_pairs_hook=untag)
    text = json.dumps({"config": config, "entry": "train.py"}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    print(hashlib.sha256(text.encode()).hexdigest())
"#;

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        "-?[1-9][0-9]{19,30}".prop_map(Value::BigInt),
        any::<f64>().prop_map(Value::Float),
        (-300i32..300).prop_map(|exponent| Value::Float(10f64.powi(exponent))),
        any::<String>().prop_map(Value::Text),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[a-zéλ\u{10000}.$]{1,4}", inner, 0..4)
                .prop_map(|map| Value::Map(map.into_iter().rev().collect())),
        ]
    })
}

#[test]
fn python_computes_the_same_identities() {
    let config = Config {
        rng_seed: RngSeed::Fixed(7),
        ..Config::default()
    };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = prop::collection::btree_map("[a-z]{1,6}", value(), 0..5);
    let configs: Vec<Value> = (0..CASES)
        .map(|_| {
            let map = strategy.new_tree(&mut runner).unwrap().current();
            Value::Map(map.into_iter().rev().collect())
        })
        .collect();
    let lines: Vec<String> = configs
        .iter()
        .map(|config| serde_json::to_string(config).unwrap())
        .collect();
    let answers = support::ask(&support::python("json"), ORACLE, &lines);
    assert_eq!(answers.len(), CASES);
    for (config, answer) in configs.iter().zip(answers) {
        let ours = identity("train.py", config, &[], None);
        assert_eq!(
            ours.as_str(),
            answer,
            "{}",
            canonical("train.py", config, &[], None)
        );
    }
}

/// The example of `docs/STORAGE.md`, and what it says the result is.
#[test]
fn the_documents_example_is_true() {
    let document = include_str!("../../../docs/STORAGE.md");
    let between = |start: &str, end: &str| {
        let from = document.split_once(start).unwrap().1;
        from.split_once(end).unwrap().0.to_owned()
    };
    let program = between("```python identity\n", "```");
    let printed = between("```text identity\n", "\n```");
    let answers = support::ask(&support::python("json"), &program, &[]);
    assert_eq!(
        answers,
        [printed.as_str()],
        "Python does not print what the document says"
    );
    let config = Value::Map(vec![
        ("lr".to_owned(), Value::Float(1e-5)),
        ("num_workers".to_owned(), Value::Int(8)),
        (
            "layers".to_owned(),
            Value::List(vec![Value::Int(64), Value::Int(64)]),
        ),
    ]);
    let ours = identity("train.py", &config, &[Key::new("num_workers")], None);
    assert_eq!(ours.as_str(), printed);
}
