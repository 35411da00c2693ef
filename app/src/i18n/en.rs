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
        Msg::TabTree => "Tree",
        Msg::ViewsLabel => "Views of the config",
        Msg::SectionCommands => "Command",
        Msg::NoCommand => "none",
        Msg::EitherOptional => "Choose at most one",
        Msg::EitherRequired => "Choose one (required)",
        Msg::EitherNone => "none of them",
        Msg::MarkInherited => "default",
        Msg::MarkOverridden => "changed",
        Msg::MarkSwept => "swept",
        Msg::MarkDerived => "derived",
        Msg::MarkInvalid => "invalid",
        Msg::OriginHint => "Where this value comes from",
        Msg::OriginTyped => "Typed here",
        Msg::OriginDefault { value, place } => return format!("Default: {value} ({place})"),
        Msg::OriginNone { place } => return format!("No default ({place})"),
        Msg::WasReset => "Every field is back at its default.",
        Msg::Undo => "Undo",
        Msg::Rename => "Rename",
        Msg::Remove => "Remove",
        Msg::NotNow => "Not now",
        Msg::Templates => "Templates",
        Msg::TemplateName => "Name of the template",
        Msg::SaveTemplate => "Save",
        Msg::NoTemplates => "No templates yet. Save what is typed now under a name.",
        Msg::TemplateInputs { n: 1 } => "1 value",
        Msg::TemplateInputs { n } => return format!("{n} values", n = count(*n)),
        Msg::TemplateLoaded { name } => return format!("Template “{name}” is loaded."),
        Msg::TemplateRemoved { name } => return format!("Template “{name}” is removed."),
        Msg::AskReplaceTemplate { name } => return format!("Replace the template “{name}”?"),
        Msg::AskReplaceTemplateDetail => "What it holds now is lost.",
        Msg::YesReplace => "Replace",
        Msg::Import => "Import…",
        Msg::ImportHint => {
            "Take values from a YAML, TOML, JSON or CSV file; it can be dropped on the form too"
        }
        Msg::DropHere => "Drop the file: its values become inputs",
        Msg::Imported { n: 1, name } => return format!("1 value taken from {name}."),
        Msg::Imported { name, n } => {
            return format!("{n} values taken from {name}.", n = count(*n));
        }
        Msg::ImportedRows { n: 1, name } => return format!("1 row taken from {name}."),
        Msg::ImportedRows { name, n } => {
            return format!("{n} rows taken from {name}.", n = count(*n));
        }
        Msg::ImportFailed { name } => return format!("{name} could not be taken."),
        Msg::ImportNotText { name } => {
            return format!(
                "{name} is not a config or a table: it is too large, not text, or has no second line."
            );
        }
        Msg::ImportUnknown { n: 1, name } => {
            return format!("1 entry of {name} matches no parameter, and was not taken:");
        }
        Msg::ImportUnknown { name, n } => {
            return format!(
                "{n} entries of {name} match no parameter, and were not taken:",
                n = count(*n)
            );
        }
        Msg::UseFor { key } => return format!("Use for {key}"),
        Msg::SweepOptions => "Sweep options",
        Msg::OptionsSet { n: 1 } => "1 set",
        Msg::OptionsSet { n } => return format!("{n} set", n = count(*n)),
        Msg::Conditions => "Only where",
        Msg::ConditionsHint => {
            "One condition per line, all must hold: lr < 0.1 and batch_size in [32, 64]"
        }
        Msg::Exclusions => "Leave out",
        Msg::ExclusionsHint => {
            "One per line: a condition, or the values of points: {lr: 0.1, seed: 2}"
        }
        Msg::Rows => "Rows",
        Msg::RowsHint => {
            "Every row sets its columns; the rows together are one axis. Paste from a spreadsheet, or drop a CSV file."
        }
        Msg::ColumnKey => "Parameter of this column",
        Msg::CellLabel { row } => return format!("Value in row {row}"),
        Msg::AddColumn => "Add a column",
        Msg::AddRow => "Add a row",
        Msg::RemoveColumn => "Remove this column",
        Msg::RemoveRow => "Remove this row",
        Msg::ClearRows => "Clear the table",
        Msg::RowsCleared => "The table of rows is cleared.",
        Msg::PasteCsv => "Paste CSV",
        Msg::MoreRows { n: 1 } => "1 more row, not drawn here",
        Msg::MoreRows { n } => return format!("{n} more rows, not drawn here", n = count(*n)),
        Msg::Variations => "Variations",
        Msg::VariationsHint => {
            "YAML, a list of axes: - [{name: small, width: 64}, {name: large, width: 512}]"
        }
        Msg::Sampling => "Sampling",
        Msg::SampleCount => "Points",
        Msg::SampleSeed => "Seed",
        Msg::SampleMethod => "Method",
        Msg::MethodRandom => "random",
        Msg::MethodLatin => "Latin hypercube",
        Msg::SamplingHint => {
            "For fields such as loguniform(1e-5, 1e-1), uniform(0, 1), normal(0, 1) and choice(a | b): the same seed draws the same points."
        }
        Msg::DuplicatesName => "Duplicates",
        Msg::KeepDuplicates => "Run points that equal an earlier one, too",
        Msg::ReadingWarnings { n: 1 } => "1 note on the reading of the script",
        Msg::ReadingWarnings { n } => {
            return format!("{n} notes on the reading of the script", n = count(*n));
        }
        Msg::Parser => "Parser",
        Msg::ParserChoice { label, line, n } => {
            return format!("{label} (line {line}, {n} arguments)", n = count(*n));
        }
        Msg::Probe => "Ask the script",
        Msg::ProbeAgain => "Ask again",
        Msg::Probing => "Asking the script…",
        Msg::ProbeHint => "Run the script up to its command line and read its real parser",
        Msg::ProbeForget => "Forget it",
        Msg::ReadStatically => "Read from the source",
        Msg::ReadByProbe => "Read by the script itself",
        Msg::AskProbe { script } => return format!("Run {script} up to its command line?"),
        Msg::AskProbeDetail => {
            "Its imports and what stands before the parser are executed with the task's interpreter, for at most a minute. Writing files, starting programs and the network are prevented; it ends before any work."
        }
        Msg::YesProbe => "Run it",
        Msg::ProbeFound { n: 1, when } => {
            return format!("Asked {when}: 1 difference from the source");
        }
        Msg::ProbeFound { n, when } => {
            return format!(
                "Asked {when}: {n} differences from the source",
                n = count(*n)
            );
        }
        Msg::ProbeOutdated { when } => {
            return format!("Asked {when}; the script has changed since, so the source is used");
        }
        Msg::ProbePartial => {
            "The script did not get as far as the end of its command line: later parsers may accept more."
        }
        Msg::OnlyStatic { argument } => return format!("{argument} stands in the source only"),
        Msg::OnlyProbe { argument } => return format!("{argument} was found by the script only"),
        Msg::Prevented => "The script tried this, and was not let do it:",
        Msg::EntryConfig { source } => {
            return format!("values from {source}, given to the script as RUNYARD_CONFIG");
        }
        Msg::EntryFunction { function } => {
            return format!(
                "a Python experiment: its script makes the points, each calls `{function}`; nothing is set here"
            );
        }
        Msg::EntryCommand => {
            "commands that people wrote: each task has its own, there is nothing to set here"
        }
        Msg::EntryRunFile { main, folder, name } => {
            return format!("calls {main}; runs are kept in {folder}/{name}");
        }
        Msg::Duplicate => "Duplicate",
        Msg::DuplicateHint => "Open the Generator with these values, to change one",
        Msg::Duplicated { task } => {
            return format!("The form has the values of {task}. Change a field, then run.");
        }
        Msg::ColumnMark => "State",
        Msg::PointDone { task } => return format!("done already: {task}"),
        Msg::PointActive { task } => return format!("queued or running: {task}"),
        Msg::PointDuplicate { of } => return format!("equals point {of}", of = group_digits(*of)),
        Msg::PointDropped { by } => return format!("left out: {by}"),
        Msg::Points { n: 1 } => "1 point",
        Msg::Points { n } => return format!("{n} points", n = group_digits(*n)),
        Msg::PointsLeftOut { n: 1 } => "1 left out",
        Msg::PointsLeftOut { n } => return format!("{n} left out", n = group_digits(*n)),
        Msg::PointsDone { n: 1 } => "1 done already",
        Msg::PointsDone { n } => return format!("{n} done already", n = count(*n)),
        Msg::PointsActive { n: 1 } => "1 queued or running",
        Msg::PointsActive { n } => return format!("{n} queued or running", n = count(*n)),
        Msg::PointsRun { n: 1 } => "→ 1 task",
        Msg::PointsRun { n } => return format!("→ {n} tasks", n = group_digits(*n)),
        Msg::RerunDone => "Run done points again",
        Msg::AllDone => "All done already",
        Msg::NothingToDo { n } => {
            return format!(
                "Nothing to run: all {n} points are done, queued or running.",
                n = count(*n)
            );
        }
        Msg::TasksQueuedOthersDone { n: 1, skipped: 1 } => {
            "1 task queued, 1 point was done already"
        }
        Msg::TasksQueuedOthersDone { n: 1, skipped } => {
            return format!(
                "1 task queued, {} points were done already",
                count(*skipped)
            );
        }
        Msg::TasksQueuedOthersDone { n, skipped: 1 } => {
            return format!("{} tasks queued, 1 point was done already", count(*n));
        }
        Msg::TasksQueuedOthersDone { n, skipped } => {
            return format!(
                "{n} tasks queued, {skipped} points were done already",
                n = count(*n),
                skipped = count(*skipped)
            );
        }
        Msg::TasksCreatedOthersDone { n: 1, skipped: 1 } => {
            "1 task created, 1 point was done already"
        }
        Msg::TasksCreatedOthersDone { n: 1, skipped } => {
            return format!(
                "1 task created, {} points were done already",
                count(*skipped)
            );
        }
        Msg::TasksCreatedOthersDone { n, skipped: 1 } => {
            return format!("{} tasks created, 1 point was done already", count(*n));
        }
        Msg::TasksCreatedOthersDone { n, skipped } => {
            return format!(
                "{n} tasks created, {skipped} points were done already",
                n = count(*n),
                skipped = count(*skipped)
            );
        }
        Msg::ExpandsZippedAs { n, group, values } => {
            return format!("→ {n} values in step with {group}: {values}", n = count(*n));
        }
        Msg::ExpandsSampled { n, values } => {
            return format!("→ {n} drawn values: {values}", n = count(*n));
        }
        Msg::AxisRows { names } => return format!("rows: {names}"),
        Msg::AxisVariations { names } => return format!("variations: {names}"),
        Msg::AxisSample { names } => return format!("drawn together: {names}"),
        Msg::PointsDroppedBy { n, by } => {
            return format!("{n} left out by {by}", n = group_digits(*n));
        }
        Msg::PointsDuplicate { n: 1 } => "1 equal to another",
        Msg::PointsDuplicate { n } => return format!("{n} equal to others", n = group_digits(*n)),
        Msg::TabEnvironment => "Environment",
        Msg::CompareWith => "Compare with",
        Msg::CompareNothing => "All values",
        Msg::CompareDefaults => "Differs from the defaults",
        Msg::CompareTask => "Compare with the task…",
        Msg::CompareOurs => "here",
        Msg::CompareTheirs => "there",
        Msg::NoDifferences => "Nothing differs.",
        Msg::EnvNone => "Nothing was recorded",
        Msg::EnvNoneHint => "Runs of older versions did not record their environment.",
        Msg::EnvProblems => "Could not be recorded",
        Msg::EnvGit => "Git",
        Msg::EnvDiff => "Uncommitted changes",
        Msg::EnvSource => "Source snapshot",
        Msg::EnvPython => "Python",
        Msg::EnvRequirements => "Requirements",
        Msg::EnvConda => "Conda",
        Msg::EnvHost => "Machine",
        Msg::EnvGpu => "GPU",
        Msg::EnvVariables => "Variables (secrets hidden)",
        Msg::OriginSet { value, place } => return format!("Set: {value} ({place})"),
        Msg::OriginReplaced { value, place } => return format!("Before: {value} ({place})"),
        // Both languages of these stand side by side elsewhere.
        Msg::Phrase(_) | Msg::SettingName(_) | Msg::SettingHint(_) => "",
        Msg::UnsavedChanges { n: 1 } => "1 unsaved change",
        Msg::UnsavedChanges { n } => return format!("{} unsaved changes", count(*n)),
        Msg::MustBeWithin { from, to } => return format!("A number from {from} to {to}."),
        Msg::AllDoneAt { time } => return format!("all done about {time}"),
        Msg::MayStart { time } => return format!("about {time}"),
        Msg::MoreWaiting { n } => return format!("{} more wait", count(*n)),
        Msg::QueuePosition { n } => return format!("Waits, number {} in the queue", count(*n)),
        Msg::ActOnNamed { act, name } => {
            return format!("{}: {name}", act.text(crate::preferences::Language::En));
        }
        Msg::UsedOf { used, total } => return format!("{used} of {total}"),
        Msg::GpuStrangers { n: 1 } => "1 process of others",
        Msg::GpuStrangers { n } => return format!("{} processes of others", count(*n)),
        Msg::TasksRemoved { n: 1 } => "1 task removed to the trash.",
        Msg::TasksRemoved { n } => return format!("{} tasks removed to the trash.", count(*n)),
        Msg::TasksRestored { n: 1 } => "1 task restored.",
        Msg::TasksRestored { n } => return format!("{} tasks restored.", count(*n)),
        Msg::TasksDeleted { n: 1 } => "1 task deleted for good.",
        Msg::TasksDeleted { n } => return format!("{} tasks deleted for good.", count(*n)),
        Msg::AskEmptyTrash { n: 1 } => "Delete 1 task for good?",
        Msg::AskEmptyTrash { n } => return format!("Delete {} tasks for good?", count(*n)),
        Msg::DeleteForGood { n } => return format!("Delete {}", count(*n)),
        Msg::TrashKept { days } => return format!("kept for {} days", count(*days)),
        Msg::TrashTakes { size } => return format!("{size} on the disk"),
        Msg::DeleteAndFree { n: 1, size } => {
            return format!("Delete 1 task for good and free {size}?");
        }
        Msg::DeleteAndFree { n, size } => {
            return format!("Delete {} tasks for good and free {size}?", count(*n));
        }
        Msg::OwnedBy { user } => return format!("Submitted by {user}"),
        Msg::BatchPlanned { tasks: 1, .. } => "1 task",
        Msg::BatchPlanned { tasks, entries } if tasks == entries => {
            return format!("{} tasks", count(*tasks));
        }
        Msg::BatchPlanned { tasks, entries: 1 } => {
            return format!("{} tasks of 1 experiment", count(*tasks));
        }
        Msg::BatchPlanned { tasks, entries } => {
            return format!("{} tasks of {} experiments", count(*tasks), count(*entries));
        }
        Msg::BatchProblems { n: 1 } => "1 problem",
        Msg::BatchProblems { n } => return format!("{} problems", count(*n)),
        Msg::AtLine { line, column } => return format!("line {line}, column {column}"),
        Msg::RemoveNamed { name } => return format!("Remove {name}"),
        Msg::Error(error) => {
            return super::client_error(crate::preferences::Language::En, error).sentence();
        }
    };
    fixed.to_owned()
}

fn count(n: u64) -> String {
    group_digits(n.into())
}
