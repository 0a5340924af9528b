//! Azure OpenAI accounts behind a gateway: every host is an account, every path names one of its
//! model deployments.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bytes::Bytes;

use super::backend::{Reply, ReplyBody, ask_model};
use super::intake::Share;
use super::outbound::on_this_machine;
use super::remote::RemoteBackend;
use crate::base::Moment;
use crate::clock::Clock;
use crate::engine::{BackendFailure, Forward};
use crate::model::{Account, ModelSettings};

const NO_DEPLOYMENT: &str = "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.";
const WRONG_KEY: &str = "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.";
const NO_RIGHT: &str = "The principal lacks the required data action `Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action` to perform `POST /openai/deployments/{deployment-id}/chat/completions` operation.";

/// Accounts by host, in small letters. Clones share what they know.
#[derive(Debug, Default, Clone)]
pub(crate) struct Accounts {
    hosts: Arc<RwLock<BTreeMap<String, Account>>>,
    /// Servers on this machine that policies and backends name, by scheme and authority.
    servers: Arc<Mutex<BTreeMap<String, Arc<RemoteBackend>>>>,
}

impl Accounts {
    pub(crate) fn replace(&self, hosts: BTreeMap<String, Account>) {
        *self.hosts.write().unwrap_or_else(PoisonError::into_inner) = hosts;
    }

    /// Whether a host is one of the accounts.
    pub(super) fn know(&self, host: &str) -> bool {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        hosts.contains_key(&host.to_lowercase())
    }

    pub(super) async fn call(
        &self,
        clock: &Clock,
        asked: Moment,
        forward: &Forward,
        share: &mut Share,
    ) -> Result<Reply, BackendFailure> {
        let host = forward.url.host.to_lowercase();
        if on_this_machine(&host) {
            return self.server(forward)?.call(forward, share).await;
        }
        match self.find(&host, forward) {
            Found::Model(settings) => ask_model(&settings, clock, asked, forward).await,
            Found::Refused(reply) => Ok(reply),
            Found::NoAccount => Err(BackendFailure::Forbidden),
        }
    }

    fn find(&self, host: &str, forward: &Forward) -> Found {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        let Some(account) = hosts.get(host) else {
            return Found::NoAccount;
        };
        if let Some(refused) = refused(account, forward) {
            return Found::Refused(refused);
        }
        let name = deployment(forward).unwrap_or_default().to_lowercase();
        match account.models.get(&name) {
            Some(settings) => Found::Model(settings.clone()),
            None => Found::Refused(answer(404, "DeploymentNotFound", NO_DEPLOYMENT)),
        }
    }

    fn server(&self, forward: &Forward) -> Result<Arc<RemoteBackend>, BackendFailure> {
        let url = &forward.url;
        let base = format!("{}://{}:{}", url.scheme, url.host, url.port);
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = servers.get(&base) {
            return Ok(Arc::clone(known));
        }
        let made = RemoteBackend::new(&base, None).map_err(|_| BackendFailure::Connection)?;
        let made = Arc::new(made);
        servers.insert(base, Arc::clone(&made));
        Ok(made)
    }
}

enum Found {
    Model(ModelSettings),
    Refused(Reply),
    NoAccount,
}

/// The model deployment that a request asks: in its path, or as `model` of its body.
fn deployment(forward: &Forward) -> Option<String> {
    if let Some((_, rest)) = forward.url.path.split_once("/deployments/") {
        return rest.split('/').next().map(str::to_owned);
    }
    let body: serde_json::Value = serde_json::from_slice(forward.body.as_deref()?).ok()?;
    body["model"].as_str().map(str::to_owned)
}

/// The answer to who may not call the account.
fn refused(account: &Account, forward: &Forward) -> Option<Reply> {
    if let Some(key) = forward.headers.first("api-key") {
        let known = account.keys.iter().any(|known| known.reveal() == key);
        return (!known).then(|| answer(401, "401", WRONG_KEY));
    }
    let bearer = forward.headers.first("Authorization");
    let local = bearer.is_some_and(|text| text.starts_with("Bearer local-managed-identity."));
    match (local, account.trusted) {
        (true, true) => None,
        (true, false) => Some(answer(401, "PermissionDenied", NO_RIGHT)),
        (false, _) => Some(answer(401, "401", WRONG_KEY)),
    }
}

fn answer(status: u16, code: &str, message: &str) -> Reply {
    let body = serde_json::json!({"error": {"code": code, "message": message}});
    Reply {
        status,
        headers: [("Content-Type", "application/json")].into_iter().collect(),
        body: ReplyBody::Whole(Bytes::from(body.to_string())),
    }
}
