//! How long composing, reading, writing and editing take, for a config of a usual size and for a large one.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends where something is missing"
)]
#![expect(
    missing_docs,
    reason = "the macros of the harness make public functions"
)]

#[path = "../tests/support/files.rs"]
mod files;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use domain::config::compose::{Source, compose};
use domain::config::interpolate::Environment;
use domain::config::overrides::parse;
use domain::config::yaml::{Change, edit_yaml, from_yaml, to_yaml};
use domain::config::{Format, Value, diff, read_tree};
use files::MemoryFiles;

/// A config of `sections` sections with ten keys each, every tenth value a reference.
fn text(sections: usize) -> String {
    let mut out = String::from("# A config\nseed: 1\n");
    for section in 0..sections {
        out += &format!("section{section}:  # number {section}\n");
        for key in 0..9 {
            out += &format!(
                "  key{key}: {}  # tuned\n",
                ["0.001", "'text'", "[1, 2, 3]", "yes", "12"][key % 5]
            );
        }
        out += "  name: 'run-{seed}-${USER:-nobody}'\n";
    }
    out
}

fn composing(c: &mut Criterion) {
    for (name, sections) in [("100 keys", 10), ("10 000 keys", 1000)] {
        let base = text(sections);
        let files = MemoryFiles::of([
            ("base.yaml", base.as_str()),
            (
                "exp.yaml",
                "imports: base.yaml\n__new_key_policy__: raise\nsection0.key0: 0.5\nsection1: {key1: other}\n",
            ),
        ]);
        let sources = [Source::File("exp.yaml".to_owned())];
        let overrides = parse(&["--section1.key4", "7", "+new=[1, 2]"]).unwrap();
        let variable = |_: &str| None;
        c.bench_function(&format!("compose two files, {name}"), |b| {
            b.iter(|| {
                compose(
                    &files,
                    black_box(&sources),
                    &overrides,
                    Environment::Of(&variable),
                )
                .unwrap()
            });
        });
    }
}

fn texts(c: &mut Criterion) {
    let text = text(100);
    let value = from_yaml(&text).unwrap();
    let json = serde_json::to_string(&value).unwrap();
    c.bench_function("read YAML, 1000 keys", |b| {
        b.iter(|| from_yaml(black_box(&text)).unwrap());
    });
    c.bench_function("write YAML, 1000 keys", |b| {
        b.iter(|| to_yaml(black_box(&value)));
    });
    c.bench_function("read JSON, 1000 keys", |b| {
        b.iter(|| read_tree(Format::Json, black_box(&json)).unwrap());
    });
    c.bench_function("edit one key of 1000 in place", |b| {
        let change = [("section50.key3".into(), Change::Set(Value::Int(5)))];
        b.iter(|| edit_yaml(black_box(&text), &change).unwrap());
    });
    c.bench_function("compare two configs of 1000 keys", |b| {
        b.iter_batched(
            || value.clone(),
            |other| diff(&value, &other),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, composing, texts);
criterion_main!(benches);
