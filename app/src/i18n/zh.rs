//! The Chinese catalogue.

use domain::run::ShownStatus;

use super::Msg;
use crate::view_model::format::group_digits;

/// The message in Chinese.
#[expect(clippy::too_many_lines, reason = "a catalogue is one list")]
pub(super) fn text(message: &Msg) -> String {
    let fixed = match message {
        Msg::SkipToContent => "跳到正文",
        Msg::NavLabel => "导航",
        Msg::NavGenerator => "生成器",
        Msg::NavRuns => "运行",
        Msg::NavMonitor => "监视",
        Msg::ChooseExperiment => "选择实验",
        Msg::SwitchLanguage => "Switch to English",
        Msg::ThemeAuto => "配色：跟随系统",
        Msg::ThemeLight => "配色：浅色",
        Msg::ThemeDark => "配色：深色",
        Msg::ConnectionOpen => "实时",
        Msg::ConnectionOpening => "连接中…",
        Msg::ConnectionLost => "连接已断开，正在重试",
        Msg::ConnectionStale => "服务器已更新",
        Msg::Reload => "重新加载",
        Msg::Dismiss => "关闭",
        Msg::Loading => "加载中…",
        Msg::Retry => "重试",
        Msg::NotFoundTitle => "此地址没有内容",
        Msg::NotFoundHint => "链接可能已过期，或任务已被移除。",
        Msg::GoToGenerator => "打开生成器",
        Msg::GoToRuns => "打开运行列表",
        Msg::NoExperiments => "此项目还没有实验",
        Msg::NoExperimentsHint => "用脚本启动 Runyard：runyard train.py",
        Msg::ScriptUnreadable => "无法读取脚本。表单显示的是上一个可读的版本。",
        Msg::TabForm => "表单",
        Msg::TabYaml => "YAML",
        Msg::SearchParameters => "搜索参数",
        Msg::ResetAll => "全部重置",
        Msg::Saved => "已保存",
        Msg::Saving => "保存中…",
        Msg::NotSaved => "未保存：服务器没有响应",
        Msg::SectionPinned => "已置顶",
        Msg::SectionGeneral => "参数",
        Msg::NoParameters => "此脚本不接受参数",
        Msg::NoParametersHint => "可以直接运行：一个任务。",
        Msg::NoMatch => "没有匹配的参数",
        Msg::NoMatchHint => "请清除搜索，或同时显示未更改的参数。",
        Msg::Required => "必填",
        Msg::Conditional => "有条件",
        Msg::Pin => "置顶",
        Msg::Unpin => "取消置顶",
        Msg::Reset => "恢复默认值",
        Msg::NotGiven => "未填写",
        Msg::Off => "关",
        Msg::On => "开",
        Msg::ChipHint => "点按选择；按住 Ctrl、⌘ 或 Shift 点按则加入扫描",
        Msg::Choose => "选择…",
        Msg::YamlLabel => "YAML 格式的配置",
        Msg::YamlBroken => "YAML 有错误；表单显示上次有效的值。",
        Msg::YamlErrorHint => "修正之前，表单保留上次有效的值。",
        Msg::YamlDiscard => "放弃这段文本",
        Msg::Preview => "预览",
        Msg::PointsLabel => "网格中的每个点",
        Msg::GoToPoint => "跳到第几个点",
        Msg::Prefix => "名称前缀",
        Msg::Slots => "并行数",
        Msg::SlotsHint => "同时进行的运行数量",
        Msg::SlotsRange => "并行数：1 到 1024 的整数。",
        Msg::Create => "创建",
        Msg::CreateHint => "创建任务但不运行",
        Msg::Submitting => "提交中…",
        Msg::ReloadScript => "重新读取脚本",
        Msg::TitleRuns => "运行",
        Msg::SearchTasks => "搜索名称和取值",
        Msg::FilterByStatus => "按状态筛选",
        Msg::ColumnStatus => "状态",
        Msg::ColumnTask => "任务",
        Msg::ColumnParameters => "参数",
        Msg::ColumnElapsed => "用时",
        Msg::ColumnStarted => "开始于",
        Msg::SelectAll => "选择全部匹配项",
        Msg::SelectionLabel => "所选任务",
        Msg::ClearSelection => "清除选择",
        Msg::NoTasks => "还没有任务",
        Msg::NoTasksHint => "在生成器中描述一次扫描，然后点按“运行”。",
        Msg::NoTaskMatches => "没有匹配的任务",
        Msg::NoTaskMatchesHint => "请清除搜索或状态筛选。",
        Msg::ActRun => "运行",
        Msg::ActCancel => "取消",
        Msg::ActRerun => "重新运行",
        Msg::AskCancelDetail => "正在运行的进程会被要求结束；若不结束，将连同其子进程一起被终止。",
        Msg::ConfirmNo => "保留",
        Msg::Breadcrumb => "当前位置",
        Msg::TabLog => "日志",
        Msg::TabConfig => "配置",
        Msg::TabCommand => "命令",
        Msg::RunHistory => "此任务的各次运行",
        Msg::StageQueued => "排队",
        Msg::StageStarted => "开始",
        Msg::StageEnded => "结束",
        Msg::OutcomeLabel => "结果",
        Msg::ExitCode => "退出码",
        Msg::NoRunYet => "此任务尚未运行",
        Msg::NoRunYetHint => "点按“运行”将其加入队列。",
        Msg::OneWordPerLine => "每行一个词",
        Msg::WorkingFolder => "工作目录：",
        Msg::Copy => "复制",
        Msg::Copied => "已复制",
        Msg::LogLabel => "日志",
        Msg::LogEmpty => "目前还没有输出。",
        Msg::LogWaiting => "此次运行正在等待空位，开始后会显示日志。",
        Msg::LogFetching => "正在加载更早的行…",
        Msg::Follow => "跟随",
        Msg::Announce => "朗读",
        Msg::AnnounceHint => "让屏幕阅读器读出新行",
        Msg::Download => "下载",
        Msg::ToNewest => "回到最新的行",
        Msg::NothingRuns => "当前没有正在运行的任务",
        Msg::NothingRunsHint => "正在运行的任务的日志会并排显示在这里。",
        Msg::ColumnsLabel => "列数",
        Msg::Shortcut { keys } => return format!("快捷键：{keys}"),
        Msg::CountRunning { n } => return format!("{} 个运行中", count(*n)),
        Msg::CountQueued { n } => return format!("{} 个排队中", count(*n)),
        Msg::CountFailed { n } => return format!("{} 个失败", count(*n)),
        Msg::TitleGenerator { experiment } if experiment.is_empty() => "生成器",
        Msg::TitleGenerator { experiment } => return format!("{experiment} · 生成器"),
        Msg::OnlyChanged { n: 0 } => "仅显示已更改",
        Msg::OnlyChanged { n } => return format!("仅显示已更改（{n}）"),
        Msg::SectionSubcommand { path } => return format!("子命令 {path}"),
        Msg::Expression { source } => return format!("表达式：{source}"),
        Msg::Expands { n, values } => return format!("→ {} 个值：{values}", count(*n)),
        Msg::ExpandsZipped { n, values } => {
            return format!("→ 同步取 {} 个值：{values}", count(*n));
        }
        Msg::DuplicateValues { n } => return format!("其中 {} 个重复", count(*n)),
        Msg::YamlError { line, message } => return format!("第 {line} 行：{message}"),
        Msg::Tasks { n } => return format!("{} 个任务", group_digits(*n)),
        Msg::ZippedAxes { names } => return format!("同步取值：{names}"),
        Msg::DuplicatePoints { n } => {
            return format!("{} 个任务与前面的任务重复", group_digits(*n));
        }
        Msg::TooManyTasks { max } => {
            return format!("任务过多，无法提交：上限为 {} 个。", count(*max));
        }
        Msg::PreviewStale { n } => return format!("有 {n} 处错误：预览显示上一个有效的网格。"),
        Msg::RunTasks { n } => return format!("运行 {} 个任务", group_digits(*n)),
        Msg::TasksQueued { n } => return format!("{} 个任务已加入队列", count(*n)),
        Msg::TasksCreated { n } => return format!("已创建 {} 个任务", count(*n)),
        Msg::SelectTask { task } => return format!("选择 {task}"),
        Msg::SelectedTasks { n } => return format!("已选择 {} 个", count(*n)),
        Msg::CancelTasks { n: 1 } => "取消",
        Msg::CancelTasks { n } => return format!("取消 {} 个任务", count(*n)),
        Msg::RerunTasks { n: 1 } => "重新运行",
        Msg::RerunTasks { n } => return format!("重新运行 {} 个任务", count(*n)),
        Msg::YesCancel { n } => return format!("取消 {} 个任务", count(*n)),
        Msg::AskCancel { n: 1 } => "取消此任务？",
        Msg::AskCancel { n } => return format!("取消 {} 个任务？", count(*n)),
        Msg::AskCancelRunning { n } => return format!("取消 {} 个正在运行的任务？", count(*n)),
        Msg::DoneRun { n } => return format!("{} 个任务已加入队列", count(*n)),
        Msg::DoneCancel { n } => return format!("正在取消 {} 个任务", count(*n)),
        Msg::DoneRerun { n } => return format!("{} 个任务已重新加入队列", count(*n)),
        Msg::DonePartly { n, refused } => {
            return format!("已处理 {} 个；{} 个不适用", count(*n), count(*refused));
        }
        Msg::Refused { task, message } => return format!("{task}：{message}"),
        Msg::Status(status) => match status {
            ShownStatus::Pending => "待提交",
            ShownStatus::Queued => "排队中",
            ShownStatus::Running => "运行中",
            ShownStatus::Completed => "已完成",
            ShownStatus::Failed => "失败",
            ShownStatus::Cancelled => "已取消",
            ShownStatus::Lost => "丢失",
        },
        Msg::RunNumber { number } => return format!("第 {number} 次运行"),
        Msg::WaitedFor { time } => return format!("等待了 {time}"),
        Msg::RanFor { time } => return format!("历时 {time}"),
        Msg::RunningFor { time } => return format!("已运行 {time}"),
        Msg::LogSkipped { size } => {
            return format!("此处略过了 {size} 的日志；下载的文件包含全部内容");
        }
        Msg::NewRows { n } => return format!("{} 行新内容", count(*n)),
        Msg::TabTree => "树",
        Msg::ViewsLabel => "配置的视图",
        Msg::SectionCommands => "子命令",
        Msg::NoCommand => "无",
        Msg::EitherOptional => "最多选择一个",
        Msg::EitherRequired => "必须选择一个",
        Msg::EitherNone => "都不选",
        Msg::MarkInherited => "默认",
        Msg::MarkOverridden => "已更改",
        Msg::MarkSwept => "扫描",
        Msg::MarkDerived => "导出",
        Msg::MarkInvalid => "无效",
        Msg::OriginHint => "这个值的来源",
        Msg::OriginTyped => "在此填写",
        Msg::OriginDefault { value, place } => return format!("默认：{value}（{place}）"),
        Msg::OriginNone { place } => return format!("没有默认值（{place}）"),
        Msg::WasReset => "所有字段已恢复默认值。",
        Msg::Undo => "撤销",
        Msg::Rename => "改名",
        Msg::Remove => "移除",
        Msg::NotNow => "暂不",
        Msg::Templates => "模板",
        Msg::TemplateName => "模板名称",
        Msg::SaveTemplate => "保存",
        Msg::NoTemplates => "还没有模板。可将当前填写的内容以一个名称保存。",
        Msg::TemplateInputs { n } => return format!("{n} 个值", n = count(*n)),
        Msg::TemplateLoaded { name } => return format!("已载入模板“{name}”。"),
        Msg::TemplateRemoved { name } => return format!("已移除模板“{name}”。"),
        Msg::AskReplaceTemplate { name } => return format!("替换模板“{name}”？"),
        Msg::AskReplaceTemplateDetail => "它现有的内容将丢失。",
        Msg::YesReplace => "替换",
        Msg::Import => "导入…",
        Msg::ImportHint => "从 YAML、TOML、JSON 或 CSV 文件取值；也可把文件拖到表单上",
        Msg::DropHere => "松开文件：其中的值将填入表单",
        Msg::Imported { name, n } => return format!("已从 {name} 取得 {n} 个值。", n = count(*n)),
        Msg::ImportedRows { name, n } => {
            return format!("已从 {name} 取得 {n} 行。", n = count(*n));
        }
        Msg::ImportFailed { name } => return format!("无法导入 {name}。"),
        Msg::ImportNotText { name } => {
            return format!("{name} 不是配置或表格：文件过大、不是文本或没有第二行。");
        }
        Msg::ImportUnknown { name, n } => {
            return format!("{name} 中有 {n} 项不对应任何参数，未导入：", n = count(*n));
        }
        Msg::UseFor { key } => return format!("用于 {key}"),
        Msg::SweepOptions => "扫描选项",
        Msg::OptionsSet { n } => return format!("已设置 {n} 项", n = count(*n)),
        Msg::Conditions => "仅当",
        Msg::ConditionsHint => "每行一个条件，须全部成立：lr < 0.1 and batch_size in [32, 64]",
        Msg::Exclusions => "排除",
        Msg::ExclusionsHint => "每行一个：条件，或点的取值：{lr: 0.1, seed: 2}",
        Msg::Rows => "行",
        Msg::RowsHint => "每行设置各列的值；所有行合为一个轴。可从电子表格粘贴，或拖入 CSV 文件。",
        Msg::ColumnKey => "此列的参数",
        Msg::CellLabel { row } => return format!("第 {row} 行的值"),
        Msg::AddColumn => "添加列",
        Msg::AddRow => "添加行",
        Msg::RemoveColumn => "移除此列",
        Msg::RemoveRow => "移除此行",
        Msg::ClearRows => "清空表格",
        Msg::RowsCleared => "行表格已清空。",
        Msg::PasteCsv => "粘贴 CSV",
        Msg::MoreRows { n } => return format!("还有 {n} 行未在此显示", n = count(*n)),
        Msg::Variations => "变体",
        Msg::VariationsHint => {
            "YAML，轴的列表：- [{name: small, width: 64}, {name: large, width: 512}]"
        }
        Msg::Sampling => "采样",
        Msg::SampleCount => "点数",
        Msg::SampleSeed => "种子",
        Msg::SampleMethod => "方法",
        Msg::MethodRandom => "随机",
        Msg::MethodLatin => "拉丁超立方",
        Msg::SamplingHint => {
            "用于 loguniform(1e-5, 1e-1)、uniform(0, 1)、normal(0, 1)、choice(a | b) 这样的字段：相同种子得到相同的点。"
        }
        Msg::DuplicatesName => "重复",
        Msg::KeepDuplicates => "也运行与前面相同的点",
        Msg::ReadingWarnings { n } => return format!("读取脚本时的 {n} 条说明", n = count(*n)),
        Msg::Parser => "解析器",
        Msg::ParserChoice { label, line, n } => {
            return format!("{label}（第 {line} 行，{n} 个参数）", n = count(*n));
        }
        Msg::Probe => "询问脚本",
        Msg::ProbeAgain => "再次询问",
        Msg::Probing => "正在询问脚本…",
        Msg::ProbeHint => "将脚本运行到解析命令行处，读取其真实的解析器",
        Msg::ProbeForget => "忘记结果",
        Msg::ReadStatically => "读自源代码",
        Msg::ReadByProbe => "由脚本自身给出",
        Msg::AskProbe { script } => return format!("将 {script} 运行到解析命令行处？"),
        Msg::AskProbeDetail => {
            "将用任务的解释器执行其导入以及解析器之前的代码，最多一分钟。写文件、启动程序和访问网络会被阻止；在开始工作之前结束。"
        }
        Msg::YesProbe => "运行",
        Msg::ProbeFound { n, when } => {
            return format!("{when} 询问：与源代码有 {n} 处不同", n = count(*n));
        }
        Msg::ProbeOutdated { when } => {
            return format!("{when} 询问；此后脚本已更改，因此使用源代码");
        }
        Msg::ProbePartial => "脚本没有完整读取命令行：之后的解析器可能接受更多参数。",
        Msg::OnlyStatic { argument } => return format!("{argument} 只在源代码中"),
        Msg::OnlyProbe { argument } => return format!("{argument} 只由脚本给出"),
        Msg::Prevented => "脚本尝试了以下操作，已被阻止：",
        Msg::EntryConfig { source } => {
            return format!("取自 {source} 的值，以 RUNYARD_CONFIG 交给脚本");
        }
        Msg::EntryFunction { function } => {
            return format!(
                "Python 实验：由脚本自己生成各点并调用 `{function}`，这里没有可设置的内容"
            );
        }
        Msg::EntryCommand => "人工编写的命令：每个任务各有其命令，这里没有可设置的内容",
        Msg::EntryRunFile { main, folder, name } => {
            return format!("调用 {main}；运行保存在 {folder}/{name}");
        }
        Msg::Duplicate => "复制",
        Msg::DuplicateHint => "以这些值打开生成器，改动其一",
        Msg::Duplicated { task } => return format!("表单已填入 {task} 的值。改动一个字段后运行。"),
        Msg::ColumnMark => "状态",
        Msg::PointDone { task } => return format!("已完成：{task}"),
        Msg::PointActive { task } => return format!("排队或运行中：{task}"),
        Msg::PointDuplicate { of } => return format!("与第 {of} 个点相同", of = group_digits(*of)),
        Msg::PointDropped { by } => return format!("已排除：{by}"),
        Msg::Points { n } => return format!("{n} 个点", n = group_digits(*n)),
        Msg::PointsLeftOut { n } => return format!("排除 {n} 个", n = group_digits(*n)),
        Msg::PointsDone { n } => return format!("已完成 {n} 个", n = count(*n)),
        Msg::PointsActive { n } => return format!("排队或运行中 {n} 个", n = count(*n)),
        Msg::PointsRun { n } => return format!("→ {n} 个任务", n = group_digits(*n)),
        Msg::RerunDone => "重新运行已完成的点",
        Msg::AllDone => "均已完成",
        Msg::NothingToDo { n } => {
            return format!("无需运行：{n} 个点均已完成、排队或运行中。", n = count(*n));
        }
        Msg::TasksQueuedOthersDone { n, skipped } => {
            return format!(
                "{n} 个任务已排队，{skipped} 个点此前已完成",
                n = count(*n),
                skipped = count(*skipped)
            );
        }
        Msg::TasksCreatedOthersDone { n, skipped } => {
            return format!(
                "{n} 个任务已创建，{skipped} 个点此前已完成",
                n = count(*n),
                skipped = count(*skipped)
            );
        }
        Msg::ExpandsZippedAs { n, group, values } => {
            return format!("→ 与 {group} 同步取 {n} 个值：{values}", n = count(*n));
        }
        Msg::ExpandsSampled { n, values } => {
            return format!("→ 抽取 {n} 个值：{values}", n = count(*n));
        }
        Msg::AxisRows { names } => return format!("行：{names}"),
        Msg::AxisVariations { names } => return format!("变体：{names}"),
        Msg::AxisSample { names } => return format!("一起抽取：{names}"),
        Msg::PointsDroppedBy { n, by } => return format!("{by} 排除 {n} 个", n = group_digits(*n)),
        Msg::PointsDuplicate { n } => return format!("与其他相同 {n} 个", n = group_digits(*n)),
        Msg::TabEnvironment => "环境",
        Msg::CompareWith => "比较",
        Msg::CompareNothing => "全部值",
        Msg::CompareDefaults => "与默认值的差异",
        Msg::CompareTask => "与任务比较…",
        Msg::CompareOurs => "此处",
        Msg::CompareTheirs => "对方",
        Msg::NoDifferences => "没有差异。",
        Msg::EnvNone => "没有记录",
        Msg::EnvNoneHint => "旧版本的运行没有记录环境。",
        Msg::EnvProblems => "未能记录",
        Msg::EnvGit => "Git",
        Msg::EnvDiff => "未提交的更改",
        Msg::EnvSource => "源代码快照",
        Msg::EnvPython => "Python",
        Msg::EnvRequirements => "依赖",
        Msg::EnvConda => "Conda",
        Msg::EnvHost => "机器",
        Msg::EnvGpu => "GPU",
        Msg::EnvVariables => "环境变量（机密已隐藏）",
        Msg::OriginSet { value, place } => return format!("设为：{value}（{place}）"),
        Msg::OriginReplaced { value, place } => return format!("此前：{value}（{place}）"),
        // Both languages of these stand side by side elsewhere.
        Msg::Phrase(_) | Msg::SettingName(_) | Msg::SettingHint(_) => "",
        Msg::UnsavedChanges { n } => return format!("{} 处未保存的更改", count(*n)),
        Msg::MustBeWithin { from, to } => return format!("{from} 到 {to} 之间的数。"),
        Msg::AllDoneAt { time } => return format!("全部完成约在 {time}"),
        Msg::MayStart { time } => return format!("约 {time}"),
        Msg::MoreWaiting { n } => return format!("还有 {} 个在等待", count(*n)),
        Msg::QueuePosition { n } => return format!("等待中，队列第 {} 位", count(*n)),
        Msg::ActOnNamed { act, name } => {
            return format!("{}：{name}", act.text(crate::preferences::Language::Zh));
        }
        Msg::UsedOf { used, total } => return format!("{used} / {total}"),
        Msg::GpuStrangers { n } => return format!("{} 个他人的进程", count(*n)),
        Msg::TasksRemoved { n } => return format!("{} 个任务已移到回收站。", count(*n)),
        Msg::TasksRestored { n } => return format!("{} 个任务已恢复。", count(*n)),
        Msg::TasksDeleted { n } => return format!("{} 个任务已永久删除。", count(*n)),
        Msg::AskEmptyTrash { n } => return format!("永久删除 {} 个任务？", count(*n)),
        Msg::DeleteForGood { n } => return format!("删除 {} 个", count(*n)),
        Msg::TrashKept { days } => return format!("保留 {} 天", count(*days)),
        Msg::TrashTakes { size } => return format!("占用磁盘 {size}"),
        Msg::DeleteAndFree { n, size } => {
            return format!("永久删除 {} 个任务并释放 {size}？", count(*n));
        }
        Msg::OwnedBy { user } => return format!("由 {user} 提交"),
        Msg::BatchPlanned { tasks, entries } if tasks == entries => {
            return format!("{} 个任务", count(*tasks));
        }
        Msg::BatchPlanned { tasks, entries } => {
            return format!("{} 个实验共 {} 个任务", count(*entries), count(*tasks));
        }
        Msg::BatchProblems { n } => return format!("{} 个问题", count(*n)),
        Msg::AtLine { line, column } => return format!("第 {line} 行第 {column} 列"),
        Msg::RemoveNamed { name } => return format!("移除 {name}"),
        Msg::Error(error) => {
            return super::client_error(crate::preferences::Language::Zh, error).sentence();
        }
    };
    fixed.to_owned()
}

fn count(n: u64) -> String {
    group_digits(n.into())
}
