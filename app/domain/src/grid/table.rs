//! A pasted table: CSV or TSV, a header of keys, one point per row.

use serde::{Deserialize, Serialize};

use crate::config::{Key, Value};
use crate::schema::parameters::Parameter;

use super::assign;
use super::error::InputErrorKind;
use super::options::Assignments;

/// The most rows of a table.
pub const MAX_ROWS: usize = 100_000;

/// What is wrong with a pasted table, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("row {row}, column {column}: {kind}")]
pub struct TableError {
    /// What is wrong.
    pub kind: TableErrorKind,
    /// The row, from 1; the header is row 1, and a cell with line breaks in it does not count as several.
    pub row: usize,
    /// The column, from 1.
    pub column: usize,
}

impl TableError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        self.kind.hint()
    }
}

/// What is wrong with a pasted table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TableErrorKind {
    /// Nothing at all.
    #[error("the table is empty")]
    Empty,
    /// A header alone.
    #[error("the table has a header but no rows")]
    NoRows,
    /// More rows than anybody wants to run.
    #[error("the table has more than {MAX_ROWS} rows")]
    TooManyRows,
    /// A column without a key.
    #[error("the column has no key")]
    EmptyKey,
    /// A column of no parameter.
    #[error("there is no key `{key}`")]
    UnknownKey {
        /// What the header says.
        key: String,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// A key with two columns.
    #[error("`{key}` has two columns")]
    RepeatedKey {
        /// The key.
        key: String,
    },
    /// A row of another length than the header.
    #[error("the row has {found} cells, but the header has {expected}")]
    CellCount {
        /// How many the header has.
        expected: usize,
        /// How many the row has.
        found: usize,
    },
    /// A quoted cell without its end.
    #[error("the quote is never closed")]
    UnclosedQuote,
    /// Something follows a quoted cell.
    #[error("text follows the closing quote")]
    TextAfterQuote,
    /// A cell that is no value of its key.
    #[error("`{key}`: {error}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong.
        error: InputErrorKind,
    },
}

impl TableErrorKind {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Empty | Self::NoRows => {
                "write a header of keys, and one row for each point below it".to_owned()
            }
            Self::TooManyRows => "describe regular grids with alternatives and ranges".to_owned(),
            Self::EmptyKey => "write a key above every column".to_owned(),
            Self::UnknownKey {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`?"),
            Self::UnknownKey { nearest: None, .. } => {
                "use the keys of the form in the header".to_owned()
            }
            Self::RepeatedKey { .. } => "remove one of them".to_owned(),
            Self::CellCount { .. } => {
                "give every row as many cells; put cells with separators in quotes".to_owned()
            }
            Self::UnclosedQuote => "close it; a quote inside a cell is written twice".to_owned(),
            Self::TextAfterQuote => {
                "put the whole cell in quotes; a quote inside is written twice".to_owned()
            }
            Self::Value { error, .. } => error.hint().unwrap_or_default(),
        }
    }
}

/// A cell as it stands in the text.
struct Cell {
    text: String,
    quoted: bool,
}

/// Reads a pasted table. The separator is the tab if the header has one, else `;` if it has one and no comma, else the
/// comma. An empty cell leaves its key as it is; `""` is the empty text, and a bare `null` is null where the key takes it.
///
/// # Errors
/// [`TableError`] with row and column.
pub fn read_table(parameters: &[Parameter], text: &str) -> Result<Vec<Assignments>, TableError> {
    let rows = cells(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    let Some((header, rows)) = rows.split_first() else {
        return Err(at(TableErrorKind::Empty, 1, 1));
    };
    let keys = keys(parameters, header)?;
    if rows.is_empty() {
        return Err(at(TableErrorKind::NoRows, 2, 1));
    }
    let all: Vec<&Parameter> = parameters.iter().collect();
    let mut read = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let number = index + 2;
        if row.len() != keys.len() {
            let kind = TableErrorKind::CellCount {
                expected: keys.len(),
                found: row.len(),
            };
            return Err(at(kind, number, row.len().min(keys.len() + 1)));
        }
        let mut values = Assignments::default();
        for (column, (key, cell)) in keys.iter().zip(row).enumerate() {
            if let Some(value) = value(&all, key, cell).map_err(|error| {
                let key = key.to_string();
                at(TableErrorKind::Value { key, error }, number, column + 1)
            })? {
                values.0.push((key.clone(), value));
            }
        }
        read.push(values);
    }
    Ok(read)
}

fn at(kind: TableErrorKind, row: usize, column: usize) -> TableError {
    TableError { kind, row, column }
}

fn keys(parameters: &[Parameter], header: &[Cell]) -> Result<Vec<Key>, TableError> {
    let mut keys: Vec<Key> = Vec::with_capacity(header.len());
    for (index, cell) in header.iter().enumerate() {
        let key = Key::new(cell.text.as_str());
        let kind = if cell.text.is_empty() {
            Some(TableErrorKind::EmptyKey)
        } else if keys.contains(&key) {
            Some(TableErrorKind::RepeatedKey {
                key: key.to_string(),
            })
        } else if !parameters.iter().any(|parameter| parameter.key == key) {
            let known = parameters.iter().map(|parameter| parameter.key.as_str());
            Some(TableErrorKind::UnknownKey {
                nearest: super::nearest(key.as_str(), known),
                key: key.to_string(),
            })
        } else {
            None
        };
        if let Some(kind) = kind {
            return Err(at(kind, 1, index + 1));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// The typed value of a cell; `None` for an empty one.
fn value(
    parameters: &[&Parameter],
    key: &Key,
    cell: &Cell,
) -> Result<Option<Value>, InputErrorKind> {
    let Some(parameter) = parameters.iter().find(|parameter| parameter.key == *key) else {
        return Ok(None);
    };
    if cell.text.is_empty() && !cell.quoted {
        return Ok(None);
    }
    let is_null = !cell.quoted && matches!(cell.text.as_str(), "null" | "None");
    if is_null && let Ok(null) = assign::assigned(parameter, &Value::Null) {
        return Ok(Some(null.into_value()));
    }
    let chars: Vec<char> = cell.text.chars().collect();
    if chars.contains(&'\0') {
        return Err(InputErrorKind::NulCharacter);
    }
    let text = Value::Text(cell.text.clone());
    // Where a config takes anything, an unquoted cell is read as YAML reads it.
    let typed = if super::typing::takes_flow(parameter) && !cell.quoted {
        super::expand::read_one(parameter, &chars, 0..chars.len()).map_err(|error| error.kind)?
    } else {
        assign::assigned(parameter, &text)?
    };
    Ok(Some(typed.into_value()))
}

fn separator(text: &str) -> char {
    let header = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if header.contains('\t') {
        '\t'
    } else if header.contains(';') && !header.contains(',') {
        ';'
    } else {
        ','
    }
}

/// Rows of cells; empty lines are none.
fn cells(text: &str) -> Result<Vec<Vec<Cell>>, TableError> {
    let separator = separator(text);
    let chars: Vec<char> = text.chars().collect();
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut row: Vec<Cell> = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let (number, column) = (rows.len() + 1, row.len() + 1);
        let (cell, end) = cell(&chars, i, separator).map_err(|kind| at(kind, number, column))?;
        row.push(cell);
        i = end;
        match chars.get(i) {
            Some(c) if *c == separator => {
                i += 1;
                if i == chars.len() {
                    row.push(Cell {
                        text: String::new(),
                        quoted: false,
                    });
                }
            }
            _ => {
                i += 1;
                let is_blank =
                    matches!(row.as_slice(), [only] if only.text.is_empty() && !only.quoted);
                let row = std::mem::take(&mut row);
                if !is_blank {
                    rows.push(row);
                }
                if rows.len() > MAX_ROWS + 1 {
                    return Err(at(TableErrorKind::TooManyRows, rows.len(), 1));
                }
            }
        }
    }
    if !row.is_empty() {
        rows.push(row);
    }
    Ok(rows)
}

/// One cell, and where the separator or the line break after it stands.
fn cell(chars: &[char], start: usize, separator: char) -> Result<(Cell, usize), TableErrorKind> {
    let is_end = |at: usize| chars.get(at).is_none_or(|c| *c == separator || *c == '\n');
    let is_blank = |at: usize| {
        chars
            .get(at)
            .is_some_and(|c| c.is_whitespace() && *c != separator && *c != '\n')
    };
    let mut i = start;
    while is_blank(i) {
        i += 1;
    }
    if chars.get(i) != Some(&'"') {
        let mut end = i;
        while !is_end(end) {
            end += 1;
        }
        let text: String = chars[i..end].iter().collect();
        let cell = Cell {
            text: text.trim_end().to_owned(),
            quoted: false,
        };
        return Ok((cell, end));
    }
    let mut text = String::new();
    i += 1;
    loop {
        match (chars.get(i), chars.get(i + 1)) {
            (None, _) => return Err(TableErrorKind::UnclosedQuote),
            (Some('"'), Some('"')) => {
                text.push('"');
                i += 2;
            }
            (Some('"'), _) => break,
            (Some(c), _) => {
                text.push(*c);
                i += 1;
            }
        }
    }
    i += 1;
    while is_blank(i) {
        i += 1;
    }
    if is_end(i) {
        Ok((Cell { text, quoted: true }, i))
    } else {
        Err(TableErrorKind::TextAfterQuote)
    }
}
