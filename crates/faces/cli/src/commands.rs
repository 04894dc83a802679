//! One file per command.

pub(crate) mod algorithm;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod convert;
pub(crate) mod down;
pub(crate) mod env;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod logs;
pub(crate) mod models;
pub(crate) mod output;
pub(crate) mod preview;
pub(crate) mod refresh;
pub(crate) mod restore;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod stack;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod up;
pub(crate) mod validate;
