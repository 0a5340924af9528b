//! The file of a fault plan.

use std::time::Duration;

use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;

use super::plan::{Fault, Faults, Rule};
use crate::base::{Diagnostic, Source};
use crate::yaml::{
    Checks, Choice, Field, Findings, Format, Mistake, Percent, Placed, Prose, Time, Whole,
};

/// Faults that the local Azure makes on purpose.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Faults", extend("patternProperties" = { "^x-": { "description": "a place for YAML anchors" } }))]
struct WireFaults {
    /// The number that every random choice comes from; default 1.
    seed: Field<Whole<0, { u64::MAX }>>,
    /// What may happen; the first rule that strikes a request counts.
    #[schemars(required)]
    rules: Option<Placed<Vec<Placed<WireRule>>>>,
}

impl crate::yaml::Document for WireFaults {
    const WHAT: &'static str = "fault plan";
}

/// One kind of fault, and the requests that it may strike.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "FaultRule")]
struct WireRule {
    /// What happens.
    #[schemars(required)]
    fault: Field<Kind>,
    /// Requests that it may strike, such as `PUT */deployments/*`; default all.
    route: Field<Route>,
    /// How likely it strikes each of them; default 100%.
    probability: Field<Percent>,
    /// How often it strikes at most; default without end.
    times: Field<Whole<1, 1_000_000>>,
    /// Status of `error`; default 503.
    status: Field<Whole<400, 599>>,
    /// What `Retry-After` says, in `throttle` (default 1s) and `error` (default none).
    retry_after: Field<Time>,
    /// How much longer `slow-operation` takes; default 2s.
    by: Field<Time>,
    /// Azure's code in `error` and `fail-operation`.
    code: Field<Prose>,
    /// The sentence that goes with it.
    message: Field<Prose>,
}

/// Faults by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Throttle,
    Error,
    ExpiredToken,
    Drop,
    DropAfter,
    SlowOperation,
    FailOperation,
}

impl Choice for Kind {
    const WHAT: &'static str = "a fault";
    const ALL: &'static [Kind] = &[
        Kind::Throttle,
        Kind::Error,
        Kind::ExpiredToken,
        Kind::Drop,
        Kind::DropAfter,
        Kind::SlowOperation,
        Kind::FailOperation,
    ];

    fn word(self) -> &'static str {
        match self {
            Kind::Throttle => "throttle",
            Kind::Error => "error",
            Kind::ExpiredToken => "expired-token",
            Kind::Drop => "drop",
            Kind::DropAfter => "drop-after",
            Kind::SlowOperation => "slow-operation",
            Kind::FailOperation => "fail-operation",
        }
    }
}

/// A method, a path with `*` for any text, or both.
struct Route;

impl Format for Route {
    /// Method in capitals (empty for any), and path in small letters.
    type Value = (String, String);

    fn parse(text: &str) -> Result<(String, String), Mistake> {
        let hint = "write it like `PUT */deployments/*`, `DELETE` or `*/policies/policy`";
        let (method, path) = match text.trim().split_once(' ') {
            Some((method, path)) => (method, path.trim()),
            None if text.contains(['/', '*']) => ("", text.trim()),
            None => (text.trim(), "*"),
        };
        let method = method.trim_matches('*').to_uppercase();
        let known = ["", "GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"];
        if !known.contains(&method.as_str()) {
            return Err(Mistake::new(
                format!("`{method}` is not a method of HTTP"),
                hint,
            ));
        }
        if !path.starts_with(['/', '*']) {
            return Err(Mistake::new(format!("`{path}` is not a path"), hint));
        }
        Ok((method, path.to_lowercase()))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["PUT */deployments/*", "DELETE"] })
    }
}

/// JSON Schema of a fault plan.
pub(crate) fn schema() -> String {
    crate::yaml::schema::<WireFaults>()
}

/// # Errors
///
/// Everything that is wrong with the file.
pub(crate) fn read(source: &Source) -> Result<Faults, Vec<Diagnostic>> {
    let wire: WireFaults = crate::yaml::read(source)?;
    let mut check = Check(Findings::new(source));
    let seed = check.or(wire.seed, || 1);
    let whole = crate::base::Span::new(0, 0);
    let rules = check.present(wire.rules, whole, "a fault plan", "rules");
    let rules = rules.map_or_else(Vec::new, |rules| rules.value);
    let rules: Vec<Option<Rule>> = rules.into_iter().map(|rule| check.rule(rule)).collect();
    let faults = seed.map(|seed| Faults::new(seed, rules.into_iter().flatten().collect()));
    check
        .0
        .outcome(faults.ok_or("what is not there was reported"))
}

struct Check(Findings);

impl Checks for Check {
    fn findings(&mut self) -> &mut Findings {
        &mut self.0
    }
}

impl Check {
    fn rule(&mut self, rule: Placed<WireRule>) -> Option<Rule> {
        let Placed { value: wire, span } = rule;
        let kind = self.required(wire.fault, span, "a rule", "fault");
        let route = self.or(wire.route, || (String::new(), "*".to_owned()));
        let probability = self.or(wire.probability, || 1.0);
        let times = self.optional(wire.times.as_ref());
        let status = self.or(wire.status, || 503);
        let retry_after = self.optional(wire.retry_after.as_ref());
        let by = self.or(wire.by, || Duration::from_secs(2));
        let code = self.optional(wire.code.as_ref());
        let message = self.optional(wire.message.as_ref());
        let (method, path) = route?;
        let (code, message, retry_after) = (code?, message?, retry_after?);
        let status = u16::try_from(status?).unwrap_or(503);
        let fault = kind?.fault(status, retry_after, by?, code, message);
        Some(Rule {
            method,
            path,
            probability: probability?,
            times: times?,
            fault,
        })
    }
}

impl Kind {
    fn fault(
        self,
        status: u16,
        retry_after: Option<Duration>,
        by: Duration,
        code: Option<String>,
        message: Option<String>,
    ) -> Fault {
        let answer = |status: u16, usual: &str, sentence: &str, retry_after| Fault::Answer {
            status,
            code: code.clone().unwrap_or_else(|| usual.to_owned()),
            message: message.clone().unwrap_or_else(|| sentence.to_owned()),
            retry_after,
        };
        match self {
            Kind::Throttle => answer(
                429,
                "SubscriptionRequestsThrottled",
                "Number of requests for the subscription exceeded the limit. Please try again later.",
                Some(retry_after.unwrap_or(Duration::from_secs(1))),
            ),
            Kind::Error => answer(
                status,
                if status == 503 {
                    "ServiceUnavailable"
                } else {
                    "InternalServerError"
                },
                "The server encountered an internal error. Please retry the request.",
                retry_after,
            ),
            Kind::ExpiredToken => answer(
                401,
                "ExpiredAuthenticationToken",
                "The access token expiry UTC time is earlier than current UTC time.",
                None,
            ),
            Kind::Drop => Fault::Drop { done: false },
            Kind::DropAfter => Fault::Drop { done: true },
            Kind::SlowOperation => Fault::Slow(by),
            Kind::FailOperation => Fault::Fail {
                code: code.unwrap_or_else(|| "InternalServerError".to_owned()),
                message: message.unwrap_or_else(|| {
                    "The operation failed on purpose, as the fault plan says.".to_owned()
                }),
            },
        }
    }
}
