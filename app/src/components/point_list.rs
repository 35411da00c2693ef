//! Every point of the grid, only the keys that vary, drawn where it is looked at.

use domain::grid::{Dropper, Grid, Mark, PreviewRow, SweepOptions};
use leptos::html::Div;
use leptos::prelude::*;

use super::sweep_options::exclusion_text;
use crate::i18n::Msg;
use crate::pages::use_form;
use crate::state::use_app;
use crate::view_model::format::group_digits;
use crate::view_model::generator::Preview;
use crate::view_model::known::{Known, Past, RowMark};
use crate::view_model::virtual_list::HugeList;

/// The height of a row in pixels; `--point-row` in the style sheet.
const ROW: f64 = 28.0;
/// Until the browser has measured it.
const VIEWPORT: f64 = 420.0;

/// The list.
#[expect(
    clippy::too_many_lines,
    reason = "one view, whose parts share its signals"
)]
#[component]
pub(crate) fn PointList(preview: Memo<Preview>) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let scroller = NodeRef::<Div>::new();
    let list = RwSignal::new(HugeList::new(0, ROW, VIEWPORT));
    let grid = move || preview.with(|preview| preview.grid.clone());
    let measured = move || {
        scroller
            .try_get_untracked()
            .flatten()
            .map_or(VIEWPORT, |node| f64::from(node.client_height()).max(ROW))
    };
    Effect::new(move |_| {
        let count = grid().map_or(0, |grid| grid.raw_count());
        list.update(|list| list.resized(count, measured()));
        // Its height follows the number of rows: measured once they are in the page.
        request_animation_frame(move || {
            let _ = list.try_update(|list| list.resized(count, measured()));
        });
    });
    let on_scroll = move |_| {
        if let Some(node) = scroller.get_untracked() {
            list.update(|list| {
                list.viewport = measured();
                list.scrolled(f64::from(node.scroll_top()));
            });
        }
    };
    let columns = Memo::new(move |_| {
        grid()
            .map(|grid| grid.varied().to_vec())
            .unwrap_or_default()
    });
    let digits = Memo::new(move |_| {
        group_digits(list.with(|list| list.count))
            .chars()
            .count()
            .max(2)
    });
    let has_marks = Memo::new(move |_| {
        let is_narrowed = grid().is_some_and(|grid| grid.raw_count() != grid.count());
        is_narrowed || state.known.with(|known| !known.is_empty())
    });
    let template = move || {
        let n = columns.with(Vec::len).max(1);
        let mark = if has_marks.get() {
            " minmax(14ch, 1.7fr)"
        } else {
            ""
        };
        format!("{}ch repeat({n}, minmax(7ch, 1fr)){mark}", digits.get() + 1)
    };
    let rows = move || {
        let Some(grid) = grid() else {
            return Vec::new();
        };
        let known = state.known.get();
        list.with(HugeList::rows)
            .filter_map(|index| row(&grid, &known, index))
            .collect()
    };
    let conditions = Memo::new(move |_| state.form.with(|form| form.options().clone()));
    let said = move |mark: &RowMark| {
        Some(match mark {
            RowMark::Runs => return None,
            RowMark::Past(Past::Completed, task) => Msg::PointDone { task: task.clone() },
            RowMark::Past(Past::Active, task) => Msg::PointActive { task: task.clone() },
            RowMark::Repeats(of) | RowMark::Left(Mark::Duplicate { of }) => {
                Msg::PointDuplicate { of: of + 1 }
            }
            RowMark::Left(Mark::Dropped { by }) => Msg::PointDropped {
                by: conditions.with(|options| dropper(options, by)),
            },
            RowMark::Left(Mark::Kept { .. }) => return None,
        })
    };
    let draw = move |row: Row| {
        let name = said(&row.mark);
        let kind = match &row.mark {
            RowMark::Runs | RowMark::Repeats(_) | RowMark::Left(Mark::Kept { .. }) => "runs",
            RowMark::Past(Past::Completed, _) => "done",
            RowMark::Past(Past::Active, _) => "active",
            RowMark::Left(Mark::Duplicate { .. }) => "duplicate",
            RowMark::Left(Mark::Dropped { .. }) => "dropped",
        };
        let title = name.clone();
        view! {
            <div
                class="point"
                style:grid-template-columns=template
                data-testid="preview-row"
                data-index=(row.index + 1).to_string()
                data-mark=kind
            >
                <span class="number">{row.number.map(|number| group_digits(number + 1))}</span>
                {row.cells.into_iter().map(|value| view! { <span class="cell" title=value.clone()>{value.clone()}</span> }).collect_view()}
                {move || has_marks.get().then(|| {
                    let title = title.as_ref().map(|title| i18n.t(title)).unwrap_or_default();
                    view! { <span class="point-mark" title=title.clone()>{title.clone()}</span> }
                })}
            </div>
        }
    };
    view! {
        <div class="points">
            <div class="points-head" style:grid-template-columns=template>
                <span class="number">"#"</span>
                {move || columns.get().into_iter().map(|key| view! { <code title=key.to_string()>{key.to_string()}</code> }).collect_view()}
                {move || (has_marks.get() && columns.with(Vec::is_empty)).then(|| view! { <span></span> })}
                {move || has_marks.get().then(|| view! { <span>{i18n.t(&Msg::ColumnMark)}</span> })}
            </div>
            <div
                class="points-scroller"
                node_ref=scroller
                on:scroll=on_scroll
                tabindex="0"
                role="region"
                aria-label=i18n.say(Msg::PointsLabel)
                data-testid="preview-list"
            >
                <div class="points-height" style:height=move || format!("{}px", list.with(HugeList::height))>
                    <div class="points-rows" style:transform=move || format!("translateY({}px)", list.with(HugeList::offset))>
                        <For each=rows key=Row::clone let:row>
                            {draw(row)}
                        </For>
                    </div>
                </div>
            </div>
            <Show when=move || list.with(|list| list.count > 20)>
                <GoTo list scroller/>
            </Show>
        </div>
    }
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Row {
    /// From 0, over all raw points.
    index: u128,
    /// Among the points that run, from 0.
    number: Option<u128>,
    cells: Vec<String>,
    mark: RowMark,
}

fn row(grid: &Grid, known: &Known, index: u128) -> Option<Row> {
    let PreviewRow {
        point,
        mark,
        repeats,
    } = grid.preview(index)?;
    let mut cells: Vec<String> = point
        .varied(grid)
        .into_iter()
        .map(|(_, value)| value.to_string())
        .collect();
    if cells.is_empty() {
        cells.push("—".to_owned());
    }
    let (number, mark) = match mark {
        Mark::Kept { number } => {
            let past = known.past(&point);
            let fresh = repeats.map_or(RowMark::Runs, RowMark::Repeats);
            let mark = past.map_or(fresh, |(past, task)| RowMark::Past(past, task.to_owned()));
            (Some(number), mark)
        }
        left => (None, RowMark::Left(left)),
    };
    Some(Row {
        index,
        number,
        cells,
        mark,
    })
}

/// The text of the condition or exclusion that leaves a point out.
fn dropper(options: &SweepOptions, by: &Dropper) -> String {
    match by {
        Dropper::Condition(at) => options.conditions.get(*at).cloned(),
        Dropper::Exclusion(at) => options.exclude.get(*at).map(exclusion_text),
    }
    .unwrap_or_default()
}

/// "Go to point": a number, then Enter.
#[component]
fn GoTo(list: RwSignal<HugeList>, scroller: NodeRef<Div>) -> impl IntoView {
    let i18n = use_app().i18n;
    let go = move |text: String| {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let Ok(number) = digits.parse::<u128>() else {
            return;
        };
        let top = list
            .try_update(|list| list.go_to(number.saturating_sub(1)))
            .unwrap_or_default();
        if let Some(node) = scroller.get_untracked() {
            #[expect(clippy::cast_possible_truncation, reason = "at most 8,000,000")]
            node.set_scroll_top(top as i32);
        }
    };
    view! {
        <label class="go-to">
            <span>{i18n.say(Msg::GoToPoint)}</span>
            <input
                type="text"
                inputmode="numeric"
                data-testid="go-to-point"
                placeholder=move || format!("1–{}", group_digits(list.with(|list| list.count)))
                on:change:target=move |event| go(event.target().value())
            />
        </label>
    }
}
