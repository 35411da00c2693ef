//! What pages are built of: properties in, callbacks out.

pub(crate) mod act_buttons;
pub(crate) mod confirm;
pub(crate) mod field;
pub(crate) mod field_helper;
pub(crate) mod frame;
pub(crate) mod icons;
pub(crate) mod log_view;
pub(crate) mod notice;
pub(crate) mod parameter_list;
pub(crate) mod point_list;
pub(crate) mod preview_panel;
pub(crate) mod status_badge;
pub(crate) mod status_bar;
pub(crate) mod submit_bar;
pub(crate) mod task_filters;
pub(crate) mod task_row;
pub(crate) mod task_table;
pub(crate) mod top_bar;
pub(crate) mod yaml_editor;
