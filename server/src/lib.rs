//! Everything of Runyard that touches the machine.
//!
//! Imports point down: `cli` and `api` call `service`, that calls `dispatcher`, that calls `executor` and `scheduler`;
//! `stream`, `monitor`, `process` and `storage` know none of those. See `docs/ARCHITECTURE.md`.

pub mod api;
pub mod cli;
pub mod dispatcher;
pub mod executor;
pub mod monitor;
pub mod process;
pub mod scheduler;
pub mod service;
pub mod storage;
pub mod stream;
pub mod supervisor;
