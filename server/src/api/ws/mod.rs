//! The websocket: one session per browser tab, and it only pushes.
//!
//! ```text
//! socket in --> session: subscriptions (one task each) --bounded queue--> socket out
//! ```

pub mod handler;
mod log_topic;
mod session;
mod system_topic;
mod tasks_topic;
