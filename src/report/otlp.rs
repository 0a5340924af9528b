//! A run as an OTLP metrics request in JSON, under the names of OpenTelemetry's conventions for
//! generative AI.

use serde_json::{Value, json};

use super::digest::Sketch;
use super::whole::Report;
use crate::results::{Origin, RunInfo};

/// Buckets that the conventions recommend: tokens, and seconds.
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
const DURATION: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const FIRST_TOKEN: [f64; 16] = [
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
const PER_TOKEN: [f64; 12] = [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0,
];
/// Accumulated since the run began.
const CUMULATIVE: u8 = 2;

/// The body of a `POST` to `/v1/metrics`. Samples near the edge of a bucket may be counted beside it:
/// times are known within 0.2 %, tokens of a request within 1.6 %.
pub(crate) fn otlp(report: &Report<'_>) -> Value {
    let info = report.info;
    let digest = &report.digest;
    let clock = Clock::of(info);
    let seconds = 1e6;
    let histogram = |sketch: Points, bounds: &[f64]| clock.histogram(&sketch, bounds, info);
    let metrics = vec![
        metric(
            "gen_ai.client.token.usage",
            "{token}",
            "tokens of passed requests, as answers reported them",
            &[
                histogram(
                    Points::of(&digest.accounts.prompts, 1.0, Some("input")),
                    &TOKENS,
                ),
                histogram(
                    Points::of(&digest.accounts.completions, 1.0, Some("output")),
                    &TOKENS,
                ),
            ],
        ),
        metric(
            "gen_ai.client.operation.duration",
            "s",
            "from sent to done, of passed requests",
            &[histogram(
                Points::of(&digest.times.service, seconds, None),
                &DURATION,
            )],
        ),
        metric(
            "gen_ai.server.time_to_first_token",
            "s",
            "from sent to the first token of a stream",
            &[histogram(
                Points::of(&digest.times.ttft_from_sent, seconds, None),
                &FIRST_TOKEN,
            )],
        ),
        metric(
            "gen_ai.server.time_per_output_token",
            "s",
            "the mean gap between the tokens of a stream",
            &[histogram(
                Points::of(&digest.times.per_token, seconds, None),
                &PER_TOKEN,
            )],
        ),
        requests(report, &clock),
    ];
    json!({ "resourceMetrics": [{
        "resource": { "attributes": [
            attribute("service.name", "apimon"),
            attribute("service.version", &info.tool_version),
            attribute("apimon.scenario", &info.scenario),
            attribute("apimon.origin", match info.origin {
                Origin::Measured => "measured",
                Origin::Simulated => "simulated",
            }),
        ]},
        "scopeMetrics": [{
            "scope": { "name": "apimon.report", "version": info.tool_version },
            "metrics": metrics,
        }],
    }]})
}

/// Samples with what one unit of them is in the unit of the metric.
struct Points {
    values: Vec<(f64, u64)>,
    sum: f64,
    count: u64,
    kind: Option<&'static str>,
}

impl Points {
    fn of<const BITS: u32>(sketch: &Sketch<BITS>, unit: f64, kind: Option<&'static str>) -> Points {
        let count = sketch.samples();
        Points {
            values: sketch
                .buckets()
                .map(|(value, count)| (value as f64 / unit, count))
                .collect(),
            sum: sketch.mean().unwrap_or(0.0) * count as f64 / unit,
            count,
            kind,
        }
    }
}

/// Begin and end of the run in nanoseconds since 1970, as the format wants them: as text.
struct Clock {
    start: String,
    end: String,
}

impl Clock {
    fn of(info: &RunInfo) -> Clock {
        let start = info.started.parse::<jiff::Timestamp>();
        let start = start.map_or(0, jiff::Timestamp::as_nanosecond);
        let length = i128::from(info.duration_us.unwrap_or(0)) * 1_000;
        Clock {
            start: start.to_string(),
            end: (start + length).to_string(),
        }
    }

    fn histogram(&self, points: &Points, bounds: &[f64], info: &RunInfo) -> Value {
        let mut counts = vec![0_u64; bounds.len() + 1];
        for (value, count) in &points.values {
            let place = bounds.partition_point(|bound| bound < value);
            counts[place] += count;
        }
        let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
        let mut attributes = gen_ai(info);
        attributes.extend(points.kind.map(|kind| attribute("gen_ai.token.type", kind)));
        json!({
            "startTimeUnixNano": self.start,
            "timeUnixNano": self.end,
            "count": points.count.to_string(),
            "sum": points.sum,
            "bucketCounts": counts,
            "explicitBounds": bounds,
            "attributes": attributes,
        })
    }
}

fn gen_ai(info: &RunInfo) -> Vec<Value> {
    vec![
        attribute("gen_ai.operation.name", "chat"),
        attribute("gen_ai.provider.name", "azure.ai.openai"),
        attribute("gen_ai.request.model", &info.target.model),
    ]
}

fn metric(name: &str, unit: &str, description: &str, points: &[Value]) -> Value {
    json!({
        "name": name,
        "unit": unit,
        "description": description,
        "histogram": { "aggregationTemporality": CUMULATIVE, "dataPoints": points },
    })
}

/// Requests by subscription and outcome; the conventions have no name for that.
fn requests(report: &Report<'_>, clock: &Clock) -> Value {
    let mut points = Vec::new();
    for group in &report.summary.subscriptions {
        for outcome in super::outcome::OUTCOMES {
            let mut attributes = gen_ai(report.info);
            attributes.push(attribute("apimon.subscription", &group.name));
            attributes.push(attribute(
                "apimon.outcome",
                super::openmetrics::word(outcome),
            ));
            points.push(json!({
                "startTimeUnixNano": clock.start,
                "timeUnixNano": clock.end,
                "asInt": group.counts.by_outcome(outcome).to_string(),
                "attributes": attributes,
            }));
        }
    }
    json!({
        "name": "apimon.client.requests",
        "unit": "{request}",
        "description": "requests by subscription and outcome, retries included",
        "sum": { "aggregationTemporality": CUMULATIVE, "isMonotonic": true, "dataPoints": points },
    })
}

fn attribute(key: &str, text: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": text } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn a_run_in_the_words_of_opentelemetry() {
        let run = fixtures::streaming();
        let text = serde_json::to_string_pretty(&otlp(&Report::of(&run))).unwrap();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn every_sample_is_in_one_bucket() {
        let run = fixtures::long_tail();
        let body = otlp(&Report::of(&run));
        let metrics = &body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
        for metric in metrics.as_array().unwrap() {
            for point in metric["histogram"]["dataPoints"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
                let counts = point["bucketCounts"].as_array().unwrap();
                assert_eq!(
                    counts.iter().map(number).sum::<u64>(),
                    number(&point["count"])
                );
                let bounds = point["explicitBounds"].as_array().unwrap().len();
                assert_eq!(counts.len(), bounds + 1);
            }
        }
    }
}
