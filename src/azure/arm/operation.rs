//! Operations that go on after their answer. Azure tells by `Azure-AsyncOperation`, by `Location`
//! or by the resource's own `provisioningState`; all three are followed, with its Retry-After.
//! Source: Azure's guidelines of long-running operations.

use std::time::Duration;

use reqwest::{Method, Url};
use serde_json::Value;

use super::ArmClient;
use crate::azure::transport::{Answer, Request, retry_after};
use crate::azure::{AzureError, Refusal};

/// Wait before the first look when Azure does not say; it grows from there.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// An operation under way, or ended.
#[derive(Debug)]
pub(crate) struct LongRunning {
    /// Method and path of the request that began it.
    operation: String,
    is_delete: bool,
    follow: Follow,
    /// What Azure asked for in its last answer.
    asked: Option<Duration>,
    looks: u32,
}

#[derive(Debug)]
enum Follow {
    Ended(Value),
    /// Ask the status, and afterwards the result.
    Status {
        at: Url,
        result: Option<Url>,
    },
    /// Ask until the answer is not 202; it is the result.
    Location {
        at: Url,
    },
    /// Ask the resource itself.
    Resource {
        at: Url,
    },
}

/// What a look at an operation tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Progress {
    Running,
    /// The resource or result; `null` where there is none.
    Ended(Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Succeeded,
    Failed,
}

impl LongRunning {
    /// Follows what a successful answer to `request` began.
    ///
    /// # Errors
    ///
    /// When the answer already tells of a failure, or names a place that is none.
    pub(crate) fn begun(
        request: &Request,
        answer: &Answer,
        now: jiff::Timestamp,
    ) -> Result<LongRunning, AzureError> {
        let operation = request.operation();
        let writes = request.method == Method::PUT || request.method == Method::PATCH;
        let place = |name| place(answer, name, &request.url, &operation);
        let (status, location) = (place("azure-asyncoperation")?, place("location")?);
        let follow = match (status, location) {
            (Some(at), _) if writes => Follow::Status {
                at,
                result: Some(request.url.clone()),
            },
            (Some(at), _) if request.method == Method::DELETE => {
                Follow::Status { at, result: None }
            }
            (Some(at), result) => Follow::Status { at, result },
            (None, Some(at)) if answer.status == 202 => Follow::Location { at },
            _ => {
                let body = answer.json(&operation)?;
                match state(&body["properties"]["provisioningState"]) {
                    Some(State::Running) if writes => Follow::Resource {
                        at: request.url.clone(),
                    },
                    Some(State::Failed) if writes => {
                        return Err(Refusal::of_report(&operation, answer, &body).into());
                    }
                    _ => Follow::Ended(body),
                }
            }
        };
        Ok(LongRunning {
            is_delete: request.method == Method::DELETE,
            follow,
            asked: retry_after(answer, now),
            looks: 0,
            operation,
        })
    }

    /// Joins an operation that somebody began: looks at the resource until it has settled.
    pub(crate) fn joined(resource: Url) -> LongRunning {
        LongRunning {
            operation: format!("GET {}", resource.path()),
            is_delete: false,
            follow: Follow::Resource { at: resource },
            asked: Some(Duration::ZERO),
            looks: 0,
        }
    }

    /// How long to wait before the next look.
    pub(crate) fn wait(&self) -> Duration {
        self.asked.unwrap_or_else(|| {
            let doubled = 2_u32.saturating_pow(self.looks.min(16));
            FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT)
        })
    }

    /// Looks once.
    ///
    /// # Errors
    ///
    /// When the operation failed, with Azure's own error; when Azure cannot be asked.
    pub(crate) async fn look(&mut self, client: &ArmClient) -> Result<Progress, AzureError> {
        let at = match &self.follow {
            Follow::Ended(value) => return Ok(Progress::Ended(value.clone())),
            Follow::Status { at, .. } | Follow::Location { at } | Follow::Resource { at } => {
                at.clone()
            }
        };
        let request = Request::new(Method::GET, at);
        let answer = client.session().arm(request.clone()).await?;
        self.looks += 1;
        self.asked = retry_after(&answer, client.session().transport().pace().timestamp());
        if answer.status == 404 && self.is_delete {
            return Ok(self.end(Value::Null));
        }
        let answer = answer.success(&request.operation())?;
        let body = answer.json(&request.operation())?;
        let told = match self.follow {
            Follow::Resource { .. } => state(&body["properties"]["provisioningState"]),
            _ => state(&body["status"]).or_else(|| state(&body["properties"]["provisioningState"])),
        };
        match told.unwrap_or(if answer.status == 202 {
            State::Running
        } else {
            State::Succeeded
        }) {
            State::Failed => Err(Refusal::of_report(&self.operation, &answer, &body).into()),
            State::Running => {
                self.moved(&request, &answer)?;
                Ok(Progress::Running)
            }
            State::Succeeded => self.result(client, body).await,
        }
    }

    /// Services move the place to ask while they work.
    fn moved(&mut self, request: &Request, answer: &Answer) -> Result<(), AzureError> {
        let place = |name| place(answer, name, &request.url, &self.operation);
        match &mut self.follow {
            Follow::Status { at, .. } => {
                if let Some(next) = place("azure-asyncoperation")? {
                    *at = next;
                }
            }
            Follow::Location { at } => {
                if let Some(next) = place("location")? {
                    *at = next;
                }
            }
            Follow::Ended(_) | Follow::Resource { .. } => {}
        }
        Ok(())
    }

    async fn result(&mut self, client: &ArmClient, report: Value) -> Result<Progress, AzureError> {
        let Follow::Status { result, .. } = &self.follow else {
            return Ok(self.end(report));
        };
        let Some(at) = result.clone() else {
            return Ok(self.end(report));
        };
        let request = Request::new(Method::GET, at);
        let operation = request.operation();
        let answer = client.session().arm(request).await?.success(&operation)?;
        let body = answer.json(&operation)?;
        Ok(self.end(body))
    }

    fn end(&mut self, value: Value) -> Progress {
        self.follow = Follow::Ended(value.clone());
        Progress::Ended(value)
    }

    /// Waits for the end.
    ///
    /// # Errors
    ///
    /// As [`LongRunning::look`], and when it takes longer than `limit`.
    pub(crate) async fn ended(
        mut self,
        client: &ArmClient,
        limit: Duration,
    ) -> Result<Value, AzureError> {
        let pace = client.session().transport().pace();
        let started = pace.now();
        loop {
            if let Follow::Ended(value) = self.follow {
                return Ok(value);
            }
            let wait = self.wait();
            let waited = pace.now().since(started);
            if waited.saturating_add(wait) > limit {
                return Err(AzureError::Unfinished {
                    operation: self.operation,
                    waited,
                });
            }
            pace.pause(wait).await;
            self.look(client).await?;
        }
    }
}

/// A header that names where to ask next.
fn place(
    answer: &Answer,
    name: &str,
    base: &Url,
    operation: &str,
) -> Result<Option<Url>, AzureError> {
    let Some(text) = answer.header(name) else {
        return Ok(None);
    };
    let url = base.join(text).map_err(|error| AzureError::Answer {
        operation: operation.to_owned(),
        problem: format!("`{name}` is not a URL: {error}"),
    })?;
    Ok(Some(url))
}

fn state(value: &Value) -> Option<State> {
    let text = value.as_str()?;
    let is = |name: &str| text.eq_ignore_ascii_case(name);
    Some(if is("succeeded") {
        State::Succeeded
    } else if is("failed") || is("canceled") || is("cancelled") {
        State::Failed
    } else {
        State::Running
    })
}
