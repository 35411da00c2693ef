//! Arguments, groups and sub-commands as a script declares them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Literal;

/// A field that was read, or the source text of the expression that could not be decided.
///
/// JSON: the value itself, or `{"$expr": "source text"}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Decided<T> {
    /// The value is certain.
    Known(T),
    /// The source text of an expression whose value depends on things outside the script.
    Expr(String),
}

impl<T> Decided<T> {
    /// The value, if it is certain.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Expr(_) => None,
        }
    }
}

impl<T: Default> Default for Decided<T> {
    fn default() -> Self {
        Self::Known(T::default())
    }
}

#[derive(Serialize, Deserialize)]
struct ExprRepr {
    #[serde(rename = "$expr")]
    expr: String,
}

impl<T: Serialize> Serialize for Decided<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Expr(expr) => ExprRepr { expr: expr.clone() }.serialize(serializer),
        }
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for Decided<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        if let Ok(repr) = ExprRepr::deserialize(&value) {
            return Ok(Self::Expr(repr.expr));
        }
        T::deserialize(value)
            .map(Self::Known)
            .map_err(serde::de::Error::custom)
    }
}

/// How many command-line words an argument takes.
///
/// JSON: an integer, `"?"`, `"*"`, `"+"`, `"..."` (REMAINDER) or `"A..."` (PARSER).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nargs {
    /// Exactly this many; argparse makes a list even of one.
    Count(u32),
    /// `?`: none or one.
    Optional,
    /// `*`: any number.
    ZeroOrMore,
    /// `+`: at least one.
    OneOrMore,
    /// `...`: everything that is left.
    Remainder,
    /// `A...`: one word, then everything that is left.
    Parser,
}

impl Nargs {
    /// True if the script receives a list.
    pub fn is_list(self) -> bool {
        self != Self::Optional
    }

    fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Count(_) => None,
            Self::Optional => Some("?"),
            Self::ZeroOrMore => Some("*"),
            Self::OneOrMore => Some("+"),
            Self::Remainder => Some("..."),
            Self::Parser => Some("A..."),
        }
    }

    /// Reads argparse's own spelling of a symbolic `nargs`.
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        [
            Self::Optional,
            Self::ZeroOrMore,
            Self::OneOrMore,
            Self::Remainder,
            Self::Parser,
        ]
        .into_iter()
        .find(|nargs| nargs.as_str() == Some(symbol))
    }
}

impl Serialize for Nargs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (*self, self.as_str()) {
            (Self::Count(count), _) => serializer.serialize_u32(count),
            (_, symbol) => serializer.serialize_str(symbol.unwrap_or_default()),
        }
    }
}

impl<'de> Deserialize<'de> for Nargs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
        count
            .map(Self::Count)
            .or_else(|| value.as_str().and_then(Self::from_symbol))
            .ok_or_else(|| serde::de::Error::custom(format!("`{value}` is not an nargs")))
    }
}

/// What argparse does with an argument when it meets it.
///
/// JSON: argparse's own name, or the bare name of a custom class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// Keep the value (the default).
    #[default]
    Store,
    /// Keep `const`.
    StoreConst,
    /// A flag that turns on.
    StoreTrue,
    /// A flag that turns off.
    StoreFalse,
    /// One more item per use.
    Append,
    /// `const` once per use.
    AppendConst,
    /// Several items per use.
    Extend,
    /// The number of uses.
    Count,
    /// Print the version and leave.
    Version,
    /// Print the help and leave.
    Help,
    /// `--x` and `--no-x`.
    BooleanOptional,
    /// A class of the script's own: its bare name.
    Custom(String),
}

impl Action {
    /// argparse's own name of the action.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Store => "store",
            Self::StoreConst => "store_const",
            Self::StoreTrue => "store_true",
            Self::StoreFalse => "store_false",
            Self::Append => "append",
            Self::AppendConst => "append_const",
            Self::Extend => "extend",
            Self::Count => "count",
            Self::Version => "version",
            Self::Help => "help",
            Self::BooleanOptional => "BooleanOptionalAction",
            Self::Custom(name) => name,
        }
    }

    /// The action of this name; any unknown name is a custom class.
    pub fn from_name(name: &str) -> Self {
        match name {
            "store" => Self::Store,
            "store_const" => Self::StoreConst,
            "store_true" => Self::StoreTrue,
            "store_false" => Self::StoreFalse,
            "append" => Self::Append,
            "append_const" => Self::AppendConst,
            "extend" => Self::Extend,
            "count" => Self::Count,
            "version" => Self::Version,
            "help" => Self::Help,
            "BooleanOptionalAction" => Self::BooleanOptional,
            other => Self::Custom(other.to_owned()),
        }
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|name| Self::from_name(&name))
    }
}

/// Where a definition was learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Read from the source without running it.
    #[default]
    Static,
    /// Dumped by the real parser.
    Probe,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One `add_argument` call. An absent JSON key means argparse's own default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Argument {
    /// The attribute of the parsed namespace, as argparse computes it.
    pub dest: String,
    /// Every option string in order of definition; empty for a positional.
    pub flags: Vec<String>,
    /// True for a positional argument.
    pub positional: bool,
    /// The converting callable's bare name (`int`, `str2bool`, `lambda`, `partial:f`); `None` is `str`.
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub type_name: Decided<Option<String>>,
    /// The value when the argument is absent; the parser's own rules are applied (`store_true` gives `false`).
    #[serde(skip_serializing_if = "is_default")]
    pub default: Literal,
    /// The allowed values, in order.
    #[serde(skip_serializing_if = "is_default")]
    pub choices: Decided<Option<Vec<Literal>>>,
    /// How many words it takes; `None` is exactly one, not in a list.
    #[serde(skip_serializing_if = "is_default")]
    pub nargs: Decided<Option<Nargs>>,
    /// True if argparse refuses a command line without it.
    #[serde(skip_serializing_if = "is_default")]
    pub required: Decided<bool>,
    /// What argparse does with it.
    #[serde(skip_serializing_if = "is_default")]
    pub action: Decided<Action>,
    /// The `const` of `store_const`, `append_const` and `nargs="?"`.
    #[serde(rename = "const", skip_serializing_if = "is_default")]
    pub const_value: Literal,
    /// The name shown in the script's own usage text (a text or a tuple).
    #[serde(skip_serializing_if = "is_default")]
    pub metavar: Literal,
    /// The help text, adjacent and multi-line literals joined.
    #[serde(skip_serializing_if = "is_default")]
    pub help: Decided<Option<String>>,
    /// The title of the argument group it stands in.
    #[serde(skip_serializing_if = "is_default")]
    pub group: Option<String>,
    /// The id of its mutually exclusive group.
    #[serde(skip_serializing_if = "is_default")]
    pub mx: Option<String>,
    /// The path of sub-command names under which it exists, e.g. `["train"]`.
    #[serde(skip_serializing_if = "is_default")]
    pub subcommand: Vec<String>,
    /// The line of the definition, from 1.
    pub line: u32,
    /// Source text of the undecided condition under which it exists.
    #[serde(skip_serializing_if = "is_default")]
    pub conditional: Option<String>,
    /// Where the definition was learned from.
    pub origin: Origin,
    /// `origin` is a probe: what the static reading says of the fields in which it differs, by their JSON names.
    #[serde(rename = "static", skip_serializing_if = "serde_json::Map::is_empty")]
    pub read: serde_json::Map<String, serde_json::Value>,
}

/// One choice of sub-command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubcommandChoice {
    /// The name typed on the command line.
    pub name: String,
    /// Other names for the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The one-line help.
    #[serde(skip_serializing_if = "is_default")]
    pub help: Option<String>,
}

/// One `add_subparsers` call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subcommands {
    /// The attribute that receives the chosen name; `None` if the script gave none.
    pub dest: Option<String>,
    /// True if a choice must be made.
    pub required: bool,
    /// The sub-command path under which this choice exists; empty for the top parser.
    pub at: Vec<String>,
    /// The choices, in order.
    pub choices: Vec<SubcommandChoice>,
}

/// A mutually exclusive group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExclusiveGroup {
    /// Shared with [`Argument::mx`].
    pub id: String,
    /// True if exactly one member must be given.
    pub required: bool,
}

/// Something a reader should know about the reading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Warning {
    /// The line it is about, from 1.
    pub line: u32,
    /// A lowercase sentence.
    pub message: String,
}

/// One parser: its arguments and sub-commands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParserSchema {
    /// The arguments, in program order.
    pub args: Vec<Argument>,
    /// The sub-command choices.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subcommands: Vec<Subcommands>,
    /// The mutually exclusive groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclusive_groups: Vec<ExclusiveGroup>,
    /// `set_defaults` values that belong to no argument (text of the value).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub set_defaults: Vec<(String, Literal)>,
    /// The parser's `description`, if it is certain.
    #[serde(skip_serializing_if = "is_default")]
    pub description: Option<String>,
    /// The characters that start an option; argparse's default is `-`.
    #[serde(skip_serializing_if = "is_default")]
    pub prefix_chars: Option<String>,
    /// The characters that start the name of a file with arguments; absent: none do.
    #[serde(skip_serializing_if = "is_default")]
    pub fromfile_prefix_chars: Option<String>,
}

/// Options named in a label at most.
const LABEL_OPTIONS: usize = 3;

impl ParserSchema {
    /// A short text that tells this parser from the others of its script: the first line of its description, else its
    /// first options.
    pub fn label(&self) -> String {
        let description = self.description.as_deref().unwrap_or_default();
        if let Some(line) = description
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
        {
            return line.chars().take(100).collect();
        }
        let name = |argument: &Argument| {
            let long = argument.flags.iter().max_by_key(|flag| flag.len());
            long.unwrap_or(&argument.dest).clone()
        };
        let mut names: Vec<String> = self.args.iter().take(LABEL_OPTIONS).map(name).collect();
        if self.args.len() > LABEL_OPTIONS {
            names.push("…".to_owned());
        }
        names.join(", ")
    }
}

/// All that is known of a script's command line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Schema {
    /// The parser that reads the command line.
    pub parser: ParserSchema,
    /// Other parsers in the same file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<ParserSchema>,
    /// What a reader should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}
