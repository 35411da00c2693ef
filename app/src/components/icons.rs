//! Line icons on a 24-pixel grid, drawn in the colour of the text. They never stand for a word alone without a label.

use leptos::prelude::*;

/// Which icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyph {
    Generator,
    Runs,
    Monitor,
    Queue,
    Settings,
    Sun,
    Moon,
    Half,
    Star,
    Reset,
    Close,
    Down,
    Copy,
    Search,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Self::Generator => {
                "M4 6h10M18 6h2M4 12h2M10 12h10M4 18h8M16 18h4M14 4v4M6 10v4M12 16v4"
            }
            Self::Runs => "M4 6h16M4 12h16M4 18h16M9 6v12",
            Self::Monitor => "M3 5h8v6H3zM13 5h8v6h-8zM3 13h8v6H3zM13 13h8v6h-8z",
            Self::Queue => "M4 7h10M4 12h10M4 17h6M18 6v10M15 13l3 4 3-4",
            Self::Settings => {
                "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1"
            }
            Self::Sun => {
                "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5"
            }
            Self::Moon => "M20 14.5A8 8 0 1 1 9.5 4a6.5 6.5 0 0 0 10.5 10.5z",
            Self::Half => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 3v18M12 7h4M12 11h6M12 15h5",
            Self::Star => {
                "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z"
            }
            Self::Reset => "M4 5v5h5M4.6 10a8 8 0 1 1-.5 4",
            Self::Close => "M6 6l12 12M18 6L6 18",
            Self::Down => "M12 5v14M6 13l6 6 6-6",
            Self::Copy => "M9 9h11v11H9zM5 15H4V4h11v1",
            Self::Search => "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM20 20l-5-5",
        }
    }
}

/// One icon, hidden from screen readers.
#[component]
pub(crate) fn Icon(glyph: Glyph) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=glyph.path()/>
        </svg>
    }
}
