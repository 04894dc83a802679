//! Amazon CloudWatch Logs. Being built by someone: do not begin it twice.
