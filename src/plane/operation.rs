//! Long-running operations: what is under way, when it ends, and what its poller is told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::group;
use super::state::State;
use super::wire::{Ask, Refusal, Reply};

/// What happens at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Effect {
    /// The resource is ready.
    Provision,
    Delete,
    DeleteGroup,
    Nothing,
}

/// One operation that was begun by a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Operation {
    pub(super) id: String,
    /// The resource that it is about.
    pub(super) subject: String,
    pub(super) effect: Effect,
    pub(super) started: Timestamp,
    pub(super) ends: Timestamp,
    pub(super) ended: bool,
    /// Why it failed, as `error` of an answer.
    pub(super) error: Option<Value>,
    /// What it answers with, when that is not the resource.
    pub(super) answer: Option<Value>,
}

impl Operation {
    /// Does what is to be done at the end.
    pub(super) fn end(&mut self, now: Timestamp, state: &mut State) {
        self.ended = true;
        if self.error.is_some() {
            if self.effect != Effect::Nothing {
                state.provisioned(&self.subject, "Failed");
            }
            return;
        }
        match self.effect {
            Effect::Provision => state.provisioned(&self.subject, "Succeeded"),
            Effect::Delete => state.remove(now, &self.subject),
            Effect::DeleteGroup => group::remove(state, now, &self.subject),
            Effect::Nothing => {}
        }
    }

    fn status(&self) -> &'static str {
        match (self.ended, &self.error) {
            (false, _) => "InProgress",
            (true, None) => "Succeeded",
            (true, Some(_)) => "Failed",
        }
    }

    /// What `Azure-AsyncOperation` leads to.
    pub(super) fn poll_status(&self, path: &str, retry_after: u64) -> Reply {
        let mut body = json!({
            "id": path,
            "name": self.id,
            "status": self.status(),
            "startTime": self.started.to_string(),
        });
        if self.ended {
            body["endTime"] = json!(self.ends.to_string());
        }
        if let (true, Some(error)) = (self.ended, &self.error) {
            body["error"] = error.clone();
        }
        let reply = Reply::json(200, body);
        if self.ended {
            return reply;
        }
        reply.with("retry-after", retry_after.to_string())
    }

    /// What `Location` leads to: 202 without a body, then the outcome.
    pub(super) fn poll_result(&self, ask: &Ask, state: &State) -> Reply {
        if !self.ended {
            let here = format!("{}{}?{}", ask.base, ask.path, ask.query);
            return Reply::empty(202)
                .with("location", here)
                .with("retry-after", state.settings.retry_after.to_string());
        }
        if let Some(answer) = &self.answer {
            let failed = self.error.as_ref();
            let failed = failed.map(|error| json!({"status": "Failed", "error": error}));
            return Reply::json(200, failed.unwrap_or_else(|| answer.clone()));
        }
        if let Some(error) = &self.error {
            return Reply::json(409, json!({"error": error}));
        }
        match (self.effect, state.find(&self.subject)) {
            (Effect::Provision | Effect::Nothing, Some(entry)) => {
                Reply::json(200, entry.value.clone())
            }
            _ => Reply::empty(200),
        }
    }

    /// Paths of the operation: of its status and of its result.
    pub(super) fn paths(&self, state: &State) -> (String, String) {
        let subscription = &state.settings.subscription;
        if self.effect == Effect::DeleteGroup {
            let path = format!("/subscriptions/{subscription}/operationresults/{}", self.id);
            return (path.clone(), path);
        }
        let namespace = super::id::Target::of_id(&self.subject).map_or_else(
            || "Microsoft.Resources".to_owned(),
            |target| target.namespace,
        );
        let location = state
            .find(&self.subject)
            .and_then(|entry| super::catalog::region(entry.value["location"].as_str()?))
            .unwrap_or("westeurope");
        let head =
            format!("/subscriptions/{subscription}/providers/{namespace}/locations/{location}");
        (
            format!("{head}/operationStatuses/{}", self.id),
            format!("{head}/operationResults/{}", self.id),
        )
    }
}

/// 404 for an operation that is not known.
pub(super) fn unknown(id: &str) -> Refusal {
    let message = format!("The operation '{id}' was not found.");
    Refusal::new(404, "OperationNotFound", message)
}

/// The id in a path that polls an operation, and whether it asks for the result.
pub(super) fn polled(segments: &[String]) -> Option<(&str, bool)> {
    let at = segments.iter().position(|part| {
        ["operationstatuses", "operationresults", "asyncoperations"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(part))
    })?;
    let result = segments[at].eq_ignore_ascii_case("operationresults");
    Some((segments.get(at + 1)?, result))
}
