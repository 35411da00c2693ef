//! An address that leads nowhere.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use crate::components::notice::Empty;
use crate::i18n::Msg;
use crate::state::use_app;

/// Says so, and leads back.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    let i18n = use_app().i18n;
    view! {
        <Title text=i18n.say(Msg::NotFoundTitle)/>
        <Empty title=Msg::NotFoundTitle hint=Msg::NotFoundHint>
            <p>
                <A href="/">{i18n.say(Msg::GoToGenerator)}</A>
            </p>
        </Empty>
    }
}
