//! `runyard status`: the project at a glance.

use std::process::ExitCode;

use clap::Args;
use domain::protocol::ApiError;
use domain::protocol::http::GetProjectResponse;
use domain::protocol::queue::GetQueueResponse;
use serde_json::json;

use super::door::{Door, ProjectArgs};
use super::queue;
use super::report::{self, Format};
use super::table::OutputArgs;
use super::tasks;
use crate::process::clock;
use crate::storage::server_file::HolderKind;

/// `runyard status`
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub(super) fn status(args: &StatusArgs) -> ExitCode {
    report::finish(print(args), args.output.format())
}

fn print(args: &StatusArgs) -> Result<ExitCode, ApiError> {
    let door = Door::open(&args.project.layout()?)?;
    let project: GetProjectResponse = door.get("project")?;
    let queue: GetQueueResponse = door.get("queue?limit=1")?;
    if args.output.format() == Format::Json {
        let line = json!({ "schema_version": 1, "project": project.path, "experiments": project.experiments,
            "counts": project.counts, "is_paused": queue.is_paused, "capacity": queue.capacity,
            "waiting": queue.waiting_count, "done_at_ms": queue.done_at_ms, "holder": door.holder(),
            "version": project.version });
        report::line(&line.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let style = args.output.style();
    let fact = |name: &str, text: &str| {
        let label = style.paint("2", &format!("{name:8}"));
        report::line(&format!("{label} {}", report::printable(text)));
    };
    fact("project", &project.path);
    fact("tasks", &tasks::words(&project.counts));
    fact("queue", &queue::sentence(&queue, clock::now()));
    let busy: Vec<String> = queue
        .capacity
        .gpus
        .iter()
        .map(|gpu| {
            let state = if gpu.is_free { "free" } else { "busy" };
            format!(
                "{} {} {state}, {} of {} MiB used",
                gpu.device.id, gpu.device.name, gpu.used_memory_mb, gpu.memory_mb
            )
        })
        .collect();
    for gpu in busy {
        fact("GPU", &gpu);
    }
    fact(
        "held by",
        match door.holder() {
            Some(HolderKind::Server) => "a server; its page is the one to look at",
            Some(HolderKind::Background) => {
                "a background process, which ends when nothing is left to do"
            }
            Some(HolderKind::Foreground) => "a command in a terminal",
            None if project.counts.queued > 0 => {
                "nobody: what is queued starts with `runyard ui`, `runyard resume` or any run"
            }
            None => "nobody, and nothing waits",
        },
    );
    Ok(ExitCode::SUCCESS)
}
