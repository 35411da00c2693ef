//! One websocket session: starts and ends subscriptions, and writes what they say.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use domain::protocol::{
    ClientMessage, ErrorCode, PROTOCOL_MAJOR, PROTOCOL_MINOR, ServerMessage, Topic,
};
use futures::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::{log_topic, system_topic, tasks_topic};
use crate::api::state::AppState;
use crate::process::clock;

/// Messages that may wait for a slow browser; subscriptions wait when it is full, and logs then skip ahead.
const QUEUE: usize = 32;
/// A browser that takes nothing for this long is gone.
const WRITE_DEADLINE: Duration = Duration::from_secs(30);
/// What one tab may listen to at once.
const MAX_SUBSCRIPTIONS: usize = 64;

/// Sends one subscription's messages; `None` when the session is over.
#[derive(Clone)]
pub(super) struct Outlet {
    sender: mpsc::Sender<ServerMessage>,
}

impl Outlet {
    /// Waits for room and sends; false when nobody listens any more.
    pub(super) async fn send(&self, message: ServerMessage) -> bool {
        self.sender.send(message).await.is_ok()
    }
}

/// Serves a socket until either side ends it; every subscription ends with it.
pub(super) async fn serve(state: AppState, socket: WebSocket) {
    let (mut to_browser, mut from_browser) = socket.split();
    let (sender, mut messages) = mpsc::channel(QUEUE);
    let outlet = Outlet { sender };
    let mut subscriptions = Subscriptions::default();
    let hello = ServerMessage::Hello {
        major: PROTOCOL_MAJOR,
        minor: PROTOCOL_MINOR,
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        server_instance: state.instance.to_string(),
        now: clock::now(),
    };
    outlet.send(hello).await;
    loop {
        tokio::select! {
            Some(message) = messages.recv() => {
                let Ok(text) = serde_json::to_string(&message) else { continue };
                let sent = timeout(WRITE_DEADLINE, to_browser.send(Message::Text(text.into()))).await;
                if !matches!(sent, Ok(Ok(()))) {
                    return;
                }
            }
            incoming = from_browser.next() => match incoming {
                Some(Ok(Message::Text(text))) => subscriptions.handle(&state, &outlet, &text),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                // Pings are answered by the library.
                Some(Ok(_)) => {}
            },
        }
    }
}

/// The running subscriptions; dropping them ends them.
#[derive(Default)]
struct Subscriptions {
    running: BTreeMap<u32, AbortHandle>,
}

impl Subscriptions {
    fn handle(&mut self, state: &AppState, outlet: &Outlet, text: &str) {
        self.running.retain(|_, task| !task.is_finished());
        match serde_json::from_str(text) {
            Ok(ClientMessage::Subscribe { sub, topic, from }) => {
                self.end(sub);
                if self.running.len() >= MAX_SUBSCRIPTIONS {
                    complain(
                        outlet,
                        Some(sub),
                        format!("at most {MAX_SUBSCRIPTIONS} subscriptions at once"),
                    );
                    return;
                }
                let (state, outlet) = (state.clone(), outlet.clone());
                let task = match topic {
                    Topic::Tasks => tokio::spawn(tasks_topic::serve(state, outlet, sub)),
                    Topic::Log { run } => {
                        tokio::spawn(log_topic::serve(state, outlet, sub, run, from))
                    }
                    Topic::System => tokio::spawn(system_topic::serve(state, outlet, sub)),
                };
                self.running.insert(sub, task.abort_handle());
            }
            Ok(ClientMessage::Unsubscribe { sub }) => self.end(sub),
            Ok(ClientMessage::Unknown) => {
                complain(outlet, None, "unknown kind of message".to_owned());
            }
            Err(error) => complain(outlet, None, format!("not a message: {error}")),
        }
    }

    fn end(&mut self, sub: u32) {
        if let Some(task) = self.running.remove(&sub) {
            task.abort();
        }
    }
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        for task in self.running.values() {
            task.abort();
        }
    }
}

fn complain(outlet: &Outlet, sub: Option<u32>, message: String) {
    // A client that asks nonsense faster than it reads does not get to hold anything up.
    outlet
        .sender
        .try_send(ServerMessage::Error {
            sub,
            code: ErrorCode::BadRequest,
            message,
        })
        .ok();
}
