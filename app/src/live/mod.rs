//! What the server pushes: one socket per tab, opened at app level; pages subscribe and unsubscribe.
//!
//! ```text
//! socket (the only WebSocket) --ServerMessage--> Live --> store (tasks), log_buffer (one per open log)
//!        <--ClientMessage-- subscriptions (what is wanted, resent after every reconnect)
//! ```

mod connection;
mod handle;
mod log_buffer;
#[cfg(feature = "hydrate")]
mod socket;
mod store;
mod subscriptions;

pub(crate) use connection::Connection;
pub(crate) use handle::Live;
pub(crate) use log_buffer::{LogBuffer, RowKind};
pub(crate) use store::TasksEvent;
