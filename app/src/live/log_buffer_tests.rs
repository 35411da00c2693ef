//! Rules of the log buffer: no gap, no repeat, bounded.

use super::*;

fn row(text: &str, end_offset: u64) -> LogRow {
    LogRow {
        html: text.to_owned(),
        end_offset,
    }
}

fn appended(from_offset: u64, rows: Vec<LogRow>, tail: &[&str]) -> ServerMessage {
    let offset = rows.last().map_or(from_offset, |row| row.end_offset);
    let tail = tail.iter().map(|&text| text.to_owned()).collect();
    ServerMessage::LogAppended {
        sub: 1,
        delta: LogDelta {
            from_offset,
            rows,
            tail,
            offset,
        },
    }
}

fn texts(buffer: &LogBuffer) -> Vec<String> {
    let text = |index| match buffer.row(buffer.id(index)).unwrap().0 {
        RowKind::Line(text) => text.clone(),
        RowKind::Skipped(bytes) => format!("<{bytes}>"),
    };
    (0..buffer.len()).map(text).collect()
}

#[test]
fn a_reconnect_that_repeats_rows_adds_only_the_new_ones() {
    let mut buffer = LogBuffer::default();
    buffer.apply(appended(0, vec![row("a", 2), row("b", 4)], &["50%"]));
    let applied = buffer.apply(appended(2, vec![row("b", 4), row("c", 6)], &[]));
    assert_eq!(texts(&buffer), ["a", "b", "c"]);
    assert_eq!(
        applied,
        Applied {
            added: 1,
            dropped: 0
        }
    );
    assert_eq!(buffer.offset(), 6);
    assert!(buffer.tail().is_empty());
    assert_eq!(buffer.row(buffer.id(2)).unwrap().1, Some(3));
}

#[test]
fn a_gap_is_said_and_makes_numbers_unknown() {
    let mut buffer = LogBuffer::default();
    buffer.apply(appended(0, vec![row("a", 2)], &[]));
    buffer.apply(ServerMessage::Resync {
        sub: 1,
        skipped_bytes: 98,
        offset: 100,
    });
    buffer.apply(appended(100, vec![row("z", 102)], &[]));
    assert_eq!(texts(&buffer), ["a", "<98>", "z"]);
    assert_eq!(buffer.row(buffer.id(2)).unwrap().1, None);
}

#[test]
fn a_jump_without_a_word_of_the_server_is_said_too() {
    let mut buffer = LogBuffer::default();
    buffer.apply(appended(0, vec![row("a", 2)], &[]));
    buffer.apply(appended(10, vec![row("z", 12)], &[]));
    assert_eq!(texts(&buffer), ["a", "<8>", "z"]);
}

#[test]
fn a_log_that_shrank_starts_again_with_new_ids() {
    let mut buffer = LogBuffer::default();
    buffer.apply(appended(0, vec![row("a", 2), row("b", 4)], &[]));
    let last = buffer.id(1);
    buffer.apply(ServerMessage::Resync {
        sub: 1,
        skipped_bytes: 0,
        offset: 0,
    });
    buffer.apply(appended(0, vec![row("n", 2)], &[]));
    assert_eq!(texts(&buffer), ["n"]);
    assert!(buffer.id(0) > last);
}

#[test]
fn memory_is_bounded_while_numbers_stay_right() {
    let mut buffer = LogBuffer::default();
    let many = |from: u64, count: u64| {
        (from..from + count)
            .map(|i| row("x", i + 1))
            .collect::<Vec<_>>()
    };
    buffer.apply(appended(0, many(0, 15_000), &[]));
    let applied = buffer.apply(appended(15_000, many(15_000, 10_000), &[]));
    assert_eq!(
        applied,
        Applied {
            added: 10_000,
            dropped: 5_000
        }
    );
    assert_eq!(buffer.len(), CAPACITY);
    assert_eq!(buffer.older_before(), Some(5_000));
    assert_eq!(buffer.row(buffer.id(0)).unwrap().1, Some(5_001));
}

#[test]
fn older_rows_join_in_front_and_too_many_give_up_the_newest() {
    let mut buffer = LogBuffer::default();
    buffer.apply(appended(100, vec![row("new", 104)], &["tail"]));
    let id = buffer.id(0);
    let older = GetLogRowsResponse {
        from_offset: 0,
        rows: vec![row("one", 50), row("two", 100)],
    };
    assert_eq!(buffer.prepend(older.clone()), 2);
    assert_eq!(
        buffer.prepend(older),
        0,
        "the same answer twice changes nothing"
    );
    assert_eq!(texts(&buffer), ["one", "two", "new"]);
    assert_eq!(buffer.row(id).unwrap().1, Some(3));

    let mut full = LogBuffer::default();
    let rows = (0..CAPACITY as u64).map(|i| row("x", 1001 + i)).collect();
    full.apply(appended(1000, rows, &["tail"]));
    full.prepend(GetLogRowsResponse {
        from_offset: 990,
        rows: vec![row("old", 1000)],
    });
    assert_eq!(full.len(), CAPACITY);
    assert!(full.is_detached());
    assert!(full.tail().is_empty());
}
