//! Runs one subject over and over, for instruction counts: they do not depend on how busy a machine
//! is, so they can be compared later.
//!
//! `tests/bench/instructions.sh` runs every subject under callgrind and prints instructions per
//! operation.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a program of its own, with arguments and a usage line"
)]

use std::hint::black_box;

use apim_token_monitor::bench;

/// What can be run. Each answers with how to run it once.
fn subject(name: &str) -> Option<Box<dyn FnMut()>> {
    Some(match name {
        "request" => {
            let mut gateway = bench::Gateway::new();
            Box::new(move || {
                black_box(gateway.request());
            })
        }
        "read-policy" => Box::new(|| {
            black_box(bench::read_policy());
        }),
        "parse-expression" => Box::new(|| {
            black_box(bench::parse_expression(black_box(
                r#"context.Request.Headers.GetValueOrDefault("x-user", "anonymous")"#,
            )));
        }),
        "count-tokens" => Box::new(|| {
            black_box(bench::count_tokens(black_box("Say hello in 50 words")));
        }),
        _ => return None,
    })
}

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    let name = arguments.next().unwrap_or_default();
    let times: u32 = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let Some(mut run) = subject(&name) else {
        eprintln!("usage: instructions request|read-policy|parse-expression|count-tokens TIMES");
        std::process::exit(2);
    };
    // Vocabulary, caches and lazily made tables are not what is counted.
    run();
    for _ in 0..times {
        run();
    }
}
