//! Where a field's value comes from, and what it replaced.

use domain::config::compose::{Origin, SetBy};
use domain::schema::parameters::Parameter;
use leptos::prelude::*;

use crate::i18n::Msg;
use crate::pages::use_form;
use crate::state::use_app;
use crate::view_model::generator::ghost;

/// The story of the field at `index`: the latest first.
#[component]
pub(crate) fn OriginOf(index: usize) -> impl IntoView {
    let i18n = use_app().i18n;
    let state = use_form();
    let story = Memo::new(move |_| {
        let script = state.with_experiment(|experiment| experiment.script.clone());
        state.form.with(|form| {
            let Some(parameter) = form.parameters().get(index) else {
                return Vec::new();
            };
            let mut story = Vec::new();
            if !form.text(&parameter.key).is_empty() {
                story.push(Msg::OriginTyped);
            }
            let composed = state.with_experiment(|experiment| {
                let origins = experiment.template.iter().flat_map(|t| &t.origins);
                origins
                    .filter(|(key, _)| *key == parameter.key)
                    .map(|(_, origin)| told(parameter, origin))
                    .next()
            });
            match composed {
                Some(steps) => story.extend(steps),
                None => story.push(default_of(parameter, &script)),
            }
            story
        })
    });
    view! {
        <ul class="origin" data-testid="origin">
            {move || story.get().into_iter().map(|step| view! { <li>{i18n.t(&step)}</li> }).collect_view()}
        </ul>
    }
}

fn default_of(parameter: &Parameter, script: &str) -> Msg {
    let place = if parameter.line > 0 {
        format!("{script}:{}", parameter.line)
    } else {
        script.to_owned()
    };
    if parameter.default.is_none() && parameter.default_expr.is_none() {
        Msg::OriginNone { place }
    } else {
        Msg::OriginDefault {
            value: ghost(parameter),
            place,
        }
    }
}

/// The files and flags that set a value of a template, the latest first.
fn told(parameter: &Parameter, origin: &Origin) -> Vec<Msg> {
    let set = Msg::OriginSet {
        value: ghost(parameter),
        place: place_of(&origin.set_by),
    };
    let replaced = origin.replaced.iter().map(|step| Msg::OriginReplaced {
        value: step.value.to_string(),
        place: place_of(&step.set_by),
    });
    std::iter::once(set).chain(replaced).collect()
}

fn place_of(by: &SetBy) -> String {
    match by {
        SetBy::File { file, line, .. } => format!("{file}:{line}"),
        SetBy::Flag { flag } => flag.clone(),
        SetBy::Base { name } => name.clone(),
    }
}
