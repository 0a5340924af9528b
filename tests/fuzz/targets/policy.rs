//! A policy document: reader, linter, lowering.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| apim_token_monitor::fuzz::policy(text));
