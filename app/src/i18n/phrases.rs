//! Sentences without arguments, in both languages side by side: one line each, and neither language can lack one.

use crate::preferences::Language;

macro_rules! phrases {
    ($($name:ident: $english:literal, $chinese:literal;)*) => {
        /// A sentence without arguments.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Phrase {
            $($name,)*
        }

        impl Phrase {
            /// The sentence in a language.
            pub(crate) fn text(self, language: Language) -> &'static str {
                let [english, chinese] = match self {
                    $(Self::$name => [$english, $chinese],)*
                };
                match language {
                    Language::En => english,
                    Language::Zh => chinese,
                }
            }
        }
    };
}

phrases! {
    NavSettings: "Settings", "设置";
    NavQueue: "Queue", "队列";
    Pause: "Pause", "暂停";
    Resume: "Resume", "继续";
    PauseQueue: "Pause the queue", "暂停队列";
    ResumeQueue: "Resume the queue", "继续队列";
    QueueIsPaused: "The queue is paused: nothing new starts. What runs already goes on.", "队列已暂停：不会开始新的运行。已在进行的运行继续。";
    QueuePausedShort: "Queue paused", "队列已暂停";
    RunningNow: "Running", "正在运行";
    WaitingInOrder: "Waiting, in the order in which they would start now", "等待中，按现在的开始顺序";
    NothingWaits: "Nothing waits", "没有等待中的任务";
    NothingWaitsHint: "What is queued appears here, with the reason why it has not started.", "排队的任务会显示在这里，并说明为什么还没有开始。";
    ToFront: "To the front", "移到最前";
    MovedToFront: "Moved to the front.", "已移到最前。";
    MoveUp: "Up", "上移";
    MoveDown: "Down", "下移";
    Sweeps: "Sweeps with a rule", "有规则的扫描";
    AtOnce: "at once", "同时运行";
    FailFast: "stop at the first failure", "首次失败即停止";
    Processors: "CPUs", "CPU";
    Memory: "Memory", "内存";
    Free: "free", "空闲";
    InUse: "in use", "使用中";
    Changed: "Changed.", "已更改。";
    Label: "Label", "标签";
    TakeAway: "Take away", "移除";
    Pinned: "pinned", "已置顶";
    Trash: "Trash", "回收站";
    Restore: "Restore", "恢复";
    EmptyTrash: "Empty the trash", "清空回收站";
    AskEmptyTrashDetail: "Their runs, logs and results are deleted for good.", "它们的运行、日志和结果将被永久删除。";
    TrashEmpty: "The trash is empty", "回收站是空的";
    TrashEmptyHint: "Removed tasks are kept here and can be restored.", "移除的任务保存在这里，可以恢复。";
    Notes: "Notes", "笔记";
    NotesHint: "What was tried, and what came of it. Markdown.", "尝试了什么，结果如何。支持 Markdown。";
    WhyItWaits: "Why it waits", "为什么在等待";
    Description: "Description", "说明";
    DescriptionHint: "What is it for?", "用途是什么？";
    More: "More", "更多";
    NewName: "New name", "新名称";
    RetryFact: "Retry", "重试";
    Executor: "Executor", "执行器";
    PeakMemory: "Peak memory", "内存峰值";
    CpuTime: "CPU time", "CPU 时间";
    LogKnownTo: "Log known up to", "日志已知至";
    TabUsage: "Usage", "资源";
    TabPlan: "Plan", "计划";
    PlanHint: "Counts from the task's next start.", "从该任务的下一次开始时生效。";
    NoUsage: "Nothing was measured", "没有测量数据";
    NoUsageHint: "Runs that end within a moment, and those of older versions, have no series.", "瞬间结束的运行以及旧版本的运行没有数据。";
    AsTable: "As a table", "以表格显示";
    HowItRuns: "How it runs", "如何运行";
    CannotBeUsed: "This cannot be used; see the hint.", "无法使用，请参阅提示。";
    Save: "Save", "保存";
    Discard: "Discard", "放弃";
    SettingsSaved: "Settings saved.", "设置已保存。";
    SettingsFile: "Everything here is also in this file, with your comments kept:", "这里的一切也在此文件中，您的注释会保留：";
    SettingsBroken: "The file has an error, so nothing can be changed here until it is mended. What was in force before goes on.", "文件有错误，修正之前无法在此更改。之前生效的设置继续有效。";
    FromNextStart: "counts from the next start", "下次启动后生效";
    ByCommandLine: "set on the command line of this server", "由此服务器的命令行指定";
    BackToDefault: "Back to the default", "恢复默认值";
    LeaveOpen: "As usual", "按惯例";
    FindInterpreters: "Find interpreters", "查找解释器";
    NoInterpreters: "None was found beyond the one in use.", "没有找到其他解释器。";
    DoesNotRun: "does not run", "无法运行";
    KindVenv: "virtual environment", "虚拟环境";
    KindUv: "uv", "uv";
    KindConda: "conda", "conda";
    KindSystem: "system", "系统";
    Variables: "Variables", "变量";
    VariableName: "Name", "名称";
    VariableValue: "Value", "值";
    SecretValue: "secret, kept and never shown", "机密，已保存且不再显示";
    Secret: "secret", "机密";
    Add: "Add", "添加";
    ShowAgain: "Show what is there now", "显示现在的内容";
    PhoneOff: "This server answers on this machine only. To open it on a phone, start it with --host ADDRESS --allow-remote.", "此服务器仅在本机响应。要在手机上打开，请用 --host 地址 --allow-remote 启动。";
    PhoneWarning: "Whoever uses the code can run commands as you. It works once, within ten minutes; the connection is not encrypted.", "使用此二维码的人可以以您的身份运行命令。它在十分钟内有效一次；连接未加密。";
    ShowCode: "Show a code", "显示二维码";
    NewCode: "New code", "新的二维码";
    CodeLabel: "QR code of the address", "该地址的二维码";
    AskRemoveVariable: "Remove this variable?", "移除此变量？";
    SelectedAll: "all that the list finds, also what is not on show", "列表找到的全部，包括未显示的";
    Owner: "Owner", "提交者";
    Everybody: "Everybody", "所有人";
    AsCommand: "The same in a terminal", "在终端中执行同样的操作";
    AsCommandHint: "In the project’s folder. The terminal starts at once what it makes.", "在项目文件夹中执行。终端会立即开始所创建的任务。";
    UnsaidRows: "rows", "表格行";
    UnsaidVariations: "variations", "变体";
    UnsaidSampleMethod: "Latin hypercube sampling", "拉丁超立方抽样";
    UnsaidDuplicates: "equal points kept", "保留相同的点";
    UnsaidDetails: "details of retries or execution", "重试或执行的细节";
    Unsaid: "No option of the command line says:", "命令行没有对应的选项：";
    RunWarnings: "What a person should know of this run", "关于此运行需要知道的事";
    BatchFile: "Batch file", "批处理文件";
    BatchHint: "A TOML file with [[experiments]]: choose it, drop it here, or paste it. Nothing runs before you say so.", "包含 [[experiments]] 的 TOML 文件：选择、拖放到此处或粘贴。在您确认之前不会运行。";
    BatchChoose: "Choose a file", "选择文件";
    BatchDrop: "Drop the batch file here", "将批处理文件拖放到此处";
    BatchText: "Text of the file", "文件内容";
    BatchPath: "Its path", "文件路径";
    BatchPathHint: "Relative paths in it count from its folder; the experiment is named after it.", "其中的相对路径从它所在的文件夹算起；实验以它命名。";
    BatchNothing: "Nothing to run", "没有可运行的内容";
    BatchNothingHint: "Mend the problems above, or choose another file.", "请修正上面的问题，或选择其他文件。";
    BatchNotText: "This file is too large, or no text.", "此文件太大，或不是文本。";
    BatchOthersRun: "The other experiments of the file run all the same.", "文件中的其他实验照常运行。";
    BatchIsWrong: "While this is wrong, nothing of the file runs.", "修正之前，文件中的内容都不会运行。";
    ColumnCommand: "Command", "命令";
    ColumnRepeats: "Repeats", "重复次数";
    ColumnWhere: "Folder", "文件夹";
    AskRemoveSecret: "Its value is not kept anywhere else.", "它的值没有保存在其他地方。";
}
