//! What crosses the wire: HTTP bodies and websocket messages. The rules stand in `docs/PROTOCOL.md`.

pub mod calls;
pub mod commands;
pub mod config;
mod error;
pub mod http;
pub mod import;
pub mod organise;
pub mod queue;
mod reading;
pub mod records;
pub mod select;
pub mod settings;
mod socket;
pub mod templates;

pub use error::{ApiError, ErrorCode};
pub use reading::{
    ParserChoice, PostProbeRequest, Prevented, PreventedKind, ProbeSummary, PutParserRequest,
    Reading,
};
pub use socket::{ClientMessage, PROTOCOL_MAJOR, PROTOCOL_MINOR, ServerMessage, Topic};
