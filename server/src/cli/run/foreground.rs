//! Holding the project in a terminal until something has ended, reachable for other commands meanwhile.

use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::follow::Follower;
use crate::cli::arguments::RunArgs;
use crate::cli::background;
use crate::cli::open::{self, OpenedProject};
use crate::cli::report::{self, Format};
use crate::cli::serving::Serving;
use crate::dispatcher::{Act, ChangeKind, State};
use crate::service::{Project, ServiceError};
use crate::storage::Layout;
use crate::storage::server_file::HolderKind;

/// Opens the project in this process, begins something, and follows the sweep it is about to its end.
pub(super) fn in_foreground(
    args: &RunArgs,
    opened: OpenedProject,
    format: Format,
    begin: impl AsyncFnOnce(&Project) -> Result<Option<String>, ServiceError>,
) -> ExitCode {
    in_foreground_then(args.slots, opened, format, begin, async |_, _| {})
}

/// The same with something to do when all of it has ended, while the project is still held; it gets what tells of Ctrl-C.
pub(super) fn in_foreground_then(
    slots: Option<u32>,
    mut opened: OpenedProject,
    format: Format,
    begin: impl AsyncFnOnce(&Project) -> Result<Option<String>, ServiceError>,
    then: impl AsyncFnOnce(&Follower, &mut Signal),
) -> ExitCode {
    let (layout, python) = (opened.layout.clone(), opened.python.clone());
    opened.settings.slots = slots.unwrap_or(opened.settings.slots);
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    else {
        report::line_to_stderr("could not start the runtime");
        return ExitCode::FAILURE;
    };
    let result = runtime.block_on(async {
        let experiment = open::experiment(&opened)?;
        let (project, lock) = open::start_in_foreground(opened, experiment);
        // Other commands find this process while it holds the project.
        let serving = Serving::open(project.clone(), HolderKind::Foreground)?.beside();
        serving.announce()?;
        let exit = to_its_end(&project, format, begin, then).await;
        // Whatever others asked of this process meanwhile, or earlier processes left, goes on.
        let counts = project
            .dispatcher
            .read(State::counts)
            .await
            .unwrap_or_default();
        serving.withdraw();
        drop(lock);
        Ok::<_, ServiceError>((exit?, counts.running + counts.queued))
    });
    runtime.shutdown_background();
    match result {
        Ok((exit, 0)) => exit,
        Ok((exit, others)) => {
            hand_over(&layout, others, python.as_deref());
            exit
        }
        Err(error) => report::failure(&error, format),
    }
}

/// Leaves a background dispatcher to the tasks of others.
fn hand_over(layout: &Layout, others: u64, python: Option<&str>) {
    match background::ensure(layout, python) {
        Ok(_) => report::note(&format!(
            "the background goes on with {} of other submissions; `runyard ls -s running,queued` lists them",
            report::tasks(others)
        )),
        Err(error) => report::line_to_stderr(&format!(
            "{} of other submissions wait for the next start: {}",
            report::tasks(others),
            error.message
        )),
    }
}

/// Begins something, and follows the sweep it is about to its end.
async fn to_its_end(
    project: &Project,
    format: Format,
    begin: impl AsyncFnOnce(&Project) -> Result<Option<String>, ServiceError>,
    then: impl AsyncFnOnce(&Follower, &mut Signal),
) -> Result<ExitCode, ServiceError> {
    // One stream for all of it: whoever presses Ctrl-C between two waits, or before there is anything to end, means it too.
    let mut interrupts = interrupts()?;
    // Waits for the files: queued tasks of earlier sweeps come first.
    let mut changes = project.dispatcher.subscribe();
    let Some(sweep) = begin(project).await? else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut follower = Follower::new(project, sweep, format).await?;
    loop {
        if follower.open.is_empty() {
            then(&follower, &mut interrupts).await;
            return Ok(follower.exit_code());
        }
        tokio::select! {
            change = changes.recv() => match change.map(|change| change.kind) {
                Ok(ChangeKind::Task(task)) => follower.take(&task),
                _ => follower.look_again(project).await?,
            },
            _ = interrupts.recv() => {
                follower.say("cancelling; press Ctrl-C again to kill at once");
                project.dispatcher.act(Act::Cancel, follower.open.iter().cloned().collect()).await?;
                follower.is_interrupted = true;
            }
        }
    }
}

/// Each Ctrl-C from now on; until it is dropped, none ends this process.
fn interrupts() -> Result<Signal, ServiceError> {
    signal(SignalKind::interrupt()).map_err(|error| {
        ServiceError::OutOfRange(format!("Ctrl-C cannot be listened for: {error}"))
    })
}
