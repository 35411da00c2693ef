//! Identities of stored tasks under the rule that is in force now.
//!
//! A task keeps the identity it was created with. If the rule has changed since (another list of ignored keys, the code
//! counts now, a version that knew no identities), it is computed again from the task's config, so that what was done
//! before stays done.

use std::fs;

use domain::call::NAME_KEY;
use domain::config::Key;
use domain::experiment::Entry;
use domain::identity::{Identity, IdentityRule};
use domain::task::Task;

use super::Layout;
use super::format::{ExperimentFile, SweepFile};
use super::settings::IdentitySettings;

/// The keys that make no difference: the project's and the experiment's own, sorted, without repeats.
pub fn ignored(file: &ExperimentFile, settings: &IdentitySettings) -> Vec<Key> {
    let mut ignore: Vec<Key> = settings
        .ignore
        .iter()
        .chain(&file.ignore)
        .cloned()
        .collect();
    ignore.sort();
    ignore.dedup();
    ignore
}

/// The rule in force for the tasks of a sweep.
pub fn rule_of(
    sweep: &SweepFile,
    file: &ExperimentFile,
    settings: &IdentitySettings,
) -> IdentityRule {
    let old = sweep.identity.clone().unwrap_or_else(|| IdentityRule {
        entry: file.script.clone(),
        ..IdentityRule::default()
    });
    let mut ignore = ignored(file, settings);
    // What the kind of experiment ignores is not the settings' business.
    let of_functions = matches!(file.entry, Entry::Function { .. });
    let of_run_files = Key::new("__run__");
    let own = [
        (old.ignore.contains(&of_run_files), of_run_files),
        (of_functions, Key::new(NAME_KEY)),
    ];
    for (is_ignored, key) in own {
        if is_ignored && !ignore.contains(&key) {
            ignore.push(key);
            ignore.sort();
        }
    }
    let code = settings
        .code
        .then(|| old.code.or_else(|| sweep.kept.source.clone()));
    IdentityRule {
        entry: old.entry,
        ignore,
        code: code.flatten(),
    }
}

/// The identity of a task: the stored one if the rule has not changed since, else computed from its config.
pub fn settle(
    layout: &Layout,
    task: &Task,
    sweep: &SweepFile,
    rule: &IdentityRule,
) -> Option<Identity> {
    if task.identity.is_some() && sweep.identity.as_ref() == Some(rule) {
        return task.identity.clone();
    }
    let text = fs::read_to_string(layout.task_config(&task.id)).ok()?;
    let config = domain::config::yaml::from_yaml(&text).ok()?;
    Some(rule.of(&config))
}
