//! `runyard wait`: until tasks have ended.

use std::process::ExitCode;
use std::time::Duration;

use domain::protocol::{ApiError, ErrorCode};
use domain::run::StatusCounts;
use domain::time::Timestamp;
use serde_json::json;

use super::args::WaitArgs;
use super::follow::{Follow, Waited, end_on_interrupt};
use crate::cli::door::Door;
use crate::cli::report::{self, Format};
use crate::cli::targets;

pub(in crate::cli) fn wait(args: &WaitArgs) -> ExitCode {
    report::finish(until_ended(args), args.output.format())
}

fn until_ended(args: &WaitArgs) -> Result<ExitCode, ApiError> {
    let layout = args.targets.filter.project().layout()?;
    let filter = args.targets.wanted()?;
    let mut door = Door::open(&layout)?;
    let found = targets::some(&door, &filter)?;
    let active = found.counts.queued + found.counts.running;
    if active == 0 && found.counts.pending == found.total {
        let message = format!("{} not queued: nothing would end", report::are(found.total));
        let error = ApiError::new(ErrorCode::Conflict, message);
        return Err(error.with_hint("`runyard rerun TASK` queues them"));
    }
    if active > 0 {
        door = door.stay()?;
    }
    end_on_interrupt();
    let follow = Follow {
        filter,
        timeout: args.timeout.map(Duration::from_millis),
        format: args.output.format(),
        // Those that have ended already are told, too.
        since: Timestamp(0),
    };
    Ok(exit_code(follow.wait(door)?, args.output.format()))
}

/// Says how it ended, and what that means for a script.
pub(in crate::cli) fn exit_code(waited: Waited, format: Format) -> ExitCode {
    let (counts, is_over) = match waited {
        Waited::Ended(counts) => (counts, true),
        Waited::TimedOut(counts) => (counts, false),
    };
    if format == Format::Json {
        let line = json!({ "schema_version": 1, "ended": is_over, "counts": counts });
        report::line(&line.to_string());
    } else if !is_over {
        let open = counts.queued + counts.running;
        report::line_to_stderr(&format!(
            "the time is over, and {} not done",
            report::are(open)
        ));
    } else {
        report::line_to_stderr(&words(&counts));
    }
    let is_good = is_over && counts.completed + counts.pending == counts.total();
    if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// `3 completed, 1 failed`.
pub(in crate::cli) fn words(counts: &StatusCounts) -> String {
    let words: Vec<String> = domain::run::ShownStatus::ALL
        .into_iter()
        .filter(|status| counts.get(*status) > 0)
        .map(|status| format!("{} {status}", counts.get(status)))
        .collect();
    if words.is_empty() {
        "no tasks".to_owned()
    } else {
        words.join(", ")
    }
}
