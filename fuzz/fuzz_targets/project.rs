//! Gives `fuzzing::project` what libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::project(bytes));
