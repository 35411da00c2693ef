//! Two streams in one log, told apart.
//!
//! Bytes come in the order of their arrival. Each line of standard error begins with [`MARK`]; where one stream writes while a
//! line of the other is unfinished, a newline is put between. What each wrote, byte for byte, is kept in files of its own.

/// What a line of standard error begins with, in the log.
pub(super) const MARK: &str = "▌";

/// One of a task's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Where the log stands.
#[derive(Debug, Default)]
pub(super) struct Merge {
    /// Whose line is unfinished at its end.
    open: Option<Stream>,
    /// Standard error's last byte was a carriage return: a bar is drawn again, or a newline follows.
    is_returned: bool,
}

impl Merge {
    /// Appends to `log` what a stream has written.
    pub(super) fn push(&mut self, stream: Stream, bytes: &[u8], log: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        if self.open.is_some_and(|open| open != stream) {
            log.push(b'\n');
            self.open = None;
            self.is_returned = false;
        }
        match stream {
            Stream::Out => log.extend_from_slice(bytes),
            Stream::Err => self.push_marked(bytes, log),
        }
        self.open = (bytes.last() != Some(&b'\n')).then_some(stream);
    }

    fn push_marked(&mut self, bytes: &[u8], log: &mut Vec<u8>) {
        let mut is_begun = self.open.is_some();
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            // A bar that is drawn over and over is marked each time: the mark was overwritten.
            if !is_begun || (self.is_returned && piece != b"\n") {
                log.extend_from_slice(MARK.as_bytes());
            }
            log.extend_from_slice(piece);
            is_begun = piece.last() != Some(&b'\n');
            self.is_returned = piece.last() == Some(&b'\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(writes: &[(Stream, &str)]) -> String {
        let (mut merge, mut log) = (Merge::default(), Vec::new());
        for (stream, text) in writes {
            merge.push(*stream, text.as_bytes(), &mut log);
        }
        String::from_utf8(log).unwrap()
    }

    #[test]
    fn lines_of_standard_error_are_marked_however_they_are_cut() {
        use Stream::{Err, Out};
        let whole = [(Out, "a\n"), (Err, "b\nc\n"), (Out, "d\n")];
        assert_eq!(merged(&whole), "a\n▌b\n▌c\nd\n");
        let cut = [
            (Out, "a"),
            (Out, "\n"),
            (Err, "b"),
            (Err, ""),
            (Err, "\nc"),
            (Err, "\n"),
        ];
        assert_eq!(merged(&cut), "a\n▌b\n▌c\n");
        assert_eq!(merged(&[(Err, "\n")]), "▌\n", "an empty line is one, too");
    }

    #[test]
    fn an_unfinished_line_is_ended_before_the_other_stream_begins() {
        use Stream::{Err, Out};
        let writes = [
            (Out, "half"),
            (Err, "oops\n"),
            (Out, " rest\n"),
            (Err, "x"),
            (Out, "y"),
        ];
        assert_eq!(merged(&writes), "half\n▌oops\n rest\n▌x\ny");
    }

    #[test]
    fn a_bar_that_is_drawn_again_is_marked_again_and_a_windows_newline_is_one() {
        use Stream::Err;
        assert_eq!(
            merged(&[(Err, " 10%\r 20%\r"), (Err, " 30%")]),
            "▌ 10%\r▌ 20%\r▌ 30%"
        );
        assert_eq!(merged(&[(Err, "a\r"), (Err, "\nb\r\n")]), "▌a\r\n▌b\r\n");
    }
}
