//! Search and status filter of the Runs page; both live in the URL.

use domain::run::ShownStatus;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::icons::{Glyph, Icon};
use super::status_badge::StatusGlyph;
use crate::browser::Debounce;
use crate::i18n::{Msg, Phrase};
use crate::pages::use_task_list;
use crate::query::RunsQuery;
use crate::state::use_app;

/// Waits after the last key before the search begins.
const SEARCH_AFTER_MS: u64 = 150;

/// The bar.
#[component]
pub(crate) fn TaskFilters() -> impl IntoView {
    let i18n = use_app().i18n;
    let list = use_task_list();
    let query = list.query;
    let navigate = StoredValue::new_local(use_navigate());
    let go = move |change: &dyn Fn(&mut RunsQuery)| {
        let mut wanted = query.get_untracked();
        change(&mut wanted);
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate.with_value(|navigate| navigate(&wanted.path(), options));
    };
    let search_later = Debounce::new(SEARCH_AFTER_MS);
    let search =
        move |text: String| search_later.run(move || go(&|query| query.q.clone_from(&text)));
    let chip = move |status: ShownStatus| {
        let n = move || list.counts().get(status);
        let is_on = move || query.with(|query| query.status == Some(status));
        view! {
            <button
                type="button"
                class="chip"
                data-testid=format!("filter-{status}")
                data-zero=move || (n() == 0).to_string()
                aria-pressed=move || is_on().to_string()
                on:click=move |_| {
                    let wanted = (!query.with_untracked(|q| q.status == Some(status))).then_some(status);
                    go(&|query| query.status = wanted);
                }
            >
                <StatusGlyph status=Signal::stored(status)/>
                {move || i18n.t(&Msg::Status(status))}
                <span class="chip-count">{n}</span>
            </button>
        }
    };
    let owner =
        Callback::new(move |user: Option<String>| go(&|query| query.user.clone_from(&user)));
    view! {
        <div class="toolbar">
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <input
                    type="search"
                    data-testid="task-search"
                    placeholder=i18n.say(Msg::SearchTasks)
                    aria-label=i18n.say(Msg::SearchTasks)
                    prop:value=move || query.with(|query| query.q.clone())
                    on:input:target=move |event| search(event.target().value())
                />
            </label>
            <div class="chips filters" role="group" aria-label=i18n.say(Msg::FilterByStatus)>
                {ShownStatus::ALL.map(chip).into_iter().collect_view()}
            </div>
            <Owners query go=owner/>
            <Show when=move || query.with(|query| query.label.is_some())>
                <button
                    type="button"
                    class="chip"
                    aria-pressed="true"
                    data-testid="label-filter"
                    on:click=move |_| go(&|query| query.label = None)
                >
                    {move || query.with(|query| query.label.clone())}
                    <Icon glyph=Glyph::Close/>
                </button>
            </Show>
            <Show when=move || query.with(|query| query.sweep.is_some())>
                <button type="button" class="chip" aria-pressed="true" on:click=move |_| go(&|query| query.sweep = None)>
                    {move || query.with(|query| query.sweep.clone())}
                    <Icon glyph=Glyph::Close/>
                </button>
            </Show>
        </div>
    }
}

/// Whose tasks are shown: a choice where there are several people, or one is filtered by.
#[component]
fn Owners(query: Memo<RunsQuery>, go: Callback<Option<String>>) -> impl IntoView {
    let i18n = use_app().i18n;
    let list = use_task_list();
    let users = Memo::new(move |_| {
        let mut users = list.pages.with(|pages| pages.users().to_vec());
        let wanted = query.with(|query| query.user.clone());
        users.extend(wanted.filter(|wanted| !users.contains(wanted)));
        users
    });
    let is_wanted = move |user: &str| query.with(|query| query.user.as_deref() == Some(user));
    let option = move |user: String| {
        let selected = is_wanted(&user);
        view! { <option value=user.clone() selected=selected>{user.clone()}</option> }
    };
    let is_shown = move || users.with(Vec::len) > 1 || query.with(|query| query.user.is_some());
    view! {
        <Show when=is_shown>
            <select
                class="owners"
                data-testid="owner-filter"
                aria-label=i18n.say(Phrase::Owner)
                on:change:target=move |event| go.run(Some(event.target().value()).filter(|user| !user.is_empty()))
            >
                <option value="" selected=move || query.with(|query| query.user.is_none())>{i18n.say(Phrase::Everybody)}</option>
                {move || users.get().into_iter().map(option).collect_view()}
            </select>
        </Show>
    }
    .into_any()
}
