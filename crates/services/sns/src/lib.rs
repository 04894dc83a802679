//! Amazon SNS. Being built by someone: do not begin it twice.
