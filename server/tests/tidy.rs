//! The house's rules as a test: directions, sizes, names, documents. No tool is needed to check them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Files that may be longer than [`MAX_LINES`], each with its reason.
const LONG_FILES: [(&str, &str); 0] = [];
/// The longest source file.
const MAX_LINES: usize = 600;
/// The longest `mod.rs`: documentation, modules, re-exports.
const MAX_MOD_LINES: usize = 60;

/// What a folder must not mention: imports point down.
const FORBIDDEN: [(&str, &[&str]); 10] = [
    (
        "app/domain/src",
        &[
            "leptos",
            "tokio",
            "std::fs",
            "std::net",
            "std::process",
            "std::env",
            "std::time",
            "std::thread",
            "web_sys",
        ],
    ),
    (
        "server/src/scheduler",
        &[
            "tokio",
            "std::fs",
            "std::process",
            "std::time",
            "tracing",
            "crate::",
        ],
    ),
    (
        "server/src/storage",
        &[
            "axum",
            "leptos",
            "tokio",
            "crate::api",
            "crate::service",
            "crate::dispatcher",
            "crate::executor",
            "crate::stream",
            "crate::process",
            "crate::cli",
        ],
    ),
    (
        "server/src/process",
        &[
            "axum",
            "leptos",
            "crate::api",
            "crate::service",
            "crate::dispatcher",
            "crate::executor",
            "crate::stream",
            "crate::cli",
        ],
    ),
    (
        "server/src/stream",
        &[
            "axum",
            "leptos",
            "crate::api",
            "crate::service",
            "crate::dispatcher",
            "crate::executor",
            "crate::storage",
            "crate::process",
            "crate::cli",
        ],
    ),
    ("server/src/monitor", &["axum", "leptos", "crate::"]),
    (
        "server/src/supervisor",
        &[
            "axum",
            "leptos",
            "tokio",
            "crate::api",
            "crate::service",
            "crate::dispatcher",
            "crate::executor",
            "crate::stream",
            "crate::cli",
        ],
    ),
    (
        "server/src/executor",
        &[
            "axum",
            "leptos",
            "crate::api",
            "crate::service",
            "crate::stream",
            "crate::cli",
        ],
    ),
    (
        "server/src/dispatcher",
        &[
            "axum",
            "leptos",
            "crate::api",
            "crate::service",
            "crate::stream",
            "crate::cli",
        ],
    ),
    ("server/src/service", &["axum", "leptos", "crate::api"]),
];

/// What `domain` may depend on: nothing that touches a machine.
const DOMAIN_DEPENDENCIES: [&str; 6] = [
    "serde",
    "serde_json",
    "saphyr-parser",
    "sha2",
    "thiserror",
    "toml",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// Every source file under a folder with its text, paths relative to the repository.
fn sources(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut to_visit = vec![root().join(folder)];
    while let Some(dir) = to_visit.pop() {
        for entry in fs::read_dir(&dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let name = entry.file_name().into_string().unwrap();
            if path.is_dir() && !["target", "node_modules", "fixtures"].contains(&name.as_str()) {
                to_visit.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let relative = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push((relative, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {folder}");
    found.sort();
    found
}

fn all_rust() -> Vec<(String, String)> {
    ["app", "frontend/src", "server", "xtask/src"]
        .iter()
        .flat_map(|folder| sources(folder, "rs"))
        .collect()
}

/// The text without comments and without its tests at the end.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
    before_tests
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn imports_point_down() {
    let mut broken = Vec::new();
    for (folder, words) in FORBIDDEN {
        for (path, text) in sources(folder, "rs") {
            if path.ends_with("tests.rs") {
                continue;
            }
            let code = code(&text);
            for line in code
                .lines()
                .filter(|line| !line.contains("#[expect") && !line.contains("#![expect"))
            {
                let mentions = |word: &&&str| {
                    line.match_indices(**word)
                        .any(|(at, _)| !is_allowed(folder, line.get(at..).unwrap_or_default()))
                };
                if let Some(word) = words.iter().find(mentions) {
                    broken.push(format!("{path}: `{}` mentions `{word}`", line.trim()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Exceptions: a folder may mention itself, and `process` tells identities in the file's own words.
fn is_allowed(folder: &str, mention: &str) -> bool {
    let own = folder.rsplit('/').next().unwrap_or_default();
    mention.starts_with(&format!("crate::{own}"))
        || (own == "dispatcher" && mention.starts_with("crate::scheduler"))
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut broken = Vec::new();
    for (path, text) in all_rust() {
        let lines = text.lines().count();
        let is_excused = LONG_FILES.iter().any(|(excused, _)| *excused == path);
        if lines > MAX_LINES && !is_excused {
            broken.push(format!(
                "{path} has {lines} lines, at most {MAX_LINES}: two nouns?"
            ));
        }
        if path.ends_with("/mod.rs") && lines > MAX_MOD_LINES {
            broken.push(format!(
                "{path} has {lines} lines, at most {MAX_MOD_LINES}: docs, modules, re-exports only"
            ));
        }
        if !text.starts_with("//!") {
            broken.push(format!(
                "{path} does not begin with a sentence that says what it is"
            ));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn nothing_is_left_open_in_the_code() {
    // Spelled apart, so that this file does not find itself.
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("#[ig", "nore"),
    ];
    let found: Vec<String> = all_rust()
        .iter()
        .flat_map(|(path, text)| {
            marks
                .iter()
                .filter(|mark| text.contains(**mark))
                .map(move |mark| format!("{path}: {mark}"))
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn domain_depends_on_nothing_that_touches_a_machine() {
    let manifest = fs::read_to_string(root().join("app/domain/Cargo.toml")).unwrap();
    let section = manifest
        .split("[dependencies]")
        .nth(1)
        .unwrap()
        .split("\n[")
        .next()
        .unwrap();
    let names: BTreeSet<&str> = section
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .collect();
    assert_eq!(names, DOMAIN_DEPENDENCIES.into_iter().collect());
}

#[test]
fn no_folder_is_a_drawer_for_odds_and_ends() {
    for (path, _) in all_rust() {
        let has_drawer = Path::new(&path).components().any(|part| {
            let name = part.as_os_str().to_string_lossy();
            ["utils", "util", "common", "misc", "helpers"].contains(&name.trim_end_matches(".rs"))
        });
        assert!(!has_drawer, "{path}");
    }
}

#[test]
fn the_documents_state_the_versions_in_force() {
    let protocol = fs::read_to_string(root().join("docs/PROTOCOL.md")).unwrap();
    let version = format!(
        "version {}.{}",
        domain::protocol::PROTOCOL_MAJOR,
        domain::protocol::PROTOCOL_MINOR
    );
    assert!(
        protocol.contains(&version),
        "docs/PROTOCOL.md does not say `{version}`"
    );
    let storage = fs::read_to_string(root().join("docs/STORAGE.md")).unwrap();
    let format = format!("format {}", runyard::storage::format::FORMAT);
    assert!(
        storage.contains(&format),
        "docs/STORAGE.md does not say `{format}`"
    );
}

#[test]
fn every_message_of_the_protocol_is_documented() {
    let source = fs::read_to_string(root().join("app/domain/src/protocol/socket.rs")).unwrap();
    let document = fs::read_to_string(root().join("docs/PROTOCOL.md")).unwrap();
    let enums = source.split("pub enum ").skip(1);
    for body in enums {
        let variants = body
            .lines()
            .skip(1)
            .take_while(|line| *line != "}")
            .filter_map(|line| {
                let name = line.strip_prefix("    ")?.trim_end_matches([',', '{', ' ']);
                let is_variant = name.chars().next().is_some_and(char::is_uppercase)
                    && name.chars().all(char::is_alphanumeric);
                is_variant.then_some(name)
            });
        for variant in variants.filter(|variant| *variant != "Unknown") {
            let snake: String = variant
                .char_indices()
                .flat_map(|(at, c)| {
                    (at > 0 && c.is_uppercase())
                        .then_some('_')
                        .into_iter()
                        .chain(c.to_lowercase())
                })
                .collect();
            assert!(
                document.contains(&format!("`{snake}`")),
                "docs/PROTOCOL.md does not mention `{snake}`"
            );
        }
    }
}
