//! What the pure parts cost: `cargo bench --features bench`.

use std::hint::black_box;

use apim_token_monitor::bench::{Gateway, count_tokens, parse_expression, read_policy};
use criterion::{Criterion, criterion_group, criterion_main};

const SHORT: &str = "@(context.Subscription.Id)";
const LONG: &str = r#"@{
    var body = context.Request.Body.As<JObject>(preserveContent: true);
    var model = (string)body["model"] ?? "gpt-4o-mini";
    foreach (var message in (JArray)body["messages"]) {
        if (((string)message["role"]).Equals("system", StringComparison.OrdinalIgnoreCase)) {
            return $"{model}-{context.Request.Headers.GetValueOrDefault("x-team", "none").ToLower()}";
        }
    }
    return model;
}"#;

fn pure_parts(criterion: &mut Criterion) {
    let prose = include_str!("../../README.md");
    // The vocabulary loads once; that is not what is measured here.
    count_tokens("warm");
    let mut gateway = Gateway::new();
    criterion.bench_function(
        "engine: one request through the shipped policy",
        |bencher| {
            bencher.iter(|| black_box(gateway.request()));
        },
    );
    criterion.bench_function("policy: read the shipped policy", |bencher| {
        bencher.iter(|| black_box(read_policy()));
    });
    criterion.bench_function("expression: parse a path", |bencher| {
        bencher.iter(|| black_box(parse_expression(black_box(SHORT))));
    });
    criterion.bench_function("expression: parse a block", |bencher| {
        bencher.iter(|| black_box(parse_expression(black_box(LONG))));
    });
    criterion.bench_function("tokens: count a prompt of five words", |bencher| {
        bencher.iter(|| black_box(count_tokens(black_box("Say hello in 50 words"))));
    });
    criterion.bench_function("tokens: count the README", |bencher| {
        bencher.iter(|| black_box(count_tokens(black_box(prose))));
    });
}

criterion_group!(benches, pure_parts);
criterion_main!(benches);
