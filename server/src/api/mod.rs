//! The only door: HTTP under `/api/v1`, the websocket, and the pages.
//!
//! Every request passes `guard` first: Host, Origin, token. Handlers validate their input and call `service`.

pub mod access;
pub mod assets;
mod error;
mod guard;
pub mod holder;
pub mod phone;
pub mod router;
mod ssr;
pub mod state;
pub mod v1;
pub mod ws;

pub use error::ApiFailure;
