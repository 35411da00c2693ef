//! What an experiment starts, and what a form needs to know of it.
//!
//! ```text
//! train.py                Script         parameters from its argparse definitions, values become argv
//! train.py + base.yaml    ConfigScript   parameters from the template, values reach the script as RUNYARD_CONFIG
//! exp.yaml with __run__   RunFile        parameters from the file, `function(name, config)` is called
//! batch.toml, a command   Command        no parameters: every task has a command that a person wrote
//! a Python experiment     Function       no parameters: its script says what its points are
//! ```

use serde::{Deserialize, Serialize};

use crate::config::compose::Origin;
use crate::config::overrides::Override;
use crate::config::{Key, Value, parameter, parameters_of};
use crate::grid::{Input, Point};
use crate::schema::parameters::Parameter;

/// What an experiment starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// A Python script with a command line of its own, or with none at all.
    #[default]
    Script,
    /// A Python script that finds its values in the file that `RUNYARD_CONFIG` names and gets no arguments.
    ConfigScript {
        /// The file its template was taken from, relative to the project if it lies inside it: for people. The template itself is a
        /// copy, so the file may change or go without changing the experiment.
        source: String,
    },
    /// A config file with a `__run__` section: the experiment's `script` is that file.
    RunFile {
        /// Files that are merged over it, in order; absolute.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        over: Vec<String>,
    },
    /// Commands that people wrote: no parameters, each task has a command of its own. The experiment's `script` is the batch
    /// file they stand in, or nothing.
    Command,
    /// A function of the experiment's script, called with the config of each point: the script itself makes the points.
    Function {
        /// The name under which the script finds it.
        function: String,
    },
}

impl Entry {
    /// True if the form's parameters come from a [`Template`], not from a [`Schema`](crate::schema::Schema).
    pub fn has_template(&self) -> bool {
        matches!(self, Self::ConfigScript { .. } | Self::RunFile { .. })
    }
}

/// The config behind a form: every leaf of `values` is a parameter.
///
/// A client makes the form of an experiment whose entry [has a template](Entry::has_template) with the parameters of
/// `values`, and plans its grid over them exactly as it does over a script's parameters. References (`{a.b}`, `$HOME`)
/// stand in `values` as they were written; the server resolves them, point by point, when a sweep is submitted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// The file it was taken from, relative to the project if it lies inside it: for people.
    pub source: String,
    /// The file as it was written, comments and order kept. It may import others: `values` then holds more than it.
    pub text: String,
    /// The composed config before anything in it is resolved, `__run__` included; always a map.
    pub values: Value,
    /// Where each leaf was set, and what it replaced there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<(Key, Origin)>,
}

/// How a sweep was asked for on a command line, beyond its fields. A page leaves everything at its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Launch {
    /// The folder it was asked for in; relative paths in a `__run__` section count from there. Absolute; without it, the
    /// folder in which the experiment was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Changes of the template before anything is swept: keys added, keys removed, control keys such as `__run__.__name__`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Run the code in place, in folders under `DEBUG`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub debug: bool,
}

impl Launch {
    /// True if nothing is set.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The parameters of a template's form: one per leaf, and one for each list item that an input names.
pub fn template_parameters(values: &Value, inputs: &[Input]) -> Vec<Parameter> {
    let mut parameters = parameters_of(values);
    for input in inputs {
        let is_known = parameters.iter().any(|known| known.key == input.key);
        match at(values, &input.key) {
            // Maps as alternatives of a section are read by the grid.
            Some(Value::Map(_)) | None => {}
            Some(item) if !is_known => parameters.push(parameter(input.key.clone(), item)),
            Some(_) => {}
        }
    }
    parameters
}

/// A template with the values of one point: those that were typed or that vary, derived ones as they were typed. Everything
/// else stays as it was written, references included.
pub fn with_point(values: &Value, point: &Point, inputs: &[Input], varied: &[Key]) -> Value {
    let mut tree = values.clone();
    for (key, value) in &point.values {
        let is_typed = |input: &Input| {
            let below = key.as_str().strip_prefix(input.key.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let is_set = varied.contains(key) || inputs.iter().any(is_typed);
        let derived = point.derived.iter().find(|(derived, _)| derived == key);
        let raw = derived.map_or(value, |(_, raw)| raw);
        if is_set && at(values, key) != Some(raw) {
            put(&mut tree, &key.parts(), raw.clone());
        }
    }
    tree
}

/// The value under a key; list items are named by their index.
pub fn at<'a>(values: &'a Value, key: &Key) -> Option<&'a Value> {
    key.parts()
        .iter()
        .try_fold(values, |value, part| match value {
            Value::Map(entries) => entries
                .iter()
                .find(|(name, _)| name == part)
                .map(|(_, below)| below),
            Value::List(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        })
}

/// Puts a value under a key, with the sections above it where they are missing.
pub fn put(tree: &mut Value, parts: &[String], value: Value) {
    let Some((first, rest)) = parts.split_first() else {
        *tree = value;
        return;
    };
    if let Value::List(items) = tree
        && let Some(item) = first.parse::<usize>().ok().and_then(|i| items.get_mut(i))
    {
        return put(item, rest, value);
    }
    if !matches!(tree, Value::Map(_)) {
        *tree = Value::Map(Vec::new());
    }
    let Value::Map(entries) = tree else { return };
    let known = entries.iter().position(|(name, _)| name == first);
    let index = known.unwrap_or_else(|| {
        entries.push((first.clone(), Value::Null));
        entries.len() - 1
    });
    if let Some((_, below)) = entries.get_mut(index) {
        put(below, rest, value);
    }
}

/// Where the runs of a task put their folders, if not under the task's own, and what is called there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFolder {
    /// The folder in which `exp.0`, `exp.1`, … are numbered: `{output_dir}/{name}`, or `{output_dir}/DEBUG/{name}`; absolute.
    pub parent: String,
    /// What is called: `package.module:function`.
    pub main: String,
    /// The name it is given.
    pub name: String,
    /// The folder that its modules are imported from; absolute.
    pub code: String,
    /// Modules and packages of `code` that each run folder gets a copy of and executes; none: the code runs in place.
    pub copied: Vec<String>,
    /// True for a debug run, which keeps its configs and its log only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub debug: bool,
    /// The content of those, as it was when the sweep was submitted: an entry of the project's store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// The folder the sweep was launched from: `EXPYRUN_CWD`; absolute.
    pub launch_dir: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::yaml::{from_yaml, to_yaml};

    fn input(key: &str, text: &str) -> Input {
        Input {
            key: Key::new(key),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_point_changes_what_was_typed_and_nothing_else() {
        let raw = from_yaml("lr: 0.1\nname: 'x-{lr}'\nopt: {kind: sgd, m: [1, 2]}\n").unwrap();
        let point = Point {
            values: vec![
                (Key::new("lr"), Value::Float(0.5)),
                (Key::new("name"), Value::Text("x-0.5".to_owned())),
                (Key::new("opt.m.1"), Value::Int(7)),
                (Key::new("opt.kind"), Value::Text("k0.5".to_owned())),
            ],
            derived: vec![(Key::new("opt.kind"), Value::Text("k{lr}".to_owned()))],
            ..Point::default()
        };
        let inputs = [input("opt.m.1", "7"), input("opt.kind", "k{lr}")];
        let made = with_point(&raw, &point, &inputs, &[Key::new("lr")]);
        assert_eq!(
            made,
            from_yaml("lr: 0.5\nname: 'x-{lr}'\nopt: {kind: 'k{lr}', m: [1, 7]}\n").unwrap(),
            "{}",
            to_yaml(&made)
        );
    }

    #[test]
    fn an_item_of_a_list_can_be_a_parameter_and_a_section_is_its_leaves() {
        let raw = from_yaml("a: [1, 2]\nopt: {kind: sgd, m: 0.9}\nb: 2\n__run__: {__name__: x}\n")
            .unwrap();
        let keys = |inputs: &[Input]| -> Vec<String> {
            template_parameters(&raw, inputs)
                .iter()
                .map(|parameter| parameter.key.to_string())
                .collect()
        };
        assert_eq!(keys(&[]), ["a", "opt.kind", "opt.m", "b"]);
        let whole = [input("opt", "{kind: adam} | {kind: sgd}")];
        assert_eq!(keys(&whole), ["a", "opt.kind", "opt.m", "b"]);
        assert_eq!(
            keys(&[input("a.1", "3")]),
            ["a", "opt.kind", "opt.m", "b", "a.1"]
        );
        assert_eq!(
            keys(&[input("missing", "1")]),
            ["a", "opt.kind", "opt.m", "b"]
        );
    }
}
