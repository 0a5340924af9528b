use std::fmt::Write as _;
use std::sync::Arc;

use reqwest::header::IF_MATCH;
use reqwest::{Method, Url};
use serde_json::Value;

use super::LongRunning;
use crate::azure::AzureError;
use crate::azure::cloud::joined;
use crate::azure::session::Session;
use crate::azure::transport::{Answer, Request};

/// Pages of one list; Azure has none that long, and a list that names itself as its next page
/// would not end.
const MOST_PAGES: usize = 1_000;

/// Azure Resource Manager, as far as this program uses it. Paths are below the endpoint, such as
/// `/subscriptions/ID/resourcegroups/NAME`; whoever makes them encodes names with [`segment`].
#[derive(Debug, Clone)]
pub(crate) struct ArmClient {
    session: Arc<Session>,
}

impl ArmClient {
    pub(crate) fn new(session: Arc<Session>) -> ArmClient {
        ArmClient { session }
    }

    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The URL of a path; `query` comes after the version.
    ///
    /// # Errors
    ///
    /// When the path makes no URL.
    pub(crate) fn url(
        &self,
        path: &str,
        version: &str,
        query: &[(&str, &str)],
    ) -> Result<Url, AzureError> {
        let mut url = joined(&self.session.cloud().arm, path)?;
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("api-version", version);
        for (name, value) in query {
            pairs.append_pair(name, value);
        }
        drop(pairs);
        Ok(url)
    }

    /// # Errors
    ///
    /// As all calls: when Azure refuses, is silent, or makes no sense.
    pub(crate) async fn get(&self, path: &str, version: &str) -> Result<Value, AzureError> {
        let request = Request::new(Method::GET, self.url(path, version, &[])?);
        self.value(request).await
    }

    /// A resource that need not be there.
    ///
    /// # Errors
    ///
    /// As [`ArmClient::get`], but for 404.
    pub(crate) async fn find(
        &self,
        path: &str,
        version: &str,
    ) -> Result<Option<Value>, AzureError> {
        match self.get(path, version).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// True when something is there, without reading it.
    ///
    /// # Errors
    ///
    /// As [`ArmClient::get`], but for 404.
    pub(crate) async fn exists(&self, path: &str, version: &str) -> Result<bool, AzureError> {
        let request = Request::new(Method::HEAD, self.url(path, version, &[])?);
        let operation = request.operation();
        let answer = self.session.arm(request).await?;
        if answer.status == 404 {
            return Ok(false);
        }
        answer.success(&operation).map(|_| true)
    }

    /// # Errors
    ///
    /// As [`ArmClient::get`].
    pub(crate) async fn put(
        &self,
        path: &str,
        version: &str,
        body: &Value,
    ) -> Result<LongRunning, AzureError> {
        let request = Request::new(Method::PUT, self.url(path, version, &[])?).json(body);
        self.begin(request).await
    }

    /// As [`ArmClient::put`], but only while `etag` is the one that is there.
    ///
    /// # Errors
    ///
    /// As [`ArmClient::get`]; 412 when it has changed.
    pub(crate) async fn put_if(
        &self,
        path: &str,
        version: &str,
        body: &Value,
        etag: Option<&str>,
    ) -> Result<LongRunning, AzureError> {
        let mut request = Request::new(Method::PUT, self.url(path, version, &[])?).json(body);
        if let Some(etag) = etag {
            request = request.header(IF_MATCH, etag)?;
        }
        self.begin(request).await
    }

    /// Deletes; what is not there is deleted already.
    ///
    /// # Errors
    ///
    /// As [`ArmClient::get`], but for 404.
    pub(crate) async fn delete(
        &self,
        path: &str,
        version: &str,
        query: &[(&str, &str)],
    ) -> Result<LongRunning, AzureError> {
        let request = Request::new(Method::DELETE, self.url(path, version, query)?);
        let mut answer = self.session.arm(request.clone()).await?;
        if answer.status == 404 {
            answer = Answer {
                status: 204,
                body: bytes::Bytes::new(),
                headers: answer.headers,
            };
        }
        self.begun(&request, answer)
    }

    /// A POST that changes something: it is not sent again when it may have arrived.
    ///
    /// # Errors
    ///
    /// As [`ArmClient::get`].
    pub(crate) async fn post(
        &self,
        path: &str,
        version: &str,
        body: Option<&Value>,
    ) -> Result<LongRunning, AzureError> {
        let request = Request::new(Method::POST, self.url(path, version, &[])?);
        self.begin(with(request, body)).await
    }

    /// A POST that only asks, or that does the same when it is done twice.
    ///
    /// # Errors
    ///
    /// As [`ArmClient::get`].
    pub(crate) async fn ask(
        &self,
        path: &str,
        version: &str,
        body: Option<&Value>,
    ) -> Result<LongRunning, AzureError> {
        let request = Request::new(Method::POST, self.url(path, version, &[])?).repeatable();
        self.begin(with(request, body)).await
    }

    /// All pages of a list.
    ///
    /// # Errors
    ///
    /// As [`ArmClient::get`], and when a next page is on a host that no credential belongs to.
    pub(crate) async fn list(
        &self,
        path: &str,
        version: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<Value>, AzureError> {
        let mut next = Some(self.url(path, version, query)?);
        let mut found = Vec::new();
        let mut pages = 0;
        while let Some(url) = next {
            pages += 1;
            let request = Request::new(Method::GET, url);
            let operation = request.operation();
            let unending = |problem: &str| AzureError::Answer {
                operation: operation.clone(),
                problem: problem.to_owned(),
            };
            if pages > MOST_PAGES {
                return Err(unending("the list does not end"));
            }
            let mut page = self.value(request).await?;
            let Value::Array(values) = page["value"].take() else {
                return Err(unending("it holds no list `value`"));
            };
            found.extend(values);
            let link = page["nextLink"].as_str().filter(|link| !link.is_empty());
            let link =
                link.map(|link| Url::parse(link).map_err(|_| unending("`nextLink` is not a URL")));
            next = link.transpose()?;
        }
        Ok(found)
    }

    async fn value(&self, request: Request) -> Result<Value, AzureError> {
        let operation = request.operation();
        let answer = self.session.arm(request).await?.success(&operation)?;
        answer.json(&operation)
    }

    async fn begin(&self, request: Request) -> Result<LongRunning, AzureError> {
        let answer = self.session.arm(request.clone()).await?;
        self.begun(&request, answer)
    }

    fn begun(&self, request: &Request, answer: Answer) -> Result<LongRunning, AzureError> {
        let answer = answer.success(&request.operation())?;
        LongRunning::begun(
            request,
            &answer,
            self.session.transport().pace().timestamp(),
        )
    }
}

fn with(request: Request, body: Option<&Value>) -> Request {
    match body {
        Some(body) => request.json(body),
        None => request,
    }
}

/// A name as one segment of a path.
pub(crate) fn segment(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~()".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _never_fails = write!(text, "%{byte:02X}");
        }
    }
    text
}
