//! Every point of the grid, only the keys that vary, drawn where it is looked at.

use domain::grid::Grid;
use leptos::html::Div;
use leptos::prelude::*;

use crate::i18n::Msg;
use crate::state::use_app;
use crate::view_model::format::group_digits;
use crate::view_model::generator::Preview;
use crate::view_model::virtual_list::HugeList;

/// The height of a row in pixels; `--point-row` in the style sheet.
const ROW: f64 = 28.0;
/// Until the browser has measured it.
const VIEWPORT: f64 = 420.0;

/// The list.
#[component]
pub(crate) fn PointList(preview: Memo<Preview>) -> impl IntoView {
    let i18n = use_app().i18n;
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
        let count = grid().map_or(0, |grid| grid.count());
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
    let template = move || {
        let n = columns.with(Vec::len).max(1);
        format!("{}ch repeat({n}, minmax(7ch, 1fr))", digits.get() + 1)
    };
    let rows = move || {
        let Some(grid) = grid() else {
            return Vec::new();
        };
        list.with(HugeList::rows)
            .filter_map(|index| Some((index, cells(&grid, index)?)))
            .collect()
    };
    view! {
        <div class="points">
            <div class="points-head" style:grid-template-columns=template>
                <span class="number">"#"</span>
                {move || columns.get().into_iter().map(|key| view! { <code title=key.to_string()>{key.to_string()}</code> }).collect_view()}
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
                        <For each=rows key=|row: &(u128, Vec<String>)| row.clone() let:row>
                            <div class="point" style:grid-template-columns=template data-testid="preview-row" data-index=(row.0 + 1).to_string()>
                                <span class="number">{group_digits(row.0 + 1)}</span>
                                {row.1.into_iter().map(|value| view! { <span class="cell" title=value.clone()>{value.clone()}</span> }).collect_view()}
                            </div>
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

fn cells(grid: &Grid, index: u128) -> Option<Vec<String>> {
    let point = grid.point(index)?;
    let varied: Vec<String> = point
        .varied(grid)
        .into_iter()
        .map(|(_, value)| value.to_string())
        .collect();
    Some(if varied.is_empty() {
        vec!["—".to_owned()]
    } else {
        varied
    })
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
