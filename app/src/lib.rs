//! The web client: an HTML frame drawn by the server, pages that come alive in the browser.
//!
//! ```text
//! client (typed HTTP) ─┐
//! live   (one socket)  ├─> pages ──> view_model (pure) ──> components
//! query  (URL state)  ─┘
//! ```
//! The server gives nothing but [`Preferences`] through context; every datum arrives through `/api/v1`.

// `view!` nests one closure type per node; the default of 128 is too small for a whole page.
#![recursion_limit = "256"]

mod browser;
mod client;
#[expect(
    unreachable_pub,
    reason = "`#[component]` writes `pub` for any visibility but none"
)]
mod components;
mod i18n;
mod live;
#[expect(unreachable_pub, reason = "as in `components`")]
mod pages;
mod preferences;
mod query;
#[expect(unreachable_pub, reason = "as in `components`")]
mod routes;
mod shell;
mod state;
mod view_model;

pub use preferences::{Language, Preferences, Theme};
pub use routes::App;
pub use shell::shell;
