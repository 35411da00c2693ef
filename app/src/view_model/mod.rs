//! What pages show, worked out by pure functions that are tested natively.

pub(crate) mod chart;
pub(crate) mod format;
pub(crate) mod generator;
pub(crate) mod known;
pub(crate) mod plan_form;
pub(crate) mod run;
pub(crate) mod runs;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod sections;
pub(crate) mod selection;
pub(crate) mod settings;
pub(crate) mod table;
pub(crate) mod virtual_list;
