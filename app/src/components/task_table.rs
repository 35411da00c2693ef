//! The rows of the Runs page: as many as fit, out of any number.

use domain::run::ShownStatus;
use leptos::html::Div;
use leptos::prelude::*;
use leptos_router::components::A;

use super::act_buttons::ActButtons;
use super::icons::{Glyph, Icon};
use super::notice::{Empty, Skeleton};
use super::organise::OrganiseButtons;
use super::task_row::TaskRow;
use crate::browser;
use crate::i18n::{Msg, Phrase};
use crate::pages::use_task_list;
use crate::query::RunsQuery;
use crate::state::use_app;
use crate::view_model::runs::TaskPages;
use crate::view_model::selection::{Selection, possible_to};
use crate::view_model::virtual_list::window;

/// Heights of a row and of a card in pixels; `--task-row` and `--task-card` in the style sheet.
const ROW: f64 = 48.0;
const CARD: f64 = 108.0;
/// Rows drawn above and below the visible ones.
const OVERSCAN: usize = 8;

/// The table, or what to do if it is empty.
#[component]
pub(crate) fn TaskTable() -> impl IntoView {
    let list = use_task_list();
    let total = Memo::new(move |_| list.pages.with(TaskPages::total));
    let is_filtered = move || !list.query.with(RunsQuery::is_empty);
    let has_error = move || list.error.with(Option::is_some);
    move || match total.get() {
        None if has_error() => ().into_any(),
        None => view! { <Skeleton rows=10/> }.into_any(),
        Some(0) if is_filtered() => {
            view! { <Empty title=Msg::NoTaskMatches hint=Msg::NoTaskMatchesHint/> }.into_any()
        }
        Some(0) => view! { <NoTasks/> }.into_any(),
        Some(_) => view! { <Rows total/> }.into_any(),
    }
}

#[component]
fn NoTasks() -> impl IntoView {
    let i18n = use_app().i18n;
    view! {
        <Empty title=Msg::NoTasks hint=Msg::NoTasksHint>
            <p>
                <A href="/" attr:class="button primary">
                    {i18n.say(Msg::GoToGenerator)}
                </A>
            </p>
        </Empty>
    }
}

#[component]
fn Rows(total: Memo<Option<u64>>) -> impl IntoView {
    let i18n = use_app().i18n;
    let list = use_task_list();
    let scroller = NodeRef::<Div>::new();
    let top = RwSignal::new(0.0);
    let size = RwSignal::new((600.0, ROW));
    let measure = move || {
        if let Some(node) = scroller.get_untracked() {
            let row = if browser::media("(max-width: 639px)") {
                CARD
            } else {
                ROW
            };
            size.set((f64::from(node.client_height()).max(row), row));
        }
    };
    Effect::new(move |_| {
        scroller.track();
        measure();
        let handle = window_event_listener(leptos::ev::resize, move |_| measure());
        on_cleanup(move || handle.remove());
    });
    let range = Memo::new(move |_| {
        let (viewport, row) = size.get();
        let len = usize::try_from(total.get().unwrap_or(0)).unwrap_or(usize::MAX);
        let rows = window(top.get(), viewport, row, len, OVERSCAN);
        rows.start as u64..rows.end as u64
    });
    Effect::new(move |_| list.visible.set(range.get()));
    let row_height = move || size.get().1;
    let height = move || format!("{}px", total.get().unwrap_or(0) as f64 * row_height());
    let offset = move || format!("translateY({}px)", range.get().start as f64 * row_height());
    view! {
        <div class="table" role="table" aria-label=i18n.say(Msg::NavRuns) aria-rowcount=move || total.get().map(|n| n.to_string())>
            <div class="table-head" role="row">
                <SelectAll total/>
                <span role="columnheader">{i18n.say(Msg::ColumnStatus)}</span>
                <span role="columnheader">{i18n.say(Msg::ColumnTask)}</span>
                <span role="columnheader">{i18n.say(Msg::ColumnParameters)}</span>
                <span role="columnheader" class="right">{i18n.say(Msg::ColumnElapsed)}</span>
                <span role="columnheader" class="right">{i18n.say(Msg::ColumnStarted)}</span>
                <span role="columnheader"></span>
            </div>
            <div
                class="table-scroller"
                node_ref=scroller
                data-testid="task-list"
                on:scroll:target=move |event| top.set(f64::from(event.target().scroll_top()))
            >
                <div class="table-height" style:height=height>
                    <div class="table-rows" style:transform=offset>
                        <For each=move || range.get() key=|index| *index let:index>
                            <TaskRow index/>
                        </For>
                    </div>
                </div>
            </div>
        </div>
    }
}

#[component]
fn SelectAll(total: Memo<Option<u64>>) -> impl IntoView {
    let i18n = use_app().i18n;
    let list = use_task_list();
    let count = move || list.selected_counts().total();
    let is_all = move || count() > 0 && Some(count()) >= total.get();
    let is_some = move || count() > 0 && Some(count()) < total.get();
    view! {
        <label class="select" role="columnheader">
            <input
                type="checkbox"
                data-testid="select-all"
                aria-label=i18n.say(Msg::SelectAll)
                prop:checked=is_all
                prop:indeterminate=is_some
                on:change:target=move |event| {
                    if event.target().checked() { list.select_all() } else { list.clear_selection() }
                }
            />
            <span class="phone-only">{i18n.say(Msg::SelectAll)}</span>
        </label>
    }
}

/// What can be done to the selected tasks.
#[component]
pub(crate) fn BulkBar() -> impl IntoView {
    let i18n = use_app().i18n;
    let list = use_task_list();
    let counts = Memo::new(move |_| list.selected_counts());
    let count = Memo::new(move |_| counts.get().total());
    let can = Memo::new(move |_| possible_to(counts.get()));
    let tasks = move |fits: &'static [ShownStatus]| {
        list.selected.with_untracked(|selected| selected.whom(fits))
    };
    let waiting = Signal::derive(move || counts.get().queued);
    let is_all = move || {
        list.selected
            .with(|selected| matches!(selected, Selection::All { .. }))
    };
    let clear = move || list.clear_selection();
    view! {
        <Show when=move || { count.get() > 0 }>
            <div class="bulk" role="region" aria-label=i18n.say(Msg::SelectionLabel) data-testid="bulk-bar">
                <strong>{move || i18n.t(&Msg::SelectedTasks { n: count.get() })}</strong>
                <Show when=is_all>
                    <span class="hint" data-testid="selected-all">{i18n.say(Phrase::SelectedAll)}</span>
                </Show>
                <ActButtons tasks possible=can on_done=move |()| clear()/>
                <OrganiseButtons
                    tasks
                    waiting
                    on_done=move |()| list.refetch()
                    on_gone=move |()| {
                        clear();
                        list.refetch();
                    }
                />
                <span class="spacer"></span>
                <button type="button" class="icon-button" aria-label=i18n.say(Msg::ClearSelection) on:click=move |_| clear()>
                    <Icon glyph=Glyph::Close/>
                </button>
            </div>
        </Show>
    }
}
