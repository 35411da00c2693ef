//! Which points of an experiment are done already.

use std::collections::BTreeSet;
use std::path::Path;

use domain::call;
use domain::command::COMMAND_ENTRY;
use domain::config::{Key, Value};
use domain::experiment::{Entry, at};
use domain::identity::{Identity, IdentityRule};
use domain::protocol::http::ListCompletedResponse;
use domain::run::ShownStatus;

use super::experiments::{self, Opened};
use super::{Project, ServiceError, circumstances};
use crate::process::clock;
use crate::storage::settings::IdentitySettings;
use crate::storage::{Layout, StorageError, identities, tasks};

/// The rule of an experiment's identities: the project's and the experiment's own ignored keys, sorted, without repeats.
///
/// The `__run__` section says where results go and how they are called: of it only what is called counts.
pub fn rule(opened: &Opened, settings: &IdentitySettings) -> IdentityRule {
    let file = &opened.file;
    let mut ignore = identities::ignored(file, settings);
    let main = opened
        .template
        .as_ref()
        .filter(|template| template.is_run_file)
        .map(
            |template| match at(&template.gathered.raw, &Key::new("__run__.__main__")) {
                Some(Value::Text(main)) => main.clone(),
                _ => file.script.clone(),
            },
        );
    // Where a command was written down makes no difference.
    let main = main.or_else(|| (file.entry == Entry::Command).then(|| COMMAND_ENTRY.to_owned()));
    if let Entry::Function { function } = &file.entry {
        let entry = call::entry(&file.script, function);
        return call::identity_rule(entry, ignore, None);
    }
    if opened.template.is_some() && main.is_some() {
        ignore.push(Key::new("__run__"));
        ignore.sort();
        ignore.dedup();
    }
    IdentityRule {
        entry: main.unwrap_or_else(|| file.script.clone()),
        ignore,
        code: None,
    }
}

/// The same with the code as it is now, if the code counts.
pub fn rule_now(project: &Project, opened: &Opened) -> Result<IdentityRule, ServiceError> {
    let settings = project.settings.now();
    let mut rule = rule(opened, &settings.identity);
    if settings.identity.code {
        let python = project.python_name();
        let variables = crate::cli::environment::all();
        rule.code = circumstances::code_digest(&circumstances::Request {
            layout: &project.layout,
            settings: &settings,
            script: &opened.script,
            python: Path::new(&python),
            variables: &variables,
            now_ns: clock::now_ns(),
        })?;
    }
    Ok(rule)
}

/// `GET /api/v1/experiments/{experiment}/completed`
pub async fn list(
    project: &Project,
    experiment: String,
) -> Result<ListCompletedResponse, ServiceError> {
    experiments::check(&project.layout, &experiment)?;
    Ok(project
        .dispatcher
        .read(move |state| state.completed(&experiment))
        .await?)
}

/// The points of an experiment that are done, read from the files: for commands that look and do not hold the project.
pub fn from_files(layout: &Layout, experiment: &str) -> Result<BTreeSet<Identity>, StorageError> {
    let scan = tasks::scan(layout, experiment)?;
    let is_done = |stored: &tasks::StoredTask| stored.runs.shown() == ShownStatus::Completed;
    let done = scan.tasks.into_iter().filter(is_done);
    Ok(done.filter_map(|stored| stored.task.identity).collect())
}
