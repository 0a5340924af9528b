//! One request that a gateway has finished, and the metrics that Azure counts of it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::series::{Owner, Series};

/// Everything that is known of a request when the last byte of its answer has gone. What does not
/// apply is absent, never zero.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// When the gateway received it.
    pub(crate) at: Timestamp,
    /// `context.RequestId`, a GUID.
    pub(crate) correlation: String,
    /// Name of the API Management service.
    pub(crate) service: Arc<str>,
    pub(crate) region: String,
    pub(crate) host: String,
    pub(crate) method: String,
    pub(crate) api: String,
    pub(crate) operation: String,
    pub(crate) product: Option<String>,
    pub(crate) subscription: Option<String>,
    pub(crate) caller: String,
    /// Of the answer that the caller got.
    pub(crate) status: u16,
    pub(crate) error: Option<ErrorPart>,
    /// Absent when the gateway answered by itself.
    pub(crate) backend: Option<BackendPart>,
    /// Until the last byte of the answer.
    pub(crate) took: Duration,
    /// Absent when no model answered.
    pub(crate) model: Option<ModelPart>,
    /// What `llm-emit-token-metric` and `emit-metric` sent.
    pub(crate) metrics: Vec<Emitted>,
}

/// `context.LastError`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorPart {
    pub(crate) source: String,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) section: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackendPart {
    /// Absent when there was no answer.
    pub(crate) status: Option<u16>,
    pub(crate) took: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelPart {
    /// Name of the Azure OpenAI account.
    pub(crate) account: Arc<str>,
    /// Name of the model deployment.
    pub(crate) deployment: String,
    /// `chat`, `embeddings`, `responses` or `other`.
    pub(crate) operation: &'static str,
    pub(crate) stream: bool,
    /// Of a stream: from the request until its first content.
    pub(crate) first_token: Option<Duration>,
    /// Prompt and completion tokens, reported or estimated as the gateway counts them.
    pub(crate) tokens: Option<(u64, u64)>,
}

/// One value sent to Application Insights.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Emitted {
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) dimensions: Arc<[(String, String)]>,
    pub(crate) amount: f64,
}

/// Platform metrics of API Management.
pub(super) const SERVICE: &str = "Microsoft.ApiManagement/service";
/// Platform metrics of Azure OpenAI.
pub(super) const ACCOUNT: &str = "Microsoft.CognitiveServices/accounts";

/// Why requests fail is a dimension of a fixed set in Azure: without an error it is `None`.
const NO_REASON: &str = "None";

impl Call {
    /// Every value that Azure Monitor counts of it.
    pub(super) fn points(&self) -> Vec<(Series, f64)> {
        let mut points = self.of_service();
        self.of_account(&mut points);
        for metric in &self.metrics {
            let series = Series {
                owner: Owner::Custom(Arc::clone(&self.service)),
                namespace: Arc::clone(&metric.namespace),
                metric: metric.name.clone(),
                dimensions: Arc::clone(&metric.dimensions),
            };
            points.push((series, metric.amount));
        }
        points
    }

    fn of_service(&self) -> Vec<(Series, f64)> {
        let status = self.status.to_string();
        let backend = self.backend.as_ref().and_then(|backend| backend.status);
        let backend = backend.map_or(String::new(), |status| status.to_string());
        let reason = self.error.as_ref().map_or(NO_REASON, |error| &error.reason);
        let place = [("Location", &*self.region), ("Hostname", &*self.host)];
        let counted = [
            ("LastErrorReason", reason),
            ("BackendResponseCode", &*backend),
            ("GatewayResponseCode", &*status),
            ("BackendResponseCodeCategory", &*category(&backend)),
            ("GatewayResponseCodeCategory", &*category(&status)),
            ("ApiId", &*self.api),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let of = |metric, dimensions: Vec<(&str, String)>| Series {
            owner: Owner::Service(Arc::clone(&self.service)),
            namespace: SERVICE.into(),
            metric: Cow::Borrowed(metric),
            dimensions: place
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .chain(
                    dimensions
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value)),
                )
                .collect(),
        };
        let api = || vec![("ApiId", self.api.clone())];
        let mut points = vec![
            (of("Requests", counted.into()), 1.0),
            (of("Duration", api()), milliseconds(self.took)),
        ];
        if let Some(backend) = &self.backend {
            points.push((of("BackendDuration", api()), milliseconds(backend.took)));
        }
        points
    }

    fn of_account(&self, points: &mut Vec<(Series, f64)>) {
        let Some(model) = &self.model else { return };
        let (api, operation) = match model.operation {
            "chat" => ("ChatCompletions", "ChatCompletions_Create"),
            "embeddings" => ("Embeddings", "Embeddings_Create"),
            "responses" => ("Responses", "Responses_Create"),
            _ => ("Other", "Other"),
        };
        let common = [
            ("ApiName", api),
            ("Region", &*self.region),
            ("ModelDeploymentName", &*model.deployment),
        ];
        let of = |metric, more: &[(&str, &str)]| Series {
            owner: Owner::Account(Arc::clone(&model.account)),
            namespace: ACCOUNT.into(),
            metric: Cow::Borrowed(metric),
            dimensions: common
                .iter()
                .chain(more)
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let stream = if model.stream {
            "Streaming"
        } else {
            "Non-Streaming"
        };
        let status = self.backend.as_ref().and_then(|backend| backend.status);
        let status = status.map_or(String::new(), |status| status.to_string());
        let asked = [
            ("OperationName", operation),
            ("StreamType", stream),
            ("StatusCode", &*status),
        ];
        points.push((of("AzureOpenAIRequests", &asked), 1.0));
        let took = self
            .backend
            .as_ref()
            .map_or(self.took, |backend| backend.took);
        points.push((of("AzureOpenAITTLTInMS", &asked), milliseconds(took)));
        if let Some(first) = model.first_token {
            points.push((of("AzureOpenAITimeToResponse", &asked), milliseconds(first)));
        }
        let Some((prompt, completion)) = model.tokens else {
            return;
        };
        points.push((of("ProcessedPromptTokens", &[]), prompt as f64));
        points.push((of("GeneratedTokens", &[]), completion as f64));
        points.push((of("TokenTransaction", &[]), (prompt + completion) as f64));
        // Generation begins with the first token; without one, nothing tells it from the wait.
        let generating = model.first_token.map(|first| took.saturating_sub(first));
        if let Some(span) = generating.filter(|span| !span.is_zero() && completion > 1) {
            let rate = (completion - 1) as f64 / span.as_secs_f64();
            points.push((of("AzureOpenAITokenPerSecond", &asked), rate));
        }
    }
}

pub(super) fn milliseconds(span: Duration) -> f64 {
    (span.as_secs_f64() * 1e6).round() / 1e3
}

/// `2xx` of `200`.
fn category(status: &str) -> String {
    status
        .chars()
        .next()
        .map_or(String::new(), |first| format!("{first}xx"))
}
