//! From the command line to what is done about it.

use std::process::ExitCode;

use super::{again, batch, dry_run, prepare, submit};
use crate::cli::arguments::RunArgs;
use crate::cli::report::{self, Format};

/// Runs a sweep, or shows it.
pub(in crate::cli) fn run(args: &RunArgs) -> ExitCode {
    report::start_logging();
    let format = if args.json {
        Format::Json
    } else {
        Format::Text
    };
    if let Some(text) = batch::recognise(&args.target) {
        return batch::run(args, text, format);
    }
    if let Some(sweep) = &args.resume {
        return again::go_on(args, sweep, format);
    }
    if let Some(old) = again::old_run(&args.target) {
        return again::repeat(args, old, format);
    }
    match prepare::prepare(args) {
        Ok(prepared) if args.dry_run => dry_run::dry_run(args, &prepared)
            .unwrap_or_else(|error| report::failure(&error, format)),
        Ok(prepared) => submit::submit(args, &prepared, format),
        Err(error) => report::api_failure(&error, format),
    }
}
