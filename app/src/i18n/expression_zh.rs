//! Chinese words for what is wrong with an expression.

use domain::expr::{ExprErrorKind as Kind, MAX_CHARS, MAX_DEPTH};

use super::Shown;

pub(super) fn error(kind: &Kind) -> Shown {
    let (message, hint) = match kind {
        Kind::Empty => (
            "表达式是空的".to_owned(),
            "写一个条件，如 `lr < 0.1`".to_owned(),
        ),
        Kind::TooLong => (
            format!("表达式超过 {MAX_CHARS} 个字符"),
            "写几个较短的条件；它们都必须成立".to_owned(),
        ),
        Kind::TooDeep => (
            format!("表达式的嵌套超过 {MAX_DEPTH} 层"),
            "写几个条件，或减少括号".to_owned(),
        ),
        Kind::UnknownCharacter { character } => {
            let hint = match character {
                '&' => "写作 `and`",
                '|' => "写作 `or`",
                '!' => "写作 `not`；不等于写作 `!=`",
                '{' | '}' => "键不用花括号，如 `lr`",
                _ => "文本放进引号，特殊的键放进反引号",
            };
            (format!("`{character}` 在这里没有意义"), hint.to_owned())
        }
        Kind::UnclosedQuote { quote } => {
            (format!("引号 {quote} 没有闭合"), format!("用 {quote} 闭合"))
        }
        Kind::NotANumber { text } => (
            format!("`{text}` 不是数字"),
            "写数字如 `3`、`0.1` 或 `1e-3`，或把文本放进引号".to_owned(),
        ),
        Kind::Expected { expected, found } => (
            format!("这里应为 {expected}，而不是 {found}"),
            "例如写作 `lr < 0.1 and seed in [1, 2]`".to_owned(),
        ),
        Kind::UnknownName { name, nearest } => (
            format!("没有 `{name}`"),
            match nearest {
                Some(nearest) => format!("是否想写 `{nearest}`？文本要放进引号"),
                None => format!("使用已有的键；文本写作 `\"{name}\"`"),
            },
        ),
        Kind::UnknownFunction { name, nearest } => (
            format!("没有函数 `{name}`"),
            match nearest {
                Some(nearest) => format!("是否想写 `{nearest}`？"),
                None => format!("可用的函数：{}", kind.hint()),
            },
        ),
        Kind::Arguments { name, found, .. } => (
            format!("`{name}` 不接受 {found} 个参数"),
            format!("用法：{}", kind.hint()),
        ),
        Kind::Operand {
            operation, found, ..
        } => (
            format!("{operation} 不接受 {found}"),
            "先用比较把它变成条件，或给它合适的值".to_owned(),
        ),
        Kind::NoOrder { left, right } => (
            format!("{left} 和 {right} 之间没有顺序"),
            "数字与数字比较，文本与文本比较".to_owned(),
        ),
        Kind::NotACondition { found } => (
            format!("表达式的值是 {found}，不是 true 或 false"),
            "加上比较，如 `lr < 0.1`".to_owned(),
        ),
        Kind::ResultTooLong => ("结果太长".to_owned(), "连接较短的文本".to_owned()),
    };
    Shown {
        message,
        hint: Some(hint),
    }
}
