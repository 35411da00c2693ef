//! The app: shared state, frame, and which page stands at which address.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use crate::browser;
use crate::components::frame::Frame;
use crate::pages::{
    BatchPage, GeneratorPage, MonitorPage, NotFoundPage, QueuePage, RunPage, RunsPage,
    SettingsPage, TrashPage,
};
use crate::preferences::Preferences;
use crate::state::AppState;

/// Everything inside `<body>`. Hydrate it with `leptos::mount::hydrate_body(app::App)`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let app = AppState::new(initial_preferences());
    provide_context(app);
    // Effects run in the browser only, after hydration.
    Effect::new(move |_| {
        app.start();
        if let Some(body) = document().body() {
            let _ = body.set_attribute("data-hydrated", "true");
        }
    });
    view! {
        <Router>
            <Frame>
                <Routes fallback=NotFoundPage>
                    <Route path=path!("/") view=GeneratorPage/>
                    <Route path=path!("/experiments/:experiment") view=GeneratorPage/>
                    <Route path=path!("/runs") view=RunsPage/>
                    <Route path=path!("/runs/:experiment/:task") view=RunPage/>
                    <Route path=path!("/runs/:experiment/:task/:number") view=RunPage/>
                    <Route path=path!("/monitor") view=MonitorPage/>
                    <Route path=path!("/batch") view=BatchPage/>
                    <Route path=path!("/queue") view=QueuePage/>
                    <Route path=path!("/trash") view=TrashPage/>
                    <Route path=path!("/settings") view=SettingsPage/>
                </Routes>
            </Frame>
        </Router>
    }
}

/// The server's context while it renders; the page's own attributes while the browser hydrates.
fn initial_preferences() -> Preferences {
    use_context().unwrap_or_else(|| {
        if cfg!(feature = "hydrate") {
            browser::preferences_of_page()
        } else {
            Preferences::default()
        }
    })
}
