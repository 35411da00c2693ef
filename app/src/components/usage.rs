//! What a run used: memory and processors over time, as charts and as tables.

use domain::run::{GetUsageResponse, UsageSample};
use domain::task::RunId;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::notice::{Empty, Failure, Skeleton};
use crate::browser::Debounce;
use crate::client::get_usage;
use crate::i18n::{Msg, Phrase};
use crate::live::TasksEvent;
use crate::state::{Remote, use_app};
use crate::view_model::chart::{Chart, HEIGHT, WIDTH};
use crate::view_model::format::{bytes, duration};

/// Rows of a table.
const ROWS: usize = 20;

/// The charts of a run.
#[component]
pub(crate) fn UsageView(run: RunId) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let usage = RwSignal::new(Remote::<GetUsageResponse>::Loading);
    let run = StoredValue::new(run);
    let load = move || {
        spawn_local(async move {
            let answer = get_usage(&run.get_value()).await;
            let _ = usage.try_set(answer.into());
        });
    };
    Effect::new(move |_| load());
    // A run that goes on is looked at as long as somebody looks.
    let later = Debounce::new(5_000);
    let is_ended =
        move || usage.with(|usage| usage.ready().is_none_or(|usage| usage.summary.is_some()));
    Effect::new(move |_| {
        if !is_ended() {
            later.run(load);
        }
    });
    app.live.on_tasks(move |event| {
        if let TasksEvent::Changed { task, .. } = event
            && run.try_with_value(|run| run.task == task.id) == Some(true)
        {
            load();
        }
    });
    let memory = |sample: &UsageSample| sample.memory_bytes as f64;
    let cpus = |sample: &UsageSample| sample.cpus;
    move || match usage.get() {
        Remote::Loading => view! { <Skeleton rows=4/> }.into_any(),
        Remote::Failed(error) => view! { <Failure error retry=move |()| load()/> }.into_any(),
        // Of a run that ended within a moment nothing was measured.
        Remote::Ready(usage)
            if usage.samples.is_empty()
                && usage
                    .summary
                    .is_none_or(|summary| summary.peak_memory_bytes == 0) =>
        {
            view! { <Empty title=Phrase::NoUsage.into() hint=Phrase::NoUsageHint.into()/> }
                .into_any()
        }
        Remote::Ready(usage) => {
            let series = |value: fn(&UsageSample) -> f64| {
                let point = |sample: &UsageSample| (sample.at_ms.as_ms() as f64, value(sample));
                Chart::new(usage.samples.iter().map(point).collect())
            };
            let summary = usage.summary.map(|summary| {
                view! {
                    <dl class="usage-summary">
                        <div><dt>{i18n.say(Phrase::PeakMemory)}</dt><dd class="number" data-testid="peak-memory">{bytes(summary.peak_memory_bytes)}</dd></div>
                        <div><dt>{i18n.say(Phrase::CpuTime)}</dt><dd class="number" data-testid="cpu-time">{duration(summary.cpu_ms)}</dd></div>
                    </dl>
                }
            });
            let (memory, cpus) = (series(memory), series(cpus));
            view! {
                <div class="usage" data-testid="usage">
                    {summary}
                    {memory.map(|chart| view! { <ChartView name=Phrase::Memory chart say=|value| bytes(whole(value))/> })}
                    {cpus.map(|chart| view! { <ChartView name=Phrase::Processors chart say=|value| format!("{value:.2}")/> })}
                </div>
            }
            .into_any()
        }
    }
}

/// A number of bytes out of a float that was one.
fn whole(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "memory is neither negative nor beyond 2^53 bytes"
    )]
    let whole = value.max(0.0) as u64;
    whole
}

#[component]
fn ChartView(name: Phrase, chart: Chart, say: fn(f64) -> String) -> impl IntoView {
    let i18n = use_app().i18n;
    let span = chart.span_ms();
    let top = say(chart.top());
    let path = chart.path();
    let rows = chart.rows(ROWS);
    let chart = StoredValue::new(chart);
    let pointed = RwSignal::new(None::<(f64, f64, f64)>);
    let look = move |event: leptos::ev::PointerEvent| {
        let target = event.current_target();
        let Some(node) = target
            .and_then(|target| wasm_bindgen::JsCast::dyn_into::<web_sys::Element>(target).ok())
        else {
            return;
        };
        let width = f64::from(node.client_width()).max(1.0);
        let part = f64::from(event.offset_x()) / width;
        pointed.set(chart.with_value(|chart| chart.nearest(part)));
    };
    let told = move || {
        pointed
            .get()
            .map(|(_, after, value)| format!("{}  ·  {}", say(value), duration(whole(after))))
    };
    let line = move || {
        pointed
            .get()
            .map(|(x, ..)| view! { <path class="chart-cursor" d=format!("M{x:.1} 0V{HEIGHT}")/> })
    };
    let row = move |(after, value): (f64, f64)| {
        view! { <tr><td class="number">{duration(whole(after))}</td><td class="number">{say(value)}</td></tr> }
    };
    view! {
        <figure class="chart">
            <figcaption>
                <strong>{i18n.say(name)}</strong>
                <span class="number hint">{told}</span>
            </figcaption>
            <div class="chart-body">
                <span class="chart-top number">{top}</span>
                <svg
                    viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=i18n.say(name)
                    on:pointermove=look
                    on:pointerleave=move |_| pointed.set(None)
                >
                    <path class="chart-grid" d=format!("M0 0H{WIDTH}M0 {0}H{WIDTH}M0 {HEIGHT}H{WIDTH}", HEIGHT / 2.0)/>
                    <path class="chart-line" d=path/>
                    {line}
                </svg>
                <span class="chart-span number">{duration(whole(span))}</span>
            </div>
            <details>
                <summary>{i18n.say(Phrase::AsTable)}</summary>
                <table class="usage-table">
                    <thead><tr><th>{i18n.say(Msg::ColumnElapsed)}</th><th>{i18n.say(name)}</th></tr></thead>
                    <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                </table>
            </details>
        </figure>
    }
    .into_any()
}
