//! What an experiment starts, and what a form needs to know of it.
//!
//! ```text
//! train.py                Script         parameters from its argparse definitions, values become argv
//! train.py + base.yaml    ConfigScript   parameters from the template, values reach the script as RUNYARD_CONFIG
//! exp.yaml with __run__   RunFile        parameters from the file, `function(name, config)` is called
//! ```

use serde::{Deserialize, Serialize};

use crate::config::Value;

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
    RunFile,
}

impl Entry {
    /// True if the form's parameters come from a [`Template`], not from a [`Schema`](crate::schema::Schema).
    pub fn has_template(&self) -> bool {
        !matches!(self, Self::Script)
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
    /// The folder the sweep was launched from: `EXPYRUN_CWD`; absolute.
    pub launch_dir: String,
}
