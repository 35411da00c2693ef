//! What is installed for the interpreter that runs the tasks, asked of that interpreter itself.
//!
//! pip, uv and conda all leave the same records behind, which Python's own library reads; so no tool of theirs is needed,
//! and none of another environment can answer by mistake. The answer is kept until one of the folders it came from changes.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use domain::run::environment::Python;
use serde::{Deserialize, Serialize};

use crate::process::tool::Tool;
use crate::storage::StorageError;
use crate::storage::format::FORMAT;
use crate::storage::store::Store;

const PROGRAM: &str = include_str!("requirements.py");
/// How long the interpreter may take.
const LIMIT: Duration = Duration::from_secs(30);
/// The most bytes it may answer.
const MAX_ANSWER: u64 = 16 * 1024 * 1024;
/// How its answer begins.
const BEGINNING: &[u8] = b"{\"requirements\"";
/// Interpreters that are remembered.
const REMEMBERED: usize = 16;

/// Variables that change what an interpreter finds.
const VARIABLES: [&str; 7] = [
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONUSERBASE",
    "PYTHONNOUSERSITE",
    "PYTHONPLATLIBDIR",
    "CONDA_PREFIX",
    "HOME",
];

/// What an interpreter said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirements {
    /// The store's entry with `requirements.txt`, and `conda.txt` for conda's interpreters.
    pub entry: String,
    /// The interpreter.
    pub python: Python,
    /// Its module search path.
    pub path: Vec<String>,
}

/// What a remembered answer depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    path: String,
    stamp: Option<(u64, i64, i64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Remembered {
    variables: Vec<String>,
    stamps: Vec<Stamp>,
    answer: Requirements,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Cache {
    format: u32,
    interpreters: BTreeMap<String, Remembered>,
}

#[derive(Deserialize)]
struct Answer {
    requirements: Vec<String>,
    packages: u32,
    conda: Option<Vec<String>>,
    version: String,
    implementation: String,
    prefix: String,
    environment: String,
    path: Vec<String>,
    watched: Vec<String>,
}

/// The requirements of an interpreter, from memory if nothing they depend on has changed.
///
/// The inner error is a sentence: the interpreter gave no answer that could be used, and the sweep goes on without.
pub fn of(
    store: &Store,
    python: &Path,
    variables: &[(OsString, OsString)],
) -> Result<Result<Requirements, String>, StorageError> {
    let spelled = python.to_string_lossy().into_owned();
    let own = variables_of(variables);
    let mut cache: Cache = store.remembered("interpreters").unwrap_or_default();
    if let Some(known) = cache.interpreters.get(&spelled)
        && known.variables == own
        && known
            .stamps
            .iter()
            .all(|known| stamp(&known.path) == *known)
        && store.read(&known.answer.entry, "requirements.txt").is_ok()
    {
        return Ok(Ok(known.answer.clone()));
    }
    // The stamps before the question: a change while it is answered must not go unseen.
    let before = stamp(&spelled);
    let answer = match ask(python) {
        Ok(answer) => answer,
        Err(problem) => return Ok(Err(problem)),
    };
    let mut stamps: Vec<Stamp> = answer.watched.iter().map(|path| stamp(path)).collect();
    stamps.push(before);
    let text = lines(&answer.requirements);
    let conda = answer.conda.as_ref().map(|list| lines_of_conda(list));
    let mut files: Vec<(&str, &[u8])> = vec![("requirements.txt", text.as_bytes())];
    if let Some(conda) = &conda {
        files.push(("conda.txt", conda.as_bytes()));
    }
    let requirements = Requirements {
        entry: store.put(&files)?,
        python: Python {
            executable: spelled.clone(),
            version: answer.version,
            implementation: answer.implementation,
            prefix: answer.prefix,
            environment: answer.environment,
            packages: answer.packages,
        },
        path: answer.path,
    };
    if cache.interpreters.len() >= REMEMBERED {
        cache.interpreters.clear();
    }
    cache.format = FORMAT;
    cache.interpreters.insert(
        spelled,
        Remembered {
            variables: own,
            stamps,
            answer: requirements.clone(),
        },
    );
    store.remember("interpreters", &cache)?;
    Ok(Ok(requirements))
}

fn variables_of(variables: &[(OsString, OsString)]) -> Vec<String> {
    VARIABLES
        .iter()
        .map(|name| {
            let found = variables.iter().find(|(known, _)| known == name);
            found.map_or_else(String::new, |(_, value)| {
                value.to_string_lossy().into_owned()
            })
        })
        .collect()
}

fn stamp(path: &str) -> Stamp {
    let stamp = std::fs::metadata(path)
        .ok()
        .map(|meta| (meta.ino(), meta.mtime(), meta.mtime_nsec()));
    Stamp {
        path: path.to_owned(),
        stamp,
    }
}

fn ask(python: &Path) -> Result<Answer, String> {
    let tool = Tool {
        program: python.as_os_str(),
        arguments: vec![OsStr::new("-c"), OsStr::new(PROGRAM)],
        directory: Path::new("/"),
        environment: None,
        limit: LIMIT,
        max_bytes: MAX_ANSWER,
    };
    let failed = |why: &str| {
        format!(
            "`{}` did not tell what is installed: {why}",
            python.display()
        )
    };
    let answer = tool.ask().map_err(|error| failed(&error.to_string()))?;
    if !answer.is_success || answer.is_cut {
        return Err(failed("it ended with an error"));
    }
    // A `sitecustomize` may have printed something of its own before.
    let start = answer
        .stdout
        .windows(BEGINNING.len())
        .position(|part| part == BEGINNING);
    let json = start
        .and_then(|start| answer.stdout.get(start..))
        .unwrap_or_default();
    serde_json::from_slice(json).map_err(|error| failed(&error.to_string()))
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn lines_of_conda(list: &[String]) -> String {
    let head = "# This file may be used to create an environment using:\n# $ conda create --name <env> --file <this file>\n@EXPLICIT\n";
    format!("{head}{}", lines(list))
}
