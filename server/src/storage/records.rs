//! Files of records (`metrics.jsonl` and its like): read while they grow, each row once, from any offset.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::ControlFlow;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::records::{Row, RowSplitter};
use rustix::fs::OFlags;

use super::StorageError;

/// How much is read at once, bytes.
const PIECE: usize = 64 * 1024;
/// How much one page reads at most, bytes; more than the longest row, so that each page gets on.
const PAGE_READ: usize = 8 * 1024 * 1024;
/// A page ends with the row that brings it here, bytes.
const PAGE_TEXT: usize = 1024 * 1024;

/// Which file it is: another one that has taken its place has another mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileMark {
    device: u64,
    inode: u64,
}

impl FileMark {
    fn of(file: &std::fs::Metadata) -> Self {
        Self {
            device: file.dev(),
            inode: file.ino(),
        }
    }

    /// The mark of such a text; `None` if it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (device, inode) = text.split_once('-')?;
        Some(Self {
            device: u64::from_str_radix(device, 16).ok()?,
            inode: u64::from_str_radix(inode, 16).ok()?,
        })
    }
}

impl std::fmt::Display for FileMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}-{:x}", self.device, self.inode)
    }
}

/// Where a reader of a file begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The file position; within a row, reading begins with the next one.
    pub offset: u64,
    /// The file that this is an offset of; `None`: whichever is there.
    pub file: Option<FileMark>,
}

/// What one turn of reading found, beside rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// The file was replaced, emptied or removed since the last turn: what was read before is void. It was begun anew, and
    /// this turn's rows are those of the new one.
    pub is_anew: bool,
    /// A file was opened.
    pub is_opened: bool,
    /// True if there was nothing more to read.
    pub is_at_end: bool,
}

/// Reads a file of records from turn to turn. The file need not be there yet.
#[derive(Debug)]
pub struct RecordReader {
    path: PathBuf,
    /// The file that was read last, as long as it is in its place.
    known: Option<FileMark>,
    open: Option<File>,
    offset: u64,
    splitter: RowSplitter,
}

impl RecordReader {
    /// Reads a file from its beginning.
    pub fn new(path: PathBuf) -> Self {
        Self::from(path, Start::default())
    }

    /// Goes on where another reader, which may have been another process, stood.
    pub fn from(path: PathBuf, start: Start) -> Self {
        Self {
            path,
            known: start.file,
            open: None,
            offset: start.offset,
            splitter: RowSplitter::at(start.offset),
        }
    }

    /// Where to go on another time.
    pub fn position(&self) -> Start {
        Start {
            offset: self.splitter.resume_at(),
            file: self.known,
        }
    }

    /// Reads what is new, about `budget` bytes at most, and gives each row once, until there is no more or `on_row` breaks.
    ///
    /// # Errors
    /// The file is there and cannot be read, or is no plain file: a link could lead anywhere, and a pipe would block.
    pub fn read(
        &mut self,
        budget: usize,
        mut on_row: impl FnMut(Row) -> ControlFlow<()>,
    ) -> Result<Turn, StorageError> {
        let mut turn = self.look().map_err(StorageError::read(&self.path))?;
        let Some(file) = &self.open else {
            turn.is_at_end = true;
            return Ok(turn);
        };
        let mut piece = vec![0; PIECE];
        let mut left = budget;
        while left > 0 {
            let count = match file.read_at(&mut piece, self.splitter.position()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read.map_err(StorageError::read(&self.path))?,
            };
            if count == 0 {
                turn.is_at_end = true;
                break;
            }
            let mut flow = ControlFlow::Continue(());
            self.splitter
                .push(piece.get(..count).unwrap_or_default(), |line| {
                    if let Some(row) = Row::read(line) {
                        flow = on_row(row);
                    }
                    flow
                });
            if flow.is_break() {
                break;
            }
            left = left.saturating_sub(count);
        }
        Ok(turn)
    }

    /// Opens the file that is in its place now, if it is another one, and finds where to go on.
    fn look(&mut self) -> io::Result<Turn> {
        let mut turn = Turn::default();
        let found = match self.path.symlink_metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                turn.is_anew = self.known.take().is_some() || self.offset > 0;
                self.open = None;
                self.begin_anew();
                return Ok(turn);
            }
            Err(error) => return Err(error),
        };
        let mark = FileMark::of(&found);
        turn.is_anew =
            self.known.is_some_and(|known| known != mark) || found.len() < self.splitter.position();
        if turn.is_anew {
            self.begin_anew();
        }
        if turn.is_anew || self.open.is_none() {
            let file = open_plain(&self.path)?;
            // Whatever took its place between the two looks is what is read.
            self.known = Some(FileMark::of(&file.metadata()?));
            if self.offset > 0 && !is_row_end(&file, self.offset - 1)? {
                self.splitter = RowSplitter::within_line_at(self.offset);
            }
            self.open = Some(file);
            turn.is_opened = true;
        }
        Ok(turn)
    }

    fn begin_anew(&mut self) {
        self.offset = 0;
        self.splitter = RowSplitter::at(0);
    }
}

/// Opens a plain file, never a link, and never waits for the other end of a pipe.
fn open_plain(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        let message = "it is not a plain file";
        Err(io::Error::new(ErrorKind::InvalidInput, message))
    }
}

fn is_row_end(file: &File, at: u64) -> io::Result<bool> {
    let mut byte = [0];
    Ok(file.read_at(&mut byte, at)? == 1 && byte == *b"\n")
}

/// Rows of a file, and where the next ones are.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rows, oldest first.
    pub rows: Vec<Row>,
    /// Where to go on.
    pub next: Start,
    /// [`Turn::is_anew`]
    pub is_anew: bool,
    /// True if there was nothing more to read.
    pub is_at_end: bool,
}

/// At most `limit` rows from `start` on, about 1 MiB of them; at least one if there is one.
///
/// # Errors
/// As [`RecordReader::read`].
pub fn page(path: PathBuf, start: Start, limit: usize) -> Result<Page, StorageError> {
    let mut reader = RecordReader::from(path, start);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    let turn = reader.read(PAGE_READ, |row: Row| {
        bytes += row.text().len();
        rows.push(row);
        if rows.len() >= limit || bytes >= PAGE_TEXT {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    Ok(Page {
        rows,
        next: reader.position(),
        is_anew: turn.is_anew,
        is_at_end: turn.is_at_end,
    })
}

/// Gives every row of a file, oldest first; nothing if there is no file.
///
/// # Errors
/// As [`RecordReader::read`].
pub fn each(path: PathBuf, mut on_row: impl FnMut(Row)) -> Result<(), StorageError> {
    let mut reader = RecordReader::new(path);
    reader.read(usize::MAX, |row| {
        on_row(row);
        ControlFlow::Continue(())
    })?;
    Ok(())
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test plays the script that writes"
)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    struct Records {
        _folder: tempfile::TempDir,
        path: PathBuf,
    }

    impl Records {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("metrics.jsonl");
            Self {
                _folder: folder,
                path,
            }
        }

        fn log(&self, text: &str) {
            let mut file = File::options()
                .create(true)
                .append(true)
                .open(&self.path)
                .unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn reader(&self) -> RecordReader {
            RecordReader::new(self.path.clone())
        }
    }

    fn read(reader: &mut RecordReader) -> (Vec<String>, Turn) {
        let mut rows = Vec::new();
        let turn = reader.read(usize::MAX, |row| {
            rows.push(row.text().to_owned());
            ControlFlow::Continue(())
        });
        (rows, turn.unwrap())
    }

    #[test]
    fn each_row_is_given_once_also_to_a_reader_that_goes_on_for_another() {
        let records = Records::new();
        let mut reader = records.reader();
        let (rows, turn) = read(&mut reader);
        assert_eq!((rows.len(), turn.is_at_end, turn.is_anew), (0, true, false));
        records.log("{\"a\": 1}\n{\"a\": 2}\n{\"a\"");
        assert_eq!(read(&mut reader).0, ["{\"a\": 1}", "{\"a\": 2}"]);
        let mut other = RecordReader::from(records.path.clone(), reader.position());
        records.log(": 3}\n");
        assert_eq!(read(&mut reader).0, ["{\"a\": 3}"]);
        let (rows, turn) = read(&mut other);
        assert_eq!((rows.len(), turn.is_anew), (1, false));
        assert!(read(&mut other).0.is_empty());
    }

    #[test]
    fn a_file_that_was_replaced_emptied_or_removed_is_begun_anew_and_it_is_said() {
        let records = Records::new();
        records.log("{\"a\": 1}\n{\"a\": 2}\n");
        let mut reader = records.reader();
        read(&mut reader);
        let new = records.path.with_extension("new");
        fs::write(&new, "{\"b\": 1}\n{\"b\": 2}\n{\"b\": 3}\n").unwrap();
        fs::rename(&new, &records.path).unwrap();
        let (rows, turn) = read(&mut reader);
        assert_eq!((rows.len(), turn.is_anew), (3, true));
        let offset = reader.position();
        File::options()
            .write(true)
            .open(&records.path)
            .unwrap()
            .set_len(0)
            .unwrap();
        records.log("{\"c\": 1}\n");
        for reader in [
            &mut reader,
            &mut RecordReader::from(records.path.clone(), offset),
        ] {
            let (rows, turn) = read(reader);
            assert_eq!((rows.len(), turn.is_anew), (1, true));
        }
        fs::remove_file(&records.path).unwrap();
        let (rows, turn) = read(&mut reader);
        assert_eq!((rows.len(), turn.is_anew), (0, true));
        assert!(!read(&mut reader).1.is_anew, "it is said once");
    }

    #[test]
    fn an_offset_within_a_row_leads_to_the_next_row() {
        let records = Records::new();
        records.log("{\"a\": 1}\n{\"a\": 2}\n");
        for (offset, expected) in [(0, 2), (1, 1), (8, 1), (9, 1), (10, 0), (18, 0)] {
            let start = Start { offset, file: None };
            let page = page(records.path.clone(), start, 10).unwrap();
            assert_eq!(page.rows.len(), expected, "from {offset}");
            assert!(!page.is_anew);
        }
    }

    #[test]
    fn pages_are_bounded_and_together_they_are_the_file() {
        let records = Records::new();
        let row = format!("{{\"text\": \"{}\"}}\n", "x".repeat(200_000));
        records.log(&row.repeat(12));
        records.log(&"y".repeat(3 * 1024 * 1024));
        records.log("\n{\"last\": true}\n");
        let (mut start, mut counts) = (Start::default(), Vec::new());
        loop {
            let page = page(records.path.clone(), start, 5).unwrap();
            assert!(page.next.offset > start.offset, "each page gets on");
            counts.push(page.rows.len());
            start = page.next;
            if page.is_at_end {
                break;
            }
        }
        assert_eq!(counts, [5, 5, 3]);
    }

    #[test]
    fn what_is_no_plain_file_is_refused_and_nobody_waits_for_it() {
        let records = Records::new();
        let other = records.path.with_extension("other");
        fs::write(&other, "{\"secret\": 1}\n").unwrap();
        std::os::unix::fs::symlink(&other, &records.path).unwrap();
        assert!(page(records.path.clone(), Start::default(), 1).is_err());
        fs::remove_file(&records.path).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &records.path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        assert!(page(records.path.clone(), Start::default(), 1).is_err());
    }
}
