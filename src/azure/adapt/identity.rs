use std::collections::HashMap;
use std::sync::Arc;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, HttpClient, Request as CoreRequest};
use reqwest::Url;

use super::super::transport::{Answer, PlainHttp, Request, Transport};
use crate::azure::AzureError;

/// Stands for an authority that speaks no TLS, because it is on this machine.
pub(crate) const STAND_IN: &str = "https://authority.localhost";

/// Requests of `azure_identity` over our transport.
#[derive(Debug)]
pub(crate) struct IdentityPipe {
    transport: Arc<Transport>,
    authority: Url,
}

impl IdentityPipe {
    pub(crate) fn new(transport: Arc<Transport>, authority: Url) -> IdentityPipe {
        IdentityPipe {
            transport,
            authority,
        }
    }

    async fn send(&self, request: &CoreRequest) -> Result<Answer, AzureError> {
        let mut sent = Request::new(method_of(request)?, self.place(request.url())).repeatable();
        // Only requests for tokens come here, and they are for the machine's own identity endpoint
        // when they go without TLS.
        sent.plain = PlainHttp::LinkLocal;
        for (name, value) in request.headers().iter() {
            let name = reqwest::header::HeaderName::from_bytes(name.as_str().as_bytes());
            let name = name.map_err(|error| AzureError::Header {
                name: error.to_string(),
            })?;
            sent = sent.header(name, value.as_str())?;
        }
        sent.body = match request.body() {
            azure_core::http::Body::Bytes(bytes) if bytes.is_empty() => None,
            azure_core::http::Body::Bytes(bytes) => Some(bytes.clone()),
            azure_core::http::Body::SeekableStream(_) => {
                return Err(AzureError::Client(
                    "a request for a token has no stream".to_owned(),
                ));
            }
        };
        self.transport.send(&sent).await
    }

    /// Where a request really goes.
    fn place(&self, url: &Url) -> Url {
        if !url.as_str().starts_with(STAND_IN) {
            return url.clone();
        }
        let mut place = self.authority.clone();
        place.set_path(url.path());
        place.set_query(url.query());
        place
    }
}

#[async_trait::async_trait]
impl HttpClient for IdentityPipe {
    async fn execute_request(&self, request: &CoreRequest) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.send(request).await;
        let answer = answer.map_err(|error| Error::new(ErrorKind::Io, error))?;
        let headers: HashMap<HeaderName, HeaderValue> = answer
            .headers
            .iter()
            .filter_map(|(name, value)| {
                let value = HeaderValue::from(value.to_str().ok()?.to_owned());
                Some((HeaderName::from(name.as_str().to_owned()), value))
            })
            .collect();
        let headers = Headers::from(headers);
        Ok(AsyncRawResponse::from_bytes(
            answer.status.into(),
            headers,
            answer.body,
        ))
    }
}

fn method_of(request: &CoreRequest) -> Result<reqwest::Method, AzureError> {
    let name = request.method().to_string();
    reqwest::Method::from_bytes(name.to_ascii_uppercase().as_bytes())
        .map_err(|error| AzureError::Client(error.to_string()))
}
