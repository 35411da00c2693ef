//! Reads what a Python script accepts on its command line, without running it.
//!
//! A small abstract interpreter follows the script from its entry point and builds the same parsers, groups and
//! arguments that `argparse` would build. What depends on things outside of the script stays undecided, with its
//! source text; what cannot be read at all is named in a warning. The crate is pure: source text in, schema out.
//!
//! ```
//! use inspect::{NoSources, read_script};
//!
//! let source = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=1e-3)\np.parse_args()\n";
//! let schema = read_script(source, "train.py", &NoSources)?;
//! assert_eq!(schema.parser.args[0].dest, "lr");
//! # Ok::<(), inspect::ReadScriptError>(())
//! ```

mod entry;
mod error;
mod heap;
mod interp;
mod json;
mod model;
mod outline;
mod source;
mod value;

pub use entry::read_script;
pub use error::{DecodeError, ReadScriptError};
pub use json::to_inspect_json;
pub use outline::{ConfigCall, Outline, outline};
pub use source::{NoSources, Sources, decode};
