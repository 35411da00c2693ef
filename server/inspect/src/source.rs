//! Source text: decoding, parsing, and positions in it.

use std::cell::OnceCell;

use ruff_python_ast::Stmt;
use ruff_python_parser::parse_module;
use ruff_text_size::{Ranged, TextSize};

use crate::error::DecodeError;

/// Where the source of other modules comes from.
pub trait Sources: Sync {
    /// The text of the module at `path`, relative to the script's folder with `/` between the parts
    /// (`utils/args.py`); `None` if there is none or it cannot be read.
    fn read(&self, path: &str) -> Option<String>;
}

/// No other modules: everything imported is unknown.
pub struct NoSources;

impl Sources for NoSources {
    fn read(&self, _path: &str) -> Option<String> {
        None
    }
}

/// Decodes a script as Python does: UTF-8 with or without a byte order mark, or the encoding that a coding
/// line among the first two lines declares (UTF-8, ASCII and Latin-1 are supported).
///
/// # Errors
/// A byte that the encoding does not have, an unsupported encoding, or a NUL byte.
pub fn decode(bytes: &[u8]) -> Result<String, DecodeError> {
    let (bytes, marked) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let line_of = |offset: usize| {
        let lines = bytes[..offset].split(|byte| *byte == b'\n').count();
        u32::try_from(lines).unwrap_or(u32::MAX)
    };
    if let Some(offset) = bytes.iter().position(|byte| *byte == 0) {
        return Err(DecodeError::Nul {
            offset,
            line: line_of(offset),
        });
    }
    let declared = if marked {
        None
    } else {
        declared_encoding(bytes)
    };
    match declared.as_deref().map(normalized).as_deref() {
        None | Some("utf-8" | "utf8" | "u8" | "utf" | "utf-8-sig" | "cp65001") => {
            match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.to_owned()),
                Err(error) => {
                    let offset = error.valid_up_to();
                    Err(DecodeError::NotUtf8 {
                        offset,
                        line: line_of(offset),
                    })
                }
            }
        }
        Some("ascii" | "us-ascii" | "646") => {
            match bytes.iter().position(|byte| !byte.is_ascii()) {
                None => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
                Some(offset) => Err(DecodeError::NotAscii {
                    offset,
                    line: line_of(offset),
                }),
            }
        }
        Some("latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" | "8859" | "cp819") => {
            Ok(bytes.iter().map(|byte| char::from(*byte)).collect())
        }
        Some(_) => Err(DecodeError::UnknownEncoding {
            name: declared.unwrap_or_default(),
        }),
    }
}

fn normalized(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// PEP 263: a comment in line 1 or 2 that matches `coding[:=]\s*([-\w.]+)`.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|byte| *byte == b'\n').take(2) {
        let line = line.trim_ascii();
        if !line.starts_with(b"#") {
            if line.is_empty() {
                continue;
            }
            return None;
        }
        let text: String = line.iter().map(|byte| char::from(*byte)).collect();
        let Some(at) = text.find("coding:").or_else(|| text.find("coding=")) else {
            continue;
        };
        let name: String = text[at + "coding:".len()..]
            .trim_start()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .collect();
        if !name.is_empty() {
            return Some(name);
        }
    }
    None
}

/// A place in a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// From 1.
    pub(crate) line: u32,
    /// From 1, in characters.
    pub(crate) column: u32,
}

/// The offsets at which the lines of a text start (`\n`, `\r\n` and a lone `\r` end a line).
#[derive(Debug)]
pub(crate) struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (i, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                starts.push(u32::try_from(i + 1).unwrap_or(u32::MAX));
            }
        }
        Self { starts }
    }

    pub(crate) fn line(&self, offset: TextSize) -> u32 {
        let line = self
            .starts
            .partition_point(|start| *start <= offset.to_u32());
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    pub(crate) fn position(&self, text: &str, offset: TextSize) -> Position {
        let line = self.line(offset);
        let start = self.starts[(line - 1) as usize] as usize;
        let column = text
            .get(start..offset.to_usize())
            .map_or(0, |part| part.chars().count());
        Position {
            line,
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
        }
    }
}

/// Longer source texts are cut where they are shown (characters).
const MAX_SNIPPET: usize = 2_000;

/// One parsed file.
#[derive(Debug)]
pub(crate) struct SourceModule {
    /// The text, without a byte order mark.
    pub(crate) text: String,
    /// The statements.
    pub(crate) body: Vec<Stmt>,
    /// Positions.
    pub(crate) lines: LineIndex,
}

impl SourceModule {
    /// Parses a module.
    ///
    /// # Errors
    /// The first syntax error: its place and the parser's words.
    pub(crate) fn parse(text: &str) -> Result<Self, (Position, String)> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // Python reads every line end as `\n`, inside texts too.
        let text = if text.contains('\r') {
            text.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            text.to_owned()
        };
        let lines = LineIndex::new(&text);
        match parse_module(&text) {
            Ok(parsed) => {
                let body = parsed.into_syntax().body.into_iter().collect();
                Ok(Self { text, body, lines })
            }
            Err(error) => {
                let position = lines.position(&text, error.location.start());
                Err((position, error.error.to_string()))
            }
        }
    }

    /// The source text of a node, on one line; long ones are cut.
    pub(crate) fn snippet(&self, node: impl Ranged) -> String {
        let range = node.range();
        let raw = self
            .text
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or_default();
        let (raw, cut) = match raw.char_indices().nth(MAX_SNIPPET) {
            Some((end, _)) => (&raw[..end], "…"),
            None => (raw, ""),
        };
        if raw.contains(['\n', '\r']) {
            raw.split_whitespace().collect::<Vec<_>>().join(" ") + cut
        } else {
            format!("{raw}{cut}")
        }
    }

    /// True under `from __future__ import annotations`: annotations are kept as texts.
    pub(crate) fn has_text_annotations(&self) -> bool {
        self.body.iter().any(|stmt| {
            stmt.as_import_from_stmt().is_some_and(|stmt| {
                stmt.module
                    .as_ref()
                    .is_some_and(|module| module == "__future__")
                    && stmt.names.iter().any(|alias| &alias.name == "annotations")
            })
        })
    }

    pub(crate) fn line_of(&self, offset: TextSize) -> u32 {
        self.lines.line(offset)
    }
}

/// Parsed files that live as long as the reading: an append-only list, so that references stay valid while
/// imports add to it.
#[derive(Debug, Default)]
pub(crate) struct Library {
    first: OnceCell<Box<Shelf>>,
}

#[derive(Debug)]
struct Shelf {
    module: SourceModule,
    next: OnceCell<Box<Shelf>>,
}

impl Library {
    pub(crate) fn add(&self, module: SourceModule) -> &SourceModule {
        let mut cell = &self.first;
        while let Some(shelf) = cell.get() {
            cell = &shelf.next;
        }
        &cell
            .get_or_init(|| {
                Box::new(Shelf {
                    module,
                    next: OnceCell::new(),
                })
            })
            .module
    }
}
