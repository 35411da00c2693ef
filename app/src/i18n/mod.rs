//! Every text a person sees, in English and Chinese.
//!
//! [`Msg`] names a sentence; `en` and `zh` say it. The engine's errors are data, so they are said here too.

mod domain_en;
mod domain_zh;
mod en;
mod errors;
mod expression_zh;
mod message;
mod phrases;
mod plan_zh;
mod settings;
mod texts;
mod waiting;
mod zh;

pub(crate) use errors::{
    Shown, client_error, concerns, input_error, name_error, outcome, plan_error,
};
pub(crate) use message::Msg;
pub(crate) use phrases::Phrase;
pub(crate) use settings::choice as setting_choice;
pub(crate) use texts::I18n;
pub(crate) use waiting::wait_reason;
