//! Answers to requests that policies send on their own: what a file says for a URL, the model for
//! its own host, and no connection for everybody else.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;

use super::file::Step;
use super::play::{self, Rules};
use crate::base::{Moment, format_duration, parse_duration};
use crate::engine::{BackendAnswer, BackendBody, BackendFailure, Forward, MODEL_HOST, Outcome};

pub(super) type Answers = BTreeMap<String, Answer>;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    latency: Option<String>,
    /// `refused`, `reset` or `timeout`.
    #[serde(default)]
    fault: Option<String>,
}

fn ok() -> u16 {
    200
}

pub(super) fn ask(
    step: &Step,
    rules: &Rules<'_>,
    now: Moment,
    call: &Forward,
) -> (Moment, Outcome) {
    let url = call.url.to_string();
    let url = url.split('?').next().unwrap_or_default();
    if let Some(answer) = step.answers.get(url).or_else(|| rules.answers.get(url)) {
        return answer.outcome(now, call);
    }
    if call.url.host != MODEL_HOST {
        return (now, Err(BackendFailure::Forbidden));
    }
    let (after, outcome, _) = play::ask(step, rules, now, call);
    (now + after, outcome)
}

impl Answer {
    fn outcome(&self, now: Moment, call: &Forward) -> (Moment, Outcome) {
        let after = self
            .latency
            .as_deref()
            .map(|text| parse_duration(text).unwrap());
        let after = after.unwrap_or(Duration::ZERO);
        match self.fault.as_deref() {
            Some("refused" | "reset") => return (now + after, Err(BackendFailure::Connection)),
            Some(fault) => assert_eq!(fault, "timeout"),
            None if after <= call.timeout => {
                let answer = BackendAnswer {
                    status: self.status,
                    headers: self.headers.clone().into_iter().collect(),
                    body: BackendBody::Whole(Bytes::from(self.body.clone())),
                };
                return (now + after, Ok(answer));
            }
            None => {}
        }
        (now + call.timeout, Err(BackendFailure::Timeout))
    }
}

/// `GET https://a.example/x at 2s [body]`
pub(super) fn line(call: &Forward, after: Duration) -> String {
    let at = if after.is_zero() {
        String::new()
    } else {
        format!(" at {}", format_duration(after))
    };
    let body = call.body.as_deref().map_or_else(String::new, |body| {
        format!(" [{}]", String::from_utf8_lossy(body))
    });
    format!("{} {}{at}{body}", call.method, call.url)
}
