//! `runyard ls --watch`: a list that is shown again whenever something has changed.

use std::io::{IsTerminal, Write};
use std::sync::mpsc;
use std::time::Duration;

use domain::protocol::select::{FindTasksResponse, GetChangesResponse};
use domain::protocol::{ApiError, ErrorCode};
use notify::{RecursiveMode, Watcher};

use super::follow::end_on_interrupt;
use crate::cli::door::{Door, encode};
use crate::cli::remote::Address;
use crate::storage::Layout;

/// The longest that one question for changes waits, milliseconds.
const ASK_MS: u64 = 25_000;
/// The same while something runs: its time goes on.
const RUNNING_MS: u64 = 1_000;
/// Between two lists: many changes at once are one.
const BUNCH: Duration = Duration::from_millis(100);

/// Shows a list and shows it again, until nobody wants it any more: Ctrl-C, or a pipe that is closed.
pub(super) fn watch(
    layout: &Layout,
    mut show: impl FnMut(&Door) -> Result<Option<FindTasksResponse>, ApiError>,
) -> Result<(), ApiError> {
    end_on_interrupt();
    let mut instance = String::new();
    loop {
        let door = Door::open(layout)?;
        clear();
        let Some(found) = show(&door)? else {
            return Ok(());
        };
        if door.holder().is_none() {
            // Nothing runs on its own, and the project is free for others meanwhile.
            drop(door);
            wait_for_holder(layout)?;
            continue;
        }
        let limit_ms = if found.counts.running > 0 {
            RUNNING_MS
        } else {
            ASK_MS
        };
        let path = format!(
            "changes?after={}&instance={}&limit_ms={limit_ms}",
            found.seq,
            encode(&instance)
        );
        // A holder that has gone is found out by the next look.
        if let Ok(changes) = door.get::<GetChangesResponse>(&path) {
            instance = changes.instance;
        }
        std::thread::sleep(BUNCH);
    }
}

/// What was shown goes; in a pipe, lists follow each other.
fn clear() {
    if std::io::stdout().is_terminal() {
        write!(std::io::stdout().lock(), "\u{1b}[H\u{1b}[2J\u{1b}[3J").ok();
    }
}

/// Waits until a process says that it looks after the project.
fn wait_for_holder(layout: &Layout) -> Result<(), ApiError> {
    let broken = |error: notify::Error| {
        ApiError::new(
            ErrorCode::Internal,
            format!("could not wait for changes: {error}"),
        )
    };
    let (woken, news) = mpsc::sync_channel(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.map_or(true, |event| !event.kind.is_access()) {
            // One word is enough: whoever is woken looks at everything.
            woken.try_send(()).ok();
        }
    })
    .map_err(broken)?;
    watcher
        .watch(&layout.state_dir(), RecursiveMode::NonRecursive)
        .map_err(broken)?;
    while !Address::read(layout).is_some_and(|address| address.answers()) {
        if news.recv().is_err() {
            break;
        }
    }
    Ok(())
}
