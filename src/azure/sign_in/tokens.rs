use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use tokio::sync::Mutex;

use super::credential::build;
use super::{Chosen, Method, SignInError};
use crate::azure::cloud::Cloud;
use crate::azure::transport::Transport;
use crate::base::Secret;

/// A token is replaced this long before it ends, so that none ends on its way.
const MARGIN_SECONDS: i64 = 300;

/// Tokens of one credential, a single one for each scope and all who ask.
pub(crate) struct Tokens {
    method: Method,
    cloud: Cloud,
    transport: Arc<Transport>,
    held: Mutex<Held>,
}

struct Held {
    credential: Arc<dyn TokenCredential>,
    by_scope: BTreeMap<String, Token>,
}

struct Token {
    secret: Secret,
    /// Unix time, seconds.
    ends: i64,
}

impl Tokens {
    /// Nothing is asked before the first token is needed.
    ///
    /// # Errors
    ///
    /// When the credential is not one: a tenant that is no name, say.
    pub(crate) fn new(
        chosen: &Chosen,
        cloud: &Cloud,
        transport: &Arc<Transport>,
    ) -> Result<Tokens, SignInError> {
        let held = Held {
            credential: build(&chosen.method, cloud, transport)?,
            by_scope: BTreeMap::new(),
        };
        Ok(Tokens {
            method: chosen.method.clone(),
            cloud: cloud.clone(),
            transport: Arc::clone(transport),
            held: Mutex::new(held),
        })
    }

    /// A token for a scope such as `https://management.azure.com/.default`.
    ///
    /// # Errors
    ///
    /// When the credential is refused, or nothing signs in.
    pub(crate) async fn token(&self, scope: &str) -> Result<Secret, SignInError> {
        // Held while asking, so that those who come meanwhile wait for the same token.
        let mut held = self.held.lock().await;
        let now = self.transport.pace().timestamp().as_second();
        if let Some(token) = held.by_scope.get(scope)
            && token.ends - MARGIN_SECONDS > now
        {
            return Ok(token.secret.clone());
        }
        let token = held.credential.get_token(&[scope], None).await;
        let token = token.map_err(|error| self.refused(&error))?;
        let secret = Secret::new(token.token.secret());
        let ends = token.expires_on.unix_timestamp();
        let kept = Token {
            secret: secret.clone(),
            ends,
        };
        held.by_scope.insert(scope.to_owned(), kept);
        Ok(secret)
    }

    /// Forgets a token that was refused. Those who hold a newer one keep it.
    ///
    /// # Errors
    ///
    /// When the credential cannot be made again.
    pub(crate) async fn forget(&self, scope: &str, refused: &Secret) -> Result<(), SignInError> {
        let mut held = self.held.lock().await;
        if held
            .by_scope
            .get(scope)
            .is_some_and(|token| token.secret == *refused)
        {
            held.by_scope.remove(scope);
            // The crate has a cache of its own, which nothing else empties.
            held.credential = build(&self.method, &self.cloud, &self.transport)?;
        }
        Ok(())
    }

    fn refused(&self, error: &azure_core::Error) -> SignInError {
        let mut cause = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            let said = inner.to_string();
            if !said.is_empty() && !cause.contains(&said) {
                cause = format!("{cause}: {said}");
            }
            source = inner.source();
        }
        let cause = cause.replace('\n', " ");
        if self.method == Method::DeveloperTools {
            return SignInError::Nothing { cause };
        }
        SignInError::Refused {
            method: self.method.to_string(),
            cause,
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens by {}", self.method)
    }
}
