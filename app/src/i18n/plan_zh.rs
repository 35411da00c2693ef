//! Chinese words for what is wrong with a sweep as a whole.

use domain::config::Key;
use domain::grid::{Dropper, MAX_SAMPLES, Place, PlanError};

use super::Shown;

#[expect(clippy::too_many_lines, reason = "one sentence for each error")]
pub(super) fn plan_error(error: &PlanError) -> Shown {
    let (message, hint) = match error {
        PlanError::UnknownKey {
            key,
            nearest: Some(nearest),
        } => (
            format!("没有参数 `{key}`"),
            format!("是否想写 `{nearest}`？"),
        ),
        PlanError::UnknownKey { key, nearest: None } => (
            format!("没有参数 `{key}`"),
            "用 `runyard inspect` 查看参数".to_owned(),
        ),
        PlanError::DuplicateKey { key } => {
            (format!("`{key}` 给出了两次"), "用 `|` 合并两者".to_owned())
        }
        PlanError::ZipLengths { group, lengths } => {
            let list: Vec<String> = lengths
                .iter()
                .map(|(key, length)| format!("`{key}` 有 {length} 个"))
                .collect();
            let group = group
                .as_ref()
                .map_or(String::new(), |name| format!(" `{name}(…)` "));
            let message = format!("所有{group}同步取值的长度必须相同：{}", list.join("，"));
            (message, "让每个括号里的备选值个数相同".to_owned())
        }
        PlanError::MissingRequired { key } => (
            format!("`{key}` 是必填项"),
            "请填写；空文本写作 `\"\"`".to_owned(),
        ),
        PlanError::ExclusiveGroup { keys } => (
            format!("{} 只能填写一个", list_keys(keys)),
            "只保留一个".to_owned(),
        ),
        PlanError::ExclusiveRequired { keys } => (
            format!("{} 必须填写一个", list_keys(keys)),
            "填写其中一个".to_owned(),
        ),
        PlanError::SweptSubcommand { key } => (
            format!("不能扫描子命令 `{key}`"),
            "选择一个，每个子命令分别提交".to_owned(),
        ),
        PlanError::Expression {
            by,
            text,
            error,
            point,
        } => {
            let Shown { message, hint } = super::expression_zh::error(&error.kind);
            let kind = match by {
                Dropper::Condition(_) => "条件",
                Dropper::Exclusion(_) => "排除",
            };
            let values: Vec<String> = point
                .iter()
                .map(|(key, value)| format!("{key} = {value}"))
                .collect();
            let place = if values.is_empty() {
                String::new()
            } else {
                format!("（在 {} 处）", values.join("，"))
            };
            let at = error.start + 1;
            let message = format!("{kind} `{text}` 第 {at} 个字符：{message}{place}");
            (message, hint.unwrap_or_default())
        }
        PlanError::TooManyToCheck {
            expressions,
            keys,
            combinations,
            limit,
        } => {
            let what = list_texts(expressions);
            let message = format!(
                "{what} 要检查 {} 的 {combinations} 种组合，上限为 {limit}",
                list_keys(keys)
            );
            let hint = if expressions.is_empty() {
                "让更少的轴设置同一个键，或保留重复的点"
            } else {
                "缩小这些键的取值，或让条件涉及更少的键"
            };
            (message, hint.to_owned())
        }
        PlanError::NothingLeft { expressions } => (
            format!("没有剩下任何点：{}", list_texts(expressions)),
            "放宽条件，或增加取值".to_owned(),
        ),
        PlanError::UnknownReference {
            key,
            reference,
            nearest,
        } => {
            let meant = nearest
                .as_ref()
                .map(|nearest| format!("是否想写 `{{{nearest}}}`？"))
                .unwrap_or_default();
            (
                format!("`{key}`：没有键 `{{{reference}}}`"),
                format!("{meant}文本本身写作 `\\{{{reference}}}`"),
            )
        }
        PlanError::UnsetReference { key, reference } => (
            format!("`{key}`：`{{{reference}}}` 没有值"),
            format!("给 `{reference}` 一个值；文本本身写作 `\\{{{reference}}}`"),
        ),
        PlanError::DerivedCycle { keys } => (
            format!("派生值互相引用：{}", list_keys(keys)),
            "给其中一个直接写值".to_owned(),
        ),
        PlanError::DerivedKind { key, text, wanted } => {
            let wanted = match wanted.as_str() {
                "an integer" => "整数",
                "a number" => "数字",
                "true or false" => "true 或 false",
                _ => "文本",
            };
            (
                format!("`{key}`：`{text}` 不是{wanted}"),
                "只引用一个同类的键：`{key}`".to_owned(),
            )
        }
        PlanError::SetTwice { key, first, second } => (
            format!("`{key}` 在{}和{}都设置了", place(first), place(second)),
            "保留其中一处".to_owned(),
        ),
        PlanError::Assigned {
            place: at,
            key,
            error,
        } => {
            let Shown { message, hint } = super::domain_zh::input_error(error);
            (
                format!("{}，`{key}`：{message}", place(at)),
                hint.unwrap_or_default(),
            )
        }
        PlanError::Section { key, error } => {
            let Shown { message, hint } = super::domain_zh::input_error(&error.kind);
            (format!("`{key}`：{message}"), hint.unwrap_or_default())
        }
        PlanError::EmptyAxis { place: at } => (
            format!("{}没有内容", place(at)),
            "添加一项，或删除它".to_owned(),
        ),
        PlanError::SampleCount { count } => (
            format!("无法抽取 {count} 个样本"),
            format!("选择 1 到 {MAX_SAMPLES} 之间的数"),
        ),
        PlanError::TooLarge => ("网格的点数多到无法计数".to_owned(), "缩小范围".to_owned()),
    };
    Shown {
        message,
        hint: Some(hint),
    }
}

fn list_keys(keys: &[Key]) -> String {
    keys.iter()
        .map(|key| format!("`{key}`"))
        .collect::<Vec<_>>()
        .join("、")
}

fn list_texts(texts: &[String]) -> String {
    if texts.is_empty() {
        return "相同的点".to_owned();
    }
    texts
        .iter()
        .map(|text| format!("`{text}`"))
        .collect::<Vec<_>>()
        .join("、")
}

fn place(place: &Place) -> String {
    match place {
        Place::Field => "字段中".to_owned(),
        Place::Section(key) => format!("`{key}` 中"),
        Place::Rows => "表格中".to_owned(),
        Place::Row(row) => format!("第 {} 行", row + 1),
        Place::Exclusion(index) => format!("第 {} 条排除", index + 1),
        Place::Axis(axis) => format!("变体的第 {} 轴", axis + 1),
        Place::Variation(axis, at) => format!("第 {} 轴的第 {} 个变体", axis + 1, at + 1),
    }
}
