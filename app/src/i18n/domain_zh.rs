//! Chinese words for what the engine and the server report.

use domain::grid::InputErrorKind as Kind;
use domain::names::{MAX_NAME_CHARS, NameError};
use domain::protocol::ErrorCode;
use domain::run::{CancelledBy, Outcome};

use super::Shown;

pub(super) fn input_error(kind: &Kind) -> Shown {
    let message = match kind {
        Kind::EmptyAlternative => "有一个备选值是空的".to_owned(),
        Kind::UnclosedQuote { quote } => format!("引号 {quote} 没有闭合"),
        Kind::TextAfterQuote => "闭合的引号后面还有文字".to_owned(),
        Kind::PipeInParentheses => "竖线位于括号内，但括号不是整个值".to_owned(),
        Kind::UnclosedList => "列表没有闭合".to_owned(),
        Kind::TextAfterList => "列表后面还有文字".to_owned(),
        Kind::EmptyItem => "列表中有一项是空的".to_owned(),
        Kind::CommaBetweenWords => "方括号之外用逗号分隔了词".to_owned(),
        Kind::NestedList => "列表里面还有列表".to_owned(),
        Kind::NotNested => "每一项都必须是一个列表".to_owned(),
        Kind::NotInteger { text } => format!("`{text}` 不是整数"),
        Kind::NotNumber { text } => format!("`{text}` 不是数字"),
        Kind::NotBoolean { text } => format!("`{text}` 既不是 true 也不是 false"),
        Kind::NotCount { text } => format!("`{text}` 不是次数"),
        Kind::NotAChoice { text, .. } => format!("`{text}` 不在可选值之中"),
        Kind::ListLength { expected, found } => format!("列表有 {found} 项，应为 {expected} 项"),
        Kind::RangeStepZero => "范围的步长为 0".to_owned(),
        Kind::RangeDirection { .. } => "范围永远到不了终点".to_owned(),
        Kind::RangeNotInteger => "整数范围中出现了小数".to_owned(),
        Kind::RangeTooLong => "范围中的值过多".to_owned(),
        Kind::RangeTooPrecise => "范围的位数超出了可精确保存的程度".to_owned(),
        Kind::RangeInList => "范围不能代替列表".to_owned(),
        Kind::FunctionArguments { .. } => "函数的参数不对".to_owned(),
        Kind::NotPositive => "取对数需要大于 0 的数".to_owned(),
        Kind::SpacedNotInteger => "两端之间的值不全是整数".to_owned(),
        Kind::SampledAmongValues => "一个字段要么随机抽取，要么取给定的值".to_owned(),
        Kind::DerivedAmongSamples => "由其他键决定的值不能被抽取".to_owned(),
        Kind::NotText { text } => format!("`{text}` 不是文本"),
        Kind::NotList { text } => format!("`{text}` 不是列表"),
        Kind::NotMap { text } => format!("`{text}` 不是映射"),
        Kind::NotYaml { message } => format!("不是 YAML：{message}"),
        Kind::UnknownKey { key, .. } => format!("没有键 `{key}`"),
        Kind::NulCharacter => "命令行无法传递 NUL 字符".to_owned(),
    };
    Shown {
        message,
        hint: Some(input_hint(kind)),
    }
}

fn input_hint(kind: &Kind) -> String {
    match kind {
        Kind::EmptyAlternative => "在每个 `|` 的两边都写上值；空文本写作 `\"\"`".to_owned(),
        Kind::UnclosedQuote { quote } => format!("用 {quote} 闭合；引号内部的引号写作 `\\{quote}`"),
        Kind::TextAfterQuote => "把整个值放进引号，内部的引号写作 `\\\"`".to_owned(),
        Kind::PipeInParentheses => {
            "同步取值请把整个值放进一对括号，写作 `(a | b)` 或 `name(a | b)`；普通竖线写作 `\\|`"
                .to_owned()
        }
        Kind::UnclosedList => "用 `]` 闭合".to_owned(),
        Kind::TextAfterList => "在下一个备选值之前写 `|`".to_owned(),
        Kind::EmptyItem => "删去一个逗号；空文本写作 `\"\"`".to_owned(),
        Kind::CommaBetweenWords => "列表写作 `[a, b]`；含逗号的词请放进引号".to_owned(),
        Kind::NestedList => "去掉里面的方括号".to_owned(),
        Kind::NotNested => "写作 `[[a, b], [c, d]]`".to_owned(),
        Kind::NotInteger { .. } => "写整数如 `3`、范围如 `1:5` 或备选值如 `1 | 2`".to_owned(),
        Kind::NotNumber { .. } => {
            "写数字如 `0.1`、范围如 `0:1:0.1` 或备选值如 `0.1 | 0.2`".to_owned()
        }
        Kind::NotBoolean { .. } => "写 `true` 或 `false`，两者都要则写 `true | false`".to_owned(),
        Kind::NotCount { .. } => "写 0 或更大的数".to_owned(),
        Kind::NotAChoice {
            choices,
            nearest: Some(nearest),
            ..
        } => {
            format!("是否想写 `{nearest}`？可选值：{}", choices.join("、"))
        }
        Kind::NotAChoice {
            choices,
            nearest: None,
            ..
        } => format!("可选值：{}", choices.join("、")),
        Kind::ListLength { expected, .. } if expected == "+" => "至少写一项".to_owned(),
        Kind::ListLength { expected, .. } => format!("写 {expected} 项，如 `[a, b]`"),
        Kind::RangeStepZero => "写作 `起点:终点:步长`，步长不为 0".to_owned(),
        Kind::RangeDirection { suggestion } => format!("写作 `{suggestion}`"),
        Kind::RangeNotInteger => "起点、终点和步长都用整数".to_owned(),
        Kind::RangeTooLong => "用更大的步长".to_owned(),
        Kind::RangeTooPrecise => "减少位数".to_owned(),
        Kind::RangeInList => "写列表如 `[1, 2, 3]`，或备选值如 `[1] | [2]`".to_owned(),
        Kind::FunctionArguments { usage } => {
            // The usage is a formula first, then English words about it.
            let formula = usage.split('`').nth(1).unwrap_or(usage);
            format!("写作 `{formula}`：参数是数字，较大的在后；个数至少为 2，标准差大于 0")
        }
        Kind::NotPositive => "使用大于 0 的数".to_owned(),
        Kind::SpacedNotInteger => "选择能整除距离的个数，或用 `|` 写出各值".to_owned(),
        Kind::SampledAmongValues => "单独写分布，或用 `choice(a | b)` 抽取".to_owned(),
        Kind::DerivedAmongSamples => "直接写出值".to_owned(),
        Kind::NotText { .. } => "写一段文本".to_owned(),
        Kind::NotList { .. } => "写列表如 `[1, 2]`".to_owned(),
        Kind::NotMap { .. } => "写映射如 `{name: adam, lr: 0.1}`".to_owned(),
        Kind::NotYaml { .. } => "写映射如 `{name: adam, lr: 0.1}`，或列表如 `[1, 2]`".to_owned(),
        Kind::UnknownKey {
            nearest: Some(nearest),
            ..
        } => format!("是否想写 `{nearest}`？"),
        Kind::UnknownKey { nearest: None, .. } => "使用配置中已有的键".to_owned(),
        Kind::NulCharacter => "删除它".to_owned(),
    }
}

pub(super) fn name_error(error: &NameError) -> String {
    match error {
        NameError::Empty => "名称为空".to_owned(),
        NameError::TooLong(length) => format!("名称有 {length} 个字符，超过 {MAX_NAME_CHARS} 个"),
        NameError::Forbidden(bad) => format!("名称中不能有 `{}`", bad.escape_debug()),
        NameError::LeadingDot => "名称不能以点开头".to_owned(),
        NameError::TrailingDot => "名称不能以点结尾".to_owned(),
        NameError::OuterSpace => "名称首尾不能有空格".to_owned(),
    }
}

pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Succeeded => "成功".to_owned(),
        Outcome::Failed { .. } => "程序报告失败".to_owned(),
        Outcome::Signaled { signal } => format!("被信号 {signal} 终止"),
        Outcome::OutOfMemory => "内存不足，被系统终止".to_owned(),
        Outcome::TimedOut => "超时终止".to_owned(),
        Outcome::Cancelled {
            by: CancelledBy::User,
        } => "被人取消".to_owned(),
        Outcome::Cancelled {
            by: CancelledBy::Rule,
        } => "被规则取消".to_owned(),
        Outcome::FailedToStart { reason } => format!("无法启动：{reason}"),
        Outcome::Lost => "丢失：监督进程随之终止".to_owned(),
    }
}

pub(super) fn unreachable() -> Shown {
    shown("服务器没有响应", "请确认 Runyard 仍在运行。")
}

pub(super) fn unreadable() -> Shown {
    shown("无法读取服务器的回答", "请重新加载页面：服务器可能已更新。")
}

/// What a code means.
pub(super) fn code(code: ErrorCode) -> Option<Shown> {
    Some(match code {
        ErrorCode::Unauthorized => shown("未登录", "请打开 Runyard 打印的带令牌的地址。"),
        ErrorCode::Forbidden => shown("不允许", "请用 Runyard 打印的地址打开。"),
        ErrorCode::NotFound => shown("未找到", "它可能已被移除或改名。"),
        ErrorCode::BadRequest => shown("请求无效", "请检查输入。"),
        ErrorCode::Conflict => shown("状态已变化", "请查看后再试。"),
        ErrorCode::GridTooLarge => shown("网格过大", "请缩小扫描范围，或在设置中提高上限。"),
        ErrorCode::DigestMismatch => {
            shown("打开此页面之后脚本已更改", "请重新加载并查看新的预览。")
        }
        ErrorCode::InvalidInput => shown("输入无效", "请检查输入。"),
        ErrorCode::TooLarge => shown("请求过大", "请减少一次发送的内容。"),
        ErrorCode::DiskFull => shown("磁盘已满", "请释放一些空间，然后重试。"),
        ErrorCode::Internal => shown("服务器上出错", "请查看服务器的输出。"),
        ErrorCode::Unknown => return None,
    })
}

fn shown(message: &str, hint: &str) -> Shown {
    Shown {
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
    }
}
