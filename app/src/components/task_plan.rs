//! What a task asks of the queue, changed on its page until it has started.

use domain::protocol::queue::PatchTasksRequest;
use domain::queue::Policy;
use domain::task::{TaskDetail, TaskId};
use leptos::prelude::*;

use super::organise::patch;
use super::plan_fields::PlanFields;
use crate::i18n::Phrase;
use crate::state::{Remote, use_app};
use crate::view_model::plan_form::{TASK_FIELDS, plan, texts_of};

/// The fields, and a button that saves them.
#[component]
pub(crate) fn TaskPlan(
    id: TaskId,
    detail: RwSignal<Remote<TaskDetail>>,
    #[prop(into)] on_change: Callback<()>,
) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let saved =
        detail.with_untracked(|detail| detail.ready().map(|detail| detail.task.policy.clone()));
    let saved: Policy = saved.unwrap_or_default();
    let texts = RwSignal::new(texts_of(&saved));
    let saved = StoredValue::new(saved);
    let id = StoredValue::new(id);
    let wanted = move || {
        let new = texts
            .with(|texts| plan(texts, TASK_FIELDS, ""))
            .ok()?
            .policy;
        let old = saved.get_value();
        // What has no field here stays as it is.
        Some(Policy {
            priority: new.priority,
            delay_ms: new.delay_ms,
            stop_when: new.stop_when,
            retry: domain::queue::Retry {
                max: new.retry.max,
                ..old.retry
            },
            time_limits: domain::queue::TimeLimits {
                soft_ms: new.time_limits.soft_ms,
                ..old.time_limits
            },
            ..old
        })
    };
    let save = move |_| {
        let Some(policy) = wanted() else { return };
        let request = PatchTasksRequest {
            tasks: vec![id.get_value()],
            policy: Some(policy.clone()),
            ..PatchTasksRequest::default()
        };
        saved.set_value(policy);
        patch(app, request, on_change);
    };
    view! {
        <div class="task-plan" data-testid="task-plan">
            <p class="hint">{i18n.say(Phrase::PlanHint)}</p>
            <PlanFields fields=TASK_FIELDS texts on_change=|()| ()/>
            <div>
                <button type="button" class="primary" data-testid="plan-save" disabled=move || wanted().is_none() on:click=save>
                    {i18n.say(Phrase::Save)}
                </button>
            </div>
        </div>
    }
}
