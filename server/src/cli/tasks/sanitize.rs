//! The output of a task without the power to steer the terminal that shows it.
//!
//! Kept: text, line ends, tabs, the carriage return of progress bars, and colours (CSI … m) where they are wanted. Dropped: every
//! other control sequence (cursor, titles, clipboard, key bindings, answers), every other control character, C1 controls.

/// A filter of bytes; a sequence or a letter may begin in one piece and end in the next.
#[derive(Debug)]
pub(super) struct Sanitizer {
    keeps_colours: bool,
    state: State,
    sequence: String,
    /// The beginning of a letter whose other bytes have not come.
    partial: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    /// Behind ESC.
    Escape,
    /// Behind ESC and an intermediate byte: one final byte follows.
    EscapeMore,
    /// Behind CSI.
    Control,
    /// Inside OSC, DCS, APC, PM, SOS: up to BEL or ST.
    Command,
    /// Behind the ESC of an ST.
    CommandEscape,
}

/// A longer control sequence is no colour.
const LONGEST: usize = 64;

impl Sanitizer {
    pub(super) fn new(keeps_colours: bool) -> Self {
        Self {
            keeps_colours,
            state: State::Text,
            sequence: String::new(),
            partial: Vec::new(),
        }
    }

    /// What may be shown of these bytes.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.partial);
        all.extend_from_slice(bytes);
        let mut shown = String::with_capacity(all.len());
        let mut rest = all.as_slice();
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.take(text, &mut shown);
                    break;
                }
                Err(error) => {
                    let (good, behind) = rest.split_at(error.valid_up_to());
                    // Just found to be valid.
                    self.take(&String::from_utf8_lossy(good), &mut shown);
                    let Some(bad) = error.error_len() else {
                        self.partial = behind.to_vec();
                        break;
                    };
                    self.letter('\u{fffd}', &mut shown);
                    rest = &behind[bad..];
                }
            }
        }
        shown
    }

    fn take(&mut self, text: &str, shown: &mut String) {
        for c in text.chars() {
            self.letter(c, shown);
        }
    }

    fn letter(&mut self, c: char, shown: &mut String) {
        self.state = match (self.state, c) {
            (State::Text, '\u{1b}') => State::Escape,
            (State::Text, '\u{9b}') => self.begin_control(),
            (State::Text, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => State::Command,
            (State::Text, c) => {
                if !c.is_control() || matches!(c, '\n' | '\t' | '\r') {
                    shown.push(c);
                }
                State::Text
            }
            (State::Escape, '[') => self.begin_control(),
            (State::Escape, ']' | 'P' | 'X' | '^' | '_') => State::Command,
            (State::Escape, ' '..='/') => State::EscapeMore,
            (State::Escape, '\u{1b}') => State::Escape,
            (State::Escape, '\n') => {
                shown.push('\n');
                State::Text
            }
            (State::Escape, _) => State::Text,
            (State::EscapeMore, ' '..='/') => State::EscapeMore,
            (State::EscapeMore, _) => State::Text,
            (State::Control, '@'..='~') => {
                self.end_control(c, shown);
                State::Text
            }
            (State::Control, '\u{1b}') => State::Escape,
            (State::Control, '\n') => {
                // No sequence goes over a line: what was cut off must not eat the rest of the log.
                shown.push('\n');
                State::Text
            }
            (State::Control, c) => {
                if self.sequence.len() < LONGEST {
                    self.sequence.push(c);
                }
                State::Control
            }
            (State::Command, '\u{7}' | '\u{9c}') => State::Text,
            (State::Command, '\u{1b}') => State::CommandEscape,
            (State::Command, '\n') => {
                shown.push('\n');
                State::Text
            }
            (State::Command, _) => State::Command,
            (State::CommandEscape, '\\') => State::Text,
            (State::CommandEscape, '[') => self.begin_control(),
            (State::CommandEscape, '\u{1b}') => State::CommandEscape,
            (State::CommandEscape, _) => State::Command,
        };
    }

    fn begin_control(&mut self) -> State {
        self.sequence.clear();
        State::Control
    }

    fn end_control(&mut self, last: char, shown: &mut String) {
        let is_plain = self
            .sequence
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ';' | ':'));
        if self.keeps_colours && last == 'm' && is_plain && self.sequence.len() < LONGEST {
            *shown += &format!("\u{1b}[{}m", self.sequence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8], keeps_colours: bool) -> String {
        Sanitizer::new(keeps_colours).pass(bytes)
    }

    #[test]
    fn colours_and_progress_bars_pass_and_nothing_else_steers_the_terminal() {
        for (bytes, text) in [
            ("\u{1b}[31mred\u{1b}[0m", "\u{1b}[31mred\u{1b}[0m"),
            ("10%\r20%\rdone\n", "10%\r20%\rdone\n"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]52;c;ZXZpbA==\u{1b}\\x", "x"),
            (
                "\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\",
                "link",
            ),
            ("\u{1b}[2J\u{1b}[Hx", "x"),
            ("\u{1b}[6n\u{1b}[>c\u{1b}[?1049hx", "x"),
            ("\u{1b}P+q544e\u{1b}\\x", "x"),
            ("\u{9b}31mx\u{9d}0;t\u{9c}y", "\u{1b}[31mxy"),
            ("\u{1b}(0x\u{1b}cx", "xx"),
            ("a\u{8}\u{0}\u{7f}b", "ab"),
            ("\u{1b}[>4;2mx", "x"),
            ("\u{1b}[31\nnext", "\nnext"),
            ("\u{1b}]0;cut off\nnext", "\nnext"),
        ] {
            assert_eq!(shown(text_bytes(bytes), true), text, "{bytes:?}");
        }
        assert_eq!(shown(b"\x1b[31mred\x1b[0m", false), "red");
    }

    fn text_bytes(text: &str) -> &[u8] {
        text.as_bytes()
    }

    #[test]
    fn pieces_give_the_same_as_the_whole_wherever_it_is_cut() {
        let whole = "é\u{1b}[1;31mü数\u{1b}]0;x\u{7}字\u{9b}2Jend".as_bytes();
        let expected = shown(whole, true);
        for at in 0..whole.len() {
            let mut sanitizer = Sanitizer::new(true);
            let text = sanitizer.pass(&whole[..at]) + &sanitizer.pass(&whole[at..]);
            assert_eq!(text, expected, "{at}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_such() {
        assert_eq!(shown(b"a\xff\x9b31mb", true), "a\u{fffd}\u{fffd}31mb");
    }
}
