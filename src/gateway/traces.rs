//! Traces on request: who asks for one, and where it is read (gateway specification, section 6).
//!
//! Both ways of API Management are taken: `Apim-Debug-Authorization` with a token, and the older
//! `Ocp-Apim-Trace: true`. The gateway listens on loopback only, so any token will do.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::policy::message::Headers;

/// Traces that are kept; older ones are forgotten.
const KEPT: usize = 100;

/// Below this path traces are read, by their ids.
const PATH: &str = "/.apimon/traces/";

/// How a caller asked for a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Token,
    Legacy,
}

impl Wish {
    /// Takes the wish out of the headers: the backend is not told.
    pub(super) fn take(headers: &mut Headers) -> Option<Wish> {
        let named = |name: &str| headers.first(name).map(str::trim).map(str::to_owned);
        let token = named("Apim-Debug-Authorization").is_some_and(|token| !token.is_empty());
        let legacy = named("Ocp-Apim-Trace").is_some_and(|on| on.eq_ignore_ascii_case("true"));
        headers.remove("Apim-Debug-Authorization");
        headers.remove("Ocp-Apim-Trace");
        match (token, legacy) {
            (true, _) => Some(Wish::Token),
            (false, true) => Some(Wish::Legacy),
            (false, false) => None,
        }
    }
}

/// The last traces, by id.
#[derive(Debug, Default)]
pub(super) struct Traces(Mutex<VecDeque<(String, String)>>);

impl Traces {
    /// Keeps a trace and says in the answer where it is.
    pub(super) fn keep(&self, wish: Wish, trace: &Value, host: &str, headers: &mut Headers) {
        let Some(id) = trace["traceId"].as_str() else {
            return;
        };
        headers.set("Apim-Trace-Id", id);
        if wish == Wish::Legacy {
            headers.set(
                "Ocp-Apim-Trace-Location",
                format!("http://{host}{PATH}{id}"),
            );
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back((id.to_owned(), format!("{trace:#}")));
    }

    /// What a request of this path reads, with its status; `None` for every other request.
    pub(super) fn read(&self, path: &str) -> Option<(u16, String)> {
        let id = path.strip_prefix(PATH)?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(known, _)| known == id);
        let missing = || {
            (
                404,
                r#"{ "statusCode": 404, "message": "Trace not found" }"#.to_owned(),
            )
        };
        Some(found.map_or_else(missing, |(_, text)| (200, text.clone())))
    }
}
