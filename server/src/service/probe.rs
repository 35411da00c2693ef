//! Where an experiment's schema comes from: which of the script's parsers, and whether the script itself was asked.

use domain::protocol::{ParserChoice, Reading};
use domain::schema::{ParserSchema, Schema};

use super::experiments::Opened;

/// What a page says about the schema in use.
pub fn reading(opened: &Opened) -> Reading {
    Reading {
        parsers: choices(&opened.file.schema),
        ..Reading::default()
    }
}

/// The parsers of a schema in its own order.
pub fn choices(schema: &Schema) -> Vec<ParserChoice> {
    let all = std::iter::once(&schema.parser).chain(&schema.alternatives);
    all.zip(0..)
        .map(|(parser, index)| choice(parser, index))
        .collect()
}

fn choice(parser: &ParserSchema, index: u32) -> ParserChoice {
    ParserChoice {
        index,
        label: parser.label(),
        line: parser
            .args
            .iter()
            .map(|argument| argument.line)
            .min()
            .unwrap_or(0),
        arguments: u32::try_from(parser.args.len()).unwrap_or(u32::MAX),
    }
}
