//! One real request through the gateway.

use std::fmt::Write as _;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::json;

use crate::azure::{Apim, AzureError, PolicyPlace, Request, ServiceInfo};
use crate::cli::azure::{Connection, of_azure, refused};
use crate::cli::failure::{Failure, Verdict};
use crate::cli::target::KEY_HEADER;
use crate::cli::terminal::{Terminal, variable};
use crate::settings::StateValue;

/// Version of the inference API unless `OPENAI_API_VERSION` says another.
const API_VERSION: &str = "2024-10-21";
/// Headers that a policy may have set, worth telling.
const TOLD: [&str; 7] = [
    "x-apim-remaining-tokens",
    "x-apim-consumed-tokens",
    "retry-after",
    "x-ratelimit-remaining-tokens",
    "remaining-tokens",
    "consumed-tokens",
    "x-ratelimit-remaining-requests",
];

/// Sends a chat completion of a few tokens. Throttled is an answer as well.
pub(super) async fn probe(
    terminal: &Terminal,
    connection: &Connection,
    apim: &Apim,
    service: &ServiceInfo,
    place: &PolicyPlace,
) -> Result<Verdict, Failure> {
    let request = request(connection, apim, service, place).await?;
    // As one caller would: an answer that says "later" is what we want to see.
    let answer = connection
        .client
        .session()
        .transport()
        .once(&request)
        .await
        .map_err(refused)?;
    let mut said = format!("probe: {} from {}", answer.status, request.url.path());
    for name in TOLD {
        if let Some(value) = answer.header(name) {
            let _never_fails = write!(said, ", {name}: {value}");
        }
    }
    terminal.note(&said);
    if answer.is_success() || answer.status == 429 {
        return Ok(Verdict::Done);
    }
    let text = String::from_utf8_lossy(&answer.body);
    let line = text.trim().lines().next().unwrap_or_default();
    terminal.complain(&format!(
        "the gateway answered: {}",
        line.chars().take(300).collect::<String>()
    ));
    Ok(Verdict::No)
}

async fn request(
    connection: &Connection,
    apim: &Apim,
    service: &ServiceInfo,
    place: &PolicyPlace,
) -> Result<Request, Failure> {
    let gateway = service.gateway_url.clone().ok_or_else(|| {
        Failure::remote(format!("service `{}` has no gateway URL yet", service.name))
    })?;
    let offered = apim.apis().await.map_err(refused)?;
    let wanted = match place {
        PolicyPlace::Api(id) | PolicyPlace::Operation { api: id, .. } => Some(id),
        _ => None,
    };
    let api = match wanted {
        Some(id) => offered.iter().find(|(known, _)| known == id),
        None => offered.first(),
    };
    let (_, path) =
        api.ok_or_else(|| Failure::input("the service has no API to send a request to"))?;
    let said = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let deployment =
        of_azure(&connection.target, StateValue::Output("deploymentName")).map(|(name, _)| name);
    let deployment = said("OPENAI_MODEL")
        .or(deployment)
        .unwrap_or_else(|| "gpt-4o-mini".to_owned());
    let version = said("OPENAI_API_VERSION").unwrap_or_else(|| API_VERSION.to_owned());
    let url = format!(
        "{}/{}/deployments/{}/chat/completions?api-version={version}",
        gateway.trim_end_matches('/'),
        path.trim_matches('/'),
        crate::azure::segment(&deployment)
    );
    let url = Url::parse(&url).map_err(|error| {
        refused(AzureError::Url {
            text: url.clone(),
            problem: error.to_string(),
        })
    })?;
    let body = json!({ "messages": [{ "role": "user", "content": "ping" }], "max_tokens": 5 });
    let mut request = Request::new(Method::POST, url).json(&body);
    let key = key(apim, place).await?;
    let mut value = HeaderValue::from_str(key.reveal()).map_err(|_| {
        refused(AzureError::Header {
            name: KEY_HEADER.to_owned(),
        })
    })?;
    value.set_sensitive(true);
    request
        .headers
        .insert(HeaderName::from_static(KEY_HEADER), value);
    Ok(request)
}

/// The key of the first active subscription, one of the place's own product before others.
async fn key(apim: &Apim, place: &PolicyPlace) -> Result<crate::base::Secret, Failure> {
    let subscriptions = apim.subscriptions().await.map_err(refused)?;
    let mut active: Vec<_> = subscriptions.iter().filter(|one| one.is_active).collect();
    let own = |scope: &str| matches!(place, PolicyPlace::Product(id) | PolicyPlace::Api(id) if id == scope);
    // The built-in one opens everything and is the last that anybody should call with.
    active.sort_by_key(|one| (one.id == "master", !own(&one.scope)));
    let first = active
        .first()
        .ok_or_else(|| Failure::input("the service has no active subscription to call with"))?;
    apim.key(&first.id).await.map_err(refused)
}
