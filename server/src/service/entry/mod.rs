//! Experiments of all kinds: what a target is, where its template comes from, and what a point of it does.
//!
//! ```text
//! target    a script or a config file, named by a person       files      config files on this disk
//! template  the composed config behind the form                section    `__run__`, read and confined
//! point     one point: command, config, raw config, run folder  code      the modules that run folders get a copy of
//! ```

pub mod code;
pub mod error;
pub mod files;
pub mod point;
pub mod section;
pub mod target;
pub mod template;

pub use error::EntryError;
pub use target::Target;
pub use template::OpenTemplate;
