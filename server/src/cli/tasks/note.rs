//! `runyard note`: what a person keeps about a task.

use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use axum::http::Method;
use domain::protocol::organise::{Notes, PutNotesRequest};
use domain::protocol::{ApiError, ErrorCode};
use serde_json::json;

use super::args::NoteArgs;
use crate::cli::door::{Door, encode};
use crate::cli::environment;
use crate::cli::report::{self, Format};
use crate::cli::targets;
use crate::process::spawn;
use crate::service::ServiceError;
use crate::storage::atomic;

pub(in crate::cli) fn note(args: &NoteArgs) -> ExitCode {
    report::finish(change(args), args.output.format())
}

fn change(args: &NoteArgs) -> Result<ExitCode, ApiError> {
    let layout = args.project.layout()?;
    let (id, notes) = {
        let door = Door::open(&layout)?;
        let id = targets::one(&door, &args.target)?.id;
        let path = format!(
            "tasks/{}/{}/notes",
            encode(&id.experiment),
            encode(&id.task)
        );
        let notes: Notes = door.get(&path)?;
        (path, notes)
    };
    let text = if args.text.is_empty() {
        if args.show || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            print(&notes, args.output.format());
            return Ok(ExitCode::SUCCESS);
        }
        edited(&notes.text)?
    } else {
        let said = said(&args.text)?;
        if args.replace || notes.text.is_empty() {
            said
        } else {
            format!("{}\n{said}", notes.text.trim_end_matches('\n'))
        }
    };
    let text = if text.is_empty() || text.ends_with('\n') {
        text
    } else {
        text + "\n"
    };
    if text == notes.text {
        report::line_to_stderr("nothing was changed");
        return Ok(ExitCode::SUCCESS);
    }
    // The project is not held while somebody writes: what another one wrote meanwhile is not replaced.
    let request = PutNotesRequest {
        text,
        if_match: Some(notes.version),
    };
    let notes: Notes = Door::open(&layout)?.ask(Method::PUT, &id, &request)?;
    if args.output.format() == Format::Json {
        print(&notes, Format::Json);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(notes: &Notes, format: Format) {
    if format == Format::Json {
        report::line(&json!({ "schema_version": 1, "text": notes.text }).to_string());
    } else if !notes.text.is_empty() {
        report::line(&report::printable(notes.text.trim_end_matches('\n')));
    }
}

/// The words, or standard input for `-`.
fn said(words: &[String]) -> Result<String, ApiError> {
    if words != ["-"] {
        return Ok(words.join(" "));
    }
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|error| {
            ApiError::new(
                ErrorCode::BadRequest,
                format!("could not read standard input: {error}"),
            )
        })?;
    Ok(text)
}

/// The text as it comes back from the person's editor. `$VISUAL` or `$EDITOR` is a program and its words; no shell reads it.
fn edited(text: &str) -> Result<String, ApiError> {
    let editor = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(environment::variable)
        .find(|editor| !editor.trim().is_empty())
        .unwrap_or_else(|| "vi".to_owned());
    let mut words: Vec<String> = editor.split_whitespace().map(str::to_owned).collect();
    let folder = std::env::temp_dir();
    let path = folder.join(format!(
        "runyard-note-{}.md",
        crate::api::access::random_hex()
    ));
    let failed = |message: String| ApiError::new(ErrorCode::Conflict, message);
    let written = atomic::write_private(&path, text.as_bytes());
    written.map_err(|error| ServiceError::from(error).to_api())?;
    words.push(path.to_string_lossy().into_owned());
    let status = spawn::and_wait(&words)
        .map_err(|error| failed(format!("could not start `{editor}`: {error}")))?;
    let changed = std::fs::read_to_string(&path);
    atomic::remove(&path);
    if !status.success() {
        return Err(failed(format!(
            "`{editor}` ended with {status}, so nothing was changed"
        )));
    }
    changed.map_err(|error| failed(format!("could not read what was written: {error}")))
}
