//! The config: a tree of values under dotted keys.
//!
//! ```text
//! texts (YAML, TOML, JSON) --read--> nodes with places --compose--> raw + origins --interpolate--> resolved
//! ```

pub mod compose;
mod diff;
pub mod interpolate;
mod json_read;
mod json_write;
mod key;
mod leaves;
mod merge;
pub mod overrides;
mod read;
mod toml_read;
mod tree;
mod value;
mod vary;
pub mod yaml;
mod yaml_edit;
mod yaml_emit;
mod yaml_read;
mod yaml_scalar;
mod yaml_splice;
mod yaml_view;

pub use diff::{Difference, diff};
pub use json_write::to_json;
pub use key::Key;
pub use leaves::{leaf_keys, leaves, parameter, parameters_of};
pub(crate) use merge::described;
pub use merge::{MergeError, merge};
pub use read::{Format, read_tree};
pub use tree::{Entry, Node, Place, Tree};
pub use value::{Value, non_finite_name};
pub(crate) use vary::joined;
pub use vary::vary;
pub(crate) use yaml_scalar::resolve as plain_scalar;
