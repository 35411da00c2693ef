//! Texts that follow the language switch.

use leptos::prelude::*;

use super::{Msg, en, zh};
use crate::preferences::Language;

/// The chosen language; every text read through it changes with it.
#[derive(Clone, Copy)]
pub(crate) struct I18n(RwSignal<Language>);

impl I18n {
    /// Texts in `language`.
    pub(crate) fn new(language: Language) -> Self {
        Self(RwSignal::new(language))
    }

    /// The language, tracked.
    pub(crate) fn language(self) -> Language {
        self.0.get()
    }

    /// The language as it is now.
    pub(crate) fn language_untracked(self) -> Language {
        self.0.get_untracked()
    }

    /// Speaks another language.
    pub(crate) fn set_language(self, language: Language) {
        self.0.set(language);
    }

    /// The text of a message, tracked.
    pub(crate) fn t(self, message: &Msg) -> String {
        text(self.0.get(), message)
    }

    /// The text of a message as something a view can follow.
    pub(crate) fn say(self, message: Msg) -> impl Fn() -> String + Clone + Send + Sync + 'static {
        move || self.t(&message)
    }
}

/// The text of a message in a language.
pub(crate) fn text(language: Language, message: &Msg) -> String {
    match language {
        Language::En => en::text(message),
        Language::Zh => zh::text(message),
    }
}
