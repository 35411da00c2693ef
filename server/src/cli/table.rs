//! Tables for a terminal: columns as wide as they need to be, and as narrow as the terminal wants them.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::environment;
use super::report::{self, Format};

/// The narrowest that a column becomes.
const NARROWEST: usize = 8;

/// How a command prints what it found.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct OutputArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Colours: on a terminal, always, or never. `NO_COLOR` is honoured.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorChoice,
}

/// When there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal.
    #[default]
    Auto,
    /// Also into a pipe or a file.
    Always,
    /// Nowhere.
    Never,
}

impl OutputArgs {
    pub(super) fn format(self) -> Format {
        if self.json {
            Format::Json
        } else {
            Format::Text
        }
    }

    pub(super) fn style(self) -> Style {
        let is_terminal = std::io::stdout().is_terminal();
        let has_colours = match self.color {
            ColorChoice::Auto => is_terminal && !environment::no_color(),
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        Style {
            has_colours,
            width: is_terminal.then(terminal_width).flatten(),
        }
    }
}

/// The columns of the terminal: as `COLUMNS` says, else as it says itself.
pub(super) fn terminal_width() -> Option<usize> {
    let said = environment::variable("COLUMNS").and_then(|text| text.parse().ok());
    let size = || rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    said.or_else(|| size().map(|size| usize::from(size.ws_col)))
        .filter(|width| *width > 0)
}

/// How standard output looks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Style {
    pub(super) has_colours: bool,
    /// Lines are cut at so many columns; `None`: never, because a program reads them.
    pub(super) width: Option<usize>,
}

impl Style {
    pub(super) fn paint(self, colour: &str, text: &str) -> String {
        if self.has_colours && !colour.is_empty() {
            format!("\u{1b}[{colour}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// The colour of a status.
pub(super) fn colour_of(status: domain::run::ShownStatus) -> &'static str {
    use domain::run::ShownStatus;
    match status {
        ShownStatus::Completed => "32",
        ShownStatus::Failed => "31",
        ShownStatus::Lost => "35",
        ShownStatus::Cancelled => "33",
        ShownStatus::Running => "36",
        ShownStatus::Pending | ShownStatus::Queued => "2",
    }
}

/// One cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    text: String,
    colour: &'static str,
}

impl Cell {
    pub(super) fn coloured(text: impl Into<String>, colour: &'static str) -> Self {
        let text: String = text.into();
        // A cell is one line, and no text of a user steers the terminal.
        let text = report::printable(&text).replace('\n', " ");
        Self { text, colour }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::coloured(text, "")
    }
}

/// What a column is like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    /// Text; never cut.
    Whole(&'static str),
    /// Text that may be cut.
    Cut(&'static str),
    /// A number, flush right.
    Number(&'static str),
}

impl Column {
    fn title(self) -> &'static str {
        match self {
            Self::Whole(title) | Self::Cut(title) | Self::Number(title) => title,
        }
    }
}

/// The lines of a table; columns without any content are left out.
pub(super) fn lines(columns: &[Column], rows: &[Vec<Cell>], style: Style) -> Vec<String> {
    let used: Vec<usize> = (0..columns.len())
        .filter(|at| {
            let has_text = |row: &Vec<Cell>| row.get(*at).is_some_and(|cell| !cell.text.is_empty());
            rows.iter().any(has_text)
        })
        .collect();
    let kinds: Vec<Column> = used.iter().map(|at| columns[*at]).collect();
    let titles: Vec<Cell> = kinds
        .iter()
        .map(|kind| Cell::coloured(kind.title(), "2"))
        .collect();
    let mut all = vec![titles];
    let pick = |row: &Vec<Cell>| -> Vec<Cell> {
        let cells = used.iter().map(|at| row.get(*at).cloned());
        cells.map(Option::unwrap_or_default).collect()
    };
    all.extend(rows.iter().map(pick));
    let mut widths: Vec<usize> = (0..kinds.len())
        .map(|at| {
            all.iter()
                .map(|row| row[at].text.width())
                .max()
                .unwrap_or(0)
        })
        .collect();
    if let Some(limit) = style.width {
        narrow(&mut widths, &kinds, limit);
    }
    all.iter()
        .map(|row| line(row, &kinds, &widths, style))
        .collect()
}

/// Takes from the widest column that may be cut until the line fits.
fn narrow(widths: &mut [usize], kinds: &[Column], limit: usize) {
    let gaps = 2 * widths.len().saturating_sub(1);
    loop {
        let total: usize = widths.iter().sum::<usize>() + gaps;
        let widest = (0..widths.len())
            .filter(|at| matches!(kinds[*at], Column::Cut(_)) && widths[*at] > NARROWEST)
            .max_by_key(|at| widths[*at]);
        match widest {
            Some(at) if total > limit => {
                widths[at] -= (total - limit)
                    .min(widths[at] - NARROWEST)
                    .min(widths[at].div_ceil(4));
            }
            _ => return,
        }
    }
}

fn line(row: &[Cell], kinds: &[Column], widths: &[usize], style: Style) -> String {
    let mut text = String::new();
    let mut owed = 0;
    for ((cell, kind), width) in row.iter().zip(kinds).zip(widths) {
        let shown = cut(&cell.text, *width);
        let room = width.saturating_sub(shown.width());
        let before = if matches!(kind, Column::Number(_)) {
            room
        } else {
            0
        };
        // Spaces are owed until something follows, so that no line ends with them.
        if shown.is_empty() {
            owed += width + 2;
        } else {
            text += &" ".repeat(owed + before);
            text += &style.paint(cell.colour, &shown);
            owed = room - before + 2;
        }
    }
    text
}

/// The text in at most so many columns, with `…` where something is missing.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(width: Option<usize>) -> String {
        let columns = [
            Column::Cut("TASK"),
            Column::Whole("STATUS"),
            Column::Number("RUNS"),
            Column::Cut("EMPTY"),
        ];
        let rows = [
            vec![
                Cell::from("digits_lr-0.001_1-of-3"),
                "completed".into(),
                "1".into(),
                "".into(),
            ],
            vec![
                Cell::from("数字识别实验"),
                "failed".into(),
                "12".into(),
                "".into(),
            ],
        ];
        let style = Style {
            has_colours: false,
            width,
        };
        lines(&columns, &rows, style).join("\n")
    }

    #[test]
    fn columns_fit_their_content_numbers_stand_flush_right_and_wide_letters_count_two() {
        assert_eq!(
            table(None),
            "TASK                    STATUS     RUNS\n\
             digits_lr-0.001_1-of-3  completed     1\n\
             数字识别实验            failed       12"
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_what_may_be_cut_and_nothing_else() {
        for width in [20, 26, 30, 38] {
            let table = table(Some(width));
            for line in table.lines() {
                assert!(
                    line.width() <= width.max(8 + 2 + 9 + 2 + 4),
                    "{width}: {line}"
                );
            }
            assert!(
                table.contains("completed") && table.contains('…'),
                "{table}"
            );
        }
    }

    #[test]
    fn a_users_text_is_one_line_and_cannot_steer_the_terminal() {
        let cell = Cell::from("a\u{1b}[2Jb\nc");
        assert_eq!(cell.text, "a\u{fffd}[2Jb c");
    }
}
