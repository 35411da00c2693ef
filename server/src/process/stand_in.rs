//! The process of a task whose work is done elsewhere: by the program that submitted it, which listens at a socket.
//!
//! ```text
//! task ──{"point", …} and descriptors 1 and 2──► the program: it writes into the run's log, and works
//!      ◄──{"exit": code}───────────────────────  the task exits with that; or the program dies, and the task fails
//! ```
//!
//! So such work has a slot, a log, a status and a way to cancel it, like any other: when this process is ended, the program sees
//! the end of the socket and stops the work.

use std::io::{self, BufRead, BufReader, ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

/// The longest answer, bytes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// Announces the task, with its standard output and error, and waits for the exit code that its work has; `None` if the program
/// went without a word.
///
/// # Errors
/// The socket cannot be reached, or what comes through it is no answer.
pub fn work_elsewhere(socket: &Path, announcement: &serde_json::Value) -> io::Result<Option<i64>> {
    let mut stream = UnixStream::connect(socket)?;
    let mut line = announcement.to_string().into_bytes();
    line.push(b'\n');
    let (out, err) = (io::stdout(), io::stderr());
    let descriptors = [out.as_fd(), err.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    let sent = sendmsg(
        &stream,
        &[IoSlice::new(&line)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    // The descriptors are with the first byte; what did not fit follows.
    stream.write_all(line.get(sent..).unwrap_or_default())?;
    let mut answer = String::new();
    BufReader::new(&stream)
        .take(MAX_ANSWER_BYTES)
        .read_line(&mut answer)?;
    if answer.is_empty() {
        return Ok(None);
    }
    let answer: serde_json::Value = serde_json::from_str(&answer)?;
    let code = answer.get("exit").and_then(serde_json::Value::as_i64);
    code.map(Some)
        .ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "the answer says no exit code"))
}
