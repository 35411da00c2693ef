//! From the words of a command line to the command that they name.

use std::process::ExitCode;

use clap::Parser;

use super::arguments::{Cli, Command};
use super::{
    background, config, doctor, engine, exec, inspect, pages, queue, reindex, report, run, serve,
    shell, stand_in, status, tasks, words,
};

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(words::prepared(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => return report::usage(&error),
    };
    match cli.command {
        Command::Ui(ui) => serve::ui(&ui),
        Command::Ls(list) => tasks::list(&list),
        Command::Show(show) => tasks::show(&show),
        Command::Log(log) => tasks::log(&log),
        Command::Wait(wait) => tasks::wait(&wait),
        Command::Cancel(act) => tasks::cancel(&act),
        Command::Rerun(act) => tasks::rerun(&act),
        Command::Rm(act) => tasks::remove(&act),
        Command::Trash(args) => tasks::trash(&args),
        Command::Edit(args) => tasks::edit(&args),
        Command::Restore(restore) => tasks::restore(&restore),
        Command::Mv(rename) => tasks::rename(&rename),
        Command::Pin(act) => tasks::pin(&act),
        Command::Unpin(act) => tasks::unpin(&act),
        Command::Label(label) => tasks::label(&label),
        Command::Note(note) => tasks::note(&note),
        Command::Status(status) => status::status(&status),
        Command::Queue(queue) => queue::queue(&queue),
        Command::Pause(pause) => queue::pause(&pause),
        Command::Resume(resume) => queue::resume(&resume),
        Command::Open(open) => pages::open(&open),
        Command::See(see) => pages::see(&see),
        Command::Doctor(doctor) => doctor::doctor(&doctor),
        Command::Completions(completions) => shell::completions(&completions),
        Command::Man(man) => shell::man(&man),
        Command::Complete => shell::names(),
        Command::Export(export) => tasks::export(&export),
        Command::Metrics(metrics) => tasks::metrics(&metrics),
        Command::Reindex(reindex) => reindex::reindex(&reindex),
        Command::Engine => engine::serve(),
        Command::StandIn { socket } => stand_in::stand_in(&socket),
        Command::Serve(serve) => background::main(&serve),
        Command::Run(run) => run::run(&run),
        Command::Exec(args) => exec::exec(&args),
        Command::Inspect(inspect) => inspect::inspect(&inspect),
        Command::Config(command) => config::config(&command),
        Command::ExecTask { settings, command } => {
            ExitCode::from(crate::process::settings::exec_task(&settings, &command))
        }
        Command::Supervise {
            run_dir,
            foreground,
        } => {
            let supervised = if foreground {
                crate::supervisor::supervise_in_foreground(&run_dir)
            } else {
                crate::supervisor::supervise(&run_dir)
            };
            match supervised {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            }
        }
    }
}
