//! Everything the interface says, by meaning. Each variant is a whole sentence with named arguments; a catalogue
//! that lacks one does not compile.

use domain::run::ShownStatus;

use super::Phrase;
use crate::client::ClientError;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Msg {
    SkipToContent,
    NavLabel,
    NavGenerator,
    NavRuns,
    NavMonitor,
    ChooseExperiment,
    SwitchLanguage,
    ThemeAuto,
    ThemeLight,
    ThemeDark,
    ConnectionOpen,
    ConnectionOpening,
    ConnectionLost,
    ConnectionStale,
    Reload,
    Dismiss,
    Loading,
    Retry,
    NotFoundTitle,
    NotFoundHint,
    GoToGenerator,
    GoToRuns,
    NoExperiments,
    NoExperimentsHint,
    ScriptUnreadable,
    TabForm,
    TabYaml,
    SearchParameters,
    ResetAll,
    Saved,
    Saving,
    NotSaved,
    SectionPinned,
    SectionGeneral,
    NoParameters,
    NoParametersHint,
    NoMatch,
    NoMatchHint,
    Required,
    Conditional,
    Pin,
    Unpin,
    Reset,
    NotGiven,
    Off,
    On,
    ChipHint,
    Choose,
    YamlLabel,
    YamlBroken,
    YamlErrorHint,
    YamlDiscard,
    Preview,
    PointsLabel,
    GoToPoint,
    Prefix,
    Slots,
    SlotsHint,
    SlotsRange,
    Create,
    CreateHint,
    Submitting,
    ReloadScript,
    TitleRuns,
    SearchTasks,
    FilterByStatus,
    ColumnStatus,
    ColumnTask,
    ColumnParameters,
    ColumnElapsed,
    ColumnStarted,
    SelectAll,
    SelectionLabel,
    ClearSelection,
    NoTasks,
    NoTasksHint,
    NoTaskMatches,
    NoTaskMatchesHint,
    ActRun,
    ActCancel,
    ActRerun,
    AskCancelDetail,
    ConfirmNo,
    Breadcrumb,
    TabLog,
    TabConfig,
    TabCommand,
    RunHistory,
    StageQueued,
    StageStarted,
    StageEnded,
    OutcomeLabel,
    ExitCode,
    NoRunYet,
    NoRunYetHint,
    OneWordPerLine,
    WorkingFolder,
    Copy,
    Copied,
    LogLabel,
    LogEmpty,
    LogFetching,
    LogWaiting,
    Follow,
    Announce,
    AnnounceHint,
    Download,
    ToNewest,
    NothingRuns,
    NothingRunsHint,
    ColumnsLabel,
    Shortcut {
        keys: String,
    },
    CountRunning {
        n: u64,
    },
    CountQueued {
        n: u64,
    },
    CountFailed {
        n: u64,
    },
    TitleGenerator {
        experiment: String,
    },
    OnlyChanged {
        n: u64,
    },
    SectionSubcommand {
        path: String,
    },
    Expression {
        source: String,
    },
    Expands {
        n: u64,
        values: String,
    },
    ExpandsZipped {
        n: u64,
        values: String,
    },
    DuplicateValues {
        n: u64,
    },
    YamlError {
        line: u64,
        message: String,
    },
    Tasks {
        n: u128,
    },
    ZippedAxes {
        names: String,
    },
    DuplicatePoints {
        n: u128,
    },
    TooManyTasks {
        max: u64,
    },
    PreviewStale {
        n: u64,
    },
    RunTasks {
        n: u128,
    },
    TasksQueued {
        n: u64,
    },
    TasksCreated {
        n: u64,
    },
    SelectTask {
        task: String,
    },
    SelectedTasks {
        n: u64,
    },
    CancelTasks {
        n: u64,
    },
    RerunTasks {
        n: u64,
    },
    YesCancel {
        n: u64,
    },
    AskCancel {
        n: u64,
    },
    AskCancelRunning {
        n: u64,
    },
    DoneRun {
        n: u64,
    },
    DoneCancel {
        n: u64,
    },
    DoneRerun {
        n: u64,
    },
    DonePartly {
        n: u64,
        refused: u64,
    },
    Refused {
        task: String,
        message: String,
    },
    Status(ShownStatus),
    RunNumber {
        number: u32,
    },
    WaitedFor {
        time: String,
    },
    RanFor {
        time: String,
    },
    RunningFor {
        time: String,
    },
    LogSkipped {
        size: String,
    },
    NewRows {
        n: u64,
    },
    TabTree,
    ViewsLabel,
    SectionCommands,
    NoCommand,
    EitherOptional,
    EitherRequired,
    EitherNone,
    MarkInherited,
    MarkOverridden,
    MarkSwept,
    MarkDerived,
    MarkInvalid,
    OriginHint,
    OriginTyped,
    OriginDefault {
        value: String,
        place: String,
    },
    OriginNone {
        place: String,
    },
    WasReset,
    Undo,
    Rename,
    Remove,
    NotNow,
    Templates,
    TemplateName,
    SaveTemplate,
    NoTemplates,
    TemplateInputs {
        n: u64,
    },
    TemplateLoaded {
        name: String,
    },
    TemplateRemoved {
        name: String,
    },
    AskReplaceTemplate {
        name: String,
    },
    AskReplaceTemplateDetail,
    YesReplace,
    Import,
    ImportHint,
    DropHere,
    Imported {
        name: String,
        n: u64,
    },
    ImportedRows {
        name: String,
        n: u64,
    },
    ImportFailed {
        name: String,
    },
    ImportNotText {
        name: String,
    },
    ImportUnknown {
        name: String,
        n: u64,
    },
    UseFor {
        key: String,
    },
    SweepOptions,
    OptionsSet {
        n: u64,
    },
    Conditions,
    ConditionsHint,
    Exclusions,
    ExclusionsHint,
    Rows,
    RowsHint,
    ColumnKey,
    CellLabel {
        row: u64,
    },
    AddColumn,
    AddRow,
    RemoveColumn,
    RemoveRow,
    ClearRows,
    RowsCleared,
    PasteCsv,
    MoreRows {
        n: u64,
    },
    Variations,
    VariationsHint,
    Sampling,
    SampleCount,
    SampleSeed,
    SampleMethod,
    MethodRandom,
    MethodLatin,
    SamplingHint,
    DuplicatesName,
    KeepDuplicates,
    ReadingWarnings {
        n: u64,
    },
    Parser,
    ParserChoice {
        label: String,
        line: u64,
        n: u64,
    },
    Probe,
    ProbeAgain,
    Probing,
    ProbeHint,
    ProbeForget,
    ReadStatically,
    ReadByProbe,
    AskProbe {
        script: String,
    },
    AskProbeDetail,
    YesProbe,
    ProbeFound {
        n: u64,
        when: String,
    },
    ProbeOutdated {
        when: String,
    },
    ProbePartial,
    OnlyStatic {
        argument: String,
    },
    OnlyProbe {
        argument: String,
    },
    Prevented,
    EntryConfig {
        source: String,
    },
    EntryCommand,
    EntryFunction {
        function: String,
    },
    EntryRunFile {
        main: String,
        folder: String,
        name: String,
    },
    Duplicate,
    DuplicateHint,
    Duplicated {
        task: String,
    },
    ColumnMark,
    PointDone {
        task: String,
    },
    PointActive {
        task: String,
    },
    PointDuplicate {
        of: u128,
    },
    PointDropped {
        by: String,
    },
    Points {
        n: u128,
    },
    PointsLeftOut {
        n: u128,
    },
    PointsDone {
        n: u64,
    },
    PointsActive {
        n: u64,
    },
    PointsRun {
        n: u128,
    },
    RerunDone,
    AllDone,
    NothingToDo {
        n: u64,
    },
    TasksQueuedOthersDone {
        n: u64,
        skipped: u64,
    },
    TasksCreatedOthersDone {
        n: u64,
        skipped: u64,
    },
    ExpandsZippedAs {
        n: u64,
        group: String,
        values: String,
    },
    ExpandsSampled {
        n: u64,
        values: String,
    },
    AxisRows {
        names: String,
    },
    AxisVariations {
        names: String,
    },
    AxisSample {
        names: String,
    },
    PointsDroppedBy {
        n: u128,
        by: String,
    },
    PointsDuplicate {
        n: u128,
    },
    TabEnvironment,
    CompareWith,
    CompareNothing,
    CompareDefaults,
    CompareTask,
    CompareOurs,
    CompareTheirs,
    NoDifferences,
    EnvNone,
    EnvNoneHint,
    EnvProblems,
    EnvGit,
    EnvDiff,
    EnvSource,
    EnvPython,
    EnvRequirements,
    EnvConda,
    EnvHost,
    EnvGpu,
    EnvVariables,
    OriginSet {
        value: String,
        place: String,
    },
    OriginReplaced {
        value: String,
        place: String,
    },
    /// A sentence without arguments.
    Phrase(Phrase),
    SettingName(&'static str),
    SettingHint(&'static str),
    UnsavedChanges {
        n: u64,
    },
    MustBeWithin {
        from: String,
        to: String,
    },
    AllDoneAt {
        time: String,
    },
    MayStart {
        time: String,
    },
    MoreWaiting {
        n: u64,
    },
    QueuePosition {
        n: u64,
    },
    ActOnNamed {
        act: Phrase,
        name: String,
    },
    UsedOf {
        used: String,
        total: String,
    },
    GpuStrangers {
        n: u64,
    },
    TasksRemoved {
        n: u64,
    },
    TasksRestored {
        n: u64,
    },
    TasksDeleted {
        n: u64,
    },
    AskEmptyTrash {
        n: u64,
    },
    DeleteForGood {
        n: u64,
    },
    TrashKept {
        days: u64,
    },
    TrashTakes {
        size: String,
    },
    DeleteAndFree {
        n: u64,
        size: String,
    },
    OwnedBy {
        user: String,
    },
    BatchPlanned {
        tasks: u64,
        entries: u64,
    },
    BatchProblems {
        n: u64,
    },
    AtLine {
        line: u32,
        column: u32,
    },
    RemoveNamed {
        name: String,
    },
    Error(Box<ClientError>),
}

impl From<Phrase> for Msg {
    fn from(phrase: Phrase) -> Self {
        Self::Phrase(phrase)
    }
}
