//! The only file with a WebSocket: it drives the reconnect machine and carries messages both ways.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use domain::protocol::{ClientMessage, PROTOCOL_MAJOR, ServerMessage};
use futures::channel::{mpsc, oneshot};
use futures::{SinkExt as _, StreamExt as _, stream};
use gloo_net::websocket::{Message, futures::WebSocket};
use leptos::prelude::*;

use super::Live;
use super::connection::{Connection, Event};
use crate::browser;
use crate::client::url;

/// Messages that may wait for the socket; a fuller queue means that it is stuck.
const QUEUE: usize = 64;

/// What happens next on an open socket.
enum Next {
    Received(Result<Message, gloo_net::websocket::WebSocketError>),
    ToSend(ClientMessage),
    Closed,
}

/// Connects and reconnects for as long as the tab lives, or until the page is stale.
pub(super) async fn run(live: Live) {
    let advance = |event: Event| {
        let state = live.connection.get_untracked().after(event);
        live.connection.set(state);
        state
    };
    loop {
        advance(Event::Connect);
        let is_foreign = session(live).await;
        live.disconnected();
        if is_foreign {
            advance(Event::Foreign);
            return;
        }
        match advance(Event::Closed {
            jitter: browser::random(),
        }) {
            Connection::Backoff { delay_ms, .. } => wait(delay_ms).await,
            _ => return,
        }
    }
}

/// One connection from start to end; true if the server speaks another major version.
async fn session(live: Live) -> bool {
    let address = format!("{}{}", browser::socket_origin(), url("/api/v1/ws"));
    let Ok(socket) = WebSocket::open(&address) else {
        return false;
    };
    let (mut sink, source) = socket.split();
    let (out, queue) = mpsc::channel(QUEUE);
    let received = source
        .map(Next::Received)
        .chain(stream::iter([Next::Closed]));
    let mut events = stream::select(received, queue.map(Next::ToSend));
    let mut greeting = Some(out);
    while let Some(event) = events.next().await {
        match event {
            Next::Closed | Next::Received(Err(_)) => return false,
            Next::Received(Ok(Message::Bytes(_))) => {}
            Next::Received(Ok(Message::Text(text))) => {
                // A message that does not parse belongs to a server this page does not know; it is passed over.
                let Ok(message) = serde_json::from_str::<ServerMessage>(&text) else {
                    continue;
                };
                if let ServerMessage::Hello { major, .. } = &message {
                    if *major != PROTOCOL_MAJOR {
                        return true;
                    }
                    live.connection
                        .update(|state| *state = state.after(Event::Hello));
                    live.deliver(message);
                    let Some(out) = greeting.take() else { continue };
                    for wish in live.connected(out) {
                        if send(&mut sink, &wish).await.is_err() {
                            return false;
                        }
                    }
                } else {
                    live.deliver(message);
                }
            }
            Next::ToSend(message) => {
                if send(&mut sink, &message).await.is_err() {
                    return false;
                }
            }
        }
    }
    false
}

async fn send(
    sink: &mut stream::SplitSink<WebSocket, Message>,
    message: &ClientMessage,
) -> Result<(), ()> {
    let text = serde_json::to_string(message).map_err(|_| ())?;
    sink.send(Message::Text(text)).await.map_err(|_| ())
}

/// Waits so long, or until the browser is online again or the person comes back to the tab.
async fn wait(delay_ms: u32) {
    let (done, over) = oneshot::channel::<()>();
    let done = Rc::new(RefCell::new(Some(done)));
    let fire = move || {
        if let Some(done) = done.borrow_mut().take() {
            let _ = done.send(());
        }
    };
    let (on_time, on_online, on_focus) = (fire.clone(), fire.clone(), fire);
    set_timeout(on_time, Duration::from_millis(delay_ms.into()));
    let online = window_event_listener(leptos::ev::online, move |_| on_online());
    let focus = window_event_listener(leptos::ev::focus, move |_| on_focus());
    let _ = over.await;
    online.remove();
    focus.remove();
}
