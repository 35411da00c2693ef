//! All fields in their sections, with search, "only changed", and reset.

use domain::schema::parameters::Control;
use leptos::prelude::*;

use super::command_tabs::CommandTabs;
use super::either::Either;
use super::field::Field;
use super::icons::{Glyph, Icon};
use super::import::ImportButton;
use super::notice::Empty;
use super::templates::Templates;
use crate::i18n::Msg;
use crate::pages::{SaveState, use_form};
use crate::state::use_app;
use crate::view_model::generator::FormModel;
use crate::view_model::sections::{Item, SectionTitle};

/// The list.
#[component]
pub(crate) fn ParameterList() -> impl IntoView {
    let state = use_form();
    let sections = Memo::new(move |_| {
        let filter = state.filter.get();
        state
            .pinned
            .with(|pinned| state.form.with(|form| form.sections(&filter, pinned)))
    });
    let titles = move || {
        sections.with(|all| {
            all.iter()
                .map(|section| section.title.clone())
                .collect::<Vec<_>>()
        })
    };
    let items_of = move |title: &SectionTitle| {
        sections.with(|all| {
            all.iter()
                .find(|section| section.title == *title)
                .map(|section| section.items.clone())
                .unwrap_or_default()
        })
    };
    let is_empty = move || sections.with(Vec::is_empty);
    let has_none = state
        .form
        .with_untracked(|form| form.parameters().is_empty());
    view! {
        <Show when=is_empty>
            {if has_none {
                view! { <Empty title=Msg::NoParameters hint=Msg::NoParametersHint/> }
            } else {
                view! { <Empty title=Msg::NoMatch hint=Msg::NoMatchHint/> }
            }}
        </Show>
        <div class="sections" data-testid="parameters">
            <For each=titles key=SectionTitle::id let:title>
                {
                    let heading = title.clone();
                    let kind = if matches!(title, SectionTitle::Choice(_)) { "choice" } else { "fields" };
                    view! {
                        <details class="section" open=true data-kind=kind>
                            <summary>
                                <h2>
                                    <SectionName title=heading/>
                                </h2>
                            </summary>
                            <For each=move || items_of(&title) key=Item::clone let:item>
                                {draw(item)}
                            </For>
                        </details>
                    }
                }
            </For>
        </div>
    }
}

fn draw(item: Item) -> AnyView {
    match item {
        Item::Field(index) if is_command(index) => view! { <CommandTabs index/> }.into_any(),
        Item::Field(index) => view! { <Field index/> }.into_any(),
        Item::Either { group, members } => view! { <Either group members/> }.into_any(),
    }
}

fn is_command(index: usize) -> bool {
    use_form().form.with_untracked(|form| {
        let parameter = form.parameters().get(index);
        parameter.is_some_and(|parameter| parameter.control == Control::Subcommand)
    })
}

#[component]
fn SectionName(title: SectionTitle) -> impl IntoView {
    let i18n = use_app().i18n;
    move || match &title {
        SectionTitle::Pinned => i18n.t(&Msg::SectionPinned),
        SectionTitle::General => i18n.t(&Msg::SectionGeneral),
        SectionTitle::Choice(_) => i18n.t(&Msg::SectionCommands),
        SectionTitle::Group(title) => title.clone(),
        SectionTitle::Subcommand(path, None) => {
            i18n.t(&Msg::SectionSubcommand { path: path.clone() })
        }
        SectionTitle::Subcommand(path, Some(group)) => format!("{path}: {group}"),
    }
}

/// Search, filter, reset, templates and import: above the form and the tree.
#[component]
pub(crate) fn Toolbar() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let changed = Memo::new(move |_| state.form.with(FormModel::changed_count));
    let saved = move || {
        i18n.t(&match state.saved.get() {
            SaveState::Saved => Msg::Saved,
            SaveState::Saving => Msg::Saving,
            SaveState::Failed => Msg::NotSaved,
        })
    };
    view! {
        <div class="toolbar">
            <label class="search">
                <Icon glyph=Glyph::Search/>
                <input
                    type="search"
                    data-testid="parameter-search"
                    placeholder=i18n.say(Msg::SearchParameters)
                    aria-label=i18n.say(Msg::SearchParameters)
                    prop:value=move || state.filter.with(|filter| filter.search.clone())
                    on:input:target=move |event| state.filter.update(|filter| filter.search = event.target().value())
                />
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="only-changed"
                    prop:checked=move || state.filter.with(|filter| filter.only_changed)
                    on:change:target=move |event| {
                        state.filter.update(|filter| filter.only_changed = event.target().checked());
                    }
                />
                <span>{move || i18n.t(&Msg::OnlyChanged { n: changed.get() as u64 })}</span>
            </label>
            <button
                type="button"
                data-testid="reset-all"
                disabled=move || changed.get() == 0
                on:click=move |_| state.edit_undoably(Msg::WasReset, FormModel::reset_all)
            >
                {i18n.say(Msg::ResetAll)}
            </button>
            <ImportButton/>
            <Templates/>
            <span class="save-state" data-state=move || format!("{:?}", state.saved.get()).to_lowercase() data-testid="save-state">
                {saved}
            </span>
        </div>
    }
}
