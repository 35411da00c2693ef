//! The objects that argparse makes, and the schema they add up to.
//!
//! - [`objects`]: parsers, groups, sub-command sets and actions, with argparse's own rules for defaults.
//! - [`action`]: one `add_argument` call: from its arguments to an action, by argparse's own rules.
//! - [`literal`]: interpreter values as schema literals.
//! - [`schema`]: a parser as a `ParserSchema`.

pub(crate) mod action;
pub(crate) mod literal;
pub(crate) mod objects;
pub(crate) mod schema;
