//! Questions sent, answers brought back. A source that refuses leaves the others as they are.

use reqwest::Method;
use serde_json::{Value, json};

use crate::azure::{ArmClient, AzureError, Request};
use crate::usage::{AnswerError, LogQuestion, Metrics, MetricsQuestion, Rows, Topic};

pub(super) async fn metrics(
    client: &ArmClient,
    questions: Vec<MetricsQuestion>,
) -> Vec<(Topic, Result<Metrics, AnswerError>)> {
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        let topic = question.topic;
        let answer = one_metric(client, &question).await;
        answers.push((topic, decoded(answer, Metrics::decode)));
    }
    answers
}

pub(super) async fn logs(
    client: &ArmClient,
    questions: Vec<LogQuestion>,
) -> Vec<(Topic, Result<Rows, AnswerError>)> {
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        let topic = question.topic;
        let answer = one_log(client, &question).await;
        answers.push((topic, decoded(answer, Rows::decode)));
    }
    answers
}

/// A refusal is an answer too: in which words is for whoever decodes it.
fn decoded<T>(
    answer: Result<Value, AzureError>,
    decode: impl FnOnce(&Value) -> Result<T, AnswerError>,
) -> Result<T, AnswerError> {
    match answer {
        Ok(body) => decode(&body),
        Err(error) => Err(told(&error)),
    }
}

fn told(error: &AzureError) -> AnswerError {
    let Some(refusal) = error.refusal() else {
        return AnswerError::Silent(error.to_string());
    };
    let inner = refusal.innermost();
    let message = match refusal.status {
        401 | 403 => format!("{} (the credential may not read it)", inner.message),
        429 | 529 => format!("{} (asked too often)", inner.message),
        _ => inner.message.clone(),
    };
    let code = if inner.code.is_empty() {
        refusal.status.to_string()
    } else {
        inner.code.clone()
    };
    AnswerError::Refused { code, message }
}

async fn one_metric(client: &ArmClient, question: &MetricsQuestion) -> Result<Value, AzureError> {
    let version = question
        .parameters
        .iter()
        .find(|(name, _)| *name == "api-version");
    let version = version.map_or("", |(_, value)| value.as_str());
    let query: Vec<(&str, &str)> = question
        .parameters
        .iter()
        .filter(|(name, _)| *name != "api-version")
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let request = Request::new(Method::GET, client.url(&question.path, version, &query)?);
    let operation = request.operation();
    let answer = client.session().arm(request).await?;
    answer.success(&operation)?.json(&operation)
}

async fn one_log(client: &ArmClient, question: &LogQuestion) -> Result<Value, AzureError> {
    let session = client.session();
    let cloud = session.cloud();
    let mut url = cloud.logs.clone();
    url.set_path(&format!(
        "{}v1/workspaces/{}/query",
        cloud.logs.path(),
        question.workspace
    ));
    let body = json!({ "query": question.query, "timespan": question.timespan });
    // A query changes nothing: it may be sent again.
    let request = Request::new(Method::POST, url).json(&body).repeatable();
    let operation = request.operation();
    let answer = session.send(request, &cloud.logs_scope).await?;
    answer.success(&operation)?.json(&operation)
}
