//! The command line that asks for what the form asks for.

use domain::spelled::{Spelled, Unsaid, run_words};
use leptos::prelude::*;

use crate::i18n::{Msg, Phrase};
use crate::pages::{CopyButton, use_form};
use crate::state::use_app;
use crate::view_model::format::shell_line;

/// The folded line, with what it cannot say; worked out only while it is open.
#[component]
pub(crate) fn CommandPreview() -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let is_open = RwSignal::new(false);
    let spelled = Memo::new(move |_| {
        if !is_open.get() {
            return Spelled::default();
        }
        let request = state.request();
        request.map_or_else(Spelled::default, |request| {
            state.with_experiment(|experiment| {
                run_words(&experiment.script, &experiment.name, &request)
            })
        })
    });
    let line = Memo::new(move |_| spelled.with(|spelled| shell_line(&spelled.words)));
    let unsaid = move || {
        let words = spelled.with(|spelled| spelled.unsaid.clone());
        (!words.is_empty()).then(|| {
            let words: Vec<String> = words.into_iter().map(|one| i18n.t(&name(one))).collect();
            view! {
                <p class="warn" data-testid="command-unsaid">{i18n.say(Phrase::Unsaid)} " " {words.join(", ")}</p>
            }
        })
    };
    view! {
        <details
            class="command-preview"
            data-testid="command-preview"
            on:toggle:target=move |event| is_open.set(event.target().has_attribute("open"))
        >
            <summary>{i18n.say(Phrase::AsCommand)}</summary>
            <div class="code-block">
                <pre class="wrap" tabindex="0" data-testid="command-words">{line}</pre>
                <CopyButton text=line/>
            </div>
            {unsaid}
            <p class="hint">{i18n.say(Phrase::AsCommandHint)}</p>
        </details>
    }
    .into_any()
}

fn name(unsaid: Unsaid) -> Msg {
    Msg::Phrase(match unsaid {
        Unsaid::Rows => Phrase::UnsaidRows,
        Unsaid::Variations => Phrase::UnsaidVariations,
        Unsaid::SampleMethod => Phrase::UnsaidSampleMethod,
        Unsaid::Duplicates => Phrase::UnsaidDuplicates,
        Unsaid::Details => Phrase::UnsaidDetails,
    })
}
