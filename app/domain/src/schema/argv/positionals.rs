//! The words of the positionals of one level, and whether argparse deals them out as meant.

use crate::config::Value;
use crate::grid::same;
use crate::schema::parameters::Parameter;
use crate::schema::{Action, Argument, Nargs, ParserSchema};

use super::deal::{Pattern, deal};
use super::error::Problem;
use super::level::Level;
use super::words::{word, words};

/// One positional of a level.
pub(super) struct Positional<'a> {
    pub(super) parameter: &'a Parameter,
    nargs: Option<Nargs>,
    /// What is written for it.
    pub(super) words: Vec<String>,
    /// What could be written if its neighbours needed it: the words of its default.
    spare: Option<Vec<String>>,
}

impl<'a> Positional<'a> {
    pub(super) fn new(
        parser: &ParserSchema,
        parameter: &'a Parameter,
        value: Option<&Value>,
        varied: bool,
    ) -> Result<Self, Problem> {
        let argument = parameter
            .args
            .first()
            .and_then(|index| parser.args.get(*index));
        let argument = argument.ok_or(Problem::Missing)?;
        let nargs = argument.nargs.known().copied().flatten();
        let optional = matches!(
            nargs,
            Some(Nargs::Optional | Nargs::ZeroOrMore | Nargs::Remainder)
        );
        let value = match value {
            Some(value) => value,
            None if optional => {
                return Ok(Self {
                    parameter,
                    nargs,
                    words: Vec::new(),
                    spare: None,
                });
            }
            None => return Err(Problem::Missing),
        };
        let is_default = parameter
            .default
            .as_ref()
            .is_some_and(|default| same(default, value));
        let written = write(argument, parameter, nargs, value);
        if is_default && optional {
            let written = written.ok();
            if varied {
                return Ok(Self {
                    parameter,
                    nargs,
                    words: written.unwrap_or_default(),
                    spare: None,
                });
            }
            return Ok(Self {
                parameter,
                nargs,
                words: Vec::new(),
                spare: written,
            });
        }
        let words = written?;
        if words.is_empty() && optional {
            return Err(Problem::EmptyList);
        }
        Ok(Self {
            parameter,
            nargs,
            words,
            spare: None,
        })
    }
}

fn write(
    argument: &Argument,
    parameter: &Parameter,
    nargs: Option<Nargs>,
    value: &Value,
) -> Result<Vec<String>, Problem> {
    let base: &[Value] = match &parameter.default {
        Some(Value::List(base)) => base,
        _ => &[],
    };
    let value = match (argument.action.known(), value) {
        (Some(Action::Append), Value::List(items)) => {
            match items.strip_prefix(base).unwrap_or(items) {
                [only] => only,
                _ => {
                    return Err(Problem::Length {
                        nargs: "1".to_owned(),
                    });
                }
            }
        }
        (_, value) => value,
    };
    let items = match (argument.action.known(), value) {
        (Some(Action::Extend), Value::List(items)) => items.strip_prefix(base).unwrap_or(items),
        (_, Value::List(items)) if nargs.is_some_and(Nargs::is_list) => items,
        (_, value) => return Ok(vec![word(argument, parameter.kind, value)?]),
    };
    let fits = match nargs {
        Some(Nargs::Count(wanted)) => items.len() == wanted as usize,
        Some(Nargs::OneOrMore | Nargs::Parser) => !items.is_empty(),
        _ => true,
    };
    if !fits {
        return Err(Problem::Length {
            nargs: format!("{nargs:?}"),
        });
    }
    words(argument, parameter.kind, items)
}

/// The words of one level's positionals, and of the sub-command that follows them.
pub(super) struct Region<'a> {
    pub(super) level: &'a Level,
    pub(super) positionals: Vec<Positional<'a>>,
    /// The sub-command's name and words; empty without one.
    pub(super) tail: Vec<String>,
    /// True if a sub-command could be named here, whether or not one is.
    pub(super) takes_subcommand: bool,
    /// True if the last option would take plain words that follow it.
    pub(super) after_open: bool,
}

impl Region<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.tail.is_empty()
            && self
                .positionals
                .iter()
                .all(|positional| positional.words.is_empty())
    }

    /// All words, with `--` before them where it is needed; or which parameter cannot be served.
    ///
    /// Defaults are written out, from the left, until argparse deals the words out as meant.
    pub(super) fn write(&mut self) -> Result<Vec<String>, usize> {
        loop {
            match self.attempt() {
                Ok(words) => return Ok(words),
                Err(culprit) => {
                    let spare = self
                        .positionals
                        .iter_mut()
                        .find(|positional| positional.spare.is_some());
                    let Some(positional) = spare else {
                        return Err(culprit);
                    };
                    positional.words = positional.spare.take().unwrap_or_default();
                }
            }
        }
    }

    fn attempt(&self) -> Result<Vec<String>, usize> {
        let first = self
            .positionals
            .iter()
            .position(|positional| !positional.words.is_empty())
            .unwrap_or(0);
        let rest_is_taken_whole =
            |positional: &&Positional<'_>| positional.nargs != Some(Nargs::Remainder);
        let own = self
            .positionals
            .iter()
            .filter(rest_is_taken_whole)
            .flat_map(|positional| &positional.words);
        let odd = own.clone().any(|word| !self.level.is_plain(word));
        let dashes = odd || self.after_open && !self.is_empty();
        let mut words: Vec<String> = if dashes {
            vec!["--".to_owned()]
        } else {
            Vec::new()
        };
        words.extend(
            self.positionals
                .iter()
                .flat_map(|positional| positional.words.iter().cloned()),
        );
        words.extend(self.tail.iter().cloned());
        let pattern = self.pattern(&words);
        if pattern.first() == Some(&b'O') {
            return Err(first);
        }
        let mut nargs: Vec<Option<Nargs>> = self
            .positionals
            .iter()
            .map(|positional| positional.nargs)
            .collect();
        if self.takes_subcommand {
            nargs.push(Some(Nargs::Parser));
        }
        let mut counts = deal(&nargs, &pattern);
        if self.takes_subcommand && self.tail.is_empty() {
            // argparse would take the last word for a sub-command's name wherever it can.
            if counts.is_some() {
                return Err(first);
            }
            nargs.pop();
            counts = deal(&nargs, &pattern);
        }
        let counts = counts.ok_or(first)?;
        let mut at = 0;
        for (index, count) in counts.into_iter().enumerate() {
            let positional = self.positionals.get(index);
            let wanted = positional.map_or(self.tail.len(), |positional| positional.words.len());
            let dealt = &pattern[at..at + count];
            let has_dashes = at == 0 && dashes && count > 0;
            // argparse leaves the `--` in what takes everything that is left.
            let keeps_dashes = matches!(nargs[index], Some(Nargs::Remainder | Nargs::Parser));
            if dealt.len() - usize::from(has_dashes) != wanted || has_dashes && keeps_dashes {
                return Err(index.min(self.positionals.len().saturating_sub(1)));
            }
            at += count;
        }
        Ok(words)
    }

    /// How argparse sees the words: after the first `--`, everything is a value.
    fn pattern(&self, words: &[String]) -> Pattern {
        let mut after_dashes = false;
        let mut pattern = Pattern::with_capacity(words.len());
        for word in words {
            pattern.push(match word.as_str() {
                _ if after_dashes => b'A',
                "--" => b'-',
                word if self.level.is_plain(word) => b'A',
                _ => b'O',
            });
            after_dashes |= word == "--";
        }
        pattern
    }
}
