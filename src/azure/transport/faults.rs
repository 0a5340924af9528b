//! What goes wrong between us and Azure, for tests: drawn by a seed, around every attempt.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::json;

use super::send::Broken;
use super::{Answer, Request};
use crate::base::Seed;

#[derive(Debug)]
pub(crate) struct Faults {
    seed: Mutex<Seed>,
    /// Of attempts, from 0 to 1.
    share: f64,
}

impl Faults {
    pub(crate) fn new(seed: u64, share: f64) -> Faults {
        Faults {
            seed: Mutex::new(Seed::new(seed).derive("faults")),
            share,
        }
    }

    pub(super) async fn around(
        &self,
        request: &Request,
        exchange: impl Future<Output = Result<Answer, Broken>>,
    ) -> Result<Answer, Broken> {
        let kind = {
            let mut seed = self.seed.lock().unwrap();
            if seed.unit() >= self.share {
                None
            } else {
                Some(seed.below(6))
            }
        };
        let broken = |sent| Broken {
            sent,
            cause: "a planned fault".to_owned(),
        };
        match kind {
            None => exchange.await,
            Some(0) => Err(broken(false)),
            // It arrived, and its answer did not.
            Some(1) => exchange.await.and_then(|_| Err(broken(true))),
            Some(2) => Ok(answer(429, "TooManyRequests", Some(7))),
            Some(3) => Ok(answer(503, "ServiceUnavailable", Some(2))),
            Some(4) => Ok(answer(500, "InternalServerError", None)),
            // Whoever has no token yet can have none that expired.
            Some(_) if !request.headers.contains_key(AUTHORIZATION) => Err(broken(false)),
            Some(_) => Ok(answer(401, "ExpiredAuthenticationToken", None)),
        }
    }
}

fn answer(status: u16, code: &str, retry_after: Option<u64>) -> Answer {
    let mut headers = HeaderMap::new();
    if let Some(seconds) = retry_after {
        let seconds = Duration::from_secs(seconds).as_secs().to_string();
        headers.insert("retry-after", HeaderValue::from_str(&seconds).unwrap());
    }
    let body = json!({ "error": { "code": code, "message": "a planned fault" } });
    Answer {
        status,
        headers,
        body: Bytes::from(body.to_string()),
    }
}
