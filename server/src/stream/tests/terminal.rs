//! Rows, offsets and tails of the terminal model.

use proptest::prelude::*;

use super::{html_of, rows_of, text_of};
use crate::stream::terminal::{COLUMNS, MAX_ROW_CHARACTERS, RowBuilder};

fn texts(log: &[u8]) -> Vec<String> {
    html_of(log).iter().map(|html| text_of(html)).collect()
}

fn tail_of(log: &[u8]) -> Vec<String> {
    let mut builder = RowBuilder::new(COLUMNS, 0);
    builder.feed(log);
    builder.tail()
}

#[test]
fn a_lone_line_feed_starts_at_the_first_column() {
    assert_eq!(texts(b"one\ntwo\r\nthree"), ["one", "two", "three"]);
}

#[test]
fn a_carriage_return_keeps_only_the_last_state() {
    assert_eq!(texts(b"  0%\r 50%\r100%\ndone\n"), ["100%", "done"]);
}

#[test]
fn blank_lines_are_rows_and_the_end_of_the_last_line_is_none() {
    assert_eq!(texts(b"a\n\n\nb\n\n"), ["a", "", "", "b", ""]);
    assert_eq!(texts(b""), [""; 0]);
    assert_eq!(texts(b"\n"), [""]);
}

#[test]
fn colours_become_spans_that_do_not_nest() {
    assert_eq!(
        html_of(b"\x1b[31mred \x1b[1;32mgreen\x1b[0m & plain\n"),
        ["<span style='color:var(--ansi-red,#a00)'>red </span>\
             <span style='color:var(--ansi-green,#0a0)'><b>green</b></span> &amp; plain"]
    );
    assert_eq!(
        html_of(b"\x1b[38;5;208;48;2;1;2;3mx\x1b[7my"),
        [
            "<span style='color:#ff8700'><span style='background:#010203'>x</span></span>\
             <span style='color:#ff8700'><span style='background:#010203'>\
             <span style='color:#010203;background:#ff8700'>y</span></span></span>"
        ]
    );
}

#[test]
fn a_colour_left_on_colours_the_following_rows_too() {
    let red = |text: &str| format!("<span style='color:var(--ansi-red,#a00)'>{text}</span>");
    let log = b"\x1b[31mone\ntwo\x1b[0m\nthree";
    assert_eq!(html_of(log), [red("one"), red("two"), "three".into()]);
    assert_eq!(tail_of(log), [red("one"), red("two"), "three".into()]);
}

#[test]
fn invalid_bytes_are_replaced_and_offsets_stay_file_bytes() {
    let rows = rows_of(b"a\xff\xe2\x82\nb\n");
    assert_eq!(rows[0].html, "a\u{fffd}\u{fffd}");
    assert_eq!((rows[0].end_offset, rows[1].end_offset), (5, 7));
    assert_eq!(texts("a\u{fffd}b".as_bytes()), ["a\u{fffd}b"]);
}

#[test]
fn a_long_line_is_one_row_up_to_the_cap_and_then_several() {
    let cap = usize::from(MAX_ROW_CHARACTERS);
    let line = |length: usize| [b"x".repeat(length), b"\nend\n".to_vec()].concat();
    let lengths = |length| -> Vec<usize> { texts(&line(length)).iter().map(String::len).collect() };
    assert_eq!(lengths(1000), [1000, 3]);
    assert_eq!(lengths(cap), [cap, 3]);
    let cut = lengths(3 * cap);
    assert!(cut.len() > 3, "{cut:?}");
    assert!(
        cut.iter()
            .all(|length| *length <= cap + usize::from(COLUMNS)),
        "{cut:?}"
    );
    assert_eq!(cut.iter().sum::<usize>(), 3 * cap + 3);
}

#[test]
fn a_wide_character_that_does_not_fit_does_not_end_the_row() {
    let line = format!("x{}", "漢".repeat(400));
    let log = format!("{line}\nend\n");
    assert_eq!(texts(log.as_bytes()), [line.as_str(), "end"]);
    assert_eq!(tail_of(log.as_bytes()), [line.as_str(), "end"]);
    let mut builder = RowBuilder::new(COLUMNS, 0);
    builder.feed(log.as_bytes());
    builder.feed(&b"more\n".repeat(60));
    assert_eq!(builder.take_rows()[0].html, line);
}

#[test]
fn an_emoji_at_the_edge_of_the_screen_is_kept() {
    for before in usize::from(COLUMNS) - 3..=usize::from(COLUMNS) {
        let line = format!("{}☺\u{fe0f}漢☺\u{fe0f}", "x".repeat(before));
        let log = format!("{line}\n").repeat(60);
        assert_eq!(texts(log.as_bytes()), vec![line; 60]);
    }
}

#[test]
fn a_progress_bar_without_line_feeds_is_never_cut() {
    let log = b"\r 50% [#####     ] 1234/5678".repeat(10_000);
    assert_eq!(texts(&log), [" 50% [#####     ] 1234/5678"]);
}

#[test]
fn rows_are_final_when_they_leave_the_screen() {
    let mut builder = RowBuilder::new(COLUMNS, 0);
    for line in 0..60 {
        builder.feed(format!("line {line}\n").as_bytes());
    }
    // Fifty rows: forty-nine lines and the empty row of the cursor.
    let rows = builder.take_rows();
    assert_eq!(rows.len(), 11);
    assert_eq!(rows[0].end_offset, 7);
    assert_eq!(builder.offset(), rows[10].end_offset);
    assert_eq!(builder.tail().len(), 49);
    assert_eq!(builder.finish().len(), 49);
    assert_eq!(builder.offset(), builder.position());
    assert!(builder.tail().is_empty());
}

#[test]
fn tail_and_finished_rows_together_show_a_row_that_is_half_gone_once() {
    let mut builder = RowBuilder::new(100, 0);
    builder.feed(&b"y".repeat(6000));
    assert_eq!(builder.finished(), 0);
    assert_eq!(builder.tail(), ["y".repeat(6000)]);
}

#[test]
fn a_recorded_tqdm_bar_looks_as_in_a_terminal() {
    let rows = texts(include_bytes!("fixtures/tqdm.bytes"));
    let bar = |epoch| format!("epoch {epoch}: 100%|██████████| 40/40");
    let done = |epoch| format!("epoch {epoch} done");
    let expected = [
        "start".into(),
        bar(0),
        done(0),
        bar(1),
        done(1),
        bar(2),
        done(2),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn recorded_nested_tqdm_bars_look_as_in_a_terminal() {
    let rows = texts(include_bytes!("fixtures/nested.bytes"));
    assert_eq!(
        rows,
        [
            "epoch 0: acc 0.90",
            "epoch 1: acc 0.91",
            "epoch 2: acc 0.92",
            "epochs: 100%|██████████| 3/3",
            "finished",
        ]
    );
}

#[test]
fn a_recorded_rich_display_looks_as_in_a_terminal() {
    let rows = texts(include_bytes!("fixtures/rich.bytes"));
    let bar = "━".repeat(40);
    assert_eq!(
        rows,
        [
            "step 0 done".to_owned(),
            "step 1 done".to_owned(),
            "step 2 done".to_owned(),
            format!("outer {bar} 3/3"),
            format!("inner {bar} 5/5"),
            "finished".to_owned(),
        ]
    );
}

#[test]
fn after_a_display_has_ended_every_offset_resumes_exactly() {
    for recorded in [
        include_bytes!("fixtures/tqdm.bytes").as_slice(),
        include_bytes!("fixtures/nested.bytes"),
        include_bytes!("fixtures/rich.bytes"),
    ] {
        let mut log = recorded.to_vec();
        (0..60).for_each(|line| log.extend_from_slice(format!("after {line}\n").as_bytes()));
        let all = rows_of(&log);
        let last = all
            .iter()
            .position(|row| row.html == "finished" || row.html.contains("epoch 2 done"));
        for index in last.unwrap()..all.len() - 1 {
            let offset = usize::try_from(all[index].end_offset).unwrap();
            let mut builder = RowBuilder::new(COLUMNS, offset as u64);
            builder.feed(&log[offset..]);
            assert_eq!(builder.finish(), all[index + 1..]);
        }
    }
}

/// Lines as programs write them, without moving up.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[ -~]{0,40}",
        2 => "[a-zäöü漢字🎉é☺\u{fe0f}\u{301}\u{200d}]{0,20}",
        2 => "\x1b\\[(1;)?3[0-7]m[a-z ]{1,9}\x1b\\[0m",
        2 => "[a-z]{0,9}\r[a-z]{0,12}",
        1 => "[\t\u{8}]{1,3}",
        1 => "\x1b\\]0;[a-z]{0,9}\x07",
        1 => "[x<&]{200,900}",
        1 => "[yz]{8000,9000}",
    ];
    let bytes = prop_oneof![
        8 => piece.prop_map(String::into_bytes),
        1 => prop::collection::vec(0x80_u8.., 1..6),
    ];
    prop::collection::vec(bytes, 0..5).prop_map(|pieces| {
        let mut line = pieces.concat();
        line.push(b'\n');
        line
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn rows_do_not_depend_on_how_the_file_was_read(
        lines in prop::collection::vec(line(), 0..70),
        cuts in prop::collection::vec(1_usize..700, 1..40),
    ) {
        let log = lines.concat();
        let mut builder = RowBuilder::new(COLUMNS, 0);
        let mut rows = Vec::new();
        let mut rest = log.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            builder.feed(piece);
            rows.append(&mut builder.take_rows());
            rest = after;
        }
        rows.append(&mut builder.finish());
        prop_assert_eq!(rows, rows_of(&log));
    }

    #[test]
    fn a_builder_started_at_any_rows_end_yields_the_next_rows(
        lines in prop::collection::vec(line(), 1..70),
        choice in any::<prop::sample::Index>(),
    ) {
        let log = lines.concat();
        let all = rows_of(&log);
        let index = choice.index(all.len());
        let offset = usize::try_from(all[index].end_offset).unwrap();
        let mut builder = RowBuilder::new(COLUMNS, offset as u64);
        builder.feed(&log[offset..]);
        prop_assert_eq!(builder.finish(), all[index + 1..].to_vec());
    }

    #[test]
    fn any_bytes_give_ordered_offsets_within_the_file(
        log in prop::collection::vec(prop_oneof![
            4 => any::<u8>(), 2 => Just(0x1b), 2 => Just(b'['), 3 => b'0'..=b'9', 1 => Just(b';'), 2 => b'@'..=b'z', 1 => Just(b'\n'),
        ], 0..3000),
        columns in 1_u16..300,
    ) {
        let mut builder = RowBuilder::new(columns, 0);
        builder.feed(&log);
        let _ = builder.tail();
        let rows = builder.finish();
        let ends: Vec<u64> = rows.iter().map(|row| row.end_offset).collect();
        prop_assert!(ends.is_sorted());
        prop_assert!(ends.last().is_none_or(|end| *end == log.len() as u64));
        prop_assert_eq!(builder.offset(), log.len() as u64);
    }
}
