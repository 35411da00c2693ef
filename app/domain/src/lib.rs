//! The ground floor of Runyard: what server and client both reason about.
//!
//! Everything here is pure: no IO, no clock, no ids of its own making, no environment. The crate compiles
//! for native targets and for WASM, so the grid that the browser previews is expanded by the code that runs it.
//!
//! ```text
//! schema (what a script accepts) + inputs (what a person typed)
//!     -> grid (axes, exact count, point i in O(axes)) -> points -> argv
//! ```

pub mod batch;
pub mod call;
pub mod command;
pub mod config;
pub mod dotenv;
pub mod experiment;
pub mod expr;
pub mod grid;
pub mod identity;
pub mod labels;
pub mod log;
pub mod names;
pub mod protocol;
pub mod quantity;
pub mod queue;
pub mod records;
pub mod run;
pub mod schema;
pub mod spelled;
pub mod task;
pub mod time;
