//! The way to this page for a phone: a code with a ticket that works once.

use domain::protocol::settings::{PhoneLink, PostPhoneResponse};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::notice::ErrorText;
use crate::client::post_phone;
use crate::i18n::{Msg, Phrase};
use crate::pages::SettingsState;
use crate::state::{Remote, use_app};
use crate::view_model::settings::code_path;

/// Light modules around a code, as its standard asks for.
const MARGIN: usize = 4;

/// The section of the settings page; it offers a code only where other machines reach this server.
#[component]
pub(crate) fn PhoneSection() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = expect_context::<SettingsState>();
    let is_reachable = move || {
        state
            .look(|settings| !settings.addresses.is_empty())
            .unwrap_or_default()
    };
    let code = RwSignal::new(None::<Remote<PostPhoneResponse>>);
    let ask = move |_| {
        code.set(Some(Remote::Loading));
        spawn_local(async move {
            let answer = post_phone().await;
            let _ = code.try_set(Some(answer.into()));
        });
    };
    view! {
        <section class="settings-section" aria-labelledby="settings-phone" data-testid="phone-section">
            <header>
                <h2 id="settings-phone">{i18n.say(Msg::SettingName("phone"))}</h2>
                <p class="hint">{i18n.say(Msg::SettingHint("phone"))}</p>
            </header>
            <div class="settings-fields">
                <Show
                    when=is_reachable
                    fallback=move || view! { <p data-testid="phone-off">{i18n.say(Phrase::PhoneOff)}</p> }
                >
                    <p class="setting-warning">{i18n.say(Phrase::PhoneWarning)}</p>
                    {move || match code.get() {
                        Some(Remote::Ready(answer)) => answer.links.into_iter().map(|link| view! { <Code link/> }).collect_view().into_any(),
                        Some(Remote::Failed(error)) => view! { <ErrorText error/> }.into_any(),
                        _ => ().into_any(),
                    }}
                    <div>
                        <button type="button" data-testid="phone-code" on:click=ask>
                            {move || i18n.t(&if code.with(Option::is_some) { Phrase::NewCode } else { Phrase::ShowCode }.into())}
                        </button>
                    </div>
                </Show>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Code(link: PhoneLink) -> impl IntoView {
    let i18n = use_app().i18n;
    let size = link.modules.len() + 2 * MARGIN;
    let address = link.url.split("/?").next().unwrap_or_default().to_owned();
    view! {
        <figure class="phone-code" data-testid="phone-figure" data-url=link.url>
            <svg viewBox=format!("-{MARGIN} -{MARGIN} {size} {size}") role="img" aria-label=i18n.say(Phrase::CodeLabel) shape-rendering="crispEdges">
                <rect x=format!("-{MARGIN}") y=format!("-{MARGIN}") width=size height=size fill="#fff"/>
                <path d=code_path(&link.modules) fill="#000"/>
            </svg>
            <figcaption><code>{address}</code></figcaption>
        </figure>
    }
}
