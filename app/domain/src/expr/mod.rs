//! A small, safe expression language: conditions of a sweep, and filters of a list of runs.
//!
//! `lr < 0.1 and optimizer in [adam, sgd] and name ~ "digits*"`. The grammar stands in `docs/EXPRESSIONS.md`.
//! There are no loops, no assignments and no calls out of it; texts are limited to [`MAX_CHARS`] and nesting to
//! [`MAX_DEPTH`], so that reading and evaluating any text ends in time proportional to its length.
//!
//! ```text
//! text --token--> tokens --parse--> Expression --eval(lookup)--> Value
//! ```

mod arithmetic;
mod ast;
mod error;
mod eval;
mod functions;
mod glob;
mod parse;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use arithmetic::equal;
pub use ast::Expression;
pub use error::{ExprError, ExprErrorKind};
pub use glob::matches as glob_matches;
pub use parse::{MAX_CHARS, MAX_DEPTH};
