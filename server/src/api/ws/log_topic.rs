//! The `log` topic: one run's log from an offset to its end.

use domain::protocol::{ErrorCode, ServerMessage};
use domain::run::RunStatus;
use domain::task::RunId;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::session::Outlet;
use crate::api::state::AppState;
use crate::dispatcher::Change;
use crate::stream::{LogEvent, LogFollower, LogStart};

pub(super) async fn serve(
    state: AppState,
    outlet: Outlet,
    sub: u32,
    run: RunId,
    from: Option<u64>,
) {
    if let Err((code, message)) = follow(&state, &outlet, sub, run, from).await {
        outlet
            .send(ServerMessage::Error {
                sub: Some(sub),
                code,
                message,
            })
            .await;
    }
}

type Problem = (ErrorCode, String);

async fn follow(
    state: &AppState,
    outlet: &Outlet,
    sub: u32,
    run: RunId,
    from: Option<u64>,
) -> Result<(), Problem> {
    let mut changes = state.project.dispatcher.subscribe();
    wait_for_start(state, &mut changes, &run).await?;
    let log = state.project.layout.run(&run).log();
    let (ended, watch_end) = watch::channel(false);
    let from = from.map_or(LogStart::Newest, LogStart::Offset);
    let mut follower = LogFollower::open(&state.watcher, log, from, watch_end)
        .map_err(|error| (ErrorCode::Internal, error.to_string()))?;
    if status(state, &run).await? == RunStatus::Finished {
        ended.send_replace(true);
    }
    let mut told_caught_up = false;
    loop {
        tokio::select! {
            event = follower.next() => {
                let event = event.map_err(|error| (ErrorCode::Internal, error.to_string()))?;
                let is_end = event == LogEvent::Ended;
                if !outlet.send(message(sub, event)).await || is_end {
                    return Ok(());
                }
                if !told_caught_up && follower.caught_up() {
                    told_caught_up = true;
                    outlet.send(ServerMessage::CaughtUp { sub }).await;
                }
            }
            change = changes.recv(), if !*ended.borrow() => {
                if concerns(change, &run)? && status(state, &run).await? == RunStatus::Finished {
                    ended.send_replace(true);
                }
            }
        }
    }
}

/// A queued run has no folder yet: nothing to show until it starts.
async fn wait_for_start(
    state: &AppState,
    changes: &mut broadcast::Receiver<Change>,
    run: &RunId,
) -> Result<(), Problem> {
    while !has_folder(state, run, status(state, run).await?) {
        while !concerns(changes.recv().await, run)? {}
    }
    Ok(())
}

/// The folder is made before the supervisor is started, so it is there from `Running` on.
fn has_folder(state: &AppState, run: &RunId, status: RunStatus) -> bool {
    status != RunStatus::Queued && state.project.layout.run(run).path().is_dir()
}

async fn status(state: &AppState, run: &RunId) -> Result<RunStatus, Problem> {
    let wanted = run.clone();
    let read = state
        .project
        .dispatcher
        .read(move |state| state.run(&wanted).map(|run| run.status));
    let found = read
        .await
        .map_err(|error| (ErrorCode::Internal, error.to_string()))?;
    found.ok_or_else(|| (ErrorCode::NotFound, format!("there is no run `{run}`")))
}

/// True if a change may be about this run; a listener that fell behind looks again to be sure.
fn concerns(change: Result<Change, RecvError>, run: &RunId) -> Result<bool, Problem> {
    use crate::dispatcher::ChangeKind;
    match change {
        Ok(Change {
            kind: ChangeKind::Task(task),
            ..
        }) => Ok(task.id == run.task),
        Ok(Change {
            kind: ChangeKind::Many,
            ..
        })
        | Err(RecvError::Lagged(_)) => Ok(true),
        Err(RecvError::Closed) => Err((
            ErrorCode::Internal,
            "the server is shutting down".to_owned(),
        )),
    }
}

fn message(sub: u32, event: LogEvent) -> ServerMessage {
    match event {
        LogEvent::Delta(delta) => ServerMessage::LogAppended { sub, delta },
        LogEvent::Resync {
            skipped_bytes,
            offset,
        } => ServerMessage::Resync {
            sub,
            skipped_bytes,
            offset,
        },
        LogEvent::Ended => ServerMessage::LogEnded { sub },
    }
}
