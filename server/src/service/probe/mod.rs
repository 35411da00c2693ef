//! Asking a script itself what it accepts, and choosing among its parsers.
//!
//! A probe runs the script under a shim in Python (`shim/`) that catches the moment the command line is read, sends the
//! real parser's arguments and leaves before any work. The guard (`shim/guard.py`) keeps what comes before that moment
//! from leaving traces.
//!
//! ```text
//! ask      one probe: an order to the shim, its answer, its errors
//! in_use   which schema counts: the probed one while the script is unchanged, another parser if chosen, else the reading
//! endpoint the use cases of the API
//! ```

mod ask;
mod endpoint;
mod error;
mod in_use;

pub use ask::{DEFAULT_LIMIT_SECS, How, MAX_LIMIT_SECS, Probed, Request, ask};
pub use endpoint::{choose_parser, forget, probe, remember_parser};
pub use error::ProbeError;
pub use in_use::{InUse, Pick, in_use, is_current, probe_file, select};
