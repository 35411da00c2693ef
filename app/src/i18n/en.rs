//! The English catalogue.

use super::Msg;
use crate::view_model::format::group_digits;

/// The message in English.
#[expect(clippy::too_many_lines, reason = "a catalogue is one list")]
pub(super) fn text(message: &Msg) -> String {
    let fixed = match message {
        Msg::SkipToContent => "Skip to content",
        Msg::NavLabel => "Rooms",
        Msg::NavGenerator => "Generator",
        Msg::NavRuns => "Runs",
        Msg::NavMonitor => "Monitor",
        Msg::ChooseExperiment => "Choose an experiment",
        Msg::SwitchLanguage => "切换到中文",
        Msg::ThemeAuto => "Colours: as the system",
        Msg::ThemeLight => "Colours: light",
        Msg::ThemeDark => "Colours: dark",
        Msg::ConnectionOpen => "Live",
        Msg::ConnectionOpening => "Connecting…",
        Msg::ConnectionLost => "Connection lost, trying again",
        Msg::ConnectionStale => "The server was updated",
        Msg::Reload => "Reload",
        Msg::Dismiss => "Dismiss",
        Msg::Loading => "Loading…",
        Msg::Retry => "Try again",
        Msg::NotFoundTitle => "There is nothing at this address",
        Msg::NotFoundHint => "The link may be old, or the task was removed.",
        Msg::GoToGenerator => "Open the Generator",
        Msg::GoToRuns => "Open the runs",
        Msg::NoExperiments => "This project has no experiment yet",
        Msg::NoExperimentsHint => "Start Runyard with a script: runyard train.py",
        Msg::ScriptUnreadable => {
            "The script could not be read. The form shows the last version that could."
        }
        Msg::TabForm => "Form",
        Msg::TabYaml => "YAML",
        Msg::SearchParameters => "Search parameters",
        Msg::ResetAll => "Reset all",
        Msg::Saved => "Saved",
        Msg::Saving => "Saving…",
        Msg::NotSaved => "Not saved: the server does not answer",
        Msg::SectionPinned => "Pinned",
        Msg::SectionGeneral => "Parameters",
        Msg::NoParameters => "This script takes no arguments",
        Msg::NoParametersHint => "It can run as it is: one task.",
        Msg::NoMatch => "No parameter matches",
        Msg::NoMatchHint => "Clear the search, or show unchanged ones too.",
        Msg::Required => "required",
        Msg::Exclusive => "either–or",
        Msg::ExclusiveHint => "At most one of this group may be given.",
        Msg::Conditional => "conditional",
        Msg::Pin => "Pin on top",
        Msg::Unpin => "Unpin",
        Msg::Reset => "Back to the default",
        Msg::NotGiven => "not given",
        Msg::Off => "off",
        Msg::On => "on",
        Msg::ChipHint => "Press to choose; Ctrl, ⌘ or Shift and press to add to the sweep",
        Msg::Choose => "Choose…",
        Msg::YamlLabel => "The config as YAML",
        Msg::YamlBroken => "The YAML has an error; the form shows the last valid values.",
        Msg::YamlErrorHint => "The form keeps the last valid values until this is mended.",
        Msg::YamlDiscard => "Discard this text",
        Msg::Preview => "Preview",
        Msg::PointsLabel => "Every point of the grid",
        Msg::GoToPoint => "Go to point",
        Msg::Prefix => "Name prefix",
        Msg::Slots => "Slots",
        Msg::SlotsHint => "How many runs may go on at once",
        Msg::SlotsRange => "Slots: a whole number from 1 to 1024.",
        Msg::Create => "Create",
        Msg::CreateHint => "Make the tasks without running them",
        Msg::Submitting => "Submitting…",
        Msg::ReloadScript => "Read the script again",
        Msg::TitleRuns => "Runs",
        Msg::SearchTasks => "Search names and values",
        Msg::FilterByStatus => "Filter by status",
        Msg::ColumnStatus => "Status",
        Msg::ColumnTask => "Task",
        Msg::ColumnParameters => "Parameters",
        Msg::ColumnElapsed => "Elapsed",
        Msg::ColumnStarted => "Started",
        Msg::SelectAll => "Select all that match",
        Msg::SelectionLabel => "Selected tasks",
        Msg::ClearSelection => "Clear the selection",
        Msg::NoTasks => "No tasks yet",
        Msg::NoTasksHint => "Describe a sweep in the Generator and press Run.",
        Msg::NoTaskMatches => "No task matches",
        Msg::NoTaskMatchesHint => "Clear the search or the status filter.",
        Msg::ActRun => "Run",
        Msg::ActCancel => "Cancel",
        Msg::ActRerun => "Rerun",
        Msg::AskCancelDetail => {
            "A running process is told to end, and is killed with its children if it does not."
        }
        Msg::ConfirmNo => "Keep",
        Msg::Breadcrumb => "Where this is",
        Msg::TabLog => "Log",
        Msg::TabConfig => "Config",
        Msg::TabCommand => "Command",
        Msg::RunHistory => "Runs of this task",
        Msg::StageQueued => "Queued",
        Msg::StageStarted => "Started",
        Msg::StageEnded => "Ended",
        Msg::OutcomeLabel => "Outcome",
        Msg::ExitCode => "Exit code",
        Msg::NoRunYet => "This task has not run yet",
        Msg::NoRunYetHint => "Press Run to queue it.",
        Msg::OneWordPerLine => "One word per line",
        Msg::WorkingFolder => "Working folder:",
        Msg::Copy => "Copy",
        Msg::Copied => "Copied",
        Msg::LogLabel => "Log",
        Msg::LogEmpty => "Nothing was written so far.",
        Msg::LogWaiting => "This run waits for a slot. Its log begins when it starts.",
        Msg::LogFetching => "Loading older rows…",
        Msg::Follow => "Follow",
        Msg::Announce => "Announce",
        Msg::AnnounceHint => "Let screen readers speak new rows",
        Msg::Download => "Download",
        Msg::ToNewest => "To the newest rows",
        Msg::NothingRuns => "Nothing runs right now",
        Msg::NothingRunsHint => "Logs of running tasks appear here side by side.",
        Msg::ColumnsLabel => "Columns",
        Msg::Shortcut { keys } => return format!("Shortcut: {keys}"),
        Msg::CountRunning { n } => return format!("{} running", count(*n)),
        Msg::CountQueued { n } => return format!("{} queued", count(*n)),
        Msg::CountFailed { n } => return format!("{} failed", count(*n)),
        Msg::TitleGenerator { experiment } if experiment.is_empty() => "Generator",
        Msg::TitleGenerator { experiment } => return format!("{experiment} · Generator"),
        Msg::OnlyChanged { n: 0 } => "Only changed",
        Msg::OnlyChanged { n } => return format!("Only changed ({n})"),
        Msg::SectionSubcommand { path } => return format!("Command {path}"),
        Msg::Expression { source } => return format!("expression: {source}"),
        Msg::Expands { n, values } => return format!("→ {} values: {values}", count(*n)),
        Msg::ExpandsZipped { n, values } => {
            return format!("→ {} values in step: {values}", count(*n));
        }
        Msg::DuplicateValues { n: 1 } => "1 is a duplicate",
        Msg::DuplicateValues { n } => return format!("{} are duplicates", count(*n)),
        Msg::YamlError { line, message } => return format!("Line {line}: {message}"),
        Msg::Tasks { n: 1 } => "1 task",
        Msg::Tasks { n } => return format!("{} tasks", group_digits(*n)),
        Msg::ZippedAxes { names } => return format!("in step: {names}"),
        Msg::DuplicatePoints { n: 1 } => "1 task is a duplicate of an earlier one",
        Msg::DuplicatePoints { n } => {
            return format!("{} tasks are duplicates of earlier ones", group_digits(*n));
        }
        Msg::TooManyTasks { max } => {
            return format!("Too many to submit: the limit is {} tasks.", count(*max));
        }
        Msg::PreviewStale { n: 1 } => "One error: the preview shows the last valid grid.",
        Msg::PreviewStale { n } => {
            return format!("{n} errors: the preview shows the last valid grid.");
        }
        Msg::RunTasks { n: 1 } => "Run 1 task",
        Msg::RunTasks { n } => return format!("Run {} tasks", group_digits(*n)),
        Msg::TasksQueued { n: 1 } => "1 task queued",
        Msg::TasksQueued { n } => return format!("{} tasks queued", count(*n)),
        Msg::TasksCreated { n: 1 } => "1 task created",
        Msg::TasksCreated { n } => return format!("{} tasks created", count(*n)),
        Msg::SelectTask { task } => return format!("Select {task}"),
        Msg::SelectedTasks { n } => return format!("{} selected", count(*n)),
        Msg::CancelTasks { n: 1 } => "Cancel",
        Msg::CancelTasks { n } => return format!("Cancel {} tasks", count(*n)),
        Msg::RerunTasks { n: 1 } => "Rerun",
        Msg::RerunTasks { n } => return format!("Rerun {} tasks", count(*n)),
        Msg::YesCancel { n: 1 } => "Cancel the task",
        Msg::YesCancel { n } => return format!("Cancel {} tasks", count(*n)),
        Msg::AskCancel { n: 1 } => "Cancel this task?",
        Msg::AskCancel { n } => return format!("Cancel {} tasks?", count(*n)),
        Msg::AskCancelRunning { n: 1 } => "Cancel 1 running task?",
        Msg::AskCancelRunning { n } => return format!("Cancel {} running tasks?", count(*n)),
        Msg::DoneRun { n: 1 } => "1 task queued",
        Msg::DoneRun { n } => return format!("{} tasks queued", count(*n)),
        Msg::DoneCancel { n: 1 } => "1 task is being cancelled",
        Msg::DoneCancel { n } => return format!("{} tasks are being cancelled", count(*n)),
        Msg::DoneRerun { n: 1 } => "1 task queued again",
        Msg::DoneRerun { n } => return format!("{} tasks queued again", count(*n)),
        Msg::DonePartly { n, refused } => {
            return format!(
                "Done to {}; it did not apply to {}",
                count(*n),
                count(*refused)
            );
        }
        Msg::Refused { task, message } => return format!("{task}: {message}"),
        Msg::Status(status) => status.as_str(),
        Msg::RunNumber { number } => return format!("Run {number}"),
        Msg::WaitedFor { time } => return format!("after {time} of waiting"),
        Msg::RanFor { time } => return format!("after {time}"),
        Msg::RunningFor { time } => return format!("running for {time}"),
        Msg::LogSkipped { size } => {
            return format!("{size} of log were passed over here; the download has all of it");
        }
        Msg::NewRows { n: 1 } => "1 new row",
        Msg::NewRows { n } => return format!("{} new rows", count(*n)),
        Msg::Error(error) => {
            return super::client_error(crate::preferences::Language::En, error).sentence();
        }
    };
    fixed.to_owned()
}

fn count(n: u64) -> String {
    group_digits(n.into())
}
