//! Gives `fuzzing::jsonata` what libFuzzer thinks of.
#![no_main]

// Panics inside the evaluator are caught where it is called, so they are no finding; libFuzzer's own hook would end the
// process before that. One that is not caught still ends it.
libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(|_| {})),
    |bytes: &[u8]| fuzzing::jsonata(bytes)
);
