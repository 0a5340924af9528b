use std::sync::Arc;

use super::AzureError;
use super::cloud::Cloud;
use super::sign_in::Tokens;
use super::transport::{Answer, Request, Transport};

/// How often a request goes out with a token that Azure calls expired or wrong.
const SIGNED_ATTEMPTS: u32 = 4;

/// A cloud, and who we are there: adds the credential to requests, and to none that leaves the
/// cloud.
#[derive(Debug)]
pub(crate) struct Session {
    transport: Arc<Transport>,
    cloud: Cloud,
    tokens: Tokens,
}

impl Session {
    pub(crate) fn new(transport: Arc<Transport>, cloud: Cloud, tokens: Tokens) -> Session {
        Session {
            transport,
            cloud,
            tokens,
        }
    }

    pub(crate) fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Gets the token that all calls of Azure Resource Manager need, so that a command that cannot
    /// sign in says so before it does anything else.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(crate) async fn sign_in(&self) -> Result<(), AzureError> {
        self.tokens.token(&self.cloud.arm_scope).await?;
        Ok(())
    }

    /// Sends a request of Azure Resource Manager.
    ///
    /// # Errors
    ///
    /// As [`Session::send`].
    pub(crate) async fn arm(&self, request: Request) -> Result<Answer, AzureError> {
        self.send(request, &self.cloud.arm_scope).await
    }

    /// Sends a request with a token for `scope`; any status is an answer.
    ///
    /// # Errors
    ///
    /// When the URL is none of this cloud's, when nothing signs in, and as [`Transport::send`].
    pub(crate) async fn send(&self, request: Request, scope: &str) -> Result<Answer, AzureError> {
        if !self.cloud.owns(&request.url) {
            return Err(AzureError::ForeignHost {
                host: request.url.host_str().unwrap_or("").to_owned(),
            });
        }
        let mut attempt = 1;
        loop {
            let token = self.tokens.token(scope).await?;
            let signed = request.clone().bearer(&token)?;
            let answer = self.transport.send(&signed).await?;
            if answer.status != 401 || attempt >= SIGNED_ATTEMPTS {
                return Ok(answer);
            }
            // The token was taken back, or a clock is wrong: another one may do.
            self.tokens.forget(scope, &token).await?;
            attempt += 1;
        }
    }
}
