//! Composition: from files and overrides to one config that knows where each value comes from.
//!
//! ```text
//! files --read, imports, each once--> layers --merge, policy--> raw + origins --overrides--> raw --interpolate--> resolved
//! ```

mod error;
mod files;
mod layer;
mod load;
mod merged;
mod order;
mod origin;
mod over;
mod policy;
mod told;

pub use error::{At, ConfigError, ConfigErrorKind, Warning};
pub use files::Files;
pub use load::{Source, compose, gather, literal};
pub use merged::{Composed, Gathered};
pub use origin::{Origin, Replaced, SetBy};
pub use told::Told;
