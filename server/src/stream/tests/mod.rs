//! Tests of the stream, part by part.

mod history;
mod hostile;
mod tail;
mod terminal;

use domain::log::LogRow;

use super::terminal::{COLUMNS, RowBuilder};

/// All rows of a complete log.
fn rows_of(log: &[u8]) -> Vec<LogRow> {
    let mut builder = RowBuilder::new(COLUMNS, 0);
    builder.feed(log);
    builder.finish()
}

/// The HTML of all rows of a complete log.
fn html_of(log: &[u8]) -> Vec<String> {
    rows_of(log).into_iter().map(|row| row.html).collect()
}

/// What a person reads of a row.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for character in html.chars() {
        match character {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(character),
            _ => {}
        }
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// A log of numbered lines.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |log, number| log + &line(number) + "\n")
}
