//! `runyard cancel`, `runyard rerun`: acts on all tasks that are named, each done or refused with a reason.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use domain::protocol::http::{ActOnTasksRequest, ActOnTasksResponse, Refusal};
use domain::protocol::select::TaskFilter;
use domain::protocol::{ApiError, ErrorCode};
use domain::run::ShownStatus;
use serde_json::json;

use super::args::{ActArgs, RerunArgs};
use super::follow::{Follow, end_on_interrupt};
use super::wait;
use crate::cli::door::Door;
use crate::cli::report::{self, Format};
use crate::cli::targets;
use crate::process::clock;

/// How many refusals are told one by one.
const TOLD: usize = 10;
/// Beyond so many tasks a person is asked whether all of them are meant; a script means what it says.
const ASKED: u64 = 20;

pub(in crate::cli) fn cancel(args: &ActArgs) -> ExitCode {
    let run = || {
        let layout = args.targets.filter.project().layout()?;
        let filter = args.targets.wanted()?;
        let door = Door::open(&layout)?;
        let found = targets::some(&door, &filter)?;
        let active = found.counts.queued + found.counts.running;
        if !args.yes && active > ASKED && is_person() {
            confirm(&format!("Cancel {}?", report::tasks(active)))?;
        }
        // Those that have ended are not meant by a pattern or a condition; one that is named is refused by its name.
        let filter = narrowed(filter, found.total > 1 && active > 0);
        let answer = act(&door, "cancel", filter)?;
        Ok(tell(&answer, "cancelled", args.output.format()))
    };
    report::finish(run(), args.output.format())
}

fn narrowed(filter: TaskFilter, to_active: bool) -> TaskFilter {
    if to_active && filter.status.is_empty() {
        TaskFilter {
            status: vec![ShownStatus::Queued, ShownStatus::Running],
            ..filter
        }
    } else {
        filter
    }
}

pub(in crate::cli) fn rerun(args: &RerunArgs) -> ExitCode {
    let format = args.act.output.format();
    report::finish(run_again(args, format), format)
}

fn run_again(args: &RerunArgs, format: Format) -> Result<ExitCode, ApiError> {
    let layout = args.act.targets.filter.project().layout()?;
    let filter = args.act.targets.wanted()?;
    let door = Door::open(&layout)?;
    let found = targets::some(&door, &filter)?;
    if !args.act.yes && found.total > ASKED && is_person() {
        confirm(&format!("Run {} again?", report::tasks(found.total)))?;
    }
    // Somebody must start them; from now on a process looks after the queue.
    let door = door.stay()?;
    let since = clock::now();
    let only = |status: &[ShownStatus]| TaskFilter {
        status: status.to_vec(),
        ..filter.clone()
    };
    let is_wanted = |status| filter.status.is_empty() || filter.status.contains(&status);
    let mut answer = ActOnTasksResponse {
        done: 0,
        refused: Vec::new(),
    };
    // What was only created gets its first run.
    if is_wanted(ShownStatus::Pending) && found.counts.pending > 0 {
        join(
            &mut answer,
            act(&door, "run", only(&[ShownStatus::Pending]))?,
        );
    }
    let others: Vec<ShownStatus> = ShownStatus::ALL
        .into_iter()
        .filter(|status| *status != ShownStatus::Pending && is_wanted(*status))
        .collect();
    let is_left = others.iter().any(|status| found.counts.get(*status) > 0);
    if is_left {
        join(&mut answer, act(&door, "rerun", only(&others))?);
    }
    let code = tell(&answer, "queued", format);
    if !args.wait || answer.done == 0 {
        return Ok(code);
    }
    end_on_interrupt();
    let follow = Follow {
        filter: TaskFilter {
            status: Vec::new(),
            ..filter
        },
        timeout: None,
        format,
        since,
    };
    Ok(wait::exit_code(follow.wait(door)?, format))
}

pub(super) fn join(all: &mut ActOnTasksResponse, more: ActOnTasksResponse) {
    all.done += more.done;
    all.refused.extend(more.refused);
}

fn act(door: &Door, act: &str, filter: TaskFilter) -> Result<ActOnTasksResponse, ApiError> {
    let request = ActOnTasksRequest {
        tasks: Vec::new(),
        filter: Some(filter),
    };
    door.post(&format!("tasks/{act}"), &request)
}

/// Says why acts were not done: the first of them, and how many more.
pub(in crate::cli) fn tell_refused(refused: &[Refusal]) {
    for Refusal { message, .. } in refused.iter().take(TOLD) {
        report::line_to_stderr(&report::printable(message));
    }
    let more = refused.len().saturating_sub(TOLD);
    if more > 0 {
        report::line_to_stderr(&format!("and {more} more like these"));
    }
}

/// Says what was done and what was refused; failure if nothing was done, or anything was refused.
pub(in crate::cli) fn tell(answer: &ActOnTasksResponse, done: &str, format: Format) -> ExitCode {
    if format == Format::Json {
        let line = json!({ "schema_version": 1, "done": answer.done, "refused": answer.refused });
        report::line(&line.to_string());
    } else {
        tell_refused(&answer.refused);
        report::line_to_stderr(&format!("{} {done}", report::tasks(answer.done)));
    }
    exit_code(answer)
}

/// Failure if nothing was done, or anything was refused.
pub(super) fn exit_code(answer: &ActOnTasksResponse) -> ExitCode {
    if answer.done > 0 && answer.refused.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// True if somebody sits at a terminal.
fn is_person() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks on a terminal; elsewhere the answer must be given beforehand.
pub(super) fn confirm(question: &str) -> Result<(), ApiError> {
    let refused = |message: &str| {
        let error = ApiError::new(ErrorCode::BadRequest, message.to_owned());
        Err(error.with_hint("say `--yes` to do it all the same"))
    };
    if !is_person() {
        return refused(&format!("{question} Nobody is there to say yes"));
    }
    write!(std::io::stderr().lock(), "{question} [y/N] ").ok();
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).ok();
    if matches!(line.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        refused("nothing was done")
    }
}
