//! The HTML document around the app: drawn by the server only.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::preferences::Preferences;
use crate::routes::App;

/// The whole document. Language and theme come from [`Preferences`] in context.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let Preferences { language, theme } = use_context().unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang=language.as_str() data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="stylesheet" href="/pkg/runyard.css"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
