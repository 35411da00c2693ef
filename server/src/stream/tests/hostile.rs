//! A log that attacks its reader: nothing but escaped text and styles comes out.

use super::{html_of, text_of};
use crate::stream::terminal::{COLUMNS, RowBuilder};

/// What goes in, and what a person reads.
const CORPUS: &[(&str, &[u8], &str)] = &[
    (
        "script",
        b"<script>alert(1)</script>",
        "<script>alert(1)</script>",
    ),
    (
        "handler",
        b"<img src=x onerror=\"alert('1')\">",
        "<img src=x onerror=\"alert('1')\">",
    ),
    ("entity", b"&lt;b&gt; &#x3c;", "&lt;b&gt; &#x3c;"),
    (
        "coloured tag",
        b"\x1b[31m<b\x1b[32m onclick=x>\x1b[0m",
        "<b onclick=x>",
    ),
    ("tag split by a sequence", b"<scr\x1b[1mipt>", "<script>"),
    // The quote and the letter behind it belong to the (unknown) sequence.
    (
        "quote in a style",
        b"\x1b[38;2;1;2;3'onclick='xmtext",
        "nclick='xmtext",
    ),
    (
        "link",
        b"a\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07b",
        "alinkb",
    ),
    (
        "link with string terminator",
        b"a\x1b]8;;data:text/html,x\x1b\\link\x1b]8;;\x1b\\b",
        "alinkb",
    ),
    ("title", b"\x1b]0;evil\x07x\x1b]2;<script>\x1b\\y", "xy"),
    ("clipboard", b"\x1b]52;c;cm0gLXJm\x07x", "x"),
    (
        "device strings",
        b"\x1bP+q544e\x1b\\x\x1b_app\x1b\\y\x1b^pm\x1b\\z\x1bXsos\x1b\\",
        "xyz",
    ),
    (
        "string never closed",
        b"\x1b]0;swallows\nnext line",
        "\nnext line",
    ),
    (
        "string with an escape inside",
        b"\x1b]0;x\x1b[31mred",
        "red",
    ),
    ("sequence never closed", b"\x1b[38;5\nnext", "\nnext"),
    ("escape at the end", b"end\x1b", "end"),
    ("control sequence at the end", b"end\x1b[3", "end"),
    (
        "overlong sequence",
        b"\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1mx",
        "x",
    ),
    (
        "colour out of range",
        b"\x1b[38;5;300mx\x1b[38;2;1;2mx\x1b[999mx",
        "xxx",
    ),
    (
        "eight-bit controls",
        b"a\x9b31mb\x9dtitle\x9cc",
        "a\u{fffd}31mb\u{fffd}title\u{fffd}c",
    ),
    (
        "encoded eight-bit controls",
        "a\u{9b}31mb\u{85}c".as_bytes(),
        "a31mbc",
    ),
    (
        "nul, bell, delete, form feed",
        b"a\0b\x07c\x7fd\x0ce\x0bf",
        "abcdef",
    ),
    (
        "backspace",
        b"secret\x08\x08\x08\x08\x08\x08public",
        "public",
    ),
    (
        "bidirectional override",
        "a\u{202e}gpj.exe".as_bytes(),
        "a\\u{202e}gpj.exe",
    ),
    (
        "isolates and marks",
        "\u{2066}a\u{2069}\u{200f}\u{61c}".as_bytes(),
        "\\u{2066}a\\u{2069}\\u{200f}\\u{61c}",
    ),
    (
        "line separators",
        "a\u{2028}b\u{2029}c".as_bytes(),
        "a\\u{2028}b\\u{2029}c",
    ),
    ("tag characters", "a\u{e0041}".as_bytes(), "a\\u{e0041}"),
    (
        "invalid and overlong",
        b"\xc0\xaf\xed\xa0\x80\xf8x",
        "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}x",
    ),
    (
        "character cut by an escape",
        b"\xe2\x82\x1b[31mx",
        "\u{fffd}x",
    ),
    (
        "alternate screen",
        b"a\x1b[?1049hb\x1b[?47hc\x1b[?1049ld",
        "abcd",
    ),
    ("reset", b"kept\x1bc", "kept"),
    ("scroll region", b"a\x1b[5;6rb", "ab"),
    ("character sets", b"\x1b(0qqq\x0eq\x0f\x1b(B", "qqqq"),
    (
        "device queries",
        b"a\x1b[6nb\x1b[cc\x1b[>cd\x1b[18te\x1b[?6nf\x1bZg",
        "abcdefg",
    ),
    ("resize", b"\x1b[8;1;1tx", "x"),
    ("repeat", b"a\x1b[65535bb", "ab"),
    ("scroll", b"a\x1b[65535Sb\x1b[65535Tc", "abc"),
];

#[test]
fn hostile_text_is_escaped_or_removed() {
    for (name, log, expected) in CORPUS {
        let read: Vec<String> = html_of(log).iter().map(|html| text_of(html)).collect();
        assert_eq!(read.join("\n"), *expected, "{name}");
    }
}

#[test]
fn hostile_text_is_the_same_however_it_arrives() {
    for (name, log, _) in CORPUS {
        let mut builder = RowBuilder::new(COLUMNS, 0);
        log.chunks(1).for_each(|byte| builder.feed(byte));
        let rows: Vec<String> = builder.finish().into_iter().map(|row| row.html).collect();
        assert_eq!(rows, html_of(log), "{name}");
    }
}

#[test]
fn only_known_tags_with_known_styles_come_out() {
    for (name, log, _) in CORPUS {
        let mut builder = RowBuilder::new(COLUMNS, 0);
        builder.feed(log);
        for html in builder.tail().iter().chain(&html_of(log)) {
            assert_safe(name, html);
        }
    }
}

/// Every tag is one that the converter writes, every other special character is escaped, no control character is left.
fn assert_safe(name: &str, html: &str) {
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains(['>', '"', '\'']), "{name}: {html}");
        let (tag, after) = after.split_once('>').expect("a tag ends");
        assert!(is_known(tag), "{name}: tag `{tag}` in {html}");
        rest = after;
    }
    assert!(!rest.contains(['>', '"', '\'']), "{name}: {html}");
    assert!(!html.chars().any(char::is_control), "{name}: {html:?}");
}

fn is_known(tag: &str) -> bool {
    let name = tag.strip_prefix('/').unwrap_or(tag);
    if matches!(name, "b" | "i" | "u" | "s" | "span") {
        return true;
    }
    let style = tag
        .strip_prefix("span style='")
        .and_then(|style| style.strip_suffix('\''));
    style.is_some_and(|style| {
        style.chars().all(|character| {
            character.is_ascii_alphanumeric()
                || matches!(character, ':' | ';' | '#' | '(' | ')' | ',' | '-' | '.')
        })
    })
}

#[test]
fn a_few_bytes_never_make_many_rows() {
    for sequence in [
        b"\x1b[65535b".as_slice(),
        b"\x1b[65535S",
        b"\x1b[65535B",
        b"\x1b[65535L",
        b"\x1b[65535;65535H",
        b"\x1bM",
        b"\x1bD",
    ] {
        let mut builder = RowBuilder::new(COLUMNS, 0);
        builder.feed(&sequence.repeat(1000));
        builder.feed(b"x");
        assert!(builder.finish().len() <= 60, "{sequence:?}");
    }
}

#[test]
fn a_painted_row_loses_its_colours_rather_than_flooding_the_page() {
    let log: Vec<u8> = (0..4000_u32)
        .flat_map(|index| format!("\x1b[38;5;{}mx", index % 256).into_bytes())
        .collect();
    let html = html_of(&log).join("");
    assert_eq!(html, "x".repeat(4000));
}
