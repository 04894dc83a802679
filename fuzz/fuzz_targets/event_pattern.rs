//! Gives `fuzzing::event_pattern` what libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::event_pattern(bytes));
