//! The grid's rules, row by row.

mod derived;
mod errors;
mod fields;
mod options;
mod support;
