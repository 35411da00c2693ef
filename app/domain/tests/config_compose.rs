//! What composition promises: laws of merging, the story of every value, and messages that name place and remedy.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

#[path = "support/files.rs"]
mod files;

use domain::config::compose::{Composed, ConfigError, Source, compose, gather};
use domain::config::interpolate::{Environment, interpolate};
use domain::config::overrides::parse;
use domain::config::yaml::{from_yaml, to_yaml};
use domain::config::{Format, Key, Value, leaf_keys, merge, parameters_of};
use files::MemoryFiles;
use proptest::prelude::*;

fn made(files: &[(&str, &str)], named: &[&str], words: &[&str]) -> Result<Composed, ConfigError> {
    let files = MemoryFiles::of(files.iter().copied());
    let sources: Vec<Source> = named
        .iter()
        .map(|name| Source::File((*name).to_owned()))
        .collect();
    let overrides = parse(words).unwrap_or_default();
    let variable = |name: &str| (name == "USER").then(|| "ada".to_owned());
    compose(&files, &sources, &overrides, Environment::Of(&variable))
}

fn told(made: &Composed) -> String {
    made.told()
        .iter()
        .map(|one| {
            format!(
                "{} = {}: {}\n",
                one.key,
                one.resolved.as_ref().unwrap(),
                one.origin
            )
        })
        .collect()
}

#[test]
fn every_value_tells_its_story() {
    let files = [
        (
            "base.yaml",
            "lr: 0.1\nseed: 1\noptimizer:\n  name: sgd\n  lr: 1\nout: runs\nl: [1, 2]\nempty: {}\n",
        ),
        (
            "exp.toml",
            "imports = \"base.yaml\"\nlr = 0.01\n\"optimizer.name\" = \"adam\"\nname = \"${USER}-{seed}-{optimizer.name}\"\nshard = \"${SHARD:-0}\"\n",
        ),
        (
            "more.json",
            "{\"!replace optimizer\": {\"name\": \"lamb\"}, \"out\": \"{name}\"}",
        ),
    ];
    let words = [
        "--lr",
        "0.5",
        "+new={a: 1, b: {c: 2}}",
        "seed=3",
        "l.0=9",
        "~empty",
    ];
    let made = made(&files, &["exp.toml", "more.json"], &words).unwrap();
    insta::assert_snapshot!(told(&made));
    assert_eq!(
        made.files,
        ["/lab/base.yaml", "/lab/exp.toml", "/lab/more.json"]
    );
    assert_eq!(
        made.origin(&"new.b.c".into()).unwrap().set_by.to_string(),
        "+new={a: 1, b: {c: 2}} on the command line"
    );
}

#[test]
fn a_config_without_an_environment_waits() {
    let files = MemoryFiles::of([(
        "c.yaml",
        "a: $HOME/x\nb: '{a}'\nc: '{d}'\nd: 1\nl: [$HOME, 2]\n",
    )]);
    let gathered = gather(&files, &[Source::File("c.yaml".to_owned())], &[]).unwrap();
    let made = gathered.resolve(Environment::Absent).unwrap();
    let waiting: Vec<&str> = made.waiting.iter().map(Key::as_str).collect();
    assert_eq!(waiting, ["a", "b", "l.0"]);
    assert_eq!(
        to_yaml(&made.resolved),
        "a: '$HOME/x'\nb: '{a}'\nc: 1\nd: 1\nl: ['$HOME', 2]\n"
    );
    let resolved: Vec<bool> = made
        .told()
        .iter()
        .map(|one| one.resolved.is_some())
        .collect();
    assert_eq!(resolved, [false, false, true, true, false]);
}

#[test]
fn marks_say_how_a_section_meets_the_one_below() {
    let base = "base.yaml";
    let below = (base, "o: {name: sgd, lr: 1, b: {x: 1, z: 2}}\n");
    let one = |text: &str| {
        let text = format!("imports: base.yaml\n{text}");
        to_yaml(
            &made(&[below, ("c.yaml", &text)], &["c.yaml"], &[])
                .unwrap()
                .resolved,
        )
    };
    let whole = "o:\n  name: sgd\n  lr: 1\n  b:\n    x: 1\n    z: 3\n";
    assert_eq!(one("o: {b: {z: 3}}"), whole);
    assert_eq!(one("o.b.z: 3"), whole);
    assert_eq!(one("o: {b.z: 3}"), whole);
    assert_eq!(one("o.b: {z: 3}"), whole);
    assert_eq!(
        one("'**o': {b: {z: 3}}"),
        "o:\n  name: sgd\n  lr: 1\n  b:\n    z: 3\n"
    );
    assert_eq!(one("'**o.b': {z: 3}"), whole);
    assert_eq!(one("o: !replace {b: {z: 3}}"), "o:\n  b:\n    z: 3\n");
    assert_eq!(one("'!replace o': {b: {z: 3}}"), "o:\n  b:\n    z: 3\n");
    assert_eq!(
        one("'!replace o.b': {z: 3}"),
        "o:\n  name: sgd\n  lr: 1\n  b:\n    z: 3\n"
    );
    assert_eq!(one("o: !replace\n  b: 1\no.c: 2"), "o:\n  b: 1\n  c: 2\n");
}

#[test]
fn a_text_of_the_browser_is_composed_like_a_file() {
    let files = MemoryFiles::of([("base.yaml", "lr: 0.1\n")]);
    let base = Source::Base {
        name: "train.py".to_owned(),
        value: from_yaml("{imports: kept, 'a.b': 1, lr: 9}").unwrap(),
    };
    let text = Source::Text {
        name: "the form".to_owned(),
        format: Format::Yaml,
        text: "imports: base.yaml\nx: 1\n".to_owned(),
    };
    let made = compose(&files, &[base, text], &[], Environment::Absent).unwrap();
    assert_eq!(
        made.resolved,
        from_yaml("{imports: kept, 'a.b': 1, lr: 0.1, x: 1}").unwrap()
    );
    assert_eq!(
        made.origin(&"a\\.b".into()).unwrap().to_string(),
        "train.py"
    );
    assert_eq!(
        made.origin(&"lr".into()).unwrap().to_string(),
        "base.yaml line 1, was 9 (train.py)"
    );
}

#[test]
fn parameters_take_their_kinds_from_the_values() {
    let config = from_yaml("{lr: 0.1, n: 1, b: on, t: x, r: '{lr}', z: null, l: [1, 2], ll: [[a]], e: {}, m: {x: 2}, __run__: {__main__: m}}").unwrap();
    let lines: Vec<String> = parameters_of(&config)
        .iter()
        .map(|p| {
            format!(
                "{} {:?} {:?} list={} nested={}",
                p.key, p.kind.scalar, p.control, p.kind.list, p.kind.nested
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// Every message of files, overrides and references, with its remedy.
#[test]
fn messages_name_file_line_key_and_remedy() {
    let files: &[(&str, &str)] = &[
        (
            "base.yaml",
            "lr: 0.1\nseed: 1\nflag: true\nmodel:\n  layers: 3\nl: [1, 2]\n",
        ),
        ("bad.yaml", "a: [1, 2\nb: 3\n"),
        ("bad.toml", "a = 1\nb = \n"),
        ("bad.json", "{\"a\": 1,}"),
        ("twice.yaml", "a: 1\nb: 2\na: 3\n"),
        ("tab.yaml", "a:\n\tb: 1\n"),
        ("tag.yaml", "a: !!python/object:os.system x\n"),
        ("list.yaml", "- 1\n"),
        ("two.yaml", "a: 1\n---\nb: 1\n"),
        ("nothing.yaml", "imports:\n"),
        ("empty.yaml", "__default__: [base.yaml, '']\n"),
        (
            "policy.yaml",
            "__default__: ./base.yaml\n__new_key_policy__: strict\n",
        ),
        (
            "raise.yaml",
            "__default__: ./base.yaml\n__new_key_policy__: raise\nmodel:\n  layer: 4\n",
        ),
        ("stars.yaml", "imports: base.yaml\n\"**lr\": 3\n"),
        ("barestars.yaml", "imports: base.yaml\n**model: {x: 1}\n"),
        ("dots.yaml", "a..b: 1\n"),
        ("deep.yaml", "imports: missing.yaml\n"),
        ("deeper.yaml", "x: 1\nimports: deep.yaml\n"),
        ("inner.yaml", "imports: bad.yaml\n"),
        ("cycle.yaml", "imports: [base.yaml, cycle2.yaml]\n"),
        ("cycle2.yaml", "imports: cycle.yaml\n"),
        ("env.yaml", "out: $NOWHERE/x\n"),
        ("ref.yaml", "model: {layers: 3}\nname: 'x-{layers}'\n"),
        ("circle.yaml", "a: '{b}'\nb: 'x{c}'\nc: '{a}'\n"),
    ];
    let mut cases: Vec<(&str, Vec<&str>)> = files.iter().map(|(name, _)| (*name, vec![])).collect();
    for words in [
        &["--lrr", "1"][..],
        &["--model", "x"],
        &["--model.layer=1"],
        &["--lr.x", "1"],
        &["+lr.x=1"],
        &["--seed", "1.5"],
        &["--lr", "fast"],
        &["--flag", "maybe"],
        &["--l", "1,x"],
        &["--l", "[1, 2"],
        &["--l.7", "1"],
        &["~gone"],
        &["~model.gone"],
        &["+new={a: 1"],
        &["+r={nowhere}"],
        &["+r=$NOWHERE"],
    ] {
        cases.push(("base.yaml", words.to_vec()));
    }
    let mut shown = String::new();
    for (name, words) in cases {
        let Err(error) = made(files, &[name], &words) else {
            continue;
        };
        let hint = error.hint().unwrap_or_else(|| "(no remedy)".to_owned());
        let key = error
            .key
            .as_ref()
            .map(|key| format!(" [{key}]"))
            .unwrap_or_default();
        shown += &format!("{name} {}{key}\n  {error}\n  {hint}\n", words.join(" "));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn texts_that_repeat_each_other_are_refused_soon() {
    let line = |n: usize| format!("k{n}: '{{k{}}}{{k{}}}{{k{0}}}'\n", n + 1, n + 1);
    let text = (0..60).map(line).collect::<String>() + "k60: xxxxxxxxxxxxxxxx\n";
    let raw = from_yaml(&text).unwrap();
    let error = interpolate(&raw, Environment::Absent).unwrap_err();
    assert!(error.to_string().contains("would exceed"), "{error}");
    // The same with whole sections.
    let line = |n: usize| format!("k{n}: ['{{k{}}}', '{{k{}}}']\n", n + 1, n + 1);
    let text = (0..60).map(line).collect::<String>() + "k60: [1]\n";
    let error = interpolate(&from_yaml(&text).unwrap(), Environment::Absent).unwrap_err();
    assert!(error.to_string().contains("would exceed"), "{error}");
    // A long chain of single references.
    let line = |n: usize| format!("k{n}: '{{k{}}}'\n", n + 1);
    let text = (0..5000).map(line).collect::<String>() + "k5000: 1\n";
    let error = interpolate(&from_yaml(&text).unwrap(), Environment::Absent).unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (0..9_i64).prop_map(Value::Int),
        "[a-d]{0,3}".prop_map(Value::Text),
        proptest::collection::vec((0..3_i64).prop_map(Value::Int), 0..3).prop_map(Value::List),
    ];
    let map = |inner: BoxedStrategy<Value>| {
        proptest::collection::btree_map("[a-d]", inner, 0..4)
            .prop_map(|entries| Value::Map(entries.into_iter().collect()))
    };
    let inner = leaf.prop_recursive(3, 20, 4, move |inner| map(inner.boxed()));
    map(inner.boxed())
}

fn layered(layers: &[&Value]) -> Value {
    let texts: Vec<(String, String)> = layers
        .iter()
        .enumerate()
        .map(|(index, value)| (format!("f{index}.yaml"), to_yaml(value)))
        .collect();
    let files = MemoryFiles::of(
        texts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str())),
    );
    let sources: Vec<Source> = texts
        .iter()
        .map(|(name, _)| Source::File(name.clone()))
        .collect();
    gather(&files, &sources, &[]).unwrap().raw
}

/// Without the sections that hold nothing: `{}` over a value is a section, and over a section nothing.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Map(entries) => {
            let mut entries: Vec<(String, Value)> = entries
                .iter()
                .map(|(k, v)| (k.clone(), sorted(v)))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Map(entries)
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn merging_has_an_identity_and_is_idempotent(a in tree(), b in tree()) {
        let nothing = Value::Map(Vec::new());
        prop_assert_eq!(&layered(&[&a, &nothing]), &a);
        prop_assert_eq!(&layered(&[&nothing, &a]), &a);
        prop_assert_eq!(&layered(&[&a, &a]), &a);
        let once = layered(&[&a, &b]);
        prop_assert_eq!(&layered(&[&once, &b]), &once);
        prop_assert_eq!(&merge(&a, &nothing).unwrap(), &a);
        prop_assert_eq!(&merge(&a, &a).unwrap(), &a);
    }

    #[test]
    fn files_can_be_merged_in_any_grouping(a in tree(), b in tree(), c in tree()) {
        let left = layered(&[&layered(&[&a, &b]), &c]);
        let whole = layered(&[&a, &b, &c]);
        prop_assert_eq!(&left, &whole);
        // The other grouping: unless a value of `b` parted two sections that meet again when `b` is merged into `c` first.
        let right = layered(&[&a, &layered(&[&b, &c])]);
        if !parts(&a, &b, &c) {
            prop_assert_eq!(sorted(&right), sorted(&whole));
        }
    }

    #[test]
    fn a_later_file_has_the_last_word_on_every_leaf(a in tree(), b in tree()) {
        let both = layered(&[&a, &b]);
        let keys = leaf_keys(&both);
        for key in leaf_keys(&b) {
            let own = at(&b, &key);
            if own != Some(&Value::Map(Vec::new())) {
                prop_assert!(keys.contains(&key));
                prop_assert_eq!(at(&both, &key), own);
            }
        }
    }

    #[test]
    fn what_is_written_resolves_to_itself_when_escaped(text in "[ -~]{0,20}") {
        let raw = Value::Map(vec![("a".to_owned(), Value::Text(domain::config::interpolate::escape(&text)))]);
        let done = interpolate(&raw, Environment::Absent).unwrap();
        prop_assert_eq!(done.value, Value::Map(vec![("a".to_owned(), Value::Text(text))]));
    }
}

/// True if somewhere `a` and `c` have sections and `b` a value.
fn parts(a: &Value, b: &Value, c: &Value) -> bool {
    let (Value::Map(a), Value::Map(c)) = (a, c) else {
        return false;
    };
    let Value::Map(b) = b else {
        return true;
    };
    a.iter().any(|(name, a)| {
        let find = |entries: &[(String, Value)]| {
            entries
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, v)| v.clone())
        };
        match (find(b), find(c)) {
            (Some(b), Some(c)) => parts(a, &b, &c),
            _ => false,
        }
    })
}

fn at<'a>(value: &'a Value, key: &Key) -> Option<&'a Value> {
    key.parts()
        .iter()
        .try_fold(value, |value, part| match value {
            Value::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == part)
                .map(|(_, v)| v),
            _ => None,
        })
}
