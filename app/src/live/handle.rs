//! The app's handle on everything live: subscribe, unsubscribe, and where the connection stands.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::protocol::{ClientMessage, ServerMessage, Topic};
use domain::run::StatusCounts;
use futures::channel::mpsc::Sender;
use leptos::prelude::*;

use super::connection::Connection;
use super::store::{TasksEvent, TasksState};
use super::subscriptions::Subscriptions;

/// A page's ear for one subscription. Not a reactive `Callback`: its life ends with the subscription, not with
/// whatever owner happened to be current when it was made.
type Handler = Arc<dyn Fn(ServerMessage) + Send + Sync>;
/// A page's ear for changes of tasks.
type TaskListener = Arc<dyn Fn(TasksEvent) + Send + Sync>;

#[derive(Default)]
struct Inner {
    subscriptions: Subscriptions,
    handlers: BTreeMap<u32, Handler>,
    task_listeners: BTreeMap<u32, TaskListener>,
    last_listener: u32,
    tasks: TasksState,
    out: Option<Sender<ClientMessage>>,
}

/// One per tab, provided through [`crate::state::AppState`].
#[derive(Clone, Copy)]
pub(crate) struct Live {
    inner: StoredValue<Inner>,
    /// Where the connection stands.
    pub(crate) connection: RwSignal<Connection>,
    /// Counts of all tasks per status; `None` until the server has said them.
    pub(crate) counts: RwSignal<Option<StatusCounts>>,
    /// Milliseconds to add to the browser's clock to get the server's.
    pub(crate) clock_skew_ms: RwSignal<i64>,
}

impl Live {
    /// A handle without a connection.
    pub(crate) fn new() -> Self {
        Self {
            inner: StoredValue::new(Inner::default()),
            connection: RwSignal::new(Connection::Idle),
            counts: RwSignal::new(None),
            clock_skew_ms: RwSignal::new(0),
        }
    }

    /// Opens the socket and keeps it open. Called once, in the browser.
    pub(crate) fn start(self) {
        self.subscribe(Topic::Tasks, None, move |message| {
            self.on_tasks_message(&message);
        });
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(super::socket::run(self));
    }

    /// Listens to a topic until [`Self::unsubscribe`]; returns the subscription's number.
    pub(crate) fn subscribe(
        self,
        topic: Topic,
        from: Option<u64>,
        handler: impl Fn(ServerMessage) + Send + Sync + 'static,
    ) -> u32 {
        let handler: Handler = Arc::new(handler);
        let added = self.inner.try_update_value(|inner| {
            let (sub, message) = inner.subscriptions.add(topic, from);
            inner.handlers.insert(sub, handler);
            inner.send(message);
            sub
        });
        added.unwrap_or_default()
    }

    /// Ends a subscription.
    pub(crate) fn unsubscribe(self, sub: u32) {
        let _ = self.inner.try_update_value(|inner| {
            inner.handlers.remove(&sub);
            if let Some(message) = inner.subscriptions.remove(sub) {
                inner.send(message);
            }
        });
    }

    /// Remembers how far a log has come, for the next connection.
    pub(crate) fn resume_at(self, sub: u32, offset: u64) {
        self.inner
            .update_value(|inner| inner.subscriptions.resume_at(sub, offset));
    }

    /// Hears of every change of tasks until the present owner is disposed of.
    pub(crate) fn on_tasks(self, listener: impl Fn(TasksEvent) + Send + Sync + 'static) {
        let listener: TaskListener = Arc::new(listener);
        let id = self.inner.try_update_value(|inner| {
            inner.last_listener += 1;
            inner.task_listeners.insert(inner.last_listener, listener);
            inner.last_listener
        });
        on_cleanup(move || {
            if let Some(id) = id {
                let _ = self
                    .inner
                    .try_update_value(|inner| inner.task_listeners.remove(&id));
            }
        });
    }

    fn on_tasks_message(self, message: &ServerMessage) {
        let applied = self.inner.try_update_value(|inner| {
            let event = inner.tasks.apply(message);
            (
                event,
                inner.tasks.counts,
                inner.task_listeners.values().cloned().collect::<Vec<_>>(),
            )
        });
        let Some((event, counts, listeners)) = applied else {
            return;
        };
        if self.counts.get_untracked() != counts {
            self.counts.set(counts);
        }
        if let Some(event) = event {
            for listener in listeners {
                listener(event.clone());
            }
        }
    }

    /// Hands a message to whoever asked for it.
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "only the browser has a socket")
    )]
    pub(super) fn deliver(self, message: ServerMessage) {
        if let ServerMessage::Hello { now, .. } = &message {
            self.clock_skew_ms
                .set(now.as_ms() - crate::browser::now_ms());
            let _ = self
                .inner
                .try_update_value(|inner| inner.tasks.apply(&message));
            return;
        }
        let handler = subscription_of(&message).and_then(|sub| {
            self.inner
                .try_with_value(|inner| inner.handlers.get(&sub).cloned())
                .flatten()
        });
        if let Some(handler) = handler {
            handler(message);
        }
    }

    /// A connection is ready: from now on messages go out through `out`. Returns what it must be told first.
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "only the browser has a socket")
    )]
    pub(super) fn connected(self, out: Sender<ClientMessage>) -> Vec<ClientMessage> {
        let all = self.inner.try_update_value(|inner| {
            inner.out = Some(out);
            inner.subscriptions.all()
        });
        all.unwrap_or_default()
    }

    /// The connection is gone.
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "only the browser has a socket")
    )]
    pub(super) fn disconnected(self) {
        let _ = self.inner.try_update_value(|inner| inner.out = None);
    }
}

impl Inner {
    /// Sends if there is a connection; otherwise the next one is told anyway.
    fn send(&mut self, message: ClientMessage) {
        // A full queue means that the socket is stuck: it will be replaced, and told everything anew.
        if let Some(out) = &mut self.out
            && out.try_send(message).is_err()
        {
            self.out = None;
        }
    }
}

fn subscription_of(message: &ServerMessage) -> Option<u32> {
    match message {
        ServerMessage::TasksSnapshot { sub, .. }
        | ServerMessage::TaskChanged { sub, .. }
        | ServerMessage::TasksReplaced { sub, .. }
        | ServerMessage::LogAppended { sub, .. }
        | ServerMessage::LogEnded { sub }
        | ServerMessage::SystemLoad { sub, .. }
        | ServerMessage::CaughtUp { sub }
        | ServerMessage::Resync { sub, .. } => Some(*sub),
        ServerMessage::Error { sub, .. } => *sub,
        ServerMessage::Hello { .. } | ServerMessage::Unknown => None,
    }
}
