//! The words of an option.

use crate::config::Value;
use crate::grid::same;
use crate::schema::parameters::Parameter;
use crate::schema::{Action, Argument, Nargs, ParserSchema};

use super::error::Problem;
use super::level::Level;
use super::words::{plain_spelling, word, words};

/// What follows an option on the command line matters to it, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// It takes any plain words that follow.
    Open,
    /// It takes exactly its own words.
    Closed,
    /// It takes everything that follows.
    Remainder,
}

/// The words of one option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) words: Vec<String>,
    pub(super) ending: Ending,
}

impl Written {
    fn closed(words: Vec<String>) -> Self {
        Self {
            words,
            ending: Ending::Closed,
        }
    }

    fn nothing() -> Self {
        Self::closed(Vec::new())
    }
}

/// One option on its level.
pub(super) struct OptionWriter<'a> {
    pub(super) parser: &'a ParserSchema,
    pub(super) level: &'a Level,
    pub(super) parameter: &'a Parameter,
}

/// The most uses of one flag.
const MAX_USES: i64 = 10_000;

impl OptionWriter<'_> {
    /// The words that give `value`; none where the default does it.
    ///
    /// With several arguments for one destination, the first that can say it does.
    pub(super) fn write(&self, value: &Value, force: bool) -> Result<Written, Problem> {
        let is_default = self
            .parameter
            .default
            .as_ref()
            .is_some_and(|default| same(default, value));
        if is_default && !force {
            return Ok(Written::nothing());
        }
        let mut problem = None;
        for argument in self
            .parameter
            .args
            .iter()
            .filter_map(|index| self.parser.args.get(*index))
        {
            match self.write_by(argument, value) {
                Ok(written) if written.words.is_empty() && self.parameter.required => {
                    problem = Some(Problem::MustAdd);
                }
                Ok(written) => return Ok(written),
                Err(other) => problem = problem.or(Some(other)),
            }
        }
        match problem {
            Some(problem) if !is_default => Err(problem),
            Some(problem) if self.parameter.required => Err(problem),
            _ => Ok(Written::nothing()),
        }
    }

    fn write_by(&self, argument: &Argument, value: &Value) -> Result<Written, Problem> {
        let action = argument.action.known().cloned().unwrap_or_default();
        match action {
            Action::StoreTrue => set_flag(argument, value, &Value::Bool(true)),
            Action::StoreFalse => set_flag(argument, value, &Value::Bool(false)),
            Action::StoreConst => set_flag(
                argument,
                value,
                &argument.const_value.to_value().unwrap_or_default(),
            ),
            Action::BooleanOptional => boolean_optional(argument, value),
            Action::Count => self.count(argument, value),
            Action::Append => self.append(argument, value),
            Action::AppendConst => self.append_const(value),
            Action::Extend => self.extend(argument, value),
            Action::Custom(_) if nargs(argument) == Some(Nargs::Count(0)) => {
                set_flag(argument, value, &Value::Bool(true))
            }
            Action::Store | Action::Custom(_) | Action::Version | Action::Help => {
                self.store(argument, value)
            }
        }
    }

    fn store(&self, argument: &Argument, value: &Value) -> Result<Written, Problem> {
        match (nargs(argument), value) {
            (Some(Nargs::Optional), value) => self.optional(argument, value),
            (Some(nargs), Value::List(items)) => self.one_use(argument, nargs, items),
            (Some(_), value) => Err(Problem::NotAText {
                value: value.clone(),
            }),
            (None, value) => Ok(self.single(argument, word(argument, self.parameter.kind, value)?)),
        }
    }

    fn optional(&self, argument: &Argument, value: &Value) -> Result<Written, Problem> {
        let constant = argument.const_value.to_value();
        match word(argument, self.parameter.kind, value) {
            // An unknown converter need not give the constant back.
            Ok(word) if constant.as_ref() != Some(value) || matches!(value, Value::Text(_)) => {
                Ok(self.single(argument, word))
            }
            Err(problem) if !constant.is_some_and(|constant| same(&constant, value)) => {
                Err(problem)
            }
            _ => Ok(Written {
                words: vec![flag(argument)],
                ending: Ending::Open,
            }),
        }
    }

    /// `--flag word`, or `--flag=word` where the word looks like an option.
    fn single(&self, argument: &Argument, word: String) -> Written {
        let flag = flag(argument);
        if self.level.is_plain(&word) {
            Written::closed(vec![flag, word])
        } else {
            Written::closed(vec![format!("{flag}={word}")])
        }
    }

    /// `--flag a b c`
    fn one_use(
        &self,
        argument: &Argument,
        nargs: Nargs,
        items: &[Value],
    ) -> Result<Written, Problem> {
        let count = items.len();
        let fits = match nargs {
            Nargs::Count(wanted) => count == wanted as usize,
            Nargs::OneOrMore | Nargs::Parser => count > 0,
            Nargs::Optional => count <= 1,
            Nargs::ZeroOrMore | Nargs::Remainder => true,
        };
        if !fits {
            return Err(Problem::Length {
                nargs: spelled(nargs),
            });
        }
        let texts = words(argument, self.parameter.kind, items)?;
        let ending = match nargs {
            Nargs::Count(_) => Ending::Closed,
            Nargs::Remainder | Nargs::Parser => Ending::Remainder,
            _ => Ending::Open,
        };
        if ending != Ending::Remainder
            && let [only] = texts.as_slice()
            && !self.level.is_plain(only)
        {
            return Ok(Written::closed(vec![format!("{}={only}", flag(argument))]));
        }
        let mut written = vec![flag(argument)];
        for text in texts {
            let text = if ending == Ending::Remainder {
                text
            } else {
                plain_spelling(self.level, self.parameter.kind, text)?
            };
            written.push(text);
        }
        Ok(Written {
            words: written,
            ending,
        })
    }

    /// What must be added to the default list.
    fn beyond_default<'v>(&self, value: &'v Value) -> Result<&'v [Value], Problem> {
        let Value::List(items) = value else {
            return Err(Problem::NotAText {
                value: value.clone(),
            });
        };
        let base: &[Value] = match &self.parameter.default {
            Some(Value::List(base)) => base,
            _ => &[],
        };
        let prefix = items.len() >= base.len() && base.iter().zip(items).all(|(a, b)| same(a, b));
        if !prefix {
            return Err(Problem::DefaultComesFirst {
                default: Value::List(base.to_vec()),
            });
        }
        if items.is_empty() && self.parameter.default != Some(value.clone()) {
            return Err(Problem::EmptyList);
        }
        Ok(&items[base.len()..])
    }

    fn append(&self, argument: &Argument, value: &Value) -> Result<Written, Problem> {
        let mut all = Written::nothing();
        for item in self.beyond_default(value)? {
            let one = match (nargs(argument), item) {
                (None, item) => self.single(argument, word(argument, self.parameter.kind, item)?),
                (Some(Nargs::Optional), item) => self.optional(argument, item)?,
                (Some(nargs), Value::List(inner)) => self.one_use(argument, nargs, inner)?,
                (Some(_), item) => {
                    return Err(Problem::NotAText {
                        value: item.clone(),
                    });
                }
            };
            all.words.extend(one.words);
            all.ending = one.ending;
        }
        Ok(all)
    }

    /// The flags of the destination, in the order of the items.
    fn append_const(&self, value: &Value) -> Result<Written, Problem> {
        let mut all = Written::nothing();
        for item in self.beyond_default(value)? {
            let members = self
                .parameter
                .args
                .iter()
                .filter_map(|index| self.parser.args.get(*index));
            let member = members
                .filter(|m| m.action.known() == Some(&Action::AppendConst))
                .find(|m| {
                    m.const_value
                        .to_value()
                        .is_some_and(|constant| same(&constant, item))
                });
            let only = self.parameter.choices.first().cloned().unwrap_or_default();
            let member = member.ok_or_else(|| Problem::FlagOnlySets {
                value: item.clone(),
                only,
            })?;
            all.words.push(flag(member));
        }
        Ok(all)
    }

    fn extend(&self, argument: &Argument, value: &Value) -> Result<Written, Problem> {
        let items = self.beyond_default(value)?;
        let chunk = match nargs(argument) {
            None | Some(Nargs::Optional) => return Err(Problem::ExtendsLetters),
            Some(Nargs::Count(count)) => (count as usize).max(1),
            Some(_) => items.len().max(1),
        };
        let mut all = Written::nothing();
        for items in items.chunks(chunk) {
            let one = self.one_use(argument, nargs(argument).unwrap_or(Nargs::OneOrMore), items);
            let one = one.or_else(|problem| self.item_by_item(argument, items).ok_or(problem))?;
            all.words.extend(one.words);
            all.ending = one.ending;
        }
        Ok(all)
    }

    /// `--flag=-a --flag=-b`, where a single use cannot say it.
    fn item_by_item(&self, argument: &Argument, items: &[Value]) -> Option<Written> {
        let several = matches!(nargs(argument), Some(Nargs::OneOrMore | Nargs::ZeroOrMore));
        let texts = words(argument, self.parameter.kind, items)
            .ok()
            .filter(|_| several)?;
        Some(Written::closed(
            texts
                .into_iter()
                .map(|text| format!("{}={text}", flag(argument)))
                .collect(),
        ))
    }

    fn count(&self, argument: &Argument, value: &Value) -> Result<Written, Problem> {
        let base = match &self.parameter.default {
            Some(Value::Int(base)) => *base,
            _ => 0,
        };
        let uses = match value {
            Value::Int(wanted) => wanted.saturating_sub(base),
            Value::Null => 0,
            other => {
                return Err(Problem::NotAText {
                    value: other.clone(),
                });
            }
        };
        match uses {
            ..0 => Err(Problem::BelowDefault { default: base }),
            0..=MAX_USES => Ok(Written::closed((0..uses).map(|_| flag(argument)).collect())),
            _ => Err(Problem::TooManyUses),
        }
    }
}

fn nargs(argument: &Argument) -> Option<Nargs> {
    argument.nargs.known().copied().flatten()
}

fn spelled(nargs: Nargs) -> String {
    match nargs {
        Nargs::Count(count) => count.to_string(),
        Nargs::OneOrMore => "\"+\"".to_owned(),
        other => format!("{other:?}"),
    }
}

/// The first long option string, or else the first.
fn flag(argument: &Argument) -> String {
    let long = argument.flags.iter().find(|flag| {
        let mut chars = flag.chars();
        matches!((chars.next(), chars.next()), (Some(a), Some(b)) if a == b && !a.is_alphanumeric())
    });
    long.or(argument.flags.first()).cloned().unwrap_or_default()
}

fn set_flag(argument: &Argument, value: &Value, only: &Value) -> Result<Written, Problem> {
    if same(value, only) {
        Ok(Written::closed(vec![flag(argument)]))
    } else {
        Err(Problem::FlagOnlySets {
            value: value.clone(),
            only: only.clone(),
        })
    }
}

/// argparse turns off by any option string that begins with `--no-`, and makes one for every long one.
/// `--no-x`, and what libraries make of it: `--group.no-x`, `--nox`.
fn is_negative(argument: &Argument, flag: &str) -> bool {
    let glued = flag.strip_prefix("--no").is_some_and(|name| {
        let positive = |other: &&String| other.strip_prefix("--") == Some(name);
        argument.flags.iter().any(|other| positive(&other))
    });
    glued || flag.starts_with("--no-") || flag.contains(".no-")
}

fn boolean_optional(argument: &Argument, value: &Value) -> Result<Written, Problem> {
    let is_off = |flag: &&String| is_negative(argument, flag);
    let on = argument.flags.iter().filter(|flag| !is_off(flag));
    let made = || {
        argument
            .flags
            .iter()
            .find_map(|flag| flag.strip_prefix("--"))
            .map(|name| format!("--no-{name}"))
    };
    let (found, only) = match value {
        Value::Bool(true) => (
            on.clone()
                .find(|f| f.starts_with("--"))
                .or(on.clone().next())
                .cloned(),
            false,
        ),
        Value::Bool(false) => (
            argument.flags.iter().find(is_off).cloned().or_else(made),
            true,
        ),
        other => {
            return Err(Problem::NotAText {
                value: other.clone(),
            });
        }
    };
    let problem = Problem::FlagOnlySets {
        value: value.clone(),
        only: Value::Bool(only),
    };
    found.map(|flag| Written::closed(vec![flag])).ok_or(problem)
}
