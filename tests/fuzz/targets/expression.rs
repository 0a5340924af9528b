//! An expression: scanner, parser, interpreter.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| apim_token_monitor::fuzz::expression(text));
