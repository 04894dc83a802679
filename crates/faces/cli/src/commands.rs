//! One file per command.

pub(crate) mod algorithm;
pub(crate) mod completions;
pub(crate) mod down;
pub(crate) mod env;
pub(crate) mod logs;
pub(crate) mod models;
pub(crate) mod output;
pub(crate) mod preview;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod up;
pub(crate) mod validate;
