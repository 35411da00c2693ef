//! What a script accepts on its command line, as far as it could be read.
//!
//! [`Schema`] is the list of arguments in the order of definition, exactly as the script declares them;
//! [`parameters`] turns it into the keys of a config, and [`argv`] turns a config back into a command line.
//! What could not be decided stays [`Decided::Expr`] or [`Literal::Expr`]: undecided is honest, wrong is a defect.

mod argument;
pub mod argv;
mod differences;
mod literal;
pub mod merge;
pub mod parameters;

pub use argument::{
    Action, Argument, Decided, ExclusiveGroup, Nargs, Origin, ParserSchema, Schema,
    SubcommandChoice, Subcommands, Warning,
};
pub use differences::{ArgumentPlace, Differences, FieldDifference};
pub use literal::Literal;
