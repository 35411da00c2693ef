//! What a terminal may see of a log: text, plain movement, erasing and colour; everything else is taken out.
//!
//! A log is hostile text until shown otherwise. Titles, links, clipboard writes, device queries, the alternate screen,
//! scroll regions and repeats (a few bytes that fill a screen) never reach the terminal model, so nothing of them can
//! reach a page, and every row costs bytes of the log. The state survives any cut of the input.

/// Stands for U+FFFD inside the terminal model, which throws that one away. Turned back by `html`.
pub(super) const REPLACEMENT_STAND_IN: char = '\u{10FFFD}';

/// Stands for U+FE0F, which asks for the coloured form of an emoji. The terminal model makes room for that after the
/// fact, and panics where there is none (vt100 0.18.1).
pub(super) const EMOJI_STAND_IN: char = '\u{E01EF}';

/// The longest control sequence that is taken seriously, in bytes between `ESC [` and the final byte.
const MAX_PARAMETERS: usize = 64;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    /// After `ESC` and a character set's or another intermediate byte: one final byte follows.
    EscapeIntermediate,
    Control,
    /// A title, link or device string, which ends with BEL, `ESC \`, or its line.
    String,
    StringEscape,
}

/// Cleans a stream of bytes, piece by piece.
#[derive(Debug, Default)]
pub(super) struct Filter {
    state: State,
    parameters: Vec<u8>,
    /// An incomplete UTF-8 character at the end of the previous piece.
    partial: Vec<u8>,
    moved: bool,
}

impl Filter {
    /// Whether the next byte starts something new: not in the middle of a character or sequence.
    pub(super) fn between(&self) -> bool {
        self.state == State::Ground && self.partial.is_empty()
    }

    /// Whether the cursor may have changed its row by a sequence since the last call, rather than by its text alone.
    pub(super) fn take_moved(&mut self) -> bool {
        std::mem::take(&mut self.moved)
    }

    /// Appends what the terminal may see of `bytes` to `out`. A line feed always ends whatever was open and gets the
    /// carriage return that a terminal's driver would have added.
    pub(super) fn push(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while let Some(&first) = bytes.first() {
            if self.state == State::Ground {
                bytes = self.text(bytes, out);
            } else {
                bytes = &bytes[1..];
                self.sequence(first, out);
            }
        }
    }

    /// Takes text up to the next escape character; returns the rest.
    fn text<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        let plain = bytes
            .iter()
            .take_while(|byte| matches!(byte, 0x20..=0x7e))
            .count();
        if plain > 0 {
            self.flush_partial(out);
            out.extend_from_slice(&bytes[..plain]);
            return &bytes[plain..];
        }
        if bytes[0] < 0x80 {
            self.flush_partial(out);
            self.control(bytes[0], out);
            return &bytes[1..];
        }
        let run = bytes.iter().take_while(|byte| **byte >= 0x80).count();
        self.characters(&bytes[..run], out);
        &bytes[run..]
    }

    /// A control character outside of any sequence.
    fn control(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            b'\n' => out.extend_from_slice(b"\r\n"),
            b'\r' | b'\t' | 0x08 => out.push(byte),
            0x1b => self.state = State::Escape,
            _ => {}
        }
    }

    /// A run of bytes above ASCII, completing what the previous piece left.
    fn characters(&mut self, run: &[u8], out: &mut Vec<u8>) {
        let joined;
        let mut rest = if self.partial.is_empty() {
            run
        } else {
            self.partial.extend_from_slice(run);
            joined = std::mem::take(&mut self.partial);
            &joined
        };
        loop {
            let (valid, invalid) = match str::from_utf8(rest) {
                Ok(text) => (text, None),
                Err(error) => {
                    let (valid, _) = rest.split_at(error.valid_up_to());
                    let text = str::from_utf8(valid).expect("valid up to here");
                    (text, Some(error))
                }
            };
            valid
                .chars()
                .for_each(|character| push_character(character, out));
            let Some(error) = invalid else { return };
            let after = &rest[error.valid_up_to()..];
            let Some(length) = error.error_len() else {
                self.partial = after.to_vec();
                return;
            };
            push_encoded(REPLACEMENT_STAND_IN, out);
            rest = &after[length..];
        }
    }

    /// A character that will never be completed.
    fn flush_partial(&mut self, out: &mut Vec<u8>) {
        if !self.partial.is_empty() {
            self.partial.clear();
            push_encoded(REPLACEMENT_STAND_IN, out);
        }
    }

    /// One byte inside a sequence. Control characters and bytes above ASCII end a sequence unfinished; in a string only a
    /// line feed does, so that a string never closed hides no more than its line.
    fn sequence(&mut self, byte: u8, out: &mut Vec<u8>) {
        match (self.state, byte) {
            (_, b'\n') => self.restart(byte, out),
            (State::String, 0x07 | 0x18 | 0x1a) | (State::StringEscape, b'\\') => {
                self.state = State::Ground;
            }
            (State::String, 0x1b) => self.state = State::StringEscape,
            (State::String, _) | (State::EscapeIntermediate, 0x20..0x30) => {}
            (_, ..0x20 | 0x7f..) => self.restart(byte, out),
            // In a string: an escape that does not end it starts another sequence.
            (State::StringEscape | State::Escape, _) => self.escape(byte, out),
            (State::Control, 0x20..0x40) => self.parameter(byte),
            (State::Control, _) => {
                self.state = State::Ground;
                self.finish_control(byte, out);
            }
            (State::EscapeIntermediate | State::Ground, _) => self.state = State::Ground,
        }
    }

    /// Keeps one byte more than allowed at most: it marks a sequence that is too long to be honest.
    fn parameter(&mut self, byte: u8) {
        if self.parameters.len() <= MAX_PARAMETERS {
            self.parameters.push(byte);
        }
    }

    /// Gives up the open sequence and reads `byte` as if there had been none.
    fn restart(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.state = State::Ground;
        self.text(&[byte], out);
    }

    /// The byte after `ESC`.
    fn escape(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.state = State::Ground;
        match byte {
            b'[' => {
                self.parameters.clear();
                self.state = State::Control;
            }
            b']' | b'P' | b'X' | b'^' | b'_' => self.state = State::String,
            0x20..=0x2f => self.state = State::EscapeIntermediate,
            b'7' | b'8' => {
                self.moved = true;
                out.extend_from_slice(&[0x1b, byte]);
            }
            // Reverse line feed: up, without pushing rows out at the bottom.
            b'M' => {
                self.moved = true;
                out.extend_from_slice(b"\x1b[A");
            }
            _ => {}
        }
    }

    /// The final byte of `ESC [ …`: movement, erasing, inserting and colour pass, with numbers only.
    fn finish_control(&mut self, byte: u8, out: &mut Vec<u8>) {
        let numbers = self.parameters.len() <= MAX_PARAMETERS
            && self
                .parameters
                .iter()
                .all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
        let known = matches!(
            byte,
            b'@' | b'A'..=b'H' | b'J'..=b'M' | b'P' | b'X' | b'`' | b'd' | b'f' | b'm'
        );
        if numbers && known {
            self.moved |= matches!(byte, b'A' | b'B' | b'E' | b'F' | b'H' | b'd' | b'f');
            out.extend_from_slice(b"\x1b[");
            out.extend_from_slice(&self.parameters);
            out.push(byte);
        }
    }
}

/// One character above ASCII. What would reorder or hide its neighbours is spelt out.
fn push_character(character: char, out: &mut Vec<u8>) {
    match character {
        '\u{80}'..='\u{9f}' => {}
        '\u{fffd}' => push_encoded(REPLACEMENT_STAND_IN, out),
        '\u{fe0f}' => push_encoded(EMOJI_STAND_IN, out),
        '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{206f}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => {
            out.extend_from_slice(character.escape_unicode().to_string().as_bytes());
        }
        _ => push_encoded(character, out),
    }
}

fn push_encoded(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}
