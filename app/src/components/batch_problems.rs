//! What is wrong with a batch file, each with its line.

use domain::batch::BatchProblem;
use leptos::prelude::*;

use crate::i18n::{Msg, Phrase};
use crate::state::use_app;
use crate::view_model::generator::caret_line;

/// The problems in the file's order; nothing if there are none.
#[component]
pub(crate) fn BatchProblems(
    problems: Vec<BatchProblem>,
    /// The text that they are about.
    text: RwSignal<String>,
) -> impl IntoView {
    let i18n = use_app().i18n;
    if problems.is_empty() {
        return ().into_any();
    }
    let n = problems.len() as u64;
    let is_whole = problems.iter().any(|problem| problem.entry.is_none());
    let problem = move |problem: BatchProblem| {
        let BatchProblem {
            line,
            column,
            message,
            hint,
            name,
            ..
        } = problem;
        let quoted = text.with_untracked(|text| quoted(text, line, column));
        view! {
            <li data-testid="batch-problem" data-line=line.to_string()>
                <p>
                    <span class="number hint">{i18n.say(Msg::AtLine { line, column })}</span>
                    {name.map(|name| view! { " " <code>{name}</code> })}
                    " " {message}
                </p>
                {quoted.map(|(line, caret)| view! { <pre class="caret" aria-hidden="true">{line}"\n"{caret}</pre> })}
                {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
            </li>
        }
    };
    let what = if is_whole {
        Phrase::BatchIsWrong
    } else {
        Phrase::BatchOthersRun
    };
    view! {
        <section class="failure batch-problems" data-testid="batch-problems">
            <p>
                <strong>{i18n.say(Msg::BatchProblems { n })}</strong>
                " " {i18n.say(what)}
            </p>
            <ul>{problems.into_iter().map(problem).collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// The line of a problem and a caret under its column; `None` if it is not there or too long to be read.
fn quoted(text: &str, line: u32, column: u32) -> Option<(String, String)> {
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    let found = text.lines().nth(at)?;
    if found.trim().is_empty() || found.chars().count() > 200 {
        return None;
    }
    let start = usize::try_from(column).ok()?.checked_sub(1)?;
    Some((found.to_owned(), caret_line(start, start + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_quotes_its_line_with_a_caret_under_its_column() {
        let text = "[scheduler]\nmax = 3\n";
        let (line, caret) = quoted(text, 2, 7).unwrap();
        assert_eq!((line.as_str(), caret.as_str()), ("max = 3", "      ^"));
        assert_eq!(quoted(text, 9, 1), None);
        assert_eq!(quoted(text, 0, 1), None);
    }
}
