//! The background dispatcher: what a detached command leaves behind so that its tasks run.
//!
//! ```text
//! runyard exec -d …   ensure ── starts ──► runyard serve --background   own session, no terminal, API on loopback
//!                       │                     │  ends when nothing runs or waits and nobody has asked for a while,
//!                       └── submits ──────────┘  or when a server that starts asks it to hand over
//! ```

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use domain::protocol::{ApiError, ErrorCode};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot::{self, Receiver};

use super::arguments::ServeArgs;
use super::open::{self, Place};
use super::remote::Address;
use super::report;
use super::serve;
use super::serving::Serving;
use crate::process::spawn;
use crate::service::{Project, ServiceError};
use crate::storage::server_file::{HolderKind, ServerFile};
use crate::storage::{Layout, StorageError, project};

/// How long a process that holds the project may take to say where it answers.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two looks at a process that has not said so yet: nothing tells of a lock that is free again.
const LOOK: Duration = Duration::from_millis(20);
/// How long an answer that is being given may hold up the end.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
/// What the background process says when it answers.
const READY: &str = "ready";
/// What it says when another process holds the project.
const TAKEN: &str = "taken";

/// Makes sure that some process holds the project, answers, and starts what is queued: the one that is there, or a new one in
/// the background. Creates the project if there is none.
///
/// # Errors
/// What kept the background process from starting.
pub(super) fn ensure(layout: &Layout, python: Option<&str>) -> Result<Address, ApiError> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(address) = Address::read(layout).filter(Address::answers) {
            return Ok(address);
        }
        match start(layout, python)?.as_str() {
            READY => {}
            TAKEN if Instant::now() < give_up => thread::sleep(LOOK),
            TAKEN => {
                let error = StorageError::Locked {
                    path: layout.root().to_path_buf(),
                    address: None,
                };
                return Err(ServiceError::from(error).to_api());
            }
            other => return Err(serde_json::from_str(other).unwrap_or_else(|_| broken(layout))),
        }
    }
}

/// Starts the process and waits for its one line.
fn start(layout: &Layout, python: Option<&str>) -> Result<String, ApiError> {
    let api = |error: ServiceError| error.to_api();
    project::create(layout).map_err(|error| api(error.into()))?;
    let log = ServerFile::open_log(layout).map_err(|error| api(error.into()))?;
    // The folder stands in the words for people who look at the list of processes.
    let mut words: Vec<OsString> = ["serve", "--background"].map(OsString::from).to_vec();
    words.push(layout.root().into());
    if let Some(python) = python {
        words.extend(["--python".into(), absolute(python)]);
    }
    let started = spawn::background(&words, layout.root(), log);
    let mut child = started.map_err(|error| {
        let message = format!("could not start a background process: {error}");
        ApiError::new(ErrorCode::Internal, message)
    })?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        // Its end without a word is an empty line, too.
        BufReader::new(output).read_line(&mut line).ok();
    }
    let line = line.trim().to_owned();
    if line != READY {
        // It is ending by itself.
        child.wait().ok();
    }
    Ok(line)
}

/// An interpreter's path counts from the folder of whoever named it, not from the project's.
fn absolute(python: &str) -> OsString {
    if python.contains('/') {
        std::path::absolute(python).map_or_else(|_| python.into(), Into::into)
    } else {
        python.into()
    }
}

fn broken(layout: &Layout) -> ApiError {
    let message = "the background process ended before it was ready".to_owned();
    ApiError::new(ErrorCode::Internal, message)
        .with_hint(format!("look at `{}`", layout.background_log().display()))
}

/// `runyard serve --background`: the process itself.
pub(super) fn main(args: &ServeArgs) -> ExitCode {
    spawn::leave_terminal();
    report::start_logging();
    let python = args.python.as_deref();
    match open::project(Place::Folder(&args.dir), python) {
        Ok(opened) => match serve::runtime() {
            Ok(runtime) => {
                let result = runtime.block_on(serve_until_idle(opened, args.linger_secs));
                runtime.shutdown_background();
                result.map_or_else(|error| say(&error), |()| ExitCode::SUCCESS)
            }
            Err(error) => say(&ServiceError::OutOfRange(error)),
        },
        Err(ServiceError::Storage(StorageError::Locked { .. })) => {
            report::line(TAKEN);
            ExitCode::FAILURE
        }
        Err(error) => say(&error),
    }
}

fn say(error: &ServiceError) -> ExitCode {
    report::line(&serde_json::json!(error.to_api()).to_string());
    ExitCode::FAILURE
}

async fn serve_until_idle(
    opened: open::OpenedProject,
    linger_secs: u64,
) -> Result<(), ServiceError> {
    let (project, _lock) = open::start(opened, None);
    // Nobody is told to come before the files are read.
    project.dispatcher.read(|_| ()).await?;
    let serving = Serving::open(project.clone(), HolderKind::Background)?;
    serving.announce()?;
    report::line(READY);
    let linger = Duration::from_secs(linger_secs);
    loop {
        let (is_over, over) = oneshot::channel();
        let holder = serving.state.holder.clone();
        let (for_idle, asking) = (project.clone(), holder.clone());
        let leave = async move {
            let is_idle = tokio::select! {
                () = idle(&for_idle, || asking.requests(), linger) => true,
                () = asking.left() => false,
                () = serve::shutdown_asked() => false,
            };
            is_over.send(is_idle).ok();
        };
        let is_idle = answer_until(serving.until(leave), over).await;
        // Somebody may have submitted something with the last request.
        let is_left = project
            .dispatcher
            .read(|state| state.counts().running + state.counts().queued > 0)
            .await
            .unwrap_or(false);
        if !(is_idle && is_left) {
            break;
        }
    }
    serving.withdraw();
    Ok(())
}

/// Answers until `over` says so, and then for a moment more; what it says: true if there is nothing to do.
async fn answer_until(answering: impl Future<Output = ()>, mut over: Receiver<bool>) -> bool {
    tokio::pin!(answering);
    tokio::select! {
        () = &mut answering => {}
        is_idle = &mut over => {
            tokio::time::timeout(LAST_ANSWERS, answering).await.ok();
            return is_idle.unwrap_or(false);
        }
    }
    // It was told why before it ended, also where both are seen at once. A port that broke is opened again if it is needed.
    over.try_recv().unwrap_or(true)
}

/// Waits until nothing runs or waits, and nothing has been asked for a while after that.
async fn idle(project: &Project, requests: impl Fn() -> u64, linger: Duration) {
    let mut changes = project.dispatcher.subscribe();
    loop {
        let counts = project
            .dispatcher
            .read(crate::dispatcher::State::counts)
            .await;
        let Ok(counts) = counts else { return };
        let before = requests();
        let limit = if counts.running + counts.queued > 0 {
            // A day: the next change comes first.
            Duration::from_secs(86_400)
        } else {
            linger
        };
        tokio::select! {
            change = changes.recv() => if matches!(change, Err(RecvError::Closed)) { return },
            () = tokio::time::sleep(limit) => {
                if limit == linger && requests() == before {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reason_to_leave_counts_also_if_the_last_answer_is_given_at_the_same_moment() {
        // Which of two that are ready is seen first is left to chance.
        for _ in 0..64 {
            let (is_over, over) = oneshot::channel();
            is_over.send(false).unwrap();
            assert!(!answer_until(std::future::ready(()), over).await);
        }
    }

    #[tokio::test]
    async fn a_port_that_breaks_is_no_reason_to_leave_what_is_queued() {
        let (_is_over, over) = oneshot::channel();
        assert!(answer_until(std::future::ready(()), over).await);
    }
}
