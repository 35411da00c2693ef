//! Rows of a log before some file position, for whoever scrolls back. Blocking and bounded.

use std::fs::File;
use std::path::Path;

use domain::protocol::http::GetLogRowsResponse;

use super::reader::{FollowLogError, fill_at, open_regular, row_start};
use super::terminal::{COLUMNS, RowBuilder};

/// The most rows in one answer.
pub const MAX_ROWS: usize = 500;

/// How much is read: first little, then more if that held too few rows. The last is the most ever.
const WINDOWS: [u64; 3] = [32 * 1024, 128 * 1024, 512 * 1024];

/// The last rows that end at or before the file position `before`, at most `limit` and [`MAX_ROWS`], oldest first.
///
/// Fewer rows come back where they would take more than 512 KiB of log; none, with a smaller `from_offset`, where such
/// a stretch shows nothing. So going on from `from_offset` always arrives at 0. A missing log has no rows, and a
/// `before` behind the end means the end.
///
/// # Errors
/// If the file cannot be read or is not a regular file.
pub fn rows_before(
    path: &Path,
    before: u64,
    limit: usize,
) -> Result<GetLogRowsResponse, FollowLogError> {
    let found = match path.symlink_metadata() {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(GetLogRowsResponse {
                from_offset: 0,
                rows: Vec::new(),
            });
        }
        Err(error) => return Err(FollowLogError::read(path)(error)),
    };
    let file = open_regular(path, &found)?;
    let before = before.min(found.len());
    let limit = limit.min(MAX_ROWS);
    let mut builder = RowBuilder::new(COLUMNS, before);
    for window in WINDOWS {
        builder = render(&file, before.saturating_sub(window), before)
            .map_err(FollowLogError::read(path))?;
        if builder.finished() >= limit || window >= before {
            break;
        }
    }
    builder.skip_rows(builder.finished().saturating_sub(limit));
    let from_offset = builder.taken_offset();
    let rows = builder.take_rows();
    Ok(GetLogRowsResponse { from_offset, rows })
}

/// Everything from the first row at or behind `start` up to `before`, finished.
fn render(file: &File, start: u64, before: u64) -> std::io::Result<RowBuilder> {
    let start = row_start(file, start, before)?;
    let length = usize::try_from(before.saturating_sub(start)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length];
    let filled = fill_at(file, &mut bytes, start)?;
    let mut builder = RowBuilder::new(COLUMNS, start);
    builder.feed(&bytes[..filled]);
    builder.end();
    Ok(builder)
}
