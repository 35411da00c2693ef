//! The reading of every fixture script against its real parser, run under python3.
//!
//! A field may be exact, or undecided where the fixture's entry says so; it is never wrong.

#[path = "oracle/compare.rs"]
mod compare;

use std::path::{Path, PathBuf};

/// Fixtures and the fields that depend on the machine, or on an import that may fail.
const FIXTURES: &[(&str, &[&str])] = &[
    ("constructs.py", &[]),
    ("positionals.py", &[]),
    ("get_args.py", &[]),
    ("options_class.py", &[]),
    ("subcommands.py", &[]),
    ("groups.py", &[]),
    ("expressions.py", &[]),
    ("loops.py", &[]),
    (
        "conditional.py",
        &[
            "device.default",
            "accel.default",
            "workers.default",
            "home.default",
            "half.default",
            "mixed.default",
            "count.default",
        ],
    ),
    ("foreign.py", &[]),
    ("two_stage.py", &[]),
    ("subclass.py", &[]),
    ("nested_functions.py", &[]),
    ("crlf_bom.py", &[]),
    ("project/main.py", &[]),
    ("actions.py", &[]),
    ("registry.py", &[]),
    ("matching.py", &[]),
    ("dataclass_loop.py", &[]),
    ("details.py", &[]),
    ("sys_path/scripts/main.py", &[]),
];

struct Folder(PathBuf);

impl inspect::Sources for Folder {
    fn read(&self, path: &str) -> Option<String> {
        inspect::decode(&std::fs::read(self.0.join(path)).ok()?).ok()
    }
}

fn check(name: &str, allowed: &[&str]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    let source = inspect::decode(&std::fs::read(&path).expect("the fixture exists"))
        .expect("the fixture is UTF-8");
    let folder = Folder(path.parent().expect("a file has a folder").to_path_buf());
    let schema = inspect::read_script(&source, name, &folder).expect("the fixture has a parser");
    let real = compare::real_parser(&path).expect("the fixture parses its command line");
    let report = compare::compare(&inspect::to_inspect_json(&schema, name), &real);
    assert!(report.arguments > 0, "{name} has arguments");
    assert_eq!(report.wrong, Vec::<String>::new(), "{name}: wrong fields");
    assert_eq!(report.undecided, allowed, "{name}: undecided fields");
}

#[test]
fn every_fixture_is_read_as_its_real_parser_says() {
    for (name, allowed) in FIXTURES {
        check(name, allowed);
    }
}

#[test]
fn every_fixture_in_the_folder_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for entry in std::fs::read_dir(folder).expect("the folder exists") {
        let name = entry
            .expect("the folder is readable")
            .file_name()
            .to_string_lossy()
            .into_owned();
        let known = FIXTURES
            .iter()
            .any(|(listed, _)| *listed == name || listed.starts_with(&format!("{name}/")));
        assert!(known, "`{name}` is not compared with anything");
    }
}
