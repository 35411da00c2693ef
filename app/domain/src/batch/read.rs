//! From the text of a batch file to what it says.

use super::error::{BatchError, Fault};
use super::model::{BatchEntry, BatchFile, Scheduler};
use super::section::{Section, noun};
use crate::command::CommandLine;
use crate::config::{Entry, Format, Node, Place, Tree, Value, read_tree};
use crate::schema::parameters::python_str;

/// What may stand at the top.
const TOP: [&str; 3] = ["scheduler", "gpu", "experiments"];

const SCHEDULER: [&str; 8] = [
    "base_experiment_dir",
    "max_concurrent_experiments",
    "check_interval",
    "auto_restart_on_error",
    "linger_when_idle",
    "idle_grace_period",
    "lark_url",
    "lark_config",
];

const GPU: [&str; 4] = [
    "enable_gpu_management",
    "max_memory_usage",
    "max_utilization",
    "allocation_strategy",
];

const EXPERIMENT: [&str; 16] = [
    "name",
    "command",
    "priority",
    "tags",
    "gpu_ids",
    "gpu_count",
    "cwd",
    "base_dir",
    "environment",
    "resume",
    "description",
    "repeats",
    "max_retries",
    "delay_seconds",
    "lark_url",
    "lark_config",
];

/// The most repeats of one entry: the number of runs that EXP's four digits count.
const MAX_REPEATS: u32 = 9999;

/// True if a TOML text is a batch file: it has a `[scheduler]` section or a list of `[[experiments]]`, and no `__run__`.
///
/// A text that is no TOML counts as one if a line of it says so: its author is then told what is wrong with it.
pub fn is_batch(text: &str) -> bool {
    let Ok(node) = read_tree(Format::Toml, text) else {
        return text
            .lines()
            .map(str::trim)
            .any(|line| line.starts_with("[[experiments]]") || line.starts_with("[scheduler]"));
    };
    let Tree::Map(entries) = &node.tree else {
        return false;
    };
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    !has("__run__") && (has("experiments") || has("scheduler"))
}

/// Reads a batch file to its end.
pub fn read(text: &str) -> BatchFile {
    let node = match read_tree(Format::Toml, text) {
        Ok(node) => node,
        Err(error) => return not_toml(&error),
    };
    let Tree::Map(entries) = &node.tree else {
        return BatchFile::default();
    };
    let mut top = section("a batch file", Place::START, entries);
    top.refuse_unknown(&TOP);
    let mut file = BatchFile {
        holds_gpus: true,
        ..BatchFile::default()
    };
    if let Some(entries) = top.table("scheduler") {
        let mut section = section("`[scheduler]`", place_of(&top, "scheduler"), entries);
        file.scheduler = scheduler(&mut section);
        top.errors.append(&mut section.errors);
    } else {
        file.scheduler.max_concurrent = 1;
    }
    if let Some(entries) = top.table("gpu") {
        let mut section = section("`[gpu]`", place_of(&top, "gpu"), entries);
        file.holds_gpus = gpu(&mut section);
        top.errors.append(&mut section.errors);
    }
    for (number, item) in (1..).zip(experiments(&mut top)) {
        let has_base = file.scheduler.base_experiment_dir.is_some();
        match experiment(item, number, has_base) {
            Ok(entry) => file.entries.push(entry),
            Err(mut errors) => top.errors.append(&mut errors),
        }
    }
    top.errors
        .sort_by_key(|error| (error.entry, error.at.line, error.at.column));
    file.errors = top.errors;
    file
}

/// Where a key of an entry (numbered from 1) stands; where the entry stands, if it has none; the beginning, if there is none.
pub fn place_of_entry(text: &str, number: u32, key: &str) -> Place {
    let find = || {
        let node = read_tree(Format::Toml, text).ok()?;
        let Tree::Map(top) = &node.tree else {
            return None;
        };
        let list = top.iter().find(|entry| entry.key == "experiments")?;
        let Tree::List(items) = &list.node.tree else {
            return None;
        };
        let item = items.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
        let Tree::Map(entries) = &item.tree else {
            return Some(item.at);
        };
        let found = entries.iter().find(|entry| entry.key == key);
        Some(found.map_or(item.at, |entry| entry.node.at))
    };
    find().unwrap_or(Place::START)
}

fn not_toml(error: &crate::config::yaml::YamlError) -> BatchFile {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    BatchFile {
        errors: vec![BatchError {
            at: Place {
                line: number(error.line),
                column: number(error.column),
            },
            entry: None,
            name: None,
            key: None,
            fault: Fault::Syntax(error.message.clone()),
        }],
        ..BatchFile::default()
    }
}

fn section<'a>(called: &'static str, at: Place, entries: &'a [Entry]) -> Section<'a> {
    Section {
        called,
        at,
        entries,
        number: None,
        name: None,
        errors: Vec::new(),
    }
}

fn place_of(section: &Section<'_>, key: &str) -> Place {
    section.find(key).map_or(section.at, |entry| entry.key_at)
}

fn scheduler(section: &mut Section<'_>) -> Scheduler {
    section.refuse_unknown(&SCHEDULER);
    // Nothing here looks at a clock to find out whether something has ended.
    section.seconds("check_interval");
    Scheduler {
        base_experiment_dir: section.path("base_experiment_dir"),
        max_concurrent: section
            .count("max_concurrent_experiments", 1..=1024)
            .unwrap_or(1),
        auto_restart_on_error: section.boolean("auto_restart_on_error").unwrap_or(false),
        lingers: section.boolean("linger_when_idle").unwrap_or(false),
        linger_ms: section.seconds("idle_grace_period"),
        lark: section.lark(),
    }
}

/// True if devices are held for those who ask for them. The other keys are checked; what they ask for always holds.
fn gpu(section: &mut Section<'_>) -> bool {
    section.refuse_unknown(&GPU);
    section.number("max_memory_usage", 0.0..=1.0);
    section.number("max_utilization", 0.0..=100.0);
    let strategies = ["first_fit", "round_robin", "least_loaded"];
    if let Some(strategy) = section.text("allocation_strategy")
        && !strategies.contains(&strategy.as_str())
    {
        let reason = "it is none of first_fit, round_robin, least_loaded";
        section.unusable("allocation_strategy", &strategy, reason);
    }
    section.boolean("enable_gpu_management").unwrap_or(true)
}

fn experiments<'a>(top: &mut Section<'a>) -> &'a [Node] {
    let Some(entry) = top.find("experiments") else {
        return &[];
    };
    if let Tree::List(items) = &entry.node.tree {
        return items;
    }
    let fault = Fault::Type {
        key: "experiments".to_owned(),
        wanted: "a list of tables: write `[[experiments]]`",
        found: noun(&entry.node),
    };
    top.fail(entry.node.at, "experiments", fault);
    &[]
}

fn experiment(node: &Node, number: u32, has_base: bool) -> Result<BatchEntry, Vec<BatchError>> {
    let Tree::Map(entries) = &node.tree else {
        let fault = Fault::Type {
            key: "experiments".to_owned(),
            wanted: "a list of tables",
            found: noun(node),
        };
        return Err(vec![BatchError {
            at: node.at,
            entry: Some(number),
            name: None,
            key: Some("experiments".to_owned()),
            fault,
        }]);
    };
    let mut section = section("an experiment", first_place(node, entries), entries);
    section.number = Some(number);
    let name = name(&mut section);
    section.refuse_unknown(&EXPERIMENT);
    let command = command(&mut section);
    let entry = BatchEntry {
        number,
        name: name.clone().unwrap_or_default(),
        command: command
            .clone()
            .unwrap_or_else(|| CommandLine::Text(String::new())),
        priority: section
            .integer("priority", -1000..=1000)
            .and_then(|value| i32::try_from(value).ok())
            .unwrap_or(0),
        tags: tags(&mut section),
        gpu_ids: gpu_ids(&mut section),
        gpu_count: section.count("gpu_count", 0..=1024).unwrap_or(0),
        cwd: section.path("cwd"),
        base_dir: section.path("base_dir"),
        environment: environment(&mut section),
        resume: resume(&mut section, has_base),
        description: section.text("description").unwrap_or_default(),
        repeats: section.count("repeats", 1..=MAX_REPEATS).unwrap_or(1),
        max_retries: section.count("max_retries", 0..=10_000).unwrap_or(0),
        delay_ms: section.seconds("delay_seconds").unwrap_or(0),
        lark: section.lark(),
    };
    if entry.gpu_count > 0 && !entry.gpu_ids.is_empty() {
        let (count, ids) = (entry.gpu_count, entry.gpu_ids.len());
        if usize::try_from(count) != Ok(ids) {
            let at = place_of(&section, "gpu_count");
            section.fail(at, "gpu_count", Fault::Devices { count, ids });
        }
    }
    if section.errors.is_empty() {
        Ok(entry)
    } else {
        Err(section.errors)
    }
}

/// Where an entry begins for people: its first key, for the list's own place is that of its header.
fn first_place(node: &Node, entries: &[Entry]) -> Place {
    entries.first().map_or(node.at, |entry| entry.key_at)
}

fn name(section: &mut Section<'_>) -> Option<String> {
    if section.find("name").is_none() {
        section.fail(section.at, "name", Fault::Missing("name"));
        return None;
    }
    let name = section.filled("name")?;
    // Errors from here on say whose they are.
    section.name = Some(name.clone());
    if let Some(reason) = not_a_name(&name) {
        section.unusable("name", &name, reason);
        return None;
    }
    Some(name)
}

/// Why a text cannot be the beginning of folder names inside the base folder.
fn not_a_name(name: &str) -> Option<&'static str> {
    if name.chars().any(char::is_control) {
        return Some("it holds a control character");
    }
    let parts: Vec<&str> = name.split('/').collect();
    if parts
        .iter()
        .any(|part| part.is_empty() || *part == "." || *part == "..")
    {
        return Some("it leads out of the base folder, or its parts are empty");
    }
    // The stamp, a counter and the limit of 255 bytes.
    if parts.iter().any(|part| part.len() > 200) {
        return Some("it is longer than 200 bytes");
    }
    None
}

fn command(section: &mut Section<'_>) -> Option<CommandLine> {
    let Some(entry) = section.find("command") else {
        section.fail(section.at, "command", Fault::Missing("command"));
        return None;
    };
    let command = match &entry.node.tree {
        Tree::List(_) => CommandLine::Words(section.texts("command")?),
        Tree::Leaf(Value::Text(text)) => CommandLine::Text(text.clone()),
        _ => {
            let fault = Fault::Type {
                key: "command".to_owned(),
                wanted: "a text for the shell, or a list of words",
                found: noun(&entry.node),
            };
            section.fail(entry.node.at, "command", fault);
            return None;
        }
    };
    if let Err(error) = command.check() {
        section.fail(entry.node.at, "command", Fault::Command(error));
        return None;
    }
    Some(command)
}

fn tags(section: &mut Section<'_>) -> Vec<String> {
    let mut tags = section.texts("tags").unwrap_or_default();
    for tag in &tags {
        if tag.trim().is_empty() {
            section.unusable("tags", tag, "a tag is empty");
        } else if tag.chars().any(char::is_control) {
            section.unusable("tags", tag, "it holds a control character");
        } else if tag.chars().count() > 200 {
            section.unusable("tags", tag, "it is longer than 200 characters");
        }
    }
    tags.sort();
    tags.dedup();
    tags
}

/// `[0, 1]`, `"0,1"` or `["GPU-…"]`.
fn gpu_ids(section: &mut Section<'_>) -> Vec<String> {
    let Some(entry) = section.find("gpu_ids") else {
        return Vec::new();
    };
    let wanted = "a list of numbers, or a text such as \"0,1\"";
    let found = match &entry.node.tree {
        Tree::Leaf(Value::Text(text)) => {
            let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
            Some(ids.map(str::to_owned).collect())
        }
        Tree::List(items) => items
            .iter()
            .map(|item| match &item.tree {
                Tree::Leaf(Value::Int(id)) if *id >= 0 => Some(id.to_string()),
                Tree::Leaf(Value::Text(id)) => Some(id.trim().to_owned()),
                _ => None,
            })
            .collect::<Option<Vec<String>>>(),
        _ => None,
    };
    let Some(ids) = found else {
        let fault = Fault::Type {
            key: "gpu_ids".to_owned(),
            wanted,
            found: match &entry.node.tree {
                Tree::List(_) => "a list of something else",
                _ => noun(&entry.node),
            },
        };
        section.fail(entry.node.at, "gpu_ids", fault);
        return Vec::new();
    };
    let is_id = |id: &String| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
        !id.is_empty() && id.len() <= 100 && id.chars().all(is_plain)
    };
    if let Some(bad) = ids.iter().find(|id| !is_id(id)) {
        section.unusable("gpu_ids", bad, "it is no index and no id of a device");
    }
    let repeated = ids
        .iter()
        .enumerate()
        .find(|(i, id)| ids.iter().take(*i).any(|before| before == *id));
    if let Some((_, id)) = repeated {
        section.unusable("gpu_ids", id, "it is named twice");
    }
    ids
}

/// Values become texts as Python's `str` makes them.
fn environment(section: &mut Section<'_>) -> Vec<(String, String)> {
    let entries = section.table("environment").unwrap_or_default();
    let mut variables = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.key.is_empty() || entry.key.contains(['=', '\0']) {
            section.unusable("environment", &entry.key, "it is no name of a variable");
            continue;
        }
        let value = match &entry.node.tree {
            Tree::Leaf(value) => python_str(value),
            Tree::List(_) | Tree::Map(_) => {
                let fault = Fault::Type {
                    key: format!("environment.{}", entry.key),
                    wanted: "a text, a number or a boolean",
                    found: noun(&entry.node),
                };
                section.fail(entry.node.at, "environment", fault);
                continue;
            }
        };
        if value.contains('\0') {
            section.unusable("environment", &entry.key, "its value holds a zero byte");
            continue;
        }
        variables.push((entry.key.clone(), value));
    }
    variables
}

fn resume(section: &mut Section<'_>, has_base: bool) -> Option<String> {
    let stamp = section.filled("resume")?;
    if !is_stamp(&stamp) {
        section.unusable("resume", &stamp, "a stamp looks like 2026-01-31__09-15-00");
        return None;
    }
    if !has_base && section.find("base_dir").is_none() {
        let at = place_of(section, "resume");
        section.fail(at, "resume", Fault::ResumeWithoutBase);
    }
    Some(stamp)
}

/// `YYYY-MM-DD__HH-MM-SS`, with `-2` and so on behind it for folders of one second.
fn is_stamp(text: &str) -> bool {
    const SHAPE: &str = "0000-00-00__00-00-00";
    let Some((stamp, rest)) = text.split_at_checked(SHAPE.len()) else {
        return false;
    };
    let fits = stamp.bytes().zip(SHAPE.bytes()).all(|(have, want)| {
        if want == b'0' {
            have.is_ascii_digit()
        } else {
            have == want
        }
    });
    let is_counted = |rest: &str| {
        rest.strip_prefix('-')
            .is_some_and(|n| !n.is_empty() && n.len() <= 9 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    fits && (rest.is_empty() || is_counted(rest))
}
