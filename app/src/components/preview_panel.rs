//! What will run: the count as a formula, every point, and the buttons that submit.

use domain::grid::{Factor, Grid};
use leptos::prelude::*;

use super::point_list::PointList;
use super::submit_bar::SubmitBar;
use crate::i18n::{self, Msg};
use crate::pages::use_form;
use crate::state::use_app;
use crate::view_model::format::group_digits;
use crate::view_model::generator::FormModel;

/// The panel.
#[component]
pub(crate) fn PreviewPanel() -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let state = use_form();
    let preview = Memo::new(move |_| state.form.with(FormModel::preview));
    let is_stale = move || preview.with(|preview| preview.is_stale);
    let too_many = move || {
        let max = app
            .project
            .with(|project| project.ready().map(|project| project.max_tasks))?;
        let count = preview.with(|preview| preview.grid.as_ref().map(|grid| grid.count()))?;
        (count > u128::from(max)).then_some(Msg::TooManyTasks { max })
    };
    view! {
        <aside class="preview-side" aria-labelledby="preview-title" class:stale=is_stale data-testid="preview">
            <div class="preview-head">
                <h2 id="preview-title">{i18n.say(Msg::Preview)}</h2>
                <div class="formula" data-testid="preview-count" aria-live="polite">
                    {move || preview.with(|preview| preview.grid.as_deref().map(|grid| formula(i18n, grid)))}
                </div>
                {move || {
                    let duplicates = preview.with(|preview| preview.grid.as_ref().map_or(0, |grid| grid.duplicates()));
                    (duplicates > 0).then(|| {
                        view! {
                            <p class="warn" data-testid="preview-duplicates">
                                {i18n.t(&Msg::DuplicatePoints { n: duplicates })}
                            </p>
                        }
                    })
                }}
                {move || too_many().map(|message| view! { <p class="warn" data-testid="too-many">{i18n.t(&message)}</p> })}
                <Show when=is_stale>
                    <Problems/>
                </Show>
            </div>
            <PointList preview/>
            <SubmitBar preview/>
        </aside>
    }
}

/// `3 × 2 × 3 = 18 tasks`; each factor names its axes on hover.
fn formula(i18n: i18n::I18n, grid: &Grid) -> impl IntoView + use<> {
    let factors = grid.factors();
    let total = i18n.t(&Msg::Tasks { n: grid.count() });
    let is_product =
        factors.len() > 1 || factors.first().is_some_and(|factor| factor.keys.len() > 1);
    let factor = |(at, Factor { keys, count, .. }): (usize, Factor)| {
        let names = keys
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        let number = group_digits(count.into());
        let (shown, title) = if keys.len() > 1 {
            (
                format!("({number})"),
                i18n.t(&Msg::ZippedAxes {
                    names: names.clone(),
                }),
            )
        } else {
            (number, names.clone())
        };
        view! {
            {(at > 0).then_some(" × ")}
            <span class="factor" title=title tabindex="0" data-axes=names>
                {shown}
            </span>
        }
    };
    view! {
        {is_product.then(|| view! { {factors.into_iter().enumerate().map(factor).collect_view()} " = " })}
        <strong>{total}</strong>
    }
}

/// Why there is no new preview.
#[component]
fn Problems() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let plan_errors = Memo::new(move |_| state.form.with(|form| form.plan().errors.clone()));
    let count = Memo::new(move |_| state.form.with(FormModel::error_count) as u64);
    view! {
        <div class="problems" role="status" data-testid="preview-errors">
            <p>{move || i18n.t(&Msg::PreviewStale { n: count.get() })}</p>
            <ul>
                {move || {
                    let item = |error| {
                        let shown = i18n::plan_error(i18n.language(), &error);
                        view! {
                            <li>
                                {shown.message} {shown.hint.map(|hint| view! { <span class="hint">" " {hint}</span> })}
                            </li>
                        }
                    };
                    plan_errors.get().into_iter().map(item).collect_view()
                }}
            </ul>
        </div>
    }
}
