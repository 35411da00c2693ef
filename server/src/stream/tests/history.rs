//! Rows before an offset.

use std::path::PathBuf;

use domain::log::LogRow;

use super::{lines, rows_of};
use crate::stream::history::{MAX_ROWS, rows_before};

fn file_with(log: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("output.log");
    write(&path, log);
    (folder, path)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test plays the task that writes the log"
)]
fn write(path: &std::path::Path, log: &[u8]) {
    std::fs::write(path, log).unwrap();
}

/// Scrolls back from the end to the beginning.
fn all_backwards(path: &std::path::Path, limit: usize) -> Vec<LogRow> {
    let mut before = u64::MAX;
    let mut rows = Vec::new();
    while before > 0 {
        let page = rows_before(path, before, limit).unwrap();
        assert!(page.from_offset < before, "no progress at {before}");
        assert!(page.rows.len() <= limit);
        before = page.from_offset;
        rows.splice(0..0, page.rows);
    }
    rows
}

#[test]
fn pages_scrolled_back_to_the_beginning_are_the_whole_log() {
    let log = lines(4000, |line| {
        format!("\x1b[33mline {line}\x1b[0m {}", "·".repeat(line % 90))
    });
    let (_folder, path) = file_with(log.as_bytes());
    assert_eq!(all_backwards(&path, 500), rows_of(log.as_bytes()));
}

#[test]
fn at_most_the_limit_and_five_hundred_rows_come_back() {
    let (_folder, path) = file_with("x\n".repeat(2000).as_bytes());
    assert_eq!(rows_before(&path, 4000, 7).unwrap().rows.len(), 7);
    let page = rows_before(&path, 4000, 100_000).unwrap();
    assert_eq!(page.rows.len(), MAX_ROWS);
    assert_eq!(page.from_offset, 4000 - 2 * 500);
}

#[test]
fn a_log_without_line_feeds_is_scrolled_back_in_bounded_steps() {
    let (_folder, path) = file_with(&b"0123456789".repeat(70_000));
    let rows = all_backwards(&path, 500);
    let length: usize = rows.iter().map(|row| row.html.len()).sum();
    assert_eq!(length, 700_000);
    let (_folder, path) = file_with(&b"\r 42% ####".repeat(70_000));
    assert!(
        all_backwards(&path, 500)
            .iter()
            .all(|row| row.html == " 42% ####")
    );
}

#[test]
fn a_missing_or_empty_log_has_no_rows() {
    let (folder, path) = file_with(b"");
    for path in [path, folder.path().join("none.log")] {
        let page = rows_before(&path, 100, 10).unwrap();
        assert_eq!((page.from_offset, page.rows.len()), (0, 0));
    }
}

#[test]
fn a_link_or_folder_in_place_of_the_log_is_refused() {
    let (folder, path) = file_with(b"secret\n");
    let link = folder.path().join("link.log");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for path in [link.as_path(), folder.path()] {
        let error = rows_before(path, 100, 10).unwrap_err().to_string();
        assert!(error.ends_with("is not a regular file"), "{error}");
    }
}
