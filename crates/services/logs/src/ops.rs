//! One file per operation; [`crate::Logs`]'s table names them.

pub(crate) mod create_log_group;
pub(crate) mod create_log_stream;
pub(crate) mod describe_log_streams;
pub(crate) mod get_log_events;
pub(crate) mod put_log_events;
