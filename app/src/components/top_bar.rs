//! The top bar: where one is, which experiment, language and theme.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::icons::{Glyph, Icon};
use crate::client::encode;
use crate::i18n::Msg;
use crate::preferences::{Language, Theme};
use crate::state::use_app;

/// The bar.
#[component]
pub(crate) fn TopBar() -> impl IntoView {
    view! {
        <header class="top-bar">
            <Place/>
            <div class="switches">
                <LanguageSwitch/>
                <ThemeSwitch/>
            </div>
        </header>
    }
}

/// `project / experiment`; a chooser if there is more than one experiment.
#[component]
fn Place() -> impl IntoView {
    let app = use_app();
    let project = Memo::new(move |_| {
        app.project
            .with(|p| p.ready().map(|p| (p.name.clone(), p.path.clone())))
    });
    let experiments = Memo::new(move |_| {
        app.project
            .with(|p| p.ready().map(|p| p.experiments.clone()).unwrap_or_default())
    });
    let navigate = StoredValue::new_local(use_navigate());
    let choose = move |name: String| {
        app.experiment.set(Some(name.clone()));
        navigate.with_value(|go| {
            go(
                &format!("/experiments/{}", encode(&name)),
                NavigateOptions::default(),
            );
        });
    };
    view! {
        <div class="place">
            <span class="project" title=move || project.get().map(|(_, path)| path)>
                {move || project.get().map(|(name, _)| name)}
            </span>
            <Show when=move || app.experiment.with(Option::is_some)>
                <span class="slash" aria-hidden="true">"/"</span>
                <Show
                    when=move || experiments.with(|all| all.len() > 1)
                    fallback=move || view! { <strong data-testid="experiment">{move || app.experiment.get()}</strong> }
                >
                    <select
                        class="experiment-chooser"
                        data-testid="experiment-chooser"
                        aria-label=app.i18n.say(Msg::ChooseExperiment)
                        prop:value=move || app.experiment.get().unwrap_or_default()
                        on:change:target=move |event| choose(event.target().value())
                    >
                        {move || {
                            let option = |name: String| {
                                let is_chosen = app.experiment.with(|chosen| chosen.as_ref() == Some(&name));
                                view! { <option value=name.clone() selected=is_chosen>{name.clone()}</option> }
                            };
                            experiments.get().into_iter().map(option).collect_view()
                        }}
                    </select>
                </Show>
            </Show>
        </div>
    }
}

#[component]
fn LanguageSwitch() -> impl IntoView {
    let app = use_app();
    let name = move || match app.i18n.language().other() {
        Language::En => "English",
        Language::Zh => "中文",
    };
    view! {
        <button
            type="button"
            class="switch-button"
            data-testid="lang-switch"
            lang=move || app.i18n.language().other().as_str()
            title=app.i18n.say(Msg::SwitchLanguage)
            on:click=move |_| app.set_language(app.i18n.language_untracked().other())
        >
            {name}
        </button>
    }
}

#[component]
fn ThemeSwitch() -> impl IntoView {
    let app = use_app();
    let label = move || {
        app.i18n.t(&match app.theme.get() {
            Theme::Auto => Msg::ThemeAuto,
            Theme::Light => Msg::ThemeLight,
            Theme::Dark => Msg::ThemeDark,
        })
    };
    let icon = move || {
        let glyph = match app.theme.get() {
            Theme::Auto => Glyph::Half,
            Theme::Light => Glyph::Sun,
            Theme::Dark => Glyph::Moon,
        };
        view! { <Icon glyph/> }
    };
    view! {
        <button
            type="button"
            class="icon-button"
            data-testid="theme-switch"
            data-theme=move || app.theme.get().as_str()
            title=label
            aria-label=label
            on:click=move |_| app.set_theme(app.theme.get_untracked().next())
        >
            {icon}
        </button>
    }
}
