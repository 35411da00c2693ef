//! Explicit rows of a sweep: a small table to type into, or to paste a spreadsheet into.

use leptos::prelude::*;
use web_sys::wasm_bindgen::JsCast as _;

use super::icons::{Glyph, Icon};
use crate::i18n::Msg;
use crate::pages::use_form;
use crate::state::use_app;
use crate::view_model::table::Table;

/// Rows that are drawn; the others are kept, and said.
const SHOWN: usize = 200;

/// The table.
#[expect(
    clippy::too_many_lines,
    reason = "one view, whose parts share its signals"
)]
#[component]
pub(crate) fn RowsEditor() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let table = RwSignal::new(
        state
            .form
            .with_untracked(|form| Table::of(&form.options().rows)),
    );
    // A structure of its own draws the table anew; typing into a cell does not.
    let shape = RwSignal::new(0_u32);
    let store = move || {
        let rows = table.with_untracked(Table::to_rows);
        state.edit_options(|options| options.rows = rows);
    };
    let change = move |change: Box<dyn FnOnce(&mut Table)>| {
        table.update(change);
        shape.update(|shape| *shape += 1);
        store();
    };
    let keys = state.form.with_untracked(|form| {
        let keys = form.parameters().iter();
        keys.map(|parameter| parameter.key.to_string())
            .collect::<Vec<_>>()
    });
    let next_key = {
        let keys = keys.clone();
        move || {
            table.with_untracked(|table| {
                let free = keys.iter().find(|key| !table.columns.contains(key));
                free.cloned().unwrap_or_default()
            })
        }
    };
    let pasted = move |event: web_sys::ClipboardEvent| {
        let text = event
            .clipboard_data()
            .and_then(|data| data.get_data("text/plain").ok())
            .unwrap_or_default();
        if let Some(read) = Table::read(&text).filter(|_| text.trim().contains('\n')) {
            event.prevent_default();
            change(Box::new(move |table| *table = read));
        }
    };
    let head = move |(at, column): (usize, String)| {
        view! {
            <th>
                <input
                    type="text"
                    list="row-keys"
                    data-testid=format!("row-key-{at}")
                    aria-label=i18n.say(Msg::ColumnKey)
                    prop:value=column
                    on:change:target=move |event| {
                        let name = event.target().value();
                        table.update(|table| if let Some(column) = table.columns.get_mut(at) { *column = name });
                        store();
                    }
                />
                <button type="button" class="icon-button" title=i18n.say(Msg::RemoveColumn) aria-label=i18n.say(Msg::RemoveColumn)
                    on:click=move |_| change(Box::new(move |table| table.remove_column(at)))>
                    <Icon glyph=Glyph::Close/>
                </button>
            </th>
        }
    };
    let cell = move |row: usize, column: usize, text: String| {
        view! {
            <td>
                <input
                    type="text"
                    data-testid=format!("cell-{row}-{column}")
                    aria-label=i18n.say(Msg::CellLabel { row: row as u64 + 1 })
                    prop:value=text
                    on:input:target=move |event| {
                        let text = event.target().value();
                        table.update(|table| {
                            if let Some(cell) = table.rows.get_mut(row).and_then(|row| row.get_mut(column)) {
                                *cell = text;
                            }
                        });
                        store();
                    }
                />
            </td>
        }
    };
    let body = move |(at, row): (usize, Vec<String>)| {
        let cells = row.into_iter().enumerate();
        view! {
            <tr>
                {cells.map(|(column, text)| cell(at, column, text)).collect_view()}
                <td>
                    <button type="button" class="icon-button" title=i18n.say(Msg::RemoveRow) aria-label=i18n.say(Msg::RemoveRow)
                        on:click=move |_| change(Box::new(move |table| table.remove_row(at)))>
                        <Icon glyph=Glyph::Close/>
                    </button>
                </td>
            </tr>
        }
    };
    let drawn = move || {
        shape.track();
        let now = table.get_untracked();
        if now.columns.is_empty() {
            return ().into_any();
        }
        let hidden = now.rows.len().saturating_sub(SHOWN) as u64;
        view! {
            <div class="table-scroller" tabindex="0" role="region" aria-label=i18n.say(Msg::Rows)>
                <table class="rows-table" data-testid="rows-table">
                    <thead>
                        <tr>{now.columns.into_iter().enumerate().map(head).collect_view()}<th></th></tr>
                    </thead>
                    <tbody>{now.rows.into_iter().take(SHOWN).enumerate().map(body).collect_view()}</tbody>
                </table>
                {(hidden > 0).then(|| view! { <p class="hint">{i18n.t(&Msg::MoreRows { n: hidden })}</p> })}
            </div>
        }
        .into_any()
    };
    let paste_here = RwSignal::new(false);
    let is_empty = move || {
        shape.track();
        table.with_untracked(|table| table.columns.is_empty())
    };
    let add_column = move |_| {
        let name = next_key();
        change(Box::new(move |table| {
            table.add_column(name);
            if table.rows.is_empty() {
                table.add_row();
            }
        }));
    };
    view! {
        <div class="rows-editor" on:paste=pasted>
            <datalist id="row-keys">
                {keys.into_iter().map(|key| view! { <option value=key></option> }).collect_view()}
            </datalist>
            {drawn}
            <div class="option-row">
                <button type="button" class="small" data-testid="add-column" on:click=add_column>{i18n.say(Msg::AddColumn)}</button>
                <Show when=move || !is_empty()>
                    <button type="button" class="small" data-testid="add-row" on:click=move |_| change(Box::new(Table::add_row))>
                        {i18n.say(Msg::AddRow)}
                    </button>
                    <button
                        type="button"
                        class="small"
                        data-testid="clear-rows"
                        on:click=move |_| state.edit_undoably(Msg::RowsCleared, |form| {
                            let mut options = form.options().clone();
                            options.rows.clear();
                            form.set_options(options);
                        })
                    >
                        {i18n.say(Msg::ClearRows)}
                    </button>
                </Show>
                <button
                    type="button"
                    class="small"
                    data-testid="paste-csv"
                    aria-expanded=move || paste_here.get().to_string()
                    on:click=move |_| paste_here.update(|open| *open = !*open)
                >
                    {i18n.say(Msg::PasteCsv)}
                </button>
            </div>
            <Show when=move || paste_here.get()>
                <textarea
                    class="value"
                    rows="4"
                    data-testid="csv"
                    placeholder="lr,seed\n0.1,1\n0.2,2"
                    aria-label=i18n.say(Msg::PasteCsv)
                    on:input=move |event| {
                        let target = event.target().and_then(|node| node.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
                        let text = target.map(|node| node.value()).unwrap_or_default();
                        if let Some(read) = Table::read(&text) {
                            change(Box::new(move |table| *table = read));
                        }
                    }
                ></textarea>
            </Show>
        </div>
    }
    .into_any()
}
