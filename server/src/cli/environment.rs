//! The environment variables that are read, all in one place.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]

/// `PATH`: where interpreters are looked up by name.
pub fn path() -> Option<String> {
    std::env::var("PATH").ok()
}

/// Everything: what tasks inherit, and what is kept of it with a sweep after secrets have been replaced.
pub fn all() -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    std::env::vars_os().collect()
}

/// Any variable, by its name: what `$NAME` in a config stands for.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What decides which programs and modules a shell finds: variables of the shell that a command was typed in, not of the process
/// that will run it.
pub fn of_this_shell() -> Vec<(String, String)> {
    const NAMES: [&str; 9] = [
        "PATH",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "CONDA_DEFAULT_ENV",
        "CONDA_EXE",
        "PYTHONPATH",
        "LD_LIBRARY_PATH",
        "LANG",
        "LC_ALL",
    ];
    NAMES
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), variable(name)?)))
        .collect()
}

/// `RUNYARD_LOG`: what is logged to standard error, in the `tracing` filter syntax; warnings by default.
pub fn log_filter() -> String {
    std::env::var("RUNYARD_LOG").unwrap_or_else(|_| "warn".to_owned())
}

/// `LEPTOS_SITE_ROOT`: where a development build finds the web client.
pub fn site_root() -> Option<String> {
    std::env::var("LEPTOS_SITE_ROOT").ok()
}

/// `LEPTOS_SITE_ADDR`: where `cargo leptos` wants a development build to answer.
pub fn site_addr() -> Option<String> {
    std::env::var("LEPTOS_SITE_ADDR").ok()
}

/// `NO_COLOR` (no-color.org): set and not empty means no colours.
pub fn no_color() -> bool {
    std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty())
}

/// `LEPTOS_WATCH`: set by `cargo leptos watch`, whose page listens for rebuilds.
pub fn is_watched() -> bool {
    std::env::var("LEPTOS_WATCH").is_ok()
}

/// Who works here: `USER`, else `LOGNAME`; empty if neither is set.
pub fn user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|user| !user.is_empty());
    named("USER")
        .or_else(|| named("LOGNAME"))
        .unwrap_or_default()
}
