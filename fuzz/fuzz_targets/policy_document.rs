//! Gives `fuzzing::policy_document` what libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::policy_document(bytes));
