//! `runyard reindex`: the index anew, from the files.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use domain::protocol::ApiError;
use serde_json::json;

use super::door::ProjectArgs;
use super::open;
use super::report::{self, Format};
use crate::process::clock;
use crate::service::ServiceError;
use crate::storage::index::{self, Rebuilt};

/// `runyard reindex`
#[derive(Debug, Args)]
pub struct ReindexArgs {
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

pub(super) fn reindex(args: &ReindexArgs) -> ExitCode {
    report::start_logging();
    let format = if args.json {
        Format::Json
    } else {
        Format::Text
    };
    let began = Instant::now();
    report::finish(
        rebuild(args).map(|rebuilt| {
            let seconds = began.elapsed().as_secs_f64();
            report::line(&told(rebuilt, seconds, format));
            ExitCode::SUCCESS
        }),
        format,
    )
}

fn rebuild(args: &ReindexArgs) -> Result<Rebuilt, ApiError> {
    let layout = args.project.layout()?;
    // The holder of the project has the index, too: one at a time.
    let _held = open::existing(&layout).map_err(|error| error.to_api())?;
    let is_watched = std::io::stderr().is_terminal() && !args.json;
    let show = |text: &str| {
        if is_watched {
            // A closed terminal watches no progress.
            write!(std::io::stderr().lock(), "\r{text}\x1b[K").ok();
        }
    };
    let rebuilt = index::rebuild(&layout, clock::now(), |read| {
        if read.is_multiple_of(500) {
            show(&format!("{read} tasks"));
        }
    });
    show("");
    rebuilt.map_err(|error| ServiceError::from(error).to_api())
}

fn told(rebuilt: Rebuilt, seconds: f64, format: Format) -> String {
    let Rebuilt {
        experiments,
        tasks,
        indexed,
        problems,
    } = rebuilt;
    if format == Format::Json {
        return json!({ "version": 1, "experiments": experiments, "tasks": tasks, "indexed": indexed, "problems": problems })
            .to_string();
    }
    let mut text = format!(
        "{} of {} in {} indexed in {seconds:.1} s",
        count(indexed, "task"),
        tasks,
        count(experiments, "experiment"),
    );
    if problems > 0 {
        text.push_str(&format!("; {} could not be read", count(problems, "file")));
    }
    text
}

fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
