use std::path::PathBuf;
use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{
    AccessToken, Secret as Revealed, TokenCredential, TokenRequestOptions,
};
use azure_core::http::{ClientOptions, RetryOptions, Transport as Pipe};
use azure_core::time::{Duration as Span, OffsetDateTime};
use azure_identity::{
    AzureCliCredential, AzureDeveloperCliCredential, AzurePipelinesCredential,
    AzurePipelinesCredentialOptions, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, DeveloperToolsCredential,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
    WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::github::GithubAssertion;
use super::{Method, SignInError};
use crate::azure::adapt::{IdentityPipe, STAND_IN};
use crate::azure::cloud::Cloud;
use crate::azure::transport::Transport;
use crate::base::Secret;

/// How long a token is believed of which nobody says when it ends.
const STATIC_LIFE: Span = Span::minutes(50);

/// The credential of a method; nothing is asked yet.
pub(super) fn build(
    method: &Method,
    cloud: &Cloud,
    transport: &Arc<Transport>,
) -> Result<Arc<dyn TokenCredential>, SignInError> {
    made(method, cloud, transport).map_err(|error| SignInError::Refused {
        method: method.to_string(),
        cause: error.to_string(),
    })
}

fn made(
    method: &Method,
    cloud: &Cloud,
    transport: &Arc<Transport>,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let client_options = options(cloud, transport);
    Ok(match method {
        Method::ServicePrincipal {
            tenant,
            client,
            secret,
        } => ClientSecretCredential::new(
            tenant,
            client.clone(),
            Revealed::new(secret.reveal().to_owned()),
            Some(ClientSecretCredentialOptions { client_options }),
        )?,
        Method::WorkloadIdentity {
            tenant,
            client,
            file,
        } => {
            let options = WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options },
                client_id: Some(client.clone()),
                tenant_id: Some(tenant.clone()),
                token_file_path: Some(PathBuf::from(file)),
            };
            WorkloadIdentityCredential::new(Some(options))?
        }
        Method::GithubOidc {
            tenant,
            client,
            url,
            token,
        } => ClientAssertionCredential::new(
            tenant.clone(),
            client.clone(),
            GithubAssertion::new(url, token, transport),
            Some(ClientAssertionCredentialOptions { client_options }),
        )?,
        Method::AzurePipelines {
            tenant,
            client,
            connection,
            token,
        } => {
            let options = AzurePipelinesCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options },
            };
            let token = Revealed::new(token.reveal().to_owned());
            AzurePipelinesCredential::new(
                tenant.clone(),
                client.clone(),
                connection,
                token,
                Some(options),
            )?
        }
        Method::ManagedIdentity { client } => {
            let options = ManagedIdentityCredentialOptions {
                user_assigned_id: client.clone().map(UserAssignedId::ClientId),
                client_options,
            };
            ManagedIdentityCredential::new(Some(options))?
        }
        Method::AzureCli => AzureCliCredential::new(None)?,
        Method::Azd => AzureDeveloperCliCredential::new(None)?,
        Method::DeveloperTools => DeveloperToolsCredential::new(None)?,
        Method::Static { token } => Arc::new(StaticToken(token.clone())),
    })
}

/// Our transport, which sends again by itself, and the cloud's authority.
fn options(cloud: &Cloud, transport: &Arc<Transport>) -> ClientOptions {
    let authority = cloud.authority.as_str().trim_end_matches('/');
    let mut custom = CustomConfiguration::default();
    // The crate accepts TLS only, which a cloud on this machine need not speak.
    let host = if cloud.authority.scheme() == "https" {
        authority
    } else {
        STAND_IN
    };
    host.clone_into(&mut custom.authority_host);
    ClientOptions {
        transport: Some(Pipe::new(Arc::new(IdentityPipe::new(
            Arc::clone(transport),
            cloud.authority.clone(),
        )))),
        retry: RetryOptions::none(),
        cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
        ..ClientOptions::default()
    }
}

#[derive(Debug)]
struct StaticToken(Secret);

#[async_trait::async_trait]
impl TokenCredential for StaticToken {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let ends = OffsetDateTime::now_utc() + STATIC_LIFE;
        Ok(AccessToken::new(
            Revealed::new(self.0.reveal().to_owned()),
            ends,
        ))
    }
}
