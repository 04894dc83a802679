//! The runner port: where jobs run; supervisor and process runner.
