//! What a person wants to read first of a failed run.

use domain::run::Outcome;

use crate::storage::layout::RunDir;
use crate::storage::runs;

/// How much of the end of a log is looked at, bytes.
const TAIL_BYTES: u64 = 64 * 1024;
/// How many lines are kept where there is no traceback.
const TAIL_LINES: usize = 50;
/// The longest error line shown in lists, characters.
const LINE_CHARS: usize = 200;

/// Writes `error.log` (the traceback, or the end of the log) and returns the line for lists.
///
/// A log that cannot be read or a full disk costs this convenience, never the record of the run.
pub(super) fn write(dir: &RunDir, outcome: &Outcome) -> Option<String> {
    if matches!(outcome, Outcome::Cancelled { .. }) {
        return None;
    }
    // Where standard error is told apart, a traceback is found there without marks.
    let tail = runs::stderr_tail(dir, TAIL_BYTES)
        .filter(|tail| !tail.is_empty())
        .unwrap_or_else(|| runs::log_tail(dir, TAIL_BYTES).unwrap_or_default());
    let text = last_error(&String::from_utf8_lossy(&tail));
    let full = format!("{outcome}\n\n{text}\n");
    if let Err(error) = runs::write_error_log(dir, &full) {
        tracing::error!(%error, "could not keep the error's text");
    }
    error_line(&text)
}

/// The last traceback of a log without colours, or its last lines.
pub fn last_error(log: &str) -> String {
    let plain = strip_controls(log);
    if let Some(start) = plain.rfind("Traceback (most recent call last)") {
        return plain.get(start..).unwrap_or_default().trim_end().to_owned();
    }
    let lines: Vec<&str> = plain.trim_end().lines().collect();
    lines
        .get(lines.len().saturating_sub(TAIL_LINES)..)
        .unwrap_or_default()
        .join("\n")
}

fn error_line(text: &str) -> Option<String> {
    let line = text
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    Some(line.chars().take(LINE_CHARS).collect())
}

/// Removes escape sequences and control characters but newlines; of a line drawn over and over, keeps the last state.
fn strip_controls(text: &str) -> String {
    text.split('\n')
        .map(|line| strip_line(line.trim_end_matches('\r')))
        .collect::<Vec<_>>()
        .join("\n")
}

fn strip_line(line: &str) -> String {
    let last_drawn = line.rsplit('\r').next().unwrap_or_default();
    let mut plain = String::with_capacity(last_drawn.len());
    let mut chars = last_drawn.chars();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\t' => plain.push(' '),
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    plain
}

/// Skips the rest of an ECMA-48 escape sequence: CSI up to its final byte, OSC up to BEL or ST, else one character.
fn skip_escape(chars: &mut std::str::Chars<'_>) {
    match chars.next() {
        Some('[') => {
            for c in chars.by_ref() {
                if ('\u{40}'..='\u{7e}').contains(&c) {
                    break;
                }
            }
        }
        Some(']') => {
            let mut previous = '\0';
            for c in chars.by_ref() {
                if c == '\u{7}' || (previous == '\u{1b}' && c == '\\') {
                    break;
                }
                previous = c;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_traceback_is_the_error() {
        let log = "epoch 1\nTraceback (most recent call last):\n  old\nEpoch 2\n\
                   \u{1b}[31mTraceback (most recent call last):\n  File \"t.py\"\nValueError: no\u{1b}[0m\n";
        let text = last_error(log);
        assert_eq!(
            text,
            "Traceback (most recent call last):\n  File \"t.py\"\nValueError: no"
        );
        assert_eq!(error_line(&text).as_deref(), Some("ValueError: no"));
    }

    #[test]
    fn without_a_traceback_the_last_lines_count_and_bars_show_their_last_state() {
        let text = last_error("a\n 10%|#\r 50%|##\r\u{1b}]0;title\u{7}done\tx\u{7}\n");
        assert_eq!(text, "a\ndone x");
    }
}
