//! `llm-content-safety`: prompts and completions go to an Azure AI Content Safety backend, and what
//! it finds harmful is refused.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::error::Raised;
use super::exchange::Exchange;
use super::execute::{Flow, truth};
use super::program::Location;
use super::send::{self, Outcome, Purpose};
use super::token_limit::Meter;
use super::usage::is_event_stream;
use crate::policy::context::Context;
use crate::policy::{ContentSafety, SectionName};

/// The service takes no longer text.
const MAX_CHARACTERS: usize = 10_000;
const API_VERSION: &str = "2024-09-01";
const TIMEOUT: Duration = Duration::from_mins(1);
/// More windows than any answer of a model needs.
const MAX_WINDOWS: usize = 200;
const BLOCKED: &str = "Request failed content safety check.";

/// A check that is under way.
#[derive(Debug)]
pub(super) struct Check {
    /// Categories with the severity from which on they are refused; `None` asks the prompt shield.
    limits: Option<Arc<Vec<(String, u64)>>>,
    /// Where in the completion the window begins, in characters; `None` for a prompt.
    start: Option<usize>,
}

/// A prompt whose completion is to be checked as well.
#[derive(Debug)]
pub(super) struct Enforced {
    policy: Arc<ContentSafety>,
    location: Location,
}

pub(super) fn run(
    exchange: &mut Exchange,
    policy: &Arc<ContentSafety>,
    location: &Location,
    meter: &Meter<'_>,
) -> Result<Flow, Raised> {
    if exchange.section == SectionName::Outbound {
        return completion(exchange, policy, location, meter);
    }
    if truth(&policy.enforce_on_completions, &mut exchange.context)? {
        exchange.enforced.push(Enforced {
            policy: Arc::clone(policy),
            location: location.clone(),
        });
    }
    let text = prompt(exchange.context.request.body.as_ref());
    if text.is_empty() {
        return Ok(Flow::Next);
    }
    if text.chars().count() > MAX_CHARACTERS {
        let message = format!("the prompt is longer than {MAX_CHARACTERS} characters");
        return Err(Raised::internal("ContentSafetyFailure", message));
    }
    let calls = calls(exchange, policy, meter, vec![(text, None)])?;
    Ok(send::ask(exchange, calls, location))
}

/// Checks that inbound asked for, once the backend has answered.
pub(super) fn enforce(
    exchange: &mut Exchange,
    meter: &Meter<'_>,
) -> Result<Option<Flow>, Box<(Raised, Location)>> {
    let Some(Enforced { policy, location }) = exchange.enforced.pop() else {
        return Ok(None);
    };
    match completion(exchange, &policy, &location, meter) {
        Ok(flow) => Ok(Some(flow)),
        Err(raised) => Err(Box::new((raised, location))),
    }
}

fn completion(
    exchange: &mut Exchange,
    policy: &ContentSafety,
    location: &Location,
    meter: &Meter<'_>,
) -> Result<Flow, Raised> {
    let window = number(&mut exchange.context, "window-size", &policy.window)?;
    let overlap = number(
        &mut exchange.context,
        "window-overlap-size",
        &policy.overlap,
    )?;
    if window == 0 || window > MAX_CHARACTERS || overlap >= window {
        let message = format!("windows of {window} characters with {overlap} shared cannot be");
        return Err(Raised::evaluation(message));
    }
    let Some(response) = exchange.context.response.as_ref() else {
        return Ok(Flow::Next);
    };
    let stream = is_event_stream(&response.headers);
    let text: Vec<char> = match &response.body {
        Some(body) if response.status == 200 && stream => {
            pieces(body).map(|(_, text)| text).collect::<String>()
        }
        Some(body) if response.status == 200 => answered(body),
        _ => String::new(),
    }
    .chars()
    .collect();
    let starts = (0..text.len()).step_by(window - overlap);
    let windows: Vec<_> = starts
        .map(|start| {
            let end = text.len().min(start + window);
            (text[start..end].iter().collect(), Some(start))
        })
        .collect();
    if windows.is_empty() {
        return Ok(Flow::Next);
    }
    if windows.len() > MAX_WINDOWS {
        let message = format!("the completion has more than {MAX_WINDOWS} windows");
        return Err(Raised::internal("ContentSafetyFailure", message));
    }
    let calls = calls(exchange, policy, meter, windows)?;
    Ok(send::ask(exchange, calls, location))
}

fn number(
    context: &mut Context,
    name: &str,
    template: &crate::policy::Template,
) -> Result<usize, Raised> {
    let text = template.text(context)?;
    let number = text.trim().parse();
    number.map_err(|_| Raised::evaluation(format!("{name} cannot be `{text}`")))
}

/// What to ask about each text, all at once.
fn calls(
    exchange: &mut Exchange,
    policy: &ContentSafety,
    meter: &Meter<'_>,
    windows: Vec<(String, Option<usize>)>,
) -> Result<Vec<(super::Forward, Purpose)>, Raised> {
    let context = &mut exchange.context;
    let backend = policy.backend.text(context)?;
    let shield = truth(&policy.shield_prompt, context)?;
    let output = policy.output_type.text(context)?;
    let mut limits = Vec::new();
    for (name, threshold) in &policy.categories {
        let text = threshold.text(context)?;
        let level = text.trim().parse().ok().filter(|level| *level <= 7);
        let level =
            level.ok_or_else(|| Raised::evaluation(format!("threshold cannot be `{text}`")))?;
        limits.push((name.text(context)?, level));
    }
    let mut blocklists = Vec::new();
    for list in &policy.blocklists {
        blocklists.push(list.text(context)?);
    }
    let limits = Arc::new(limits);
    let mut calls = Vec::new();
    for (text, start) in windows {
        // Attacks are what users write, so a completion is not asked about them.
        if shield && start.is_none() {
            let body = json!({ "userPrompt": text, "documents": [] });
            let check = Check {
                limits: None,
                start,
            };
            calls.push((
                call(meter, &backend, "text:shieldPrompt", &body)?,
                Purpose::Safety(check),
            ));
        }
        if !limits.is_empty() || !blocklists.is_empty() {
            let names: Vec<&String> = limits.iter().map(|(name, _)| name).collect();
            let body = json!({
                "text": text, "categories": names, "blocklistNames": blocklists,
                "haltOnBlocklistHit": false, "outputType": output,
            });
            let check = Check {
                limits: Some(Arc::clone(&limits)),
                start,
            };
            calls.push((
                call(meter, &backend, "text:analyze", &body)?,
                Purpose::Safety(check),
            ));
        }
    }
    Ok(calls)
}

fn call(
    meter: &Meter<'_>,
    backend: &str,
    operation: &str,
    body: &Value,
) -> Result<super::Forward, Raised> {
    let mut call = send::to_backend(meter.backends, backend, None, TIMEOUT)?;
    let base = call.url.path.trim_end_matches('/');
    let base = base.strip_suffix("/contentsafety").unwrap_or(base);
    call.url.path = format!("{base}/contentsafety/{operation}");
    call.url.query = format!("api-version={API_VERSION}");
    call.body = Some(Bytes::from(body.to_string()));
    Ok(call)
}

/// Reads what the service said of one text. An error of the service is one of the policy.
pub(super) fn received(
    exchange: &mut Exchange,
    check: &Check,
    outcome: Outcome,
) -> Result<(), Raised> {
    let failure = |what: String| Raised::internal("ContentSafetyFailure", what);
    let answer = outcome.map_err(|error| Raised {
        source: "llm-content-safety",
        ..Raised::backend(error)
    })?;
    if answer.status != 200 {
        return Err(failure(format!(
            "the content safety service answered with status {}",
            answer.status
        )));
    }
    let said: Value = send::body(&answer)
        .and_then(|body| serde_json::from_slice(body).ok())
        .ok_or_else(|| failure("the content safety service did not answer in JSON".to_owned()))?;
    if !harmful(&said, check) {
        return Ok(());
    }
    let response = exchange.context.response.as_mut();
    if let (Some(start), Some(response)) = (check.start, response)
        && is_event_stream(&response.headers)
    {
        // A stream simply stops before the window in which harm was found.
        if let Some(body) = &response.body {
            response.body = Some(cut(body, start));
        }
        return Ok(());
    }
    Err(Raised::refusal(
        403,
        "llm-content-safety",
        "ContentSafetyCheckFailed",
        BLOCKED,
    ))
}

fn harmful(said: &Value, check: &Check) -> bool {
    let Some(limits) = &check.limits else {
        return said["userPromptAnalysis"]["attackDetected"] == true;
    };
    let listed = said["blocklistsMatch"]
        .as_array()
        .is_some_and(|matches| !matches.is_empty());
    let found = said["categoriesAnalysis"].as_array();
    listed
        || found.into_iter().flatten().any(|found| {
            limits.iter().any(|(name, limit)| {
                found["category"] == name.as_str()
                    && found["severity"]
                        .as_u64()
                        .is_some_and(|level| level >= *limit)
            })
        })
}

/// All text of a request: messages, a prompt, or the input of the responses API.
fn prompt(body: Option<&Bytes>) -> String {
    let body: Option<Value> = body.and_then(|body| serde_json::from_slice(body).ok());
    let Some(body) = body else {
        return String::new();
    };
    let messages = body["messages"]
        .as_array()
        .or_else(|| body["input"].as_array());
    let texts = messages
        .into_iter()
        .flatten()
        .map(|message| content(&message["content"]));
    let plain = [content(&body["prompt"]), content(&body["input"])];
    let texts: Vec<String> = texts.chain(plain).filter(|text| !text.is_empty()).collect();
    texts.join("\n")
}

/// The text of a message: a string, or the text parts of a list.
pub(super) fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts
                .iter()
                .filter_map(|part| part["text"].as_str().or(part.as_str()));
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

fn answered(body: &Bytes) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let choices = body["choices"].as_array().into_iter().flatten();
    let texts = choices.map(|choice| match &choice["text"] {
        Value::String(text) => text.clone(),
        _ => content(&choice["message"]["content"]),
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// The events of a stream, each with the text that it adds.
fn pieces(body: &[u8]) -> impl Iterator<Item = (&str, String)> {
    let text = str::from_utf8(body).unwrap_or_default();
    text.split_inclusive("\n\n").map(|event| {
        let data = event.trim_start().strip_prefix("data:").unwrap_or_default();
        let chunk: Value = serde_json::from_str(data.trim()).unwrap_or_default();
        let choices = chunk["choices"].as_array().into_iter().flatten();
        let added = choices.map(|choice| content(&choice["delta"]["content"]));
        (event, added.collect())
    })
}

/// The events before the one with which the text grows beyond `characters`.
fn cut(body: &Bytes, characters: usize) -> Bytes {
    let (mut length, mut kept) = (0, String::new());
    for (event, added) in pieces(body) {
        length += added.chars().count();
        if length > characters {
            break;
        }
        kept.push_str(event);
    }
    Bytes::from(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_ends_before_the_text_that_is_too_much() {
        let event = |text: &str| {
            format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
        };
        let body = Bytes::from(event("ab") + &event("cd") + "data: [DONE]\n\n");
        let text = |characters| String::from_utf8(cut(&body, characters).to_vec()).unwrap();
        assert_eq!(text(0), "");
        assert_eq!(text(3), event("ab"));
        assert_eq!(text(4), event("ab") + &event("cd") + "data: [DONE]\n\n");
    }

    #[test]
    fn text_of_all_kinds_of_requests() {
        for (body, text) in [
            (
                r#"{"messages":[{"content":"a"},{"content":[{"type":"text","text":"b"},{"type":"image_url"}]}]}"#,
                "a\nb",
            ),
            (r#"{"prompt":["a","b"]}"#, "a\nb"),
            (r#"{"input":"a"}"#, "a"),
            ("no json", ""),
        ] {
            assert_eq!(
                prompt(Some(&Bytes::from_static(body.as_bytes()))),
                text,
                "{body}"
            );
        }
    }
}
