//! Large content as files.
