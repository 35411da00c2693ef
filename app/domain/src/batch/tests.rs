//! What batch files say, what is wrong with them, and that no text breaks the reader.

use proptest::prelude::*;

use super::*;
use crate::command::CommandLine;
use crate::queue::GpuRequest;

/// Everything that is wrong with a text, one line each.
fn wrong(text: &str) -> String {
    let lines: Vec<String> = read(text)
        .errors
        .iter()
        .map(|error| {
            let problem = error.to_problem();
            let hint = problem.hint.clone().map(|hint| format!(" [{hint}]"));
            format!("{problem}{}", hint.unwrap_or_default())
        })
        .collect();
    lines.join("\n")
}

const ALL: &str = r#"
[scheduler]
base_experiment_dir = "~/out"
max_concurrent_experiments = 3
check_interval = 0.5
auto_restart_on_error = true
linger_when_idle = true
idle_grace_period = 30
lark_url = "https://example.org/base/x"
lark_config = { app_id = "a", app_secret = "b" }

[gpu]
enable_gpu_management = true
max_memory_usage = 0.1
max_utilization = 10
allocation_strategy = "first_fit"

[[experiments]]
name = "a/b"
command = "python t.py --lr {lr} \"$HOME\"\n"
priority = 5
tags = ["z", "x", "z"]
gpu_ids = "0, 1"
gpu_count = 2
cwd = "src"
base_dir = "elsewhere"
environment = { A = 1, B = true, C = 0.5, D = "x y", E = 1979-05-27 }
resume = "2026-01-31__09-15-00-2"
description = "what for"
repeats = 2
max_retries = 4
delay_seconds = 1.5
lark_config = { table_id = "t" }

[[experiments]]
name = "words"
command = ["python", "t.py", "$HOME"]
gpu_count = 1
"#;

#[test]
fn every_key_is_read() {
    let file = read(ALL);
    assert_eq!(wrong(ALL), "");
    insta::assert_debug_snapshot!(file);
    let [first, second] = file.entries.as_slice() else {
        panic!("{:?}", file.entries)
    };
    let policy = file.policy(first);
    assert_eq!((policy.priority, policy.delay_ms), (5, 1500));
    assert_eq!(policy.retry.max, 4);
    let ids = vec!["0".to_owned(), "1".to_owned()];
    assert_eq!(policy.resources.gpus, GpuRequest::Pinned { ids });
    let one = GpuRequest::Count { count: 1 };
    assert_eq!(file.policy(second).resources.gpus, one);
    let words = ["python", "t.py", "$HOME"].map(str::to_owned).to_vec();
    assert_eq!(second.command, CommandLine::Words(words));
}

#[test]
fn what_is_left_out_has_its_default() {
    let file = read("[[experiments]]\nname = 'a'\ncommand = 'true'\n");
    insta::assert_debug_snapshot!(file);
    let policy = file.policy(&file.entries[0]);
    assert!(policy.is_default(), "{policy:?}");
}

#[test]
fn retries_count_only_with_the_master_switch_and_devices_only_with_management() {
    let text = "[gpu]\nenable_gpu_management = false\n[[experiments]]\nname = 'a'\ncommand = 'true'\nmax_retries = 3\ngpu_ids = [0]\n";
    let file = read(text);
    assert!(file.policy(&file.entries[0]).is_default());
}

#[test]
fn larger_priorities_go_first_equal_ones_as_they_stand_and_repeats_together() {
    let mut text = String::new();
    for (name, priority, repeats) in [
        ("a", 0, 2),
        ("b", 7, 1),
        ("c", 0, 1),
        ("d", 7, 2),
        ("e", -1, 1),
    ] {
        text += &format!(
            "[[experiments]]\nname = '{name}'\ncommand = 'true'\npriority = {priority}\nrepeats = {repeats}\n"
        );
    }
    let file = read(&text);
    let names: Vec<String> = file
        .order()
        .map(|place| format!("{}{}", file.entries[place.entry].name, place.repeat))
        .collect();
    assert_eq!(names, ["b1", "d1", "d2", "a1", "a2", "c1", "e1"]);
    assert_eq!(file.count(), 7);
}

#[test]
fn all_errors_are_found_at_once_and_good_entries_stay() {
    let text = r#"
[scheduler]
base_experiment_dirs = "x"
max_concurrent_experiments = 0
[[experiments]]
name = "good"
command = "true"
[[experiments]]
nam = "a"
comand = "true"
[[experiments]]
name = "../up"
command = ""
priority = "high"
repeats = 0
[[experiments]]
name = "types"
command = 5
tags = "a"
gpu_ids = [-1]
environment = { A = [1], "B=C" = 1 }
resume = "yesterday"
delay_seconds = -1
cwd = " "
lark_config = "text"
[[experiments]]
name = "more"
command = ["", "x"]
tags = ["a", 1]
gpu_ids = "0,0"
gpu_count = 5
priority = 99999999999999999999
resume = "2026-01-31__09-15-00"
[surplus]
"#;
    insta::assert_snapshot!(wrong(text));
    let file = read(text);
    assert!(file.is_unusable());
    let names: Vec<&str> = file
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(names, ["good"]);
}

#[test]
fn an_error_inside_an_entry_is_no_reason_to_refuse_the_file() {
    let file = read("[[experiments]]\nname = 'a'\ncommand = 'true'\n[[experiments]]\nname = 'b'\n");
    assert!(!file.is_unusable());
    assert_eq!((file.entries.len(), file.errors.len()), (1, 1));
}

#[test]
fn a_batch_file_is_known_by_its_sections() {
    for (text, is) in [
        ("[scheduler]\n", true),
        ("[[experiments]]\n", true),
        ("experiments = 5\n", true),
        ("[scheduler]\nx = \n[[experiments]]\n", true),
        ("lr = 0.1\n", false),
        ("lr = \n", false),
        ("", false),
        ("[scheduler]\nlr = 1\n[__run__]\n__main__ = 'a:b'\n", false),
    ] {
        assert_eq!(is_batch(text), is, "{text}");
    }
}

#[test]
fn a_text_that_is_no_toml_says_where() {
    insta::assert_snapshot!(wrong("[[experiments]]\nname = a\n"));
    assert!(read("[[experiments]]\nname = a\n").is_unusable());
}

#[test]
fn names_stay_inside_the_base_folder() {
    for (name, is_good) in [
        ("a", true),
        ("a/b", true),
        ("lr=0.1, wd:5 $(x) 'é", true),
        ("..", false),
        ("a/../../b", false),
        ("/abs", false),
        ("a//b", false),
        ("a/", false),
        ("./a", false),
        (" ", false),
        ("a\\nb", false),
        ("a\\u0000", false),
    ] {
        let file = read(&format!(
            "[[experiments]]\nname = \"{name}\"\ncommand = 'true'\n"
        ));
        assert_eq!(
            file.entries.len(),
            usize::from(is_good),
            "{name}: {:?}",
            file.errors
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let file = read(&text);
        is_batch(&text);
        prop_assert!(file.order().count() as u64 == file.count());
    }

    #[test]
    fn no_value_under_any_key_makes_the_reader_panic(
        keys in prop::collection::vec(
            (prop::sample::select(KEYS.to_vec()), prop::sample::select(VALUES.to_vec())), 0..12),
        section in prop::sample::select(vec!["[scheduler]", "[gpu]", "[[experiments]]", "[experiments]", "[other]"]),
    ) {
        let mut seen = std::collections::BTreeSet::new();
        let mut text = format!("{section}\n");
        for (key, value) in keys {
            if seen.insert(key) {
                text += &format!("{key} = {value}\n");
            }
        }
        let file = read(&text);
        for error in &file.errors {
            let problem = error.to_problem();
            prop_assert!(problem.line >= 1 && !problem.message.is_empty(), "{text}");
        }
        for entry in &file.entries {
            prop_assert!(entry.command.check().is_ok() && !entry.name.is_empty() && entry.repeats >= 1);
            file.policy(entry);
        }
    }
}

const KEYS: [&str; 12] = [
    "name",
    "command",
    "priority",
    "tags",
    "gpu_ids",
    "environment",
    "resume",
    "repeats",
    "delay_seconds",
    "max_concurrent_experiments",
    "lark_config",
    "é",
];
const VALUES: [&str; 14] = [
    "1",
    "-1",
    "0",
    "99999999999999999999",
    "nan",
    "inf",
    "-0.0",
    "true",
    "'a'",
    "''",
    "[1, 'a', [2]]",
    "{ a = 1 }",
    "2026-01-31T09:15:00Z",
    "'2026-01-31__09-15-00'",
];
