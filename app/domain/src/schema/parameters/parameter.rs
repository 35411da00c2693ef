//! The parts of a form's field.

use crate::config::{Key, Value};

use crate::schema::Nargs;

/// One key of a script's config.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// `lr`; arguments of a sub-command are `train.lr`. Unique within a parser.
    pub key: Key,
    /// Indices into [`ParserSchema::args`](crate::schema::ParserSchema::args) of the arguments that share this destination; empty for a sub-command choice.
    pub args: Vec<usize>,
    /// How a typed text is read.
    pub kind: Kind,
    /// What the form draws.
    pub control: Control,
    /// The value without any input; `None` if there is none or it could not be decided.
    pub default: Option<Value>,
    /// The source text of an undecided default.
    pub default_expr: Option<String>,
    /// True if the script refuses to start without it.
    pub required: bool,
    /// The allowed values, in order; empty for any.
    pub choices: Vec<Value>,
    /// The value of the bare flag of `nargs="?"`, if it is not `None`.
    pub constant: Option<Value>,
    /// The help, as argparse prints it.
    pub help: Option<String>,
    /// The section's title.
    pub group: Option<String>,
    /// The id of its exclusive group.
    pub mx: Option<String>,
    /// True if one member of its exclusive group must be given.
    pub mx_required: bool,
    /// The path of sub-commands under which it exists.
    pub subcommand: Vec<String>,
    /// Its option strings; empty for a positional.
    pub flags: Vec<String>,
    /// The name in the script's own usage text.
    pub metavar: Option<String>,
    /// Source text of the undecided condition under which it exists.
    pub conditional: Option<String>,
    /// The line of its first definition, from 1; 0 for a sub-command choice.
    pub line: u32,
}

/// How a typed text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The kind of a single value.
    pub scalar: ScalarKind,
    /// True if the script receives a list.
    pub list: bool,
    /// True if it receives a list of lists (`append` with `nargs`): `length` then speaks of the inner lists.
    pub nested: bool,
    /// True if `null` is a value of it.
    pub nullable: bool,
    /// How many items a list has; `None` for any number.
    pub length: Option<Nargs>,
}

/// The kind of a single value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarKind {
    /// True or false.
    Bool,
    /// An integer.
    Int,
    /// A floating-point number.
    Float,
    /// A text.
    Text,
    /// A number of uses.
    Count,
    /// What an unknown converter takes: passed on as it is typed.
    Any,
}

/// What the form draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// On or off.
    Switch,
    /// One of the choices.
    Select,
    /// A number.
    Number,
    /// A line of text.
    Text,
    /// Items.
    List,
    /// The choice of a sub-command.
    Subcommand,
}
