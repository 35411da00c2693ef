//! English words for outcomes and error codes. The engine's own errors speak English by themselves.

use domain::protocol::ErrorCode;
use domain::run::{CancelledBy, Outcome};

use super::Shown;

pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Succeeded => "succeeded".to_owned(),
        Outcome::Failed { .. } => "the program reported a failure".to_owned(),
        Outcome::Signaled { signal } => format!("ended by signal {signal}"),
        Outcome::OutOfMemory => "killed because memory ran out".to_owned(),
        Outcome::TimedOut => "ended because its time was over".to_owned(),
        Outcome::Cancelled {
            by: CancelledBy::User,
        } => "cancelled by a person".to_owned(),
        Outcome::Cancelled {
            by: CancelledBy::Rule,
        } => "cancelled by a rule".to_owned(),
        Outcome::FailedToStart { reason } => format!("could not start: {reason}"),
        Outcome::Lost => "lost: its supervisor died with it".to_owned(),
    }
}

pub(super) fn unreachable() -> Shown {
    shown(
        "The server does not answer",
        "Check that Runyard is still running.",
    )
}

pub(super) fn unreadable() -> Shown {
    shown(
        "The server's answer could not be read",
        "Reload the page: the server may have been updated.",
    )
}

/// What a code means; `None` where the server's own words say it all.
pub(super) fn code(code: ErrorCode) -> Option<Shown> {
    Some(match code {
        ErrorCode::Unauthorized => shown(
            "Not signed in",
            "Open the address with the token that Runyard printed.",
        ),
        ErrorCode::Forbidden => shown(
            "Not allowed",
            "Open Runyard under the address that it printed.",
        ),
        ErrorCode::NotFound => shown("Not found", "It may have been removed or renamed."),
        ErrorCode::Conflict => shown("The state has changed", "Look again, then repeat it."),
        ErrorCode::GridTooLarge => shown(
            "The grid is too large",
            "Narrow the sweep, or raise the limit in the settings.",
        ),
        ErrorCode::DigestMismatch => shown(
            "The script changed since this page was opened",
            "Reload and look at the new preview.",
        ),
        ErrorCode::TooLarge => shown("The request is too large", "Send less at once."),
        ErrorCode::DiskFull => shown("The disk is full", "Free some space, then try again."),
        ErrorCode::Internal => shown(
            "Something failed on the server",
            "See the server's own output.",
        ),
        ErrorCode::BadRequest | ErrorCode::InvalidInput | ErrorCode::Unknown => return None,
    })
}

fn shown(message: &str, hint: &str) -> Shown {
    Shown {
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
    }
}
