use std::time::Duration;

use serde_json::json;

use crate::arm::ArmError;
use crate::base::Seed;
use crate::plane::wire::{Refusal, Reply};

/// What happens to a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// An answer in the place of the one it would get; nothing is done.
    Answer {
        status: u16,
        code: String,
        message: String,
        retry_after: Option<Duration>,
    },
    /// The connection ends without an answer.
    Drop {
        /// What was asked for has been done.
        done: bool,
    },
    /// Operations that it begins take that much longer.
    Slow(Duration),
    /// Operations that it begins fail.
    Fail { code: String, message: String },
}

/// Requests that a fault may strike.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    /// In capitals; any when empty.
    pub(super) method: String,
    /// In small letters; `*` stands for any text.
    pub(super) path: String,
    pub(super) probability: f64,
    /// How often it strikes at most.
    pub(super) times: Option<u64>,
    pub(super) fault: Fault,
}

/// A plan of faults, and how far it got.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Faults {
    rules: Vec<(Rule, Seed, u64)>,
}

impl Faults {
    pub(super) fn new(seed: u64, rules: Vec<Rule>) -> Faults {
        let seed = Seed::new(seed);
        let rules = rules.into_iter().enumerate();
        // Every rule draws for itself: another rule does not shift its draws.
        let rules = rules.map(|(index, rule)| (rule, seed.derive(&format!("rule {index}")), 0));
        Faults {
            rules: rules.collect(),
        }
    }

    /// The fault of a request that has arrived, if it has one: that of the first rule that strikes.
    pub(crate) fn request(&mut self, method: &str, path: &str) -> Option<Fault> {
        self.strike(method, path, |_| true)
    }

    /// The fault of a step of a deployment.
    pub(in crate::plane) fn step(&mut self, resource: &str) -> Option<Fault> {
        self.strike("PUT", resource, |fault| {
            matches!(fault, Fault::Slow(_) | Fault::Fail { .. })
        })
    }

    fn strike(
        &mut self,
        method: &str,
        path: &str,
        counts: impl Fn(&Fault) -> bool,
    ) -> Option<Fault> {
        let path = path.to_lowercase();
        let mut struck = None;
        for (rule, seed, hits) in &mut self.rules {
            let fits = counts(&rule.fault)
                && (rule.method.is_empty() || rule.method == method)
                && matches(&rule.path, &path)
                && rule.times.is_none_or(|times| *hits < times);
            // Drawn even when another rule strikes, so that the rules stay apart.
            if fits && seed.unit() < rule.probability && struck.is_none() {
                *hits += 1;
                struck = Some(rule.fault.clone());
            }
        }
        struck
    }
}

impl Fault {
    /// What the caller gets at once, when the request goes no further.
    pub(crate) fn answer(&self) -> Option<Reply> {
        match self {
            Fault::Answer {
                status,
                code,
                message,
                retry_after,
            } => {
                let reply = Refusal::new(*status, code, message.as_str()).reply();
                Some(match retry_after {
                    // Whole seconds, and never less than what was asked for.
                    Some(wait) => reply.with("retry-after", wait.as_secs_f64().ceil().to_string()),
                    None => reply,
                })
            }
            Fault::Drop { .. } | Fault::Slow(_) | Fault::Fail { .. } => None,
        }
    }

    /// What a step of a deployment comes to: more time, or an error.
    pub(in crate::plane) fn delay(&self) -> Result<Duration, ArmError> {
        match self {
            Fault::Slow(more) => Ok(*more),
            Fault::Fail { code, message } => Err(ArmError::new(code, message.as_str())),
            Fault::Answer { .. } | Fault::Drop { .. } => Ok(Duration::ZERO),
        }
    }

    /// Why an operation fails, as `error` of an answer.
    pub(in crate::plane) fn error(&self) -> Option<serde_json::Value> {
        match self {
            Fault::Fail { code, message } => Some(json!({"code": code, "message": message})),
            _ => None,
        }
    }
}

/// Whether `*` in the pattern can stand for something so that it is the text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or("")) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
