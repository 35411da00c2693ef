//! A small abstract interpreter: runs a module's statements in program order and builds argparse's objects.
//!
//! What is certain is computed; everything else becomes `Value::Unknown` with its source text. Where a test cannot
//! be decided both branches run, one after the other from the same state, and what differs becomes unknown.
//! Fuel and depth are limited, so every reading ends.
//!
//! - [`machine`]: state, names, fuel, conditions.
//! - [`stmt`], [`flow`], [`assign`]: statements; branches, loops, `try`; targets.
//! - [`matching`], [`here`]: patterns of `match`; paths from `__file__` on.
//! - [`expr`], [`comp`], [`ops`]: expressions; comprehensions; operators.
//! - [`fields`], [`shape`], [`hf`], [`cli_classes`]: dataclass fields, annotations; parsers made from them.
//! - [`attr`], [`call`], [`class`], [`import`]: attributes, calls, classes, modules.
//! - [`parsers`], [`parts`], [`actions`]: methods and attributes of parsers and groups; action classes.
//! - [`builtins`], [`methods`], [`stdlib`], [`text`], [`format`]: Python's own functions and texts.

pub(crate) mod actions;
pub(crate) mod assign;
pub(crate) mod attr;
pub(crate) mod builtins;
pub(crate) mod call;
pub(crate) mod class;
pub(crate) mod cli_classes;
pub(crate) mod comp;
pub(crate) mod expr;
pub(crate) mod fields;
pub(crate) mod flow;
pub(crate) mod format;
pub(crate) mod here;
pub(crate) mod hf;
pub(crate) mod import;
pub(crate) mod machine;
pub(crate) mod matching;
pub(crate) mod methods;
pub(crate) mod ops;
pub(crate) mod parsers;
pub(crate) mod parts;
pub(crate) mod shape;
pub(crate) mod stdlib;
pub(crate) mod stmt;
pub(crate) mod text;
