//! What can be wrong with a typed text, and with texts taken together.

use serde::{Deserialize, Serialize};

/// What is wrong with one field's text, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{kind}")]
pub struct InputError {
    /// What is wrong.
    pub kind: InputErrorKind,
    /// The first character concerned, counted in characters from 0.
    pub start: usize,
    /// The character after the last one concerned; equal to `start` where something is missing.
    pub end: usize,
}

impl InputError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        self.kind.hint()
    }
}

/// What is wrong with one field's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InputErrorKind {
    /// Nothing between two pipes, before the first or after the last.
    #[error("an alternative is empty")]
    EmptyAlternative,
    /// A quoted text without its end.
    #[error("the quote {quote} is never closed")]
    UnclosedQuote {
        /// The opening quote.
        quote: char,
    },
    /// Something follows a quoted text.
    #[error("text follows the closing quote")]
    TextAfterQuote,
    /// A pipe inside parentheses that are not the whole value.
    #[error("a pipe stands inside parentheses that are not the whole value")]
    PipeInParentheses,
    /// A list without its end.
    #[error("the list is never closed")]
    UnclosedList,
    /// Something follows a list.
    #[error("text follows the list")]
    TextAfterList,
    /// Nothing between two commas of a list.
    #[error("an item of the list is empty")]
    EmptyItem,
    /// Words end in commas, outside brackets.
    #[error("a comma separates words outside brackets")]
    CommaBetweenWords,
    /// A list as an item of a list.
    #[error("a list stands inside a list")]
    NestedList,
    /// Items of a list of lists that are no lists.
    #[error("every item must be a list of its own")]
    NotNested,
    /// Not an integer.
    #[error("`{text}` is not an integer")]
    NotInteger {
        /// What was typed.
        text: String,
    },
    /// Not a number.
    #[error("`{text}` is not a number")]
    NotNumber {
        /// What was typed.
        text: String,
    },
    /// Neither true nor false.
    #[error("`{text}` is neither true nor false")]
    NotBoolean {
        /// What was typed.
        text: String,
    },
    /// Not a number of uses.
    #[error("`{text}` is not a number of uses")]
    NotCount {
        /// What was typed.
        text: String,
    },
    /// Not one of the choices.
    #[error("`{text}` is not one of the choices")]
    NotAChoice {
        /// What was typed.
        text: String,
        /// The choices, in order.
        choices: Vec<String>,
        /// The choice most like it.
        nearest: Option<String>,
    },
    /// Too few or too many items.
    #[error("the list has {found} items, but must have {expected}")]
    ListLength {
        /// `2`, or `+` for at least one.
        expected: String,
        /// How many there are.
        found: u64,
    },
    /// A range that never moves.
    #[error("the step of the range is 0")]
    RangeStepZero,
    /// A range that moves away from its stop.
    #[error("the range never reaches its stop")]
    RangeDirection {
        /// The same range with a step that works.
        suggestion: String,
    },
    /// A decimal in a range of integers.
    #[error("the range of an integer has a decimal in it")]
    RangeNotInteger,
    /// More values than can be counted.
    #[error("the range has too many values")]
    RangeTooLong,
    /// More digits than exact arithmetic holds.
    #[error("the range needs more digits than can be kept exactly")]
    RangeTooPrecise,
    /// A range where a list is wanted.
    #[error("a range cannot stand for a list")]
    RangeInList,
    /// A function of numbers with the wrong arguments.
    #[error("the function takes other arguments")]
    FunctionArguments {
        /// How it is written.
        usage: String,
    },
    /// A logarithm of a number that has none.
    #[error("a logarithm needs numbers above 0")]
    NotPositive,
    /// Evenly spaced integers that are none.
    #[error("the values between the ends are not all integers")]
    SpacedNotInteger,
    /// A distribution beside other values.
    #[error("a field is either drawn at random or takes values")]
    SampledAmongValues,
    /// A derived value among those drawn from.
    #[error("a value that other keys decide cannot be drawn")]
    DerivedAmongSamples,
    /// Not a text.
    #[error("`{text}` is not a text")]
    NotText {
        /// What stands there.
        text: String,
    },
    /// Not a list.
    #[error("`{text}` is not a list")]
    NotList {
        /// What stands there.
        text: String,
    },
    /// Not a map.
    #[error("`{text}` is not a map")]
    NotMap {
        /// What stands there.
        text: String,
    },
    /// A map or a list that cannot be read.
    #[error("this is not YAML: {message}")]
    NotYaml {
        /// What is wrong.
        message: String,
    },
    /// A key of a map that nothing has.
    #[error("there is no key `{key}`")]
    UnknownKey {
        /// What was typed.
        key: String,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// A NUL character, which no command line can carry.
    #[error("a NUL character cannot be passed on a command line")]
    NulCharacter,
}

impl InputErrorKind {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::EmptyAlternative => "write a value on both sides of each `|`; the empty text is `\"\"`".to_owned(),
            Self::UnclosedQuote { quote } => format!("close it with {quote}, or write the quote as `\\{quote}` inside quotes"),
            Self::TextAfterQuote => "put the whole value in quotes, with `\\\"` for a quote inside".to_owned(),
            Self::PipeInParentheses => {
                "put the whole value in one pair of parentheses for a zip, `(a | b)` or `name(a | b)`; a literal pipe is `\\|`".to_owned()
            }
            Self::UnclosedList => "close it with `]`".to_owned(),
            Self::TextAfterList => "write `|` before the next alternative".to_owned(),
            Self::EmptyItem => "remove a comma, or write `\"\"` for the empty text".to_owned(),
            Self::CommaBetweenWords => "write `[a, b]` for a list, or put words with commas in quotes".to_owned(),
            Self::NestedList => "write the items without inner brackets".to_owned(),
            Self::NotNested => "write `[[a, b], [c, d]]`".to_owned(),
            Self::NotInteger { .. } => "write an integer such as `3`, a range such as `1:5`, or alternatives such as `1 | 2`".to_owned(),
            Self::NotNumber { .. } => {
                "write a number such as `0.1`, a range such as `0:1:0.1`, or alternatives such as `0.1 | 0.2`".to_owned()
            }
            Self::NotBoolean { .. } => "write `true` or `false`, or both as `true | false`".to_owned(),
            Self::NotCount { .. } => "write 0 or more".to_owned(),
            Self::NotAChoice { choices, nearest, .. } => match nearest {
                Some(nearest) => format!("did you mean `{nearest}`? the choices are {}", choices.join(", ")),
                None => format!("the choices are {}", choices.join(", ")),
            },
            Self::ListLength { expected, .. } if expected == "+" => "write at least one item".to_owned(),
            Self::ListLength { expected, .. } => format!("write {expected} items, as `[a, b]`"),
            Self::RangeStepZero => "write `start:stop:step` with a step other than 0".to_owned(),
            Self::RangeDirection { suggestion } => format!("write `{suggestion}`"),
            Self::RangeNotInteger => "use whole numbers for start, stop and step".to_owned(),
            Self::RangeTooLong => "use a larger step".to_owned(),
            Self::RangeTooPrecise => "use fewer digits".to_owned(),
            Self::RangeInList => "write a list such as `[1, 2, 3]`, or alternatives such as `[1] | [2]`".to_owned(),
            Self::FunctionArguments { usage } => format!("write {usage}"),
            Self::NotPositive => "use numbers above 0".to_owned(),
            Self::SpacedNotInteger => "choose a count that divides the distance, or write the values with `|`".to_owned(),
            Self::SampledAmongValues => "write the distribution alone, or draw from `choice(a | b)`".to_owned(),
            Self::DerivedAmongSamples => "write the values themselves".to_owned(),
            Self::NotText { .. } => "write a text".to_owned(),
            Self::NotList { .. } => "write a list such as `[1, 2]`".to_owned(),
            Self::NotMap { .. } => "write a map such as `{name: adam, lr: 0.1}`".to_owned(),
            Self::NotYaml { .. } => "write a map such as `{name: adam, lr: 0.1}`, or a list such as `[1, 2]`".to_owned(),
            Self::UnknownKey { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::UnknownKey { nearest: None, .. } => "use a key that the config has".to_owned(),
            Self::NulCharacter => "remove it".to_owned(),
        };
        Some(text)
    }
}
