//! Texts that follow the language switch.

use leptos::prelude::*;

use super::{Msg, en, settings, zh};
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
    pub(crate) fn say(
        self,
        message: impl Into<Msg>,
    ) -> impl Fn() -> String + Clone + Send + Sync + 'static {
        let message = message.into();
        move || self.t(&message)
    }
}

/// The text of a message in a language.
pub(crate) fn text(language: Language, message: &Msg) -> String {
    match (message, language) {
        (Msg::Phrase(phrase), _) => phrase.text(language).to_owned(),
        (Msg::SettingName(key), _) => settings::words(language, key)[0].to_owned(),
        (Msg::SettingHint(key), _) => settings::words(language, key)[1].to_owned(),
        (_, Language::En) => en::text(message),
        (_, Language::Zh) => zh::text(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(source: &str) -> Vec<String> {
        let mut keys: Vec<String> = source
            .split("Msg::")
            .skip(1)
            .map(|rest| {
                rest.chars()
                    .take_while(char::is_ascii_alphanumeric)
                    .collect()
            })
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }

    #[test]
    fn both_catalogues_have_the_same_keys() {
        let (en, zh) = (keys(include_str!("en.rs")), keys(include_str!("zh.rs")));
        assert!(en.len() > 100, "{}", en.len());
        assert_eq!(en, zh);
    }

    #[test]
    fn counts_read_well_in_both_languages() {
        assert_eq!(text(Language::En, &Msg::RunTasks { n: 1 }), "Run 1 task");
        assert_eq!(text(Language::En, &Msg::RunTasks { n: 18 }), "Run 18 tasks");
        assert_eq!(
            text(Language::Zh, &Msg::RunTasks { n: 18 }),
            "运行 18 个任务"
        );
    }
}
