//! Bytes become lines, however they come.

use std::ops::ControlFlow;

/// A longer line is no row and is passed over, bytes: what is kept of a line that has not ended is bounded by it.
pub const MAX_ROW_BYTES: usize = 1024 * 1024;

/// Cuts a growing file into its lines. The last one may be torn and waits for its end.
///
/// Invariant: `end` is the file position behind the last line that was given, or passed over, and `position` the one behind
/// the last byte that was pushed.
#[derive(Clone, Debug)]
pub struct RowSplitter {
    begun: Vec<u8>,
    is_passing_over: bool,
    position: u64,
    end: u64,
}

impl RowSplitter {
    /// Begins at a file position where a line begins.
    pub fn at(position: u64) -> Self {
        Self {
            begun: Vec::new(),
            is_passing_over: false,
            position,
            end: position,
        }
    }

    /// Begins anywhere: what is left of the line there is passed over.
    pub fn within_line_at(position: u64) -> Self {
        Self {
            is_passing_over: true,
            ..Self::at(position)
        }
    }

    /// Where the next bytes to be pushed stand.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Where to begin another time to see what has not been given yet. Within a line that is too long it is the position
    /// reached, so that nobody reads such a line twice.
    pub fn resume_at(&self) -> u64 {
        if self.is_passing_over {
            self.position
        } else {
            self.end
        }
    }

    /// Takes the bytes at [`Self::position`] and gives each line that ends among them, without its line feed. After a
    /// `Break` the rest of the bytes is dropped: the splitter stands behind the line that was given last.
    pub fn push(&mut self, bytes: &[u8], mut on_line: impl FnMut(&[u8]) -> ControlFlow<()>) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.position += piece.len() as u64;
            let Some(line) = piece.strip_suffix(b"\n") else {
                return self.begin(piece);
            };
            self.end = self.position;
            let is_over = std::mem::take(&mut self.is_passing_over)
                || self.begun.len() + line.len() > MAX_ROW_BYTES;
            let flow = if is_over {
                ControlFlow::Continue(())
            } else if self.begun.is_empty() {
                on_line(line)
            } else {
                self.begun.extend_from_slice(line);
                on_line(&self.begun)
            };
            self.begun.clear();
            if flow.is_break() {
                return;
            }
        }
    }

    /// Keeps what has come of a line.
    fn begin(&mut self, piece: &[u8]) {
        if self.is_passing_over || self.begun.len() + piece.len() > MAX_ROW_BYTES {
            self.is_passing_over = true;
            self.begun = Vec::new();
        } else {
            self.begun.extend_from_slice(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(splitter: &mut RowSplitter, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        splitter.push(bytes, |line| {
            lines.push(line.to_vec());
            ControlFlow::Continue(())
        });
        lines
    }

    #[test]
    fn a_torn_line_waits_for_its_end_and_is_read_again_from_its_beginning() {
        let mut splitter = RowSplitter::at(100);
        assert_eq!(lines(&mut splitter, b"one\ntw"), [b"one"]);
        assert_eq!((splitter.position(), splitter.resume_at()), (106, 104));
        assert_eq!(lines(&mut splitter, b"o\n\n"), [&b"two"[..], b""]);
        assert_eq!((splitter.position(), splitter.resume_at()), (109, 109));
    }

    #[test]
    fn an_endless_line_is_passed_over_in_bounded_memory_and_never_read_twice() {
        let mut splitter = RowSplitter::at(0);
        let piece = vec![b'x'; MAX_ROW_BYTES / 2 + 1];
        assert!(lines(&mut splitter, &piece).is_empty());
        assert_eq!(splitter.resume_at(), 0);
        assert!(lines(&mut splitter, &piece).is_empty());
        assert_eq!(splitter.resume_at(), splitter.position());
        assert!(splitter.begun.capacity() == 0);
        let mut again = RowSplitter::within_line_at(splitter.resume_at());
        for splitter in [&mut splitter, &mut again] {
            assert_eq!(lines(splitter, b"x\nnext\n"), [b"next"]);
            assert_eq!(splitter.resume_at(), splitter.position());
        }
    }

    #[test]
    fn a_line_is_as_long_as_allowed_and_not_a_byte_longer() {
        for (length, expected) in [(MAX_ROW_BYTES, 1), (MAX_ROW_BYTES + 1, 0)] {
            let mut bytes = vec![b'x'; length];
            bytes.push(b'\n');
            assert_eq!(lines(&mut RowSplitter::at(0), &bytes).len(), expected);
            let mut splitter = RowSplitter::at(0);
            let (head, tail) = bytes.split_at(7);
            assert!(lines(&mut splitter, head).is_empty());
            assert_eq!(lines(&mut splitter, tail).len(), expected);
        }
    }

    #[test]
    fn whoever_has_enough_stands_behind_the_last_line_given() {
        let mut splitter = RowSplitter::at(0);
        splitter.push(b"a\nb\nc\n", |line| match line {
            b"b" => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        assert_eq!((splitter.position(), splitter.resume_at()), (4, 4));
    }

    proptest! {
        #[test]
        fn any_split_of_the_bytes_gives_the_same_lines(
            text in "[ab\\n\\r]{0,64}",
            cuts in prop::collection::vec(0usize..65, 0..8),
        ) {
            let bytes = text.as_bytes();
            let mut whole = RowSplitter::at(0);
            let expected = lines(&mut whole, bytes);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut pieces = RowSplitter::at(0);
            let mut found = Vec::new();
            for cut in cuts.windows(2) {
                found.extend(lines(&mut pieces, &bytes[cut[0]..cut[1]]));
            }
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(pieces.resume_at(), whole.resume_at());
            // A reader that begins anew where the other one stood misses nothing and sees nothing twice.
            let mut twice = Vec::new();
            let mut at = 0;
            for cut in 0..=bytes.len() {
                let mut reader = RowSplitter::at(at as u64);
                twice.extend(lines(&mut reader, &bytes[at..cut]));
                at = usize::try_from(reader.resume_at()).unwrap();
            }
            prop_assert_eq!(&twice, &expected);
        }
    }
}
