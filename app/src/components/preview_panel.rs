//! What will run: the count as a formula, every point, and the buttons that submit.

use domain::grid::{AxisKind, Factor, Grid, SweepOptions};
use leptos::prelude::*;

use super::command_preview::CommandPreview;
use super::point_list::PointList;
use super::submit_bar::SubmitBar;
use super::sweep_options::exclusion_text;
use crate::browser::Debounce;
use crate::i18n::{self, Msg};
use crate::pages::use_form;
use crate::state::use_app;
use crate::view_model::format::group_digits;
use crate::view_model::generator::{FormModel, Preview};
use crate::view_model::known::Tally;

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
                <Account preview/>
                {move || too_many().map(|message| view! { <p class="warn" data-testid="too-many">{i18n.t(&message)}</p> })}
                <Show when=is_stale>
                    <Problems/>
                </Show>
            </div>
            <PointList preview/>
            <CommandPreview/>
            <SubmitBar preview/>
        </aside>
    }
}

/// `3 × 2 × 3 = 18 tasks`; each factor names its axes on hover.
fn formula(i18n: i18n::I18n, grid: &Grid) -> impl IntoView + use<> {
    let factors = grid.factors();
    let total = i18n.t(&if grid.raw_count() == grid.count() {
        Msg::Tasks { n: grid.count() }
    } else {
        Msg::Points {
            n: grid.raw_count(),
        }
    });
    let is_product =
        factors.len() > 1 || factors.first().is_some_and(|factor| factor.keys.len() > 1);
    let factor = |(at, Factor { keys, count, kind }): (usize, Factor)| {
        let names = keys
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        let number = group_digits(count.into());
        let (shown, title) = match kind {
            AxisKind::Product => (number, names.clone()),
            AxisKind::Zip(None) => (
                format!("({number})"),
                i18n.t(&Msg::ZippedAxes {
                    names: names.clone(),
                }),
            ),
            AxisKind::Zip(Some(group)) => (
                format!("{group}({number})"),
                i18n.t(&Msg::ZippedAxes {
                    names: names.clone(),
                }),
            ),
            AxisKind::Rows => (
                format!("[{number}]"),
                i18n.t(&Msg::AxisRows {
                    names: names.clone(),
                }),
            ),
            AxisKind::Variations => (
                format!("[{number}]"),
                i18n.t(&Msg::AxisVariations {
                    names: names.clone(),
                }),
            ),
            AxisKind::Sample => (
                format!("~{number}"),
                i18n.t(&Msg::AxisSample {
                    names: names.clone(),
                }),
            ),
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

/// What of the points runs: "18 points", "2 left out", "6 done already", "→ 10 tasks"; nothing while all of them run.
#[component]
fn Account(preview: Memo<Preview>) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let later = Debounce::new(120);
    Effect::new(move |_| {
        let grid = preview.with(|preview| preview.grid.clone());
        let known = state.known.get();
        // The old count is not of this grid.
        state.past.set((0, 0));
        later.cancel();
        if let Some(fresh) = grid.and_then(|grid| Tally::new(grid, known)) {
            later.run(move || go_on(state.past, fresh, later));
        }
    });
    let past = Memo::new(move |_| state.past.get());
    let parts = move || {
        let (raw, count, dropped, duplicates) = preview.with(|preview| {
            let grid = preview.grid.as_ref();
            grid.map_or((0, 0, 0, 0), |grid| {
                (
                    grid.raw_count(),
                    grid.count(),
                    grid.dropped(),
                    grid.duplicates(),
                )
            })
        });
        let (completed, active) = past.get();
        let mut parts = Vec::new();
        if dropped > 0 {
            let by = state.form.with(|form| only_dropper(form.options()));
            parts.push(match by {
                Some(by) => Msg::PointsDroppedBy { n: dropped, by },
                None => Msg::PointsLeftOut { n: dropped },
            });
        }
        if duplicates > 0 && raw - dropped != count {
            parts.push(Msg::PointsDuplicate { n: duplicates });
        } else if duplicates > 0 {
            parts.push(Msg::DuplicatePoints { n: duplicates });
        }
        if completed > 0 {
            parts.push(Msg::PointsDone { n: completed });
        }
        if active > 0 {
            parts.push(Msg::PointsActive { n: active });
        }
        if raw != count || completed + active > 0 {
            let skipped = if state.rerun.get() {
                0
            } else {
                u128::from(completed + active)
            };
            parts.push(Msg::PointsRun {
                n: count.saturating_sub(skipped),
            });
        }
        parts
    };
    let has_past = move || past.get() != (0, 0);
    view! {
        <ul class="account" data-testid="account">
            {move || parts().into_iter().map(|part| view! { <li>{i18n.t(&part)}</li> }).collect_view()}
        </ul>
        <Show when=has_past>
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="rerun-done"
                    prop:checked=move || state.rerun.get()
                    on:change:target=move |event| state.rerun.set(event.target().checked())
                />
                <span>{i18n.say(Msg::RerunDone)}</span>
            </label>
        </Show>
    }
    .into_any()
}

/// The text of the one condition or exclusion that there is.
fn only_dropper(options: &SweepOptions) -> Option<String> {
    match (options.conditions.as_slice(), options.exclude.as_slice()) {
        ([condition], []) => Some(condition.clone()),
        ([], [exclusion]) => Some(exclusion_text(exclusion)),
        _ => None,
    }
}

/// One stretch of the count now, the next when the browser has time.
fn go_on(past: RwSignal<(u64, u64)>, mut tally: Tally, later: Debounce) {
    if tally.step() {
        let _ = past.try_set((tally.completed, tally.active));
    } else {
        later.run_after(0, move || go_on(past, tally, later));
    }
}
