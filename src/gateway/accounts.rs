//! Azure OpenAI accounts behind a gateway: every host is an account, every path names one of its
//! model deployments.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bytes::Bytes;

use super::backend::{Reply, ReplyBody, ask_model};
use super::outbound::on_this_machine;
use super::remote::RemoteBackend;
use crate::base::Moment;
use crate::clock::Clock;
use crate::engine::{BackendFailure, Forward};
use crate::model::ModelSettings;

/// Model deployments by host and name, both in small letters. Clones share what they know.
#[derive(Debug, Default, Clone)]
pub(crate) struct Accounts {
    hosts: Arc<RwLock<BTreeMap<String, BTreeMap<String, ModelSettings>>>>,
    /// Servers on this machine that policies and backends name, by scheme and authority.
    servers: Arc<Mutex<BTreeMap<String, Arc<RemoteBackend>>>>,
}

impl Accounts {
    pub(crate) fn replace(&self, hosts: BTreeMap<String, BTreeMap<String, ModelSettings>>) {
        *self.hosts.write().unwrap_or_else(PoisonError::into_inner) = hosts;
    }

    pub(super) async fn call(
        &self,
        clock: &Clock,
        asked: Moment,
        forward: &Forward,
    ) -> Result<Reply, BackendFailure> {
        let host = forward.url.host.to_lowercase();
        if on_this_machine(&host) {
            return self.server(forward)?.call(forward).await;
        }
        match self.find(&host, forward) {
            Found::Model(settings) => ask_model(&settings, clock, asked, forward).await,
            Found::NoDeployment => Ok(no_deployment()),
            Found::NoAccount => Err(BackendFailure::Forbidden),
        }
    }

    fn find(&self, host: &str, forward: &Forward) -> Found {
        let hosts = self.hosts.read().unwrap_or_else(PoisonError::into_inner);
        let Some(account) = hosts.get(host) else {
            return Found::NoAccount;
        };
        let name = deployment(forward).unwrap_or_default().to_lowercase();
        match account.get(&name) {
            Some(settings) => Found::Model(settings.clone()),
            None => Found::NoDeployment,
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
    NoDeployment,
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

fn no_deployment() -> Reply {
    let body = r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again."}}"#;
    Reply {
        status: 404,
        headers: [("Content-Type", "application/json")].into_iter().collect(),
        body: ReplyBody::Whole(Bytes::from_static(body.as_bytes())),
    }
}
