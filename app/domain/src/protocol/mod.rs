//! What crosses the wire: HTTP bodies and websocket messages. The rules stand in `docs/PROTOCOL.md`.

mod error;
pub mod http;
mod socket;

pub use error::{ApiError, ErrorCode};
pub use socket::{ClientMessage, PROTOCOL_MAJOR, PROTOCOL_MINOR, ServerMessage, Topic};
