//! The rows of one log that this tab holds: a bounded stretch of the file with the live tail behind it.

use std::collections::VecDeque;

use domain::log::{LogDelta, LogRow};
use domain::protocol::ServerMessage;
use domain::protocol::http::GetLogRowsResponse;

/// The most rows kept in memory.
pub(crate) const CAPACITY: usize = 20_000;

/// What a row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowKind {
    /// Escaped HTML of one line.
    Line(String),
    /// So many bytes were passed over here.
    Skipped(u64),
}

/// One row. Ids grow by one from row to row and stay the same while the row is held.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    kind: RowKind,
    end_offset: u64,
}

/// What [`LogBuffer::apply`] did to the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Rows added at the end.
    pub(crate) added: usize,
    /// Rows dropped at the front to make room.
    pub(crate) dropped: usize,
}

/// A stretch of a log.
///
/// Invariant: every row stands for bytes before `offset` and from `from_offset` on, in file order, none twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogBuffer {
    rows: VecDeque<Row>,
    first_id: i64,
    from_offset: Option<u64>,
    offset: u64,
    tail: Vec<String>,
    first_of_file: Option<i64>,
    is_detached: bool,
    is_caught_up: bool,
    is_ended: bool,
}

impl LogBuffer {
    /// How many rows are held.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The id of the row at `index`.
    pub(crate) fn id(&self, index: usize) -> i64 {
        self.first_id + i64::try_from(index).unwrap_or(i64::MAX)
    }

    /// The row of this id, with its number in the file if that is known.
    pub(crate) fn row(&self, id: i64) -> Option<(&RowKind, Option<i64>)> {
        let index = usize::try_from(id - self.first_id).ok()?;
        let row = self.rows.get(index)?;
        Some((&row.kind, self.first_of_file.map(|first| id - first + 1)))
    }

    /// The rows that may still change.
    pub(crate) fn tail(&self) -> &[String] {
        if self.is_detached { &[] } else { &self.tail }
    }

    /// The number of the first of those rows in the file, if it is known.
    pub(crate) fn tail_number(&self) -> Option<i64> {
        self.first_of_file
            .map(|first| self.id(self.rows.len()) - first + 1)
    }

    /// The file position up to which rows are final: where a connection resumes.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The file position of the first row, if there are earlier ones to fetch.
    pub(crate) fn older_before(&self) -> Option<u64> {
        self.from_offset.filter(|from| *from > 0)
    }

    /// True once everything that was there at the time of the subscription is here.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.is_caught_up
    }

    /// True if the newest rows were given up for older ones: they come back with a new subscription.
    pub(crate) fn is_detached(&self) -> bool {
        self.is_detached
    }

    /// True if nothing was ever written, as far as is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.tail.is_empty()
    }

    /// Takes a message of the log's subscription in.
    pub(crate) fn apply(&mut self, message: ServerMessage) -> Applied {
        match message {
            ServerMessage::LogAppended { delta, .. } => self.append(delta),
            ServerMessage::Resync {
                skipped_bytes,
                offset,
                ..
            } => self.resync(skipped_bytes, offset),
            ServerMessage::CaughtUp { .. } => {
                self.is_caught_up = true;
                Applied::default()
            }
            ServerMessage::LogEnded { .. } => {
                self.is_caught_up = true;
                self.is_ended = true;
                Applied::default()
            }
            _ => Applied::default(),
        }
    }

    fn append(&mut self, delta: LogDelta) -> Applied {
        if self.from_offset.is_none() {
            self.from_offset = Some(delta.from_offset);
            self.offset = delta.from_offset;
            self.first_of_file = (delta.from_offset == 0).then_some(self.first_id);
        }
        self.tail = delta.tail;
        if self.is_detached {
            return Applied::default();
        }
        let mut added = 0;
        if delta.from_offset > self.offset {
            self.push_gap(delta.from_offset - self.offset, delta.from_offset);
            added += 1;
        }
        for LogRow { html, end_offset } in delta.rows {
            if end_offset > self.offset {
                self.offset = end_offset;
                self.rows.push_back(Row {
                    kind: RowKind::Line(html),
                    end_offset,
                });
                added += 1;
            }
        }
        self.offset = self.offset.max(delta.offset);
        Applied {
            added,
            dropped: self.drop_front(),
        }
    }

    fn resync(&mut self, skipped_bytes: u64, offset: u64) -> Applied {
        self.tail.clear();
        if offset < self.offset || self.from_offset.is_none() {
            // Another log under the same name, or nothing shown yet: there is nothing to continue.
            *self = Self {
                first_id: self.id(self.rows.len()),
                is_caught_up: self.is_caught_up,
                ..Self::default()
            };
            return Applied::default();
        }
        if skipped_bytes == 0 || self.is_detached {
            self.offset = offset;
            return Applied::default();
        }
        self.push_gap(skipped_bytes, offset);
        Applied {
            added: 1,
            dropped: self.drop_front(),
        }
    }

    /// Says plainly that bytes are missing; rows behind it have no known number.
    fn push_gap(&mut self, skipped: u64, offset: u64) {
        self.rows.push_back(Row {
            kind: RowKind::Skipped(skipped),
            end_offset: offset,
        });
        self.offset = offset;
        self.first_of_file = None;
    }

    fn drop_front(&mut self) -> usize {
        let mut dropped = 0;
        while self.rows.len() > CAPACITY {
            if let Some(row) = self.rows.pop_front() {
                self.from_offset = Some(row.end_offset);
            }
            self.first_id += 1;
            dropped += 1;
        }
        dropped
    }

    /// Puts older rows in front; returns how many. Over capacity, the newest rows are given up.
    pub(crate) fn prepend(&mut self, older: GetLogRowsResponse) -> usize {
        let Some(from_offset) = self.from_offset else {
            return 0;
        };
        if older.from_offset >= from_offset {
            return 0;
        }
        self.from_offset = Some(older.from_offset);
        let rows: Vec<LogRow> = older
            .rows
            .into_iter()
            .filter(|row| row.end_offset <= from_offset)
            .collect();
        let added = rows.len();
        for LogRow { html, end_offset } in rows.into_iter().rev() {
            self.rows.push_front(Row {
                kind: RowKind::Line(html),
                end_offset,
            });
            self.first_id -= 1;
        }
        if older.from_offset == 0
            && !self
                .rows
                .iter()
                .any(|row| matches!(row.kind, RowKind::Skipped(_)))
        {
            self.first_of_file = Some(self.first_id);
        }
        while self.rows.len() > CAPACITY {
            self.rows.pop_back();
            self.is_detached = true;
        }
        added
    }
}

#[cfg(test)]
#[path = "log_buffer_tests.rs"]
mod tests;
