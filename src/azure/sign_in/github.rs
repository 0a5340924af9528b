use std::sync::Arc;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use reqwest::Url;
use serde_json::Value;

use crate::azure::AzureError;
use crate::azure::transport::{Request, Transport};
use crate::base::Secret;

/// The audience that Entra ID expects in a token of another issuer.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The token of a GitHub Actions job that has `id-token: write`.
/// Source: GitHub's reference of OIDC.
#[derive(Debug)]
pub(super) struct GithubAssertion {
    url: String,
    token: Secret,
    transport: Arc<Transport>,
}

impl GithubAssertion {
    pub(super) fn new(url: &str, token: &Secret, transport: &Arc<Transport>) -> GithubAssertion {
        GithubAssertion {
            url: url.to_owned(),
            token: token.clone(),
            transport: Arc::clone(transport),
        }
    }

    async fn ask(&self) -> Result<String, AzureError> {
        // The address holds a query already, and says nothing to a reader.
        let mut url = Url::parse(&self.url).map_err(|error| AzureError::Url {
            text: "ACTIONS_ID_TOKEN_REQUEST_URL".to_owned(),
            problem: error.to_string(),
        })?;
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        let request = Request::new(reqwest::Method::GET, url).bearer(&self.token)?;
        let operation = request.operation();
        let answer = self.transport.send(&request).await?.success(&operation)?;
        let answer = answer.json(&operation)?;
        let token = answer.get("value").and_then(Value::as_str);
        token.map(str::to_owned).ok_or_else(|| AzureError::Answer {
            operation,
            problem: "it holds no `value`".to_owned(),
        })
    }
}

#[async_trait::async_trait]
impl ClientAssertion for GithubAssertion {
    async fn secret(
        &self,
        _options: Option<ClientMethodOptions<'_>>,
    ) -> azure_core::Result<String> {
        self.ask()
            .await
            .map_err(|error| Error::new(ErrorKind::Credential, error))
    }
}
