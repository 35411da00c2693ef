//! `runyard completions` and `runyard man`: what a shell and `man` know of the command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command, CommandFactory, ValueEnum};
use clap_complete::{Shell, generate};
use domain::protocol::select::TaskFilter;
use domain::protocol::{ApiError, ErrorCode};

use super::arguments::Cli;
use super::door::{Door, ProjectArgs};
use super::report::{self, Format};
use super::targets;
use crate::service::ServiceError;
use crate::storage::atomic::{self, Durability};

/// How many names are offered.
const OFFERED: u64 = 200;

/// Commands behind which names of tasks stand.
const WITH_TASKS: [&str; 19] = [
    "ls", "show", "log", "wait", "cancel", "stop", "rerun", "retry", "rm", "edit", "mv", "pin",
    "unpin", "label", "note", "metrics", "export", "open", "pause",
];

/// `runyard completions`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  runyard completions bash > ~/.local/share/bash-completion/completions/runyard
  runyard completions zsh > ~/.zfunc/_runyard          with fpath+=(~/.zfunc) before compinit
  runyard completions fish > ~/.config/fish/completions/runyard.fish")]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: ShellName,
}

/// A shell that completions can be made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// GNU Bash.
    Bash,
    /// Z shell.
    Zsh,
    /// fish.
    Fish,
}

/// `runyard man`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  runyard man | man -l -
  runyard man --dir ~/.local/share/man/man1")]
pub struct ManArgs {
    /// The page of this command (default: that of `runyard` itself).
    pub command: Option<String>,
    /// Write all pages into this folder instead.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub dir: Option<PathBuf>,
}

pub(super) fn completions(args: &CompletionsArgs) -> ExitCode {
    let shell = match args.shell {
        ShellName::Bash => Shell::Bash,
        ShellName::Zsh => Shell::Zsh,
        ShellName::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "runyard", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    report::is_taken(&with_names(&script, args.shell));
    ExitCode::SUCCESS
}

/// The script, completed by the names of tasks that this project has.
fn with_names(script: &str, shell: ShellName) -> String {
    let commands = WITH_TASKS;
    match shell {
        ShellName::Bash => format!(
            "{script}
_runyard_with_tasks() {{
    _runyard \"$@\"
    local current=\"${{COMP_WORDS[COMP_CWORD]}}\"
    case \"${{COMP_WORDS[1]}}\" in
        {})
            if [[ $current != -* ]]; then
                local IFS=$'\\n'
                COMPREPLY+=($(compgen -W \"$(runyard __complete 2>/dev/null)\" -- \"$current\"))
            fi ;;
    esac
}}
complete -F _runyard_with_tasks -o bashdefault -o default runyard",
            commands.join("|")
        ),
        ShellName::Zsh => {
            let names =
                "_runyard_tasks() { compadd -- ${(f)\"$(runyard __complete 2>/dev/null)\"} }";
            // Positionals without a kind of their own are names of tasks, but for commands that take files.
            let (head, rest) = script.split_once('\n').unwrap_or((script, ""));
            format!(
                "{head}\n{names}\n{}",
                rest.replace(":_default'", ":_runyard_tasks'")
            )
        }
        ShellName::Fish => format!(
            "{script}complete -c runyard -n '__fish_seen_subcommand_from {}' -f -a '(runyard __complete 2>/dev/null)'",
            commands.join(" ")
        ),
    }
}

/// `runyard __complete`: the names of tasks, newest first, one per line. It fails silently: a shell asks while somebody types.
pub(super) fn names() -> ExitCode {
    let ask = || {
        let door = Door::open(&ProjectArgs::default().layout()?)?;
        targets::look(&door, &TaskFilter::default(), OFFERED)
    };
    if let Ok(found) = ask() {
        for task in found.tasks {
            // A name is a word of the shell, or is not offered.
            let is_word = |c: char| c.is_alphanumeric() || "-_.".contains(c);
            if task.id.task.chars().all(is_word) {
                report::line(&task.id.task);
            }
        }
    }
    ExitCode::SUCCESS
}

pub(super) fn man(args: &ManArgs) -> ExitCode {
    report::finish(pages(args), Format::Text)
}

fn pages(args: &ManArgs) -> Result<ExitCode, ApiError> {
    let mut cli = Cli::command();
    cli.build();
    if let Some(dir) = &args.dir {
        let failed = |error| ServiceError::from(error).to_api();
        atomic::create_dir_all(dir).map_err(failed)?;
        let mut count = 0;
        for (name, command) in visible(&cli) {
            let path = dir.join(format!("{name}.1"));
            atomic::write(
                &path,
                page(&command, &name)?.as_bytes(),
                Durability::Process,
            )
            .map_err(failed)?;
            count += 1;
        }
        report::line_to_stderr(&format!("{count} pages written to {}", dir.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = args
        .command
        .as_ref()
        .map_or("runyard".to_owned(), |name| format!("runyard-{name}"));
    let known = visible(&cli).into_iter().find(|(name, _)| *name == wanted);
    let Some((name, command)) = known else {
        let message = format!(
            "there is no command `{}`",
            args.command.clone().unwrap_or_default()
        );
        return Err(
            ApiError::new(ErrorCode::NotFound, message).with_hint("`runyard help` lists them")
        );
    };
    report::is_taken(page(&command, &name)?.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// The commands that people type, each with the name of its page.
fn visible(cli: &Command) -> Vec<(String, Command)> {
    let mut all = vec![("runyard".to_owned(), cli.clone())];
    for command in cli
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        all.push((format!("runyard-{}", command.get_name()), command.clone()));
    }
    all
}

fn page(command: &Command, name: &str) -> Result<String, ApiError> {
    let mut text = Vec::new();
    let title = name.to_uppercase();
    clap_mangen::Man::new(command.clone().display_name(name))
        .title(title)
        .manual("Runyard")
        .render(&mut text)
        .map_err(|error| ApiError::new(ErrorCode::Internal, error.to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
