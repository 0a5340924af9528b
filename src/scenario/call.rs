use super::content::Content;
use super::model::{Scenario, Urls};
use super::plan::Arrival;
use super::request::Route;
use super::schedule::Schedule;

/// Version of the Azure OpenAI data plane that requests name, unless the scenario names another.
const API_VERSION: &str = "2024-10-21";

/// The first version with the responses API has another date.
const RESPONSES_VERSION: &str = "2025-04-01-preview";

/// One request as it goes over the wire, its key left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) path_and_query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Scenario {
    /// The request that an arrival makes. Its id is the same whenever and wherever the scenario
    /// is played, so the simulated model gives the same answer in every run.
    ///
    /// Its parts are there apart for who sends many: [`path_and_query`](Self::path_and_query),
    /// [`headers`](Self::headers), [`body`](Self::body). Path and body are the same for all
    /// arrivals of a group with an equal content that [repeats](Content::repeats); of the headers
    /// only the request id differs then.
    pub(crate) fn call(&self, arrival: &Arrival, attempt: u32) -> Call {
        let mut headers = vec![(REQUEST_ID.to_owned(), self.request_id(arrival, attempt))];
        headers.extend(self.headers(arrival));
        Call {
            path_and_query: self.path_and_query(arrival.caller, &arrival.content),
            headers,
            body: self.body(arrival),
        }
    }

    /// The value of [`REQUEST_ID`] for one try.
    pub(crate) fn request_id(&self, arrival: &Arrival, attempt: u32) -> String {
        format!("apimon-{}-{}-{attempt}", self.seed_number, arrival.number)
    }

    /// Headers that do not change from try to try.
    pub(crate) fn headers(&self, arrival: &Arrival) -> Vec<(String, String)> {
        let mut headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        let ordered = arrival.content.completion_tokens;
        if let Some(tokens) = ordered.filter(|_| self.orders_lengths) {
            let name = "x-simulate-completion-tokens".to_owned();
            headers.push((name, tokens.to_string()));
        }
        headers.extend(self.callers[arrival.caller].request.headers.iter().cloned());
        headers
    }

    pub(crate) fn path_and_query(&self, caller: usize, content: &Content) -> String {
        let route = self.callers[caller].request.route;
        let operation = match route {
            Route::ChatCompletions => "chat/completions",
            Route::Responses | Route::Embeddings => route.as_str(),
        };
        if self.urls == Urls::OpenAi {
            return format!("/v1/{operation}");
        }
        let default = match route {
            Route::Responses => RESPONSES_VERSION,
            Route::ChatCompletions | Route::Embeddings => API_VERSION,
        };
        let version = self.api_version.as_deref().unwrap_or(default);
        if route == Route::Responses {
            return format!("/openai/{operation}?api-version={version}");
        }
        let deployment = self.model_name(caller, content);
        format!("/openai/deployments/{deployment}/{operation}?api-version={version}")
    }

    /// The deployment that answers.
    pub(crate) fn model_name(&self, caller: usize, content: &Content) -> &str {
        let models = self.models(caller);
        models[content.model_index()]
    }

    /// The deployments that a group asks: its own first, then those of its trace.
    pub(super) fn models(&self, caller: usize) -> Vec<&str> {
        let caller = &self.callers[caller];
        let own = caller.request.deployment.as_ref();
        let mut models = vec![own.unwrap_or(&self.deployment).as_str()];
        if let Schedule::Trace(trace) = &caller.schedule {
            models.extend(trace.models.iter().map(String::as_str));
        }
        models
    }
}

/// Header with an id of our own making for every request.
pub(crate) const REQUEST_ID: &str = "x-ms-client-request-id";
