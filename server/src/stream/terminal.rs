//! A terminal's screen over a log: rows that have left it are final, rows on it are the live tail.
//!
//! Progress bars move the cursor back over a few rows, so a row is final only when it has left a screen of
//! [`SCREEN_ROWS`] rows. Each row knows the file position behind it; a new [`RowBuilder`] started there yields the next
//! rows as this one does, byte for byte, unless the cursor has moved up across that position. (Colours left on by an
//! earlier row are then lost: that is cosmetic.)

use std::collections::VecDeque;
use std::num::NonZeroU16;

use domain::log::LogRow;
use vt100::capture::{BasicFormattedCaptureState, RowContents};

use super::filter::Filter;
use super::html::{Style, continued_row_html, row_html};

/// How wide the screen is. Tasks are told 120 columns; a wider screen keeps the progress bars of those who do not
/// listen on one row. A line of text may be wider still: its screen rows are joined into one row.
pub const COLUMNS: u16 = 256;

/// How far back a program may move the cursor.
const SCREEN_ROWS: NonZeroU16 = NonZeroU16::new(50).expect("not zero");

/// A line of more characters than this is cut into several rows.
pub(super) const MAX_ROW_CHARACTERS: u16 = 8192;

/// Screen rows are joined no further than this: cursor games can make a screen claim that row after row continues.
const MAX_JOINED_BYTES: usize = 1024 * 1024;

/// A finished row before it is made HTML, which happens only if somebody takes it.
#[derive(Debug)]
struct FinishedRow {
    text: String,
    end_offset: u64,
}

/// Where a screen row begins.
#[derive(Clone, Copy, Debug)]
struct Start {
    offset: u64,
    /// It goes on with the text of the row above, which was too long for the screen.
    continues: bool,
}

impl Start {
    fn of_line(offset: u64) -> Self {
        Self {
            offset,
            continues: false,
        }
    }
}

/// What is kept beside the screen itself.
#[derive(Debug, Default)]
struct Rows {
    finished: VecDeque<FinishedRow>,
    /// The screen rows of an unfinished row that have left the screen already.
    joined: String,
    capture: BasicFormattedCaptureState,
    /// Screen rows that have left so far: the number of the screen's first row.
    scrolled: u64,
    /// Where the rows from `scrolled` on begin, as far down as the cursor has come.
    starts: VecDeque<Start>,
    /// The end of the last finished row.
    final_offset: u64,
    /// The end of the last row that was taken.
    taken_offset: u64,
    /// The file position of the piece that is being processed.
    piece_offset: u64,
}

impl vt100::Callbacks for Rows {
    fn on_scroll(&mut self, row: RowContents<'_>, _alternate_screen: bool) {
        // Writing to a string cannot fail.
        let _ = row.write_formatted_basic(&mut self.joined, &mut self.capture);
        self.scrolled += 1;
        self.starts.pop_front();
        if self.joined.len() > MAX_JOINED_BYTES {
            self.finish_row();
        } else if wraps(&row, &self.capture) {
            // Joined with the next row.
        } else if self.starts.front().is_some_and(|start| start.continues) {
            // A new capture knows nothing of colours left on, nor of a line feed that would be due.
            self.joined.push_str("\x1b[m");
            self.capture = BasicFormattedCaptureState::new();
        } else {
            self.finish_row();
        }
    }
}

impl Rows {
    /// The row that has just left the screen is complete.
    fn finish_row(&mut self) {
        let next = self.starts.front();
        let end = next.map_or(self.piece_offset, |start| start.offset);
        self.final_offset = self.final_offset.max(end);
        self.finished.push_back(FinishedRow {
            text: std::mem::take(&mut self.joined),
            end_offset: self.final_offset,
        });
        self.capture = BasicFormattedCaptureState::new();
    }
}

/// Whether the screen says that the row just written goes on in the next one: then no line feed is due before more is
/// written. (It says so unless the next row begins with a character two columns wide that found only one free.)
fn wraps(row: &RowContents<'_>, after: &BasicFormattedCaptureState) -> bool {
    struct FirstCharacter(Option<char>);
    impl std::fmt::Write for FirstCharacter {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0 = self.0.or(text.chars().next());
            Err(std::fmt::Error)
        }
    }
    let mut first = FirstCharacter(None);
    let _ = row.write_formatted_basic(&mut first, &mut after.clone());
    first.0 != Some('\n')
}

/// Turns the bytes of a log into rows. Pure: it neither reads nor waits. Memory is bounded by the screen, plus the
/// rows that were not taken.
pub struct RowBuilder {
    parser: vt100::Parser<Rows>,
    filter: Filter,
    columns: u16,
    /// The file position behind everything fed.
    position: u64,
    /// The number of the screen row on which the current line began.
    line_row: u64,
    /// Bytes since the current line began.
    line_bytes: u64,
    /// The line is too long: a row ends before the next character.
    cut_due: bool,
    clean: Vec<u8>,
}

impl RowBuilder {
    /// A builder for the log from `start_offset` on, which should be the beginning of a line. `columns` is the
    /// screen's width, at least 1; see [`COLUMNS`].
    pub fn new(columns: u16, start_offset: u64) -> Self {
        let columns = NonZeroU16::new(columns).unwrap_or(NonZeroU16::MIN);
        let rows = Rows {
            starts: VecDeque::from([Start::of_line(start_offset)]),
            final_offset: start_offset,
            taken_offset: start_offset,
            piece_offset: start_offset,
            ..Rows::default()
        };
        Self {
            parser: vt100::Parser::new_with_callbacks(SCREEN_ROWS, columns, 0, rows),
            filter: Filter::default(),
            columns: columns.get(),
            position: start_offset,
            line_row: 0,
            line_bytes: 0,
            cut_due: false,
            clean: Vec::new(),
        }
    }

    /// Goes on with the bytes behind those fed so far.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let length = self.piece_length(bytes);
            let (piece, rest) = bytes.split_at(length);
            if self.cut_due && self.filter.between() && !matches!(piece[0], b'\r' | b'\n') {
                self.cut();
            }
            self.feed_piece(piece);
            bytes = rest;
        }
    }

    /// Pieces end behind a line feed or after a row's worth of bytes of one line, wherever the input was cut: so rows
    /// do not depend on how the file was read.
    fn piece_length(&self, bytes: &[u8]) -> usize {
        if self.cut_due {
            return 1;
        }
        let columns = u64::from(self.columns);
        let room = usize::try_from(columns - self.line_bytes % columns).unwrap_or(usize::MAX);
        let window = &bytes[..room.min(bytes.len())];
        window
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(window.len(), |end| end + 1)
    }

    fn feed_piece(&mut self, piece: &[u8]) {
        self.clean.clear();
        self.filter.push(piece, &mut self.clean);
        self.parser.process(&self.clean);
        self.position += piece.len() as u64;
        self.line_bytes += piece.len() as u64;
        if piece.ends_with(b"\n") {
            self.start_line();
            return;
        }
        // Looked at in fixed places only: what is found must not depend on how the file was read.
        if self.line_bytes.is_multiple_of(u64::from(self.columns)) {
            let row = self.note_row();
            let most = u64::from(MAX_ROW_CHARACTERS.div_ceil(self.columns));
            self.cut_due |= row.saturating_sub(self.line_row) >= most;
        }
    }

    /// Ends the row in the middle of a line.
    fn cut(&mut self) {
        self.parser.process(b"\r\n");
        self.start_line();
    }

    /// A line begins here, at the cursor.
    fn start_line(&mut self) {
        let row = self.note_row();
        let position = self.position;
        let rows = self.parser.callbacks_mut();
        // A row that is entered again (the bars of tqdm, a rich display) starts where it was drawn last.
        let index = usize::try_from(row - rows.scrolled).unwrap_or(usize::MAX);
        if let Some(start) = rows.starts.get_mut(index) {
            *start = Start::of_line(position);
        }
        self.line_row = row;
        self.line_bytes = 0;
        self.cut_due = false;
    }

    /// Notes the start of rows that the cursor has reached for the first time; returns the cursor's row.
    fn note_row(&mut self) -> u64 {
        let (cursor, _) = self.parser.screen().cursor_position();
        let start = Start {
            offset: self.position,
            continues: !self.filter.take_moved(),
        };
        let rows = self.parser.callbacks_mut();
        while rows.starts.len() <= usize::from(cursor) {
            rows.starts.push_back(start);
        }
        rows.piece_offset = start.offset;
        rows.scrolled + u64::from(cursor)
    }

    /// How many finished rows wait to be taken.
    pub fn finished(&self) -> usize {
        self.parser.callbacks().finished.len()
    }

    /// Passes over the oldest finished rows without making anything of them.
    pub fn skip_rows(&mut self, count: usize) {
        let rows = self.parser.callbacks_mut();
        let count = count.min(rows.finished.len());
        if let Some(last) = rows.finished.drain(..count).next_back() {
            rows.taken_offset = last.end_offset;
        }
    }

    /// Takes the rows that became final since the last call, oldest first, as HTML.
    pub fn take_rows(&mut self) -> Vec<LogRow> {
        self.take_some_rows(usize::MAX)
    }

    /// Takes at most `limit` of the rows that became final, oldest first.
    pub fn take_some_rows(&mut self, limit: usize) -> Vec<LogRow> {
        let rows = self.parser.callbacks_mut();
        let limit = limit.min(rows.finished.len());
        let taken: Vec<LogRow> = rows
            .finished
            .drain(..limit)
            .map(|row| LogRow {
                html: row_html(&row.text),
                end_offset: row.end_offset,
            })
            .collect();
        if let Some(last) = taken.last() {
            rows.taken_offset = last.end_offset;
        }
        taken
    }

    /// The file position where the next row to be taken starts.
    pub fn taken_offset(&self) -> u64 {
        self.parser.callbacks().taken_offset
    }

    /// The rows still on the screen, up to the last that shows anything, as HTML.
    pub fn tail(&self) -> Vec<String> {
        let mut text = self.parser.callbacks().joined.clone();
        let mut state = self.parser.callbacks().capture.clone();
        let range = vt100::capture::BasicFormattedCaptureRange::Full(&mut state);
        // Writing to a string cannot fail.
        let _ = self
            .parser
            .screen()
            .write_contents_formatted_basic(&mut text, range);
        let mut style = Style::default();
        let text = self.join_continued(&text);
        let mut rows: Vec<String> = text
            .trim_end_matches(['\n', ' '])
            .split('\n')
            .map(|row| continued_row_html(row, &mut style))
            .collect();
        while rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }

    /// The screen's text without the line feeds in front of rows that continue the one above.
    fn join_continued(&self, text: &str) -> String {
        let starts = &self.parser.callbacks().starts;
        let screen = self.parser.screen();
        let mut ends = (0..SCREEN_ROWS.get()).filter(|row| !screen.row_wrapped(*row));
        let mut joined = String::with_capacity(text.len());
        for part in text.split('\n') {
            joined.push_str(part);
            let below = ends.next().map(|row| usize::from(row) + 1);
            let next = below.and_then(|row| starts.get(row));
            if below.is_some() && next.is_none_or(|start| !start.continues) {
                joined.push('\n');
            }
        }
        joined
    }

    /// The log has ended: everything on the screen is final. Returns all rows not taken before.
    pub fn finish(&mut self) -> Vec<LogRow> {
        self.end();
        self.take_rows()
    }

    /// Like [`RowBuilder::finish`], without taking the rows.
    pub(super) fn end(&mut self) {
        self.note_row();
        // Behind the last line feed there is no row.
        let empty = usize::from(self.last_row_is_empty());
        let rows = self.parser.callbacks_mut();
        let remaining = rows.starts.len().saturating_sub(empty);
        rows.piece_offset = self.position;
        let bottom = format!("\x1b[0m\x1b[{SCREEN_ROWS}B{}", "\r\n".repeat(remaining));
        self.parser.process(bottom.as_bytes());
        let rows = self.parser.callbacks_mut();
        if !rows.joined.is_empty() {
            rows.finish_row();
        }
        rows.starts = VecDeque::from([Start::of_line(self.position)]);
        rows.final_offset = self.position;
        if let Some(last) = rows.finished.back_mut() {
            last.end_offset = self.position;
        }
        self.parser.process(b"\x1b[H\x1b[J");
        self.filter = Filter::default();
        self.line_row = self.parser.callbacks().scrolled;
        self.line_bytes = 0;
        self.cut_due = false;
    }

    /// Whether the lowest row that the cursor has reached shows nothing.
    fn last_row_is_empty(&self) -> bool {
        let reached = self.parser.callbacks().starts.len();
        let row = u16::try_from(reached.saturating_sub(1)).unwrap_or(u16::MAX);
        (0..self.columns).all(|column| {
            self.parser
                .screen()
                .cell(row, column)
                .is_none_or(|cell| !cell.has_contents())
        })
    }

    /// The file position up to which rows are final: where to resume.
    pub fn offset(&self) -> u64 {
        self.parser.callbacks().final_offset
    }

    /// The file position behind everything fed.
    pub fn position(&self) -> u64 {
        self.position
    }
}
