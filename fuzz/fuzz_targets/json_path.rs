//! Gives `fuzzing::json_path` what libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::json_path(bytes));
