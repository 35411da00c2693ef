//! The words of the settings page: for each key its name and what it does, in both languages side by side.

use crate::preferences::Language;

/// `(key, [English name, English hint], [Chinese name, Chinese hint])`.
type Row = (&'static str, [&'static str; 2], [&'static str; 2]);

const ROWS: &[Row] = &[
    ("general", ["General", ""], ["常规", ""]),
    (
        "run",
        [
            "How runs are executed",
            "For runs whose tasks leave it open.",
        ],
        ["如何执行运行", "用于任务自身没有指定的运行。"],
    ),
    (
        "environment",
        [
            "Environment",
            "Variables that every run finds over the server's own.",
        ],
        ["环境", "每次运行在服务器自身环境之上得到的变量。"],
    ),
    (
        "identity",
        ["Same work", "Which points count as done before."],
        ["相同的工作", "哪些点算作已经完成过。"],
    ),
    (
        "snapshot",
        [
            "Source snapshots",
            "What is kept of the source with every sweep.",
        ],
        ["源代码快照", "每次扫描保留哪些源代码。"],
    ),
    (
        "queue",
        ["Queue", "What may go on at once."],
        ["队列", "可以同时进行什么。"],
    ),
    (
        "gpu",
        ["GPUs", "Which devices runs may have."],
        ["GPU", "运行可以使用哪些设备。"],
    ),
    (
        "trash",
        [
            "Trash",
            "Removed tasks can be restored until they are cleared away.",
        ],
        ["回收站", "移除的任务在被清理之前可以恢复。"],
    ),
    (
        "phone",
        ["Phone", "Open this page on a phone in the same network."],
        ["手机", "在同一网络中的手机上打开此页面。"],
    ),
    (
        "slots",
        ["Slots", "How many runs may go on at once."],
        ["并行数", "同时进行的运行数量。"],
    ),
    (
        "python",
        [
            "Interpreter",
            "The Python that runs scripts: a name in PATH, or a path.",
        ],
        ["解释器", "运行脚本的 Python：PATH 中的名称或路径。"],
    ),
    (
        "max_tasks",
        [
            "Largest sweep",
            "The most tasks that one submission may have.",
        ],
        ["最大扫描", "一次提交最多可以有多少任务。"],
    ),
    (
        "port",
        ["Port", "The first port that the server tries."],
        ["端口", "服务器首先尝试的端口。"],
    ),
    (
        "run.capture",
        ["Output", "Where the output of a run goes."],
        ["输出", "运行的输出写到哪里。"],
    ),
    (
        "run.capture.file",
        ["File: fastest, nothing is lost", ""],
        ["文件：最快，不会丢失", ""],
    ),
    (
        "run.capture.split",
        ["Pipes: errors told apart", ""],
        ["管道：区分错误输出", ""],
    ),
    (
        "run.capture.pty",
        ["Terminal: for programs that only draw for one", ""],
        ["终端：用于只在终端中绘制的程序", ""],
    ),
    (
        "run.stop_signal",
        [
            "Signal to end",
            "What asks a run to end, before it is killed.",
        ],
        ["结束信号", "在强制终止之前请求运行结束的信号。"],
    ),
    ("run.stop_signal.term", ["SIGTERM", ""], ["SIGTERM", ""]),
    (
        "run.stop_signal.int",
        ["SIGINT, as Ctrl-C", ""],
        ["SIGINT，如同 Ctrl-C", ""],
    ),
    (
        "grace_period_secs",
        [
            "Grace period (s)",
            "Seconds between the request to end and the kill.",
        ],
        ["宽限时间（秒）", "从请求结束到强制终止之间的秒数。"],
    ),
    (
        "run.nice",
        ["Niceness", "-20 to 19; larger is kinder to other programs."],
        ["nice 值", "-20 到 19；越大对其他程序越友好。"],
    ),
    (
        "run.enforce",
        [
            "Enforce resources",
            "Memory and processors that tasks ask for become limits, where the system allows it.",
        ],
        [
            "强制资源限制",
            "在系统允许时，任务请求的内存和处理器成为上限。",
        ],
    ),
    (
        "environment.redact",
        [
            "More secret names",
            "Parts of names of variables whose values are never kept; one per line.",
        ],
        [
            "更多机密名称",
            "变量名中含有这些部分时不保留其值；每行一个。",
        ],
    ),
    (
        "identity.ignore",
        [
            "Keys that make no difference",
            "One per line, e.g. num_workers.",
        ],
        ["不影响结果的键", "每行一个，例如 num_workers。"],
    ),
    (
        "identity.code",
        ["A changed source is new work", ""],
        ["源代码改变即为新的工作", ""],
    ),
    (
        "snapshot.enabled",
        ["Keep the source", ""],
        ["保留源代码", ""],
    ),
    (
        "snapshot.max_file_mb",
        ["Largest file (MB)", "Larger files are left out."],
        ["最大文件（MB）", "更大的文件不保留。"],
    ),
    (
        "snapshot.max_total_mb",
        ["Largest snapshot (MB)", ""],
        ["快照最大总量（MB）", ""],
    ),
    ("snapshot.max_files", ["Most files", ""], ["最多文件数", ""]),
    (
        "snapshot.exclude",
        [
            "Left out",
            "Paths, folders or names, one per line; * and ? as in a shell.",
        ],
        ["排除", "路径、文件夹或名称，每行一个；可用 * 和 ?。"],
    ),
    (
        "snapshot.include",
        [
            "Taken all the same",
            "Files that would be left out otherwise, one per line.",
        ],
        ["仍然保留", "本来会被排除的文件，每行一个。"],
    ),
    (
        "queue.cpus",
        [
            "CPUs",
            "How many processors all runs together may occupy; empty: those of the machine.",
        ],
        ["CPU", "所有运行总共可以占用的处理器；留空则为本机的全部。"],
    ),
    (
        "queue.memory_mb",
        [
            "Memory (MiB)",
            "How much memory all runs together may occupy; empty: that of the machine.",
        ],
        [
            "内存（MiB）",
            "所有运行总共可以占用的内存；留空则为本机的全部。",
        ],
    ),
    (
        "queue.user_limit",
        [
            "Runs per user",
            "How many runs of one person may go on at once; empty: as many as fit.",
        ],
        [
            "每个用户的运行数",
            "一个用户同时进行的运行数量；留空则不限。",
        ],
    ),
    (
        "queue.ageing_per_hour",
        [
            "Ageing per hour",
            "How much priority a waiting run gains each hour, so that nothing starves.",
        ],
        ["每小时老化", "等待的运行每小时获得的优先级，避免一直等待。"],
    ),
    (
        "gpu.strangers",
        [
            "Processes of others",
            "What it means if somebody else uses a device.",
        ],
        ["他人的进程", "他人使用设备时如何处理。"],
    ),
    (
        "gpu.strangers.respect",
        ["The device is left to them", ""],
        ["把设备留给他们", ""],
    ),
    (
        "gpu.strangers.ignore",
        ["The device is given all the same", ""],
        ["仍然分配该设备", ""],
    ),
    (
        "gpu.max_used_mb",
        [
            "Memory that others may use (MiB)",
            "On a device that is given whole; drivers and screens need some.",
        ],
        [
            "他人可用的内存（MiB）",
            "对整块分配的设备；驱动和屏幕会占用一些。",
        ],
    ),
    (
        "gpu.max_utilization_percent",
        [
            "Busy above (%)",
            "A device that is used more is not given; empty: its use does not matter.",
        ],
        [
            "视为繁忙（%）",
            "使用率更高的设备不分配；留空则不考虑使用率。",
        ],
    ),
    (
        "gpu.hide_from_others",
        [
            "Hide from the others",
            "A task that asks for no GPU sees none.",
        ],
        ["对其他任务隐藏", "没有请求 GPU 的任务看不到任何 GPU。"],
    ),
    (
        "gpu.variable",
        ["Variable", "What tells a task its devices."],
        ["变量", "告诉任务其设备的变量。"],
    ),
    (
        "trash.keep_days",
        [
            "Days kept",
            "After so many days a removed task is deleted for good; 0: only by hand.",
        ],
        [
            "保留天数",
            "移除的任务在这么多天后永久删除；0 表示只手动删除。",
        ],
    ),
    (
        "policy.priority",
        ["Priority", "-1000 to 1000; larger goes first."],
        ["优先级", "-1000 到 1000；越大越先。"],
    ),
    (
        "sweep_policy.limit",
        [
            "At once",
            "How many runs of this sweep may go on at once; empty: as many as fit.",
        ],
        ["同时运行", "此扫描同时运行的数量；留空则不限。"],
    ),
    (
        "sweep_policy.fail_fast",
        [
            "Stop at the first failure",
            "Cancels what still waits, and ends what runs.",
        ],
        ["首次失败即停止", "取消仍在等待的，并结束正在运行的。"],
    ),
    (
        "policy.resources.gpus",
        [
            "GPUs",
            "2 for any two, 1 x 8000 for 8000 MiB on one, #0,1 for these.",
        ],
        [
            "GPU",
            "2 表示任意两个，1 x 8000 表示一个上的 8000 MiB，#0,1 表示指定的。",
        ],
    ),
    (
        "policy.resources.slots",
        ["Slots per run", ""],
        ["每次运行占用的并行位", ""],
    ),
    (
        "policy.resources.cpus",
        ["CPUs per run", "Fractions count."],
        ["每次运行的 CPU", "可以是小数。"],
    ),
    (
        "policy.resources.memory_mb",
        ["Memory per run (MiB)", ""],
        ["每次运行的内存（MiB）", ""],
    ),
    (
        "policy.retry.max",
        ["Retries", "How often a run that failed is tried again."],
        ["重试次数", "失败的运行再次尝试的次数。"],
    ),
    (
        "policy.retry.backoff.first_ms",
        [
            "Pause before a retry (s)",
            "Doubles each time. 90, 2 min, 1 h.",
        ],
        ["重试前的等待（秒）", "每次加倍。例如 90、2 min、1 h。"],
    ),
    (
        "policy.time_limits.soft_ms",
        [
            "Time limit (s)",
            "After that a run is asked to end. 90, 2 min, 1.5 h, 1 d.",
        ],
        [
            "时间限制（秒）",
            "超过后请求运行结束。例如 90、2 min、1.5 h、1 d。",
        ],
    ),
    (
        "policy.delay_ms",
        [
            "Start after (s)",
            "Not before so much time has passed. 90, 2 min, 1 h.",
        ],
        [
            "延迟开始（秒）",
            "经过这段时间之后才开始。例如 90、2 min、1 h。",
        ],
    ),
    (
        "policy.after.tasks",
        [
            "After these tasks",
            "Names, one per line; they must succeed first.",
        ],
        ["在这些任务之后", "名称，每行一个；它们必须先成功。"],
    ),
    (
        "policy.stop_when",
        [
            "Stop when",
            "Conditions over metrics, one per line: loss > 10.",
        ],
        ["停止条件", "关于指标的条件，每行一个：loss > 10。"],
    ),
    (
        "execution.executor",
        [
            "Warm imports",
            "Modules that are imported once, such as torch; each run is then forked. Empty: a new process per run.",
        ],
        [
            "预热导入",
            "只导入一次的模块，如 torch；每次运行由此分叉。留空则每次新建进程。",
        ],
    ),
    (
        "execution.capture",
        ["Output", "Where the output of a run goes."],
        ["输出", "运行的输出写到哪里。"],
    ),
    (
        "execution.capture.file",
        ["File: fastest, nothing is lost", ""],
        ["文件：最快，不会丢失", ""],
    ),
    (
        "execution.capture.split",
        ["Pipes: errors told apart", ""],
        ["管道：区分错误输出", ""],
    ),
    (
        "execution.capture.pty",
        ["Terminal: for programs that only draw for one", ""],
        ["终端：用于只在终端中绘制的程序", ""],
    ),
];

/// The name of a setting or a section, and what it does; the key itself if nobody has found words for it.
pub(crate) fn words(language: Language, key: &'static str) -> [&'static str; 2] {
    let row = ROWS.iter().find(|(known, ..)| *known == key);
    match (row, language) {
        (Some((_, english, _)), Language::En) => *english,
        (Some((_, _, chinese)), Language::Zh) => *chinese,
        (None, _) => [key, ""],
    }
}

/// The key of the words of a choice.
pub(crate) fn choice(key: &str, word: &str) -> &'static str {
    let is_it = |known: &str| {
        known
            .strip_prefix(key)
            .and_then(|rest| rest.strip_prefix('.'))
            == Some(word)
    };
    let row = ROWS.iter().find(|(known, ..)| is_it(known));
    row.map_or("", |(known, ..)| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::settings::{Kind, SECTIONS};

    #[test]
    fn every_setting_and_every_choice_has_words_in_both_languages() {
        let known = |key: &str| {
            let row = ROWS.iter().find(|(known, ..)| *known == key);
            let (_, english, chinese) = row.unwrap_or_else(|| panic!("{key}"));
            assert!(!english[0].is_empty() && !chinese[0].is_empty(), "{key}");
            assert_eq!(english[1].is_empty(), chinese[1].is_empty(), "{key}");
        };
        let fields = crate::view_model::plan_form::FIELDS;
        let plan = crate::view_model::settings::Section {
            id: "run",
            settings: fields,
        };
        for section in SECTIONS.iter().chain([&plan]) {
            known(section.id);
            for (key, kind) in section.settings {
                known(key);
                match kind {
                    Kind::Choice(words) => words
                        .iter()
                        .for_each(|word| known(&format!("{key}.{word}"))),
                    Kind::Capture => ["file", "split", "pty"]
                        .iter()
                        .for_each(|word| known(&format!("{key}.{word}"))),
                    _ => {}
                }
            }
        }
    }
}
