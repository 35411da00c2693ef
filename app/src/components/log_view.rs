//! A log: finished rows drawn where they are looked at, the live tail behind them, and a follow switch.

use std::time::Duration;

use domain::protocol::Topic;
use domain::task::RunId;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::icons::{Glyph, Icon};
use crate::browser;
use crate::client::{get_log_rows, raw_log_path, url};
use crate::i18n::Msg;
use crate::live::{LogBuffer, RowKind};
use crate::state::{AppState, use_app};
use crate::view_model::format::bytes;
use crate::view_model::virtual_list::window;

/// The height of a row in pixels: 13 px at 1.45, `--log-row` in the style sheet.
const ROW: f64 = 18.85;
/// Rows drawn above and below the visible ones.
const OVERSCAN: usize = 40;
/// Never more row nodes than this.
const MAX_NODES: usize = 440;
/// Older rows fetched at once.
const OLDER_ROWS: u32 = 500;
/// How long a movement of wheel, finger, pointer or key explains scrolling.
const INTENT_MS: i64 = 1_500;
/// Closer to the end than this is at the end.
const END_SLACK: f64 = 30.0;

/// What the parts of the view share.
#[derive(Clone, Copy)]
struct LogState {
    app: AppState,
    run: StoredValue<RunId>,
    sub: StoredValue<Option<u32>>,
    buffer: RwSignal<LogBuffer>,
    scroller: NodeRef<Div>,
    top: RwSignal<f64>,
    viewport: RwSignal<f64>,
    is_following: RwSignal<bool>,
    unseen: RwSignal<usize>,
    is_fetching: RwSignal<bool>,
    touched_ms: StoredValue<i64>,
    /// What rounding has kept back of the shifts so far, pixels; left out, what is read would creep.
    shift_rest: StoredValue<f64>,
}

/// The log of one run. Create it anew for another run.
#[component]
pub(crate) fn LogView(
    run: RunId,
    #[prop(optional)] is_compact: bool,
    #[prop(optional, into)] is_waiting: Signal<bool>,
) -> impl IntoView {
    let app = use_app();
    let i18n = app.i18n;
    let state = LogState {
        app,
        run: StoredValue::new(run),
        sub: StoredValue::new(None),
        buffer: RwSignal::new(LogBuffer::default()),
        scroller: NodeRef::new(),
        top: RwSignal::new(0.0),
        viewport: RwSignal::new(400.0),
        is_following: RwSignal::new(true),
        unseen: RwSignal::new(0),
        is_fetching: RwSignal::new(false),
        touched_ms: StoredValue::new(0),
        shift_rest: StoredValue::new(0.0),
    };
    Effect::new(move |_| state.subscribe());
    on_cleanup(move || state.unsubscribe());
    Effect::new(move |_| {
        state.scroller.track();
        state.measure();
        let handle = window_event_listener(leptos::ev::resize, move |_| state.measure());
        on_cleanup(move || handle.remove());
    });
    let is_polite = RwSignal::new(false);
    let is_empty = Memo::new(move |_| {
        state
            .buffer
            .with(|log| log.is_empty() && log.is_caught_up())
    });
    let is_loading = Memo::new(move |_| {
        state
            .buffer
            .with(|log| log.is_empty() && !log.is_caught_up())
    });
    view! {
        <div class="log" class:compact=is_compact data-testid="log">
            <LogBar state is_polite/>
            <div
                class="log-scroller"
                node_ref=state.scroller
                role="log"
                aria-live=move || if is_polite.get() { "polite" } else { "off" }
                aria-label=i18n.say(Msg::LogLabel)
                tabindex="0"
                on:scroll=move |_| state.on_scroll()
                on:wheel=move |_| state.touch()
                on:touchmove=move |_| state.touch()
                on:pointerdown=move |_| state.touch()
                on:keydown=move |_| state.touch()
            >
                <Show when=move || is_empty.get()>
                    <p class="log-note" data-testid="log-empty">{i18n.say(Msg::LogEmpty)}</p>
                </Show>
                <Show when=move || is_loading.get()>
                    <p class="log-note">
                        {move || i18n.t(if is_waiting.get() { &Msg::LogWaiting } else { &Msg::Loading })}
                    </p>
                </Show>
                <Rows state/>
            </div>
            <Unseen state/>
        </div>
    }
}

#[component]
fn Rows(state: LogState) -> impl IntoView {
    let i18n = state.app.i18n;
    let range = Memo::new(move |_| {
        let len = state.buffer.with(LogBuffer::len);
        let rows = window(state.top.get(), state.viewport.get(), ROW, len, OVERSCAN);
        rows.start..rows.end.min(rows.start + MAX_NODES)
    });
    let ids = move || {
        state
            .buffer
            .with(|log| range.get().map(|index| log.id(index)).collect::<Vec<_>>())
    };
    let height = move || format!("{}px", state.buffer.with(LogBuffer::len) as f64 * ROW);
    let offset = move || format!("translateY({}px)", range.get().start as f64 * ROW);
    let tail = Memo::new(move |_| {
        state
            .buffer
            .with(|log| (log.tail_number(), log.tail().to_vec()))
    });
    let row = move |id: i64| {
        let (kind, number) = state
            .buffer
            .with_untracked(|log| log.row(id).map(|(kind, number)| (kind.clone(), number)))?;
        let number = number.map(|number| number.to_string());
        Some(match kind {
            RowKind::Line(html) => view! {
                <div class="log-row" data-testid="log-row">
                    <span class="log-number" data-number=number></span>
                    <span class="log-text" inner_html=html></span>
                </div>
            }
            .into_any(),
            RowKind::Skipped(skipped) => view! {
                <div class="log-row skipped" data-testid="log-skipped">
                    <span class="log-number"></span>
                    <span class="log-text">{i18n.t(&Msg::LogSkipped { size: bytes(skipped) })}</span>
                </div>
            }
            .into_any(),
        })
    };
    view! {
        <div class="log-height" style:height=height>
            <div class="log-rows" style:transform=offset>
                <For each=ids key=|id| *id let:id>
                    {row(id)}
                </For>
            </div>
        </div>
        <div class="log-tail" data-testid="log-tail">
            {move || {
                let (first, rows) = tail.get();
                let line = |(at, html): (i64, String)| {
                    view! {
                        <div class="log-row" data-testid="log-row">
                            <span class="log-number" data-number=first.map(|first| (first + at).to_string())></span>
                            <span class="log-text" inner_html=html></span>
                        </div>
                    }
                };
                (0..).zip(rows).map(line).collect_view()
            }}
        </div>
    }
}

#[component]
fn LogBar(state: LogState, is_polite: RwSignal<bool>) -> impl IntoView {
    let i18n = state.app.i18n;
    let raw = state.run.with_value(|run| url(&raw_log_path(run)));
    let file = state
        .run
        .with_value(|run| format!("{}-{}.log", run.task.task, run.number));
    view! {
        <div class="log-bar">
            <label class="check">
                <input
                    type="checkbox"
                    data-testid="log-follow"
                    prop:checked=state.is_following
                    on:change:target=move |event| state.follow(event.target().checked())
                />
                <span>{i18n.say(Msg::Follow)}</span>
            </label>
            <label class="check announce" title=i18n.say(Msg::AnnounceHint)>
                <input
                    type="checkbox"
                    prop:checked=is_polite
                    on:change:target=move |event| is_polite.set(event.target().checked())
                />
                <span>{i18n.say(Msg::Announce)}</span>
            </label>
            <Show when=move || state.is_fetching.get()>
                <span class="hint">{i18n.say(Msg::LogFetching)}</span>
            </Show>
            <span class="spacer"></span>
            <a href=raw download=file data-testid="log-download" rel="external">{i18n.say(Msg::Download)}</a>
        </div>
    }
}

/// "124 new rows ↓": back to the end.
#[component]
fn Unseen(state: LogState) -> impl IntoView {
    let i18n = state.app.i18n;
    let is_shown = move || {
        !state.is_following.get()
            && (state.unseen.get() > 0 || state.buffer.with(LogBuffer::is_detached))
    };
    let text = move || match state.unseen.get() {
        0 => i18n.t(&Msg::ToNewest),
        n => i18n.t(&Msg::NewRows { n: n as u64 }),
    };
    view! {
        <Show when=is_shown>
            <button type="button" class="log-unseen" data-testid="log-unseen" on:click=move |_| state.follow(true)>
                {text}
                <Icon glyph=Glyph::Down/>
            </button>
        </Show>
    }
}

impl LogState {
    fn subscribe(self) {
        let run = self.run.get_value();
        let handler = move |message| {
            let Some(applied) = self.buffer.try_update(|log| log.apply(message)) else {
                return;
            };
            let offset = self.buffer.with_untracked(LogBuffer::offset);
            if let Some(Some(sub)) = self.sub.try_get_value() {
                self.app.live.resume_at(sub, offset);
            }
            if self.is_following.get_untracked() {
                self.to_end_soon();
            } else {
                self.unseen.update(|unseen| *unseen += applied.added);
                if applied.dropped > 0 {
                    self.shift(-(applied.dropped as f64) * ROW);
                }
            }
        };
        let sub = self.app.live.subscribe(Topic::Log { run }, None, handler);
        self.sub.set_value(Some(sub));
    }

    fn unsubscribe(self) {
        if let Some(Some(sub)) = self.sub.try_get_value() {
            self.app.live.unsubscribe(sub);
        }
    }

    fn measure(self) {
        if let Some(node) = self.scroller.get_untracked() {
            self.viewport.set(f64::from(node.client_height()));
        }
    }

    fn on_scroll(self) {
        let Some(node) = self.scroller.get_untracked() else {
            return;
        };
        let (top, before) = (f64::from(node.scroll_top()), self.top.get_untracked());
        let is_at_end =
            top + f64::from(node.client_height()) > f64::from(node.scroll_height()) - END_SLACK;
        self.top.set(top);
        if is_at_end && !self.buffer.with_untracked(LogBuffer::is_detached) {
            self.is_following.set(true);
            self.unseen.set(0);
        } else if top < before - 1.0
            && (self.is_meant() || top < before - 2.0 * self.viewport.get_untracked())
        {
            self.is_following.set(false);
        }
        if top < ROW * 5.0 {
            self.fetch_older();
        }
    }

    /// A shrinking tail moves the scroll position too: only a person's own movement ends following.
    fn is_meant(self) -> bool {
        browser::now_ms() - self.touched_ms.get_value() < INTENT_MS
    }

    fn touch(self) {
        self.touched_ms.set_value(browser::now_ms());
    }

    fn follow(self, wanted: bool) {
        self.is_following.set(wanted);
        if !wanted {
            return;
        }
        self.unseen.set(0);
        if self.buffer.with_untracked(LogBuffer::is_detached) {
            self.unsubscribe();
            self.buffer.set(LogBuffer::default());
            self.subscribe();
        }
        self.to_end_soon();
    }

    /// After the rows are in the page.
    fn to_end_soon(self) {
        set_timeout(
            move || {
                if self.is_following.try_get_untracked() == Some(true)
                    && let Some(node) = self.scroller.try_get_untracked().flatten()
                {
                    node.set_scroll_top(node.scroll_height());
                }
            },
            Duration::ZERO,
        );
    }

    /// Keeps what is in sight where it is while rows come or go above it.
    fn shift(self, pixels: f64) {
        set_timeout(
            move || {
                if let Some(node) = self.scroller.try_get_untracked().flatten() {
                    let wanted = self.shift_rest.try_get_value().unwrap_or_default() + pixels;
                    let _ = self.shift_rest.try_set_value(wanted - wanted.round());
                    #[expect(clippy::cast_possible_truncation, reason = "at most 20,000 rows")]
                    node.set_scroll_top(node.scroll_top() + wanted.round() as i32);
                }
            },
            Duration::ZERO,
        );
    }

    fn fetch_older(self) {
        let Some(before) = self.buffer.with_untracked(LogBuffer::older_before) else {
            return;
        };
        if self.is_fetching.get_untracked() {
            return;
        }
        self.is_fetching.set(true);
        let run = self.run.get_value();
        spawn_local(async move {
            let answer = get_log_rows(&run, before, OLDER_ROWS).await;
            let _ = self.is_fetching.try_set(false);
            match answer {
                Ok(older) => {
                    let added = self
                        .buffer
                        .try_update(|log| log.prepend(older))
                        .unwrap_or_default();
                    if added > 0 {
                        self.shift(added as f64 * ROW);
                    }
                }
                Err(error) => self.app.warn(Msg::from(error)),
            }
        });
    }
}
