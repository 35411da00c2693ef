//! Another command for a task that has not started.

use domain::command::CommandLine;
use domain::config::Value;
use domain::experiment::Entry;
use domain::protocol::commands::PutCommandRequest;
use domain::task::{Task, TaskId};

use super::{OrganiseError, to_the_end};
use crate::dispatcher::Organise;
use crate::process::clock;
use crate::service::{Project, ServiceError, commands, in_background};
use crate::storage::settings::Settings;
use crate::storage::{Layout, identities, project, sweeps, tasks};

/// `PUT /api/v1/tasks/{experiment}/{task}/command`
///
/// Only before the first start: a run is an execution of what its task says. A task of parameters is made of its script's
/// values; other values are another task.
pub async fn put(
    project: &Project,
    id: TaskId,
    request: PutCommandRequest,
) -> Result<TaskId, ServiceError> {
    if let Some(command) = &request.command {
        command.check().map_err(ServiceError::Command)?;
    }
    commands::check_environment(&request.set_variables)?;
    let project = project.clone();
    to_the_end(async move { hold_and_change(&project, id, request).await }).await
}

/// It cannot start in between: what starts is what the files say.
async fn hold_and_change(
    project: &Project,
    id: TaskId,
    request: PutCommandRequest,
) -> Result<TaskId, ServiceError> {
    let _one_at_a_time = project.submitting.write().await;
    let asked = id.clone();
    let known = project
        .dispatcher
        .read(move |state| state.resolve(&asked).cloned())
        .await?;
    let id = known.ok_or_else(|| ServiceError::NoTask(id.to_string()))?;
    let held = project
        .dispatcher
        .organise(Organise::Hold(id.clone()))
        .await?;
    let Some(entry) = held.taken.into_iter().next() else {
        let why = held.refused.into_iter().next();
        let message = why.map_or_else(|| id.to_string(), |refusal| refusal.message);
        return Err(OrganiseError::Started(message).into());
    };
    let (layout, settings) = (project.layout.clone(), project.settings.now());
    let before = (*entry.task()).clone();
    let task = before.clone();
    let changed = in_background(move || change(&layout, &settings, task, request)).await;
    let (task, result) = match changed {
        Ok(task) => (task, Ok(id)),
        Err(error) => (before, Err(error)),
    };
    project
        .dispatcher
        .organise(Organise::Release(Box::new(task)))
        .await?;
    result
}

/// Writes the task as it is to be; its identity follows from it.
fn change(
    layout: &Layout,
    settings: &Settings,
    mut task: Task,
    request: PutCommandRequest,
) -> Result<Task, ServiceError> {
    let experiment = project::read_experiment(layout, &task.id.experiment)?;
    let command = Some(tasks::read_config(layout, &task.id)?)
        .filter(|_| experiment.entry == Entry::Command)
        .and_then(|text| domain::config::yaml::from_yaml(&text).ok())
        .and_then(|config| CommandLine::of_config(&config));
    let command = command.ok_or_else(|| OrganiseError::NoCommand(task.id.to_string()))?;
    let config = apply(layout, &mut task, request, command);
    let sweep = sweeps::read(layout, &task.id.experiment, &task.sweep)?;
    let rule = identities::rule_of(&sweep, &experiment, &settings.identity);
    task.identity = Some(rule.of(&config));
    task.edited_at_ms = Some(clock::now());
    tasks::replace_command(layout, &task, &config)?;
    Ok(task)
}

/// Changes what was said; the config of the task from now on.
fn apply(
    layout: &Layout,
    task: &mut Task,
    request: PutCommandRequest,
    command: CommandLine,
) -> Value {
    let command = request.command.unwrap_or(command);
    if let Some(folder) = request.working_dir {
        task.working_dir = layout.root().join(folder).to_string_lossy().into_owned();
    }
    task.command = command.argv();
    for name in &request.remove_variables {
        task.environment.retain(|(known, _)| known != name);
    }
    for (name, value) in request.set_variables {
        task.environment.retain(|(known, _)| *known != name);
        task.environment.push((name, value));
    }
    command.to_config(&task.working_dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn what_is_absent_stays_and_variables_are_set_over_those_that_are_there() {
        let layout = Layout::new("/project");
        let before = Task {
            working_dir: "/elsewhere".to_owned(),
            environment: vec![pair("A", "1"), pair("B", "2"), pair("C", "3")],
            ..Task::default()
        };
        let old = CommandLine::Text("make data".to_owned());
        let mut task = before.clone();
        let config = apply(
            &layout,
            &mut task,
            PutCommandRequest::default(),
            old.clone(),
        );
        assert_eq!(config, old.to_config("/elsewhere"));
        assert_eq!(task.environment, before.environment);
        let request = PutCommandRequest {
            command: Some(CommandLine::Words(vec!["true".to_owned()])),
            working_dir: Some("sub".to_owned()),
            set_variables: vec![pair("B", "new"), pair("D", "4")],
            remove_variables: vec!["A".to_owned(), "none".to_owned()],
        };
        apply(&layout, &mut task, request, old);
        assert_eq!(
            (task.command, task.working_dir.as_str()),
            (vec!["true".to_owned()], "/project/sub")
        );
        assert_eq!(
            task.environment,
            [pair("C", "3"), pair("B", "new"), pair("D", "4")]
        );
    }
}
