//! Requests, made once and sent often.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri, Version};

use super::run::LoadTest;
use crate::results::HeaderNames;
use crate::scenario::{Arrival, Content, REQUEST_ID};

/// Templates that are kept; a scenario with more contents than that makes some anew.
const KEPT: usize = 4_096;

/// What all requests of one group, subscription and content have in common.
struct Template {
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

/// Templates by caller, subscription and content.
pub(super) struct Requests {
    made: BTreeMap<(usize, usize, Content), Rc<Template>>,
    id_name: HeaderName,
}

/// A request cannot be made of what the scenario or the key file says.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error("the key of subscription `{0}` holds characters that a header cannot")]
    Key(String),
    #[error("header `{0}` cannot be sent")]
    Header(String),
    #[error("`{0}` is not the path of a URL")]
    Path(String),
}

impl Requests {
    pub(super) fn new() -> Requests {
        Requests {
            made: BTreeMap::new(),
            id_name: HeaderName::from_static(REQUEST_ID),
        }
    }

    /// The request of one try, and the length of its body.
    pub(super) fn request(
        &mut self,
        test: &LoadTest,
        arrival: &Arrival,
        attempt: u32,
    ) -> Result<(Request<Full<Bytes>>, u64), RequestError> {
        let key = (arrival.caller, arrival.subscription, arrival.content);
        let template = match self.made.get(&key) {
            Some(template) => Rc::clone(template),
            None => {
                let template = Rc::new(Template::new(test, arrival)?);
                if arrival.content.repeats() && self.made.len() < KEPT {
                    self.made.insert(key, Rc::clone(&template));
                }
                template
            }
        };
        let mut request = Request::new(Full::new(template.body.clone()));
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_11;
        *request.uri_mut() = template.uri.clone();
        *request.headers_mut() = template.headers.clone();
        let id = test.scenario.request_id(arrival, attempt);
        let id = HeaderValue::from_maybe_shared(Bytes::from(id));
        let id = id.map_err(|_| RequestError::Header(REQUEST_ID.to_owned()))?;
        request.headers_mut().insert(self.id_name.clone(), id);
        Ok((request, template.body.len() as u64))
    }
}

impl Template {
    fn new(test: &LoadTest, arrival: &Arrival) -> Result<Template, RequestError> {
        let scenario = &test.scenario;
        let endpoint = &test.endpoint;
        let path = scenario.path_and_query(arrival.caller, &arrival.content);
        let path = format!("{}{path}", endpoint.base_path);
        let uri = path.parse().map_err(|_| RequestError::Path(path))?;
        let mut headers = HeaderMap::new();
        let host = HeaderValue::try_from(endpoint.authority());
        headers.insert(
            HOST,
            host.map_err(|_| RequestError::Header("host".to_owned()))?,
        );
        let id = &scenario.subscriptions[arrival.subscription].id;
        let key = &test.keys[arrival.subscription];
        let mut key =
            HeaderValue::try_from(key.reveal()).map_err(|_| RequestError::Key(id.clone()))?;
        key.set_sensitive(true);
        headers.insert(header_name(&test.key_header)?, key);
        for (name, value) in &scenario.headers(arrival) {
            let value = HeaderValue::try_from(value.as_str());
            headers.insert(
                header_name(name)?,
                value.map_err(|_| RequestError::Header(name.clone()))?,
            );
        }
        Ok(Template {
            uri,
            headers,
            body: Bytes::from(scenario.body(arrival)),
        })
    }
}

fn header_name(name: &str) -> Result<HeaderName, RequestError> {
    HeaderName::try_from(name).map_err(|_| RequestError::Header(name.to_owned()))
}

/// The names under which a policy reports, ready to look them up.
pub(super) struct ReportNames {
    pub(super) retry_after: Option<HeaderName>,
    pub(super) remaining: Option<HeaderName>,
    pub(super) consumed: Option<HeaderName>,
    pub(super) reason: Option<HeaderName>,
}

impl ReportNames {
    /// A name that no header can have is one that no answer has.
    pub(super) fn new(names: &HeaderNames) -> ReportNames {
        let of = |name: &Option<String>| {
            let name = name.as_deref();
            name.and_then(|name| HeaderName::try_from(name).ok())
        };
        ReportNames {
            retry_after: HeaderName::try_from(names.retry_after.as_str()).ok(),
            remaining: of(&names.remaining),
            consumed: of(&names.consumed),
            reason: of(&names.reason),
        }
    }
}
