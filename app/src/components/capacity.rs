//! What there is to run on: slots, processors, memory, GPUs, each with what is held of it.

use domain::protocol::queue::{Capacity, GpuState};
use leptos::prelude::*;
use leptos_router::components::A;

use super::task_row::task_path;
use crate::i18n::{Msg, Phrase};
use crate::state::use_app;
use crate::view_model::format::bytes;

const MIB: u64 = 1 << 20;

/// The meters.
#[component]
pub(crate) fn CapacityView(capacity: Signal<Capacity>) -> impl IntoView {
    let i18n = use_app().i18n;
    let slots = Memo::new(move |_| {
        let capacity = capacity.get();
        let used = capacity.slots.saturating_sub(capacity.free_slots);
        Meter::new(
            f64::from(used),
            f64::from(capacity.slots),
            used.to_string(),
            capacity.slots.to_string(),
        )
    });
    let cpus = Memo::new(move |_| {
        let capacity = capacity.get();
        let text = |count: f64| format!("{}", (count * 10.0).round() / 10.0);
        let used = (capacity.cpus - capacity.free_cpus).max(0.0);
        Meter::new(used, capacity.cpus, text(used), text(capacity.cpus))
    });
    let memory = Memo::new(move |_| {
        let capacity = capacity.get();
        let used = capacity.memory_mb.saturating_sub(capacity.free_memory_mb);
        Meter::new(
            used as f64,
            capacity.memory_mb as f64,
            bytes(used * MIB),
            bytes(capacity.memory_mb * MIB),
        )
    });
    let gpus = Memo::new(move |_| capacity.get().gpus);
    view! {
        <dl class="capacity" data-testid="capacity">
            <MeterView name=Msg::Slots meter=slots/>
            <MeterView name=Phrase::Processors.into() meter=cpus/>
            <MeterView name=Phrase::Memory.into() meter=memory/>
        </dl>
        <Show when=move || gpus.with(|gpus| !gpus.is_empty())>
            <ul class="gpus" aria-label=i18n.say(Msg::SettingName("gpu"))>
                {move || gpus.get().into_iter().map(|gpu| view! { <Gpu gpu/> }).collect_view()}
            </ul>
        </Show>
    }
}

/// How much of something is held.
#[derive(Clone, Debug, PartialEq)]
struct Meter {
    percent: f64,
    used: String,
    total: String,
}

impl Meter {
    fn new(used: f64, total: f64, used_text: String, total_text: String) -> Self {
        let percent = if total > 0.0 {
            (used / total * 100.0).clamp(0.0, 100.0)
        } else {
            0.0
        };
        Self {
            percent,
            used: used_text,
            total: total_text,
        }
    }
}

#[component]
fn MeterView(name: Msg, meter: Memo<Meter>) -> impl IntoView {
    let i18n = use_app().i18n;
    let text = move || {
        meter.with(|meter| {
            i18n.t(&Msg::UsedOf {
                used: meter.used.clone(),
                total: meter.total.clone(),
            })
        })
    };
    view! {
        <div class="meter">
            <dt>{i18n.say(name)}</dt>
            <dd>
                <span class="number">{text}</span>
                <span class="meter-bar" aria-hidden="true"><span style:width=move || format!("{:.1}%", meter.with(|meter| meter.percent))></span></span>
            </dd>
        </div>
    }
    .into_any()
}

#[component]
fn Gpu(gpu: GpuState) -> impl IntoView {
    let i18n = use_app().i18n;
    let strangers = gpu.strangers.len() as u64;
    let state = if strangers > 0 {
        Msg::GpuStrangers { n: strangers }
    } else if gpu.is_free {
        Phrase::Free.into()
    } else {
        Phrase::InUse.into()
    };
    let memory = (gpu.memory_mb > 0).then(|| Msg::UsedOf {
        used: bytes(gpu.used_memory_mb * MIB),
        total: bytes(gpu.memory_mb * MIB),
    });
    let link =
        |run: domain::task::RunId| view! { <A href=task_path(&run.task)>{run.task.task}</A> };
    view! {
        <li class="gpu" data-testid="gpu" data-free=gpu.is_free.to_string()>
            <strong class="number">"GPU " {gpu.device.id}</strong>
            <span>{gpu.device.name}</span>
            <span class="number">{memory.map(|memory| i18n.say(memory))}</span>
            <span class="number">{gpu.utilization_percent.map(|percent| format!("{percent} %"))}</span>
            <span>{i18n.say(state)}</span>
            <span class="gpu-runs">{gpu.held_by.into_iter().map(link).collect_view()}</span>
        </li>
    }
    .into_any()
}
