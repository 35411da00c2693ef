//! Which schema counts.

use std::fs;
use std::path::{Path, PathBuf};

use domain::protocol::{ParserChoice, ProbeSummary, Reading};
use domain::schema::merge::merge;
use domain::schema::{Origin, ParserSchema, Schema};
use domain::time::Timestamp;
use sha2::{Digest, Sha256};

use super::{How, Probed, Request};
use crate::service::ServiceError;
use crate::storage::format::{ExperimentFile, ParserFile, ProbeFile, SourceFile};

/// A schema and where it comes from.
#[derive(Clone, Debug)]
pub struct InUse {
    /// What the form shows and the commands are made of.
    pub schema: Schema,
    /// Where it comes from.
    pub reading: Reading,
}

/// What a person chose for one command, over what the experiment remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// What the experiment remembers.
    Remembered,
    /// This parser of the script.
    Parser(u32),
}

/// Puts together what was read from the script, what its probe said, and which of its parsers was chosen.
///
/// A probe counts while the script and its modules are as they were, and as long as no other parser is chosen.
pub fn in_use(stored: Option<&ExperimentFile>, read: Schema) -> InUse {
    let probe = stored.and_then(|file| file.probe.as_ref());
    let merged = probe.map(|probe| merge(&read, &probe.parser));
    let is_fresh = probe.is_some_and(is_current);
    let (schema, differences) = match merged {
        Some(merged) if is_fresh => (merged.schema, merged.differences),
        Some(merged) => (read, merged.differences),
        None => (read, domain::schema::Differences::default()),
    };
    let parsers = choices(&schema);
    let chosen = stored
        .and_then(|file| file.parser.as_ref())
        .and_then(|pick| found_again(pick, &parsers));
    let mut used = InUse {
        reading: Reading {
            origin: Origin::Static,
            parser: 0,
            parsers,
            probe: probe.map(|probe| ProbeSummary {
                args: probe.args.clone(),
                python: probe.python.clone(),
                at_ms: probe.at_ms,
                outdated: !is_fresh,
                partial: probe.partial,
                differences,
                prevented: probe.prevented.clone(),
            }),
        },
        schema,
    };
    if is_fresh {
        used.reading.origin = Origin::Probe;
    }
    used.switch_to(chosen.unwrap_or(0));
    used
}

/// The same with the parser that was asked for.
///
/// # Errors
/// [`ServiceError::NoSuchParser`].
pub fn select(mut used: InUse, pick: Pick) -> Result<InUse, ServiceError> {
    let Pick::Parser(index) = pick else {
        return Ok(used);
    };
    let count = used.reading.parsers.len();
    if usize::try_from(index).is_ok_and(|index| index < count) {
        used.switch_to(index);
        Ok(used)
    } else {
        Err(ServiceError::NoSuchParser { index, count })
    }
}

impl InUse {
    /// `index` is below the number of parsers.
    fn switch_to(&mut self, index: u32) {
        let current = self.reading.parser;
        if index == current {
            return;
        }
        // In the order of their numbers, whichever is in use.
        let mut all = std::mem::take(&mut self.schema.alternatives);
        let at = |index: u32| usize::try_from(index).unwrap_or(usize::MAX);
        all.insert(
            at(current).min(all.len()),
            std::mem::take(&mut self.schema.parser),
        );
        let chosen = at(index).min(all.len() - 1);
        self.schema.parser = all.remove(chosen);
        self.schema.alternatives = all;
        self.reading.parser = index;
        // Only the parser that reads the command line is asked.
        let is_probed = self
            .reading
            .probe
            .as_ref()
            .is_some_and(|probe| !probe.outdated);
        self.reading.origin = if index == 0 && is_probed {
            Origin::Probe
        } else {
            Origin::Static
        };
    }
}

/// The parsers of a schema in its own order.
fn choices(schema: &Schema) -> Vec<ParserChoice> {
    let all = std::iter::once(&schema.parser).chain(&schema.alternatives);
    all.zip(0..)
        .map(|(parser, index)| choice(parser, index))
        .collect()
}

fn choice(parser: &ParserSchema, index: u32) -> ParserChoice {
    let lines = parser.args.iter().map(|argument| argument.line);
    ParserChoice {
        index,
        label: parser.label(),
        line: lines.filter(|line| *line > 0).min().unwrap_or(0),
        arguments: u32::try_from(parser.args.len()).unwrap_or(u32::MAX),
    }
}

/// A script that was edited may have its parsers in another order: the label says more than the number.
fn found_again(pick: &ParserFile, parsers: &[ParserChoice]) -> Option<u32> {
    let same = |choice: &&ParserChoice| choice.index == pick.index && choice.label == pick.label;
    let named = |choice: &&ParserChoice| choice.label == pick.label;
    let found = parsers
        .iter()
        .find(same)
        .or_else(|| parsers.iter().find(named));
    found.map(|choice| choice.index)
}

/// What `experiment.json` keeps of a probe.
pub fn probe_file(request: &Request<'_>, probed: Probed, now: Timestamp) -> ProbeFile {
    let files = std::iter::once(request.script.to_path_buf()).chain(probed.modules);
    ProbeFile {
        args: request.args.to_vec(),
        python: request.python.to_string_lossy().into_owned(),
        at_ms: now,
        partial: probed.how < How::Full,
        prevented: probed.prevented,
        parser: probed.parser,
        sources: files.filter_map(source).collect(),
    }
}

fn source(path: PathBuf) -> Option<SourceFile> {
    let sha256 = digest(&path)?;
    Some(SourceFile {
        path: path.to_str()?.to_owned(),
        sha256,
    })
}

/// True if the script and its modules are still what was probed.
pub fn is_current(probe: &ProbeFile) -> bool {
    let is_same =
        |source: &SourceFile| digest(Path::new(&source.path)).as_ref() == Some(&source.sha256);
    !probe.sources.is_empty() && probe.sources.iter().all(is_same)
}

fn digest(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    Some(
        Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    )
}
