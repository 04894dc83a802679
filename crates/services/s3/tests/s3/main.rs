//! S3 by its three faces: calls, HTTP, files.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]
#![allow(clippy::too_many_lines, reason = "cases are data")]
#![allow(clippy::format_collect, reason = "short texts")]

mod access;
mod calls;
mod http;
mod listing;
mod multipart;
mod versions;
mod world;
