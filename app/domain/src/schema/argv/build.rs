//! The command line level by level.

use crate::config::{Key, Value};
use crate::grid::Point;
use crate::schema::parameters::{Control, Parameter};
use crate::schema::{Nargs, ParserSchema};

use super::error::{ArgvError, Problem};
use super::level::Level;
use super::options::{Ending, OptionWriter, Written};
use super::positionals::{Positional, Region};

/// The words after the script's name that make its parser produce `point`.
///
/// A value equal to the default is left out, unless its key is in `varied` or required: then it is written wherever
/// argparse has a way to write it. A parameter named `command` is like any other.
///
/// # Errors
/// [`ArgvError`] if argparse offers no way to say a value.
pub fn argv(
    parser: &ParserSchema,
    parameters: &[Parameter],
    point: &Point,
    varied: &[Key],
) -> Result<Vec<String>, ArgvError> {
    let line = Line {
        parser,
        parameters,
        point,
        varied,
    };
    line.level(&[])
}

struct Line<'a> {
    parser: &'a ParserSchema,
    parameters: &'a [Parameter],
    point: &'a Point,
    varied: &'a [Key],
}

impl Line<'_> {
    /// The words of the level reached by `path`, and of all below it.
    fn level(&self, path: &[String]) -> Result<Vec<String>, ArgvError> {
        let level = Level::new(self.parser, path);
        let here: Vec<&Parameter> = self
            .parameters
            .iter()
            .filter(|parameter| parameter.subcommand == path)
            .collect();
        let tail = self.tail(&here, path)?;
        let mut positionals = Vec::new();
        for parameter in here
            .iter()
            .filter(|p| p.control != Control::Subcommand && self.is_positional(p))
        {
            let value = self.point.get(&parameter.key);
            let varied = self.varied.contains(&parameter.key);
            let positional = Positional::new(self.parser, parameter, value, varied);
            positionals.push(positional.map_err(|problem| ArgvError::of(parameter, problem))?);
        }
        let takes_subcommand = here
            .iter()
            .any(|parameter| parameter.control == Control::Subcommand);
        let mut region = Region {
            level: &level,
            positionals,
            tail,
            takes_subcommand,
            after_open: false,
        };
        let mut options = self.options(&level, &here)?;
        let last = take_last(&mut options, &region)?;
        if !region.is_empty() {
            // Lists first: what follows them then begins with an option string.
            options.sort_by_key(|(_, written)| written.ending);
            self.close(&level, &here, &mut options, &region)?;
            region.after_open = options
                .last()
                .is_some_and(|(_, written)| written.ending == Ending::Open);
        }
        let mut words: Vec<String> = options
            .into_iter()
            .flat_map(|(_, written)| written.words)
            .collect();
        match region.write() {
            // After `--` no option is an option.
            Ok(rest) if !last.is_empty() && rest.iter().any(|word| word == "--") => {
                let blamed = here
                    .iter()
                    .copied()
                    .find(|p| last.first().is_some_and(|flag| p.flags.contains(flag)));
                return Err(ArgvError::of(
                    blamed.unwrap_or(here[0]),
                    Problem::CannotBeLast,
                ));
            }
            Ok(rest) => words.extend(rest),
            Err(index) => {
                let blamed = region
                    .positionals
                    .get(index)
                    .map(|positional| positional.parameter);
                let choice = || {
                    here.iter()
                        .copied()
                        .find(|parameter| parameter.control == Control::Subcommand)
                };
                let blamed = blamed
                    .or_else(choice)
                    .expect("an empty region is always dealt out");
                return Err(ArgvError::of(blamed, Problem::DealtDifferently));
            }
        }
        words.extend(last);
        if let Some(word) = words
            .iter()
            .take_while(|word| *word != "--")
            .find(|word| level.is_ambiguous(word))
        {
            let blamed = here
                .iter()
                .copied()
                .rfind(|p| takes_rest(p))
                .unwrap_or(here[0]);
            return Err(ArgvError::of(
                blamed,
                Problem::LooksLikeAnOption { word: word.clone() },
            ));
        }
        Ok(words)
    }

    fn is_positional(&self, parameter: &Parameter) -> bool {
        parameter
            .args
            .first()
            .and_then(|index| self.parser.args.get(*index))
            .is_some_and(|argument| argument.positional)
    }

    /// The chosen sub-command's name and words.
    fn tail(&self, here: &[&Parameter], path: &[String]) -> Result<Vec<String>, ArgvError> {
        let Some(choice) = here
            .iter()
            .find(|parameter| parameter.control == Control::Subcommand)
        else {
            return Ok(Vec::new());
        };
        match self.point.get(&choice.key) {
            Some(Value::Text(name)) => {
                let mut path = path.to_vec();
                path.push(name.clone());
                let mut words = vec![name.clone()];
                words.extend(self.level(&path)?);
                Ok(words)
            }
            _ if choice.required => Err(ArgvError::of(choice, Problem::Missing)),
            _ => Ok(Vec::new()),
        }
    }

    fn options<'p>(
        &self,
        level: &Level,
        here: &[&'p Parameter],
    ) -> Result<Vec<(&'p Parameter, Written)>, ArgvError> {
        let mut options = Vec::new();
        for parameter in here
            .iter()
            .filter(|p| p.control != Control::Subcommand && !self.is_positional(p))
        {
            let Some(value) = self.point.get(&parameter.key) else {
                if parameter.required {
                    return Err(ArgvError::of(parameter, Problem::Missing));
                }
                continue;
            };
            let alone = parameter.mx_required
                && here.iter().filter(|other| other.mx == parameter.mx).count() == 1;
            let force = parameter.required || alone || self.varied.contains(&parameter.key);
            let option = OptionWriter {
                parser: self.parser,
                level,
                parameter,
            };
            let written = option
                .write(value, force)
                .map_err(|problem| ArgvError::of(parameter, problem))?;
            if !written.words.is_empty() {
                options.push((*parameter, written));
            }
        }
        Ok(options)
    }

    /// Where a list would swallow the sub-command, ends it with an option that is otherwise left out.
    fn close<'p>(
        &self,
        level: &Level,
        here: &[&'p Parameter],
        options: &mut Vec<(&'p Parameter, Written)>,
        region: &Region<'_>,
    ) -> Result<(), ArgvError> {
        let separated = region
            .positionals
            .iter()
            .any(|positional| !positional.words.is_empty());
        let Some((parameter, last)) = options.last_mut() else {
            return Ok(());
        };
        if separated || last.ending != Ending::Open {
            return Ok(());
        }
        // A single item can be joined to its flag, and then takes nothing that follows.
        if let [.., flag, only] = last.words.as_slice()
            && parameter.flags.contains(flag)
        {
            let joined = format!("{flag}={only}");
            last.words.truncate(last.words.len() - 2);
            last.words.push(joined);
            last.ending = Ending::Closed;
            return Ok(());
        }
        let parameter = *parameter;
        let written: Vec<&str> = options
            .iter()
            .map(|(parameter, _)| parameter.key.as_str())
            .collect();
        let spare = here
            .iter()
            .filter(|p| p.control != Control::Subcommand && !self.is_positional(p))
            .find_map(|other| {
                let value = self
                    .point
                    .get(&other.key)
                    .filter(|_| !written.contains(&other.key.as_str()) && other.mx.is_none())?;
                let written = OptionWriter {
                    parser: self.parser,
                    level,
                    parameter: other,
                }
                .write(value, true)
                .ok()?;
                (written.ending == Ending::Closed && !written.words.is_empty())
                    .then_some((*other, written))
            });
        options.push(spare.ok_or_else(|| ArgvError::of(parameter, Problem::SwallowsSubcommand))?);
        Ok(())
    }
}

/// True for what takes any words, options of its own included.
fn takes_rest(parameter: &Parameter) -> bool {
    parameter.control == Control::Subcommand
        || matches!(
            parameter.kind.length,
            Some(Nargs::Remainder | Nargs::Parser)
        )
}

/// Takes out the option that must stand last because it takes everything that is left.
fn take_last(
    options: &mut Vec<(&Parameter, Written)>,
    region: &Region<'_>,
) -> Result<Vec<String>, ArgvError> {
    let Some(index) = options
        .iter()
        .position(|(_, written)| written.ending == Ending::Remainder)
    else {
        return Ok(Vec::new());
    };
    let (parameter, written) = options.remove(index);
    let another = options
        .iter()
        .any(|(_, written)| written.ending == Ending::Remainder);
    let odd = region
        .positionals
        .iter()
        .flat_map(|positional| &positional.words)
        .any(|word| !region.level.is_plain(word));
    let open = options
        .last()
        .is_some_and(|(_, written)| written.ending == Ending::Open)
        && !region.is_empty();
    let rest = !region.is_empty()
        && region
            .positionals
            .iter()
            .any(|positional| takes_rest(positional.parameter));
    if another || rest || odd || open || !region.tail.is_empty() {
        return Err(ArgvError::of(parameter, Problem::CannotBeLast));
    }
    Ok(written.words)
}
