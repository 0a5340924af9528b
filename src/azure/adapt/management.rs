use std::error::Error as _;
use std::sync::Arc;

use azure_core::time::OffsetDateTime;
use azure_core_021::auth::{AccessToken, TokenCredential};
use azure_core_021::error::{Error, ErrorKind};
use azure_core_021::headers::{HeaderName, HeaderValue, Headers};
use azure_core_021::{Body, BytesStream, HttpClient, Request as CoreRequest, Response, StatusCode};
use reqwest::header::AUTHORIZATION;

use super::super::transport::{Answer, Request};
use crate::azure::session::Session;
use crate::azure::{AzureError, Refusal};

/// Requests of the management crates over our session, which signs them itself: their own pager
/// would take the credential to whatever host an answer names.
#[derive(Debug)]
pub(crate) struct ManagementPipe {
    session: Arc<Session>,
}

impl ManagementPipe {
    pub(crate) fn new(session: Arc<Session>) -> ManagementPipe {
        ManagementPipe { session }
    }

    async fn send(&self, request: &CoreRequest) -> Result<Answer, AzureError> {
        let method = reqwest::Method::from_bytes(request.method().to_string().as_bytes());
        let method = method.map_err(|error| AzureError::Client(error.to_string()))?;
        let mut sent = Request::new(method, request.url().clone());
        if asks_only(request.url().path()) {
            sent = sent.repeatable();
        }
        for (name, value) in request.headers().iter() {
            let name = reqwest::header::HeaderName::from_bytes(name.as_str().as_bytes());
            let name = name.map_err(|error| AzureError::Header {
                name: error.to_string(),
            })?;
            if name != AUTHORIZATION {
                sent = sent.header(name, value.as_str())?;
            }
        }
        sent.body = match request.body() {
            Body::Bytes(bytes) if bytes.is_empty() => None,
            Body::Bytes(bytes) => Some(bytes.clone()),
            Body::SeekableStream(_) => {
                return Err(AzureError::Client(
                    "a management request has no stream".to_owned(),
                ));
            }
        };
        let operation = sent.operation();
        self.session.arm(sent).await?.success(&operation)
    }
}

/// `listSecrets`, `listValue`, `checkNameAvailability`: POSTs that change nothing.
fn asks_only(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    last.starts_with("list") || last.starts_with("check")
}

#[async_trait::async_trait]
impl HttpClient for ManagementPipe {
    async fn execute_request(&self, request: &CoreRequest) -> azure_core_021::Result<Response> {
        let answer = self.send(request).await.map_err(wrapped)?;
        let mut headers = Headers::new();
        for (name, value) in &answer.headers {
            if let Ok(value) = value.to_str() {
                let name = HeaderName::from(name.as_str().to_owned());
                headers.insert(name, HeaderValue::from(value.to_owned()));
            }
        }
        let status = StatusCode::try_from(answer.status).unwrap_or(StatusCode::InternalServerError);
        Ok(Response::new(
            status,
            headers,
            Box::pin(BytesStream::new(answer.body)),
        ))
    }
}

/// The crates look at the status of an error, for a 404 say.
fn wrapped(error: AzureError) -> Error {
    let kind = match error.refusal() {
        Some(Refusal { status, error, .. }) => ErrorKind::http_response(
            StatusCode::try_from(*status).unwrap_or(StatusCode::InternalServerError),
            Some(error.code.clone()),
        ),
        None => ErrorKind::Io,
    };
    Error::new(kind, error)
}

/// Our error, as it went into the crates' own.
pub(crate) fn error_of(operation: &str, error: Error) -> AzureError {
    let error = match error.into_downcast::<AzureError>() {
        Ok(own) => return own,
        Err(error) => error,
    };
    let mut problem = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        problem = format!("{problem}: {inner}");
        source = inner.source();
    }
    AzureError::Answer {
        operation: operation.to_owned(),
        problem,
    }
}

/// What the crates are told instead of a credential: the session has the real one.
#[derive(Debug)]
pub(crate) struct NoCredential;

#[async_trait::async_trait]
impl TokenCredential for NoCredential {
    async fn get_token(&self, _scopes: &[&str]) -> azure_core_021::Result<AccessToken> {
        let ends = OffsetDateTime::now_utc() + azure_core::time::Duration::hours(1);
        Ok(AccessToken::new("none".to_owned(), ends))
    }

    async fn clear_cache(&self) -> azure_core_021::Result<()> {
        Ok(())
    }
}
