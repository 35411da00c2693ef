//! `runyard trash`: what was removed, and its end.

use std::process::ExitCode;

use axum::http::Method;
use domain::protocol::ApiError;
use domain::protocol::http::ActOnTasksResponse;
use domain::protocol::organise::{EmptyTrashRequest, EmptyTrashResponse, TrashId};

use super::act;
use super::args::{EmptyArgs, TrashArgs, TrashCommand};
use super::organise::{self, AT_ONCE};
use crate::cli::door::Door;
use crate::cli::report;
use crate::process::clock;

pub(in crate::cli) fn trash(args: &TrashArgs) -> ExitCode {
    if let Some(TrashCommand::Empty(args)) = &args.command {
        return report::finish(empty(args), args.output.format());
    }
    let list = || {
        let door = Door::open(&args.project.layout()?)?;
        organise::list_trash(&door, &args.targets, args.output)
    };
    report::finish(list(), args.output.format())
}

/// Deletes what a person has seen the number of, and nothing that came into the trash meanwhile.
fn empty(args: &EmptyArgs) -> Result<ExitCode, ApiError> {
    let door = Door::open(&args.project.layout()?)?;
    let trash = organise::trash(&door)?;
    let mut meant: Vec<TrashId> = if args.targets.is_empty() {
        trash.into_iter().map(|task| task.id).collect()
    } else {
        organise::named_in_trash(&args.targets, &trash)?
    };
    if let Some(age_ms) = args.older_than {
        let now = clock::now();
        meant.retain(|id| id.removed_at_ms.is_some_and(|at| now.since_ms(at) > age_ms));
    }
    if meant.is_empty() {
        report::line_to_stderr("nothing in the trash fits");
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes {
        act::confirm(&format!("Delete {} for good?", report::tasks(meant.len())))?;
    }
    let mut answer = ActOnTasksResponse {
        done: 0,
        refused: Vec::new(),
    };
    for tasks in meant.chunks(AT_ONCE) {
        let request = EmptyTrashRequest::Tasks {
            tasks: tasks.to_vec(),
        };
        let EmptyTrashResponse { done, refused } = door.ask(Method::DELETE, "trash", &request)?;
        act::join(&mut answer, ActOnTasksResponse { done, refused });
    }
    Ok(act::tell(&answer, "deleted for good", args.output.format()))
}
