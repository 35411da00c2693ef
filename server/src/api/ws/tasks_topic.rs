//! The `tasks` topic: where the state stands, then every change, numbered.

use domain::protocol::ServerMessage;
use tokio::sync::broadcast::error::RecvError;

use super::session::Outlet;
use crate::api::state::AppState;
use crate::dispatcher::{Change, ChangeKind};

pub(super) async fn serve(state: AppState, outlet: Outlet, sub: u32) {
    // Listening first: no change can fall between the snapshot and the first event.
    let mut changes = state.project.dispatcher.subscribe();
    let Ok(mut seen) = snapshot(&state, &outlet, sub).await else {
        return;
    };
    if !outlet.send(ServerMessage::CaughtUp { sub }).await {
        return;
    }
    loop {
        match changes.recv().await {
            Ok(change) if change.seq <= seen => {}
            Ok(change) => {
                seen = change.seq;
                if !outlet.send(message(sub, change)).await {
                    return;
                }
            }
            Err(RecvError::Lagged(_)) => {
                if !outlet
                    .send(ServerMessage::Resync {
                        sub,
                        skipped_bytes: 0,
                        offset: 0,
                    })
                    .await
                {
                    return;
                }
                let Ok(now) = snapshot(&state, &outlet, sub).await else {
                    return;
                };
                seen = now;
            }
            Err(RecvError::Closed) => return,
        }
    }
}

async fn snapshot(state: &AppState, outlet: &Outlet, sub: u32) -> Result<u64, ()> {
    let read = state
        .project
        .dispatcher
        .read(|state| (state.seq(), state.counts()))
        .await;
    let (seq, counts) = read.map_err(|_| ())?;
    if outlet
        .send(ServerMessage::TasksSnapshot { sub, seq, counts })
        .await
    {
        Ok(seq)
    } else {
        Err(())
    }
}

fn message(sub: u32, Change { seq, counts, kind }: Change) -> ServerMessage {
    match kind {
        ChangeKind::Task(task) => ServerMessage::TaskChanged {
            sub,
            seq,
            task: Box::new((*task).clone()),
            counts,
        },
        ChangeKind::Many => ServerMessage::TasksReplaced { sub, seq, counts },
    }
}
