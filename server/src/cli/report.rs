//! How messages and errors look in a terminal.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use domain::protocol::ApiError;

use super::environment;
use crate::service::ServiceError;

/// How a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Sends what is logged to standard error.
pub(super) fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::new(environment::log_filter());
    // A second subscriber in one process changes nothing.
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && !environment::no_color())
        .without_time()
        .try_init()
        .ok();
}

/// Prints an error with its remedy and returns the exit code of failure.
pub(super) fn failure(error: &ServiceError, format: Format) -> ExitCode {
    api_failure(&error.to_api(), format)
}

/// Prints an error that a running server answered.
pub(super) fn api_failure(error: &ApiError, format: Format) -> ExitCode {
    match format {
        Format::Json => line_to_stderr(&serde_json::json!({ "error": error }).to_string()),
        Format::Text => {
            line_to_stderr(&format!(
                "{} {}",
                paint("31", "error:"),
                printable(&error.message)
            ));
            if let Some(hint) = &error.hint {
                line_to_stderr(&format!("{} {}", paint("36", "hint:"), printable(hint)));
            }
        }
    }
    ExitCode::FAILURE
}

/// Prints what the parser of the command line says; its own help and version are no errors.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    // Nothing can be done about a closed terminal.
    error.print().ok();
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Prints a line of data. A closed pipe (`| head`) ends the output, not the program.
pub(super) fn line(text: &str) {
    writeln!(std::io::stdout().lock(), "{text}").ok();
}

/// Prints a line of data; false once nobody reads any more, so that a long output can end.
pub(super) fn is_taken(text: &str) -> bool {
    writeln!(std::io::stdout().lock(), "{text}").is_ok()
}

/// The exit code of a command: its own, or failure with the error printed. What was typed wrongly is 2.
pub(super) fn finish(result: Result<ExitCode, ApiError>, format: Format) -> ExitCode {
    result.unwrap_or_else(|error| {
        let is_usage = error.code == domain::protocol::ErrorCode::BadRequest;
        let code = api_failure(&error, format);
        if is_usage { ExitCode::from(2) } else { code }
    })
}

/// `1 task is`, `2 tasks are`.
pub(super) fn are(count: u64) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", tasks(count))
}

/// Prints a line for people.
pub(super) fn line_to_stderr(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").ok();
}

/// Prints something worth knowing, for people.
pub(super) fn note(text: &str) {
    line_to_stderr(&format!("{} {text}", paint("33", "note:")));
}

/// Colours a word if standard error is a terminal that wants it.
pub(super) fn paint(code: &str, word: &str) -> String {
    if std::io::stderr().is_terminal() && !environment::no_color() {
        format!("\u{1b}[{code}m{word}\u{1b}[0m")
    } else {
        word.to_owned()
    }
}

/// A text of a user's script or log without the power to steer the terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// `1 task`, `2 tasks`.
pub(super) fn tasks(count: impl std::fmt::Display) -> String {
    match count.to_string().as_str() {
        "1" => "1 task".to_owned(),
        other => format!("{other} tasks"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_text_cannot_steer_the_terminal() {
        assert_eq!(
            printable("a\u{1b}]0;x\u{7}b\nc"),
            "a\u{fffd}]0;x\u{fffd}b\nc"
        );
    }
}
