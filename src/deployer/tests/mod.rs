//! Against the local Azure, in this process: the same code and the same wire as against Azure.

mod flow;
mod hardship;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{Ending, GroupFacts, Job, Wish, begin, follow};
use crate::azure::{
    ArmClient, AzureError, Chosen, Cloud, GroupId, Method, Pace, RetryPolicy, Session, Tokens,
    Transport,
};
use crate::base::{Secret, Seed};
use crate::emulator::{Options, Running, SUBSCRIPTION, TENANT, start};
use crate::plane::Faults;
use crate::provision::{Board, digest_of};

/// The local Azure of one test.
fn local(provisioning: Duration, faults: Option<Faults>) -> Running {
    start(&Options {
        provisioning,
        retry_after: 0,
        faults,
        ..Options::default()
    })
    .unwrap()
}

fn transport(seed: u64, attempts: u32) -> Arc<Transport> {
    let policy = RetryPolicy {
        attempts,
        ..RetryPolicy::default()
    };
    let transport = Transport::new(policy, Pace::skipping(), &Seed::new(seed), None);
    Arc::new(transport.unwrap())
}

/// A client of `url` that waits for nothing.
async fn client(url: &str, seed: u64, attempts: u32) -> ArmClient {
    // Finding the cloud is not what is tried here.
    let patient = transport(seed, 30);
    let cloud = Cloud::discovered(&patient, url).await.unwrap();
    let chosen = Chosen {
        method: Method::ServicePrincipal {
            tenant: TENANT.to_owned(),
            client: "apimon".to_owned(),
            secret: Secret::new("local"),
        },
        why: String::new(),
        passed_over: Vec::new(),
    };
    let transport = transport(seed, attempts);
    let tokens = Tokens::new(&chosen, &cloud, &transport).unwrap();
    ArmClient::new(Arc::new(Session::new(transport, cloud, tokens)))
}

fn job(parameters: &Value) -> Job {
    let compiled = crate::bicep::compile(crate::bicep::STOCK_TEMPLATE, &crate::bicep::Stock);
    let parameters: Map<String, Value> = parameters.as_object().unwrap().clone();
    let template = compiled.unwrap().template;
    Job {
        group: GroupId {
            subscription: SUBSCRIPTION.to_owned(),
            name: "rg-test".to_owned(),
        },
        location: "swedencentral".to_owned(),
        name: "apimon".to_owned(),
        digest: digest_of(&template, &parameters),
        template,
        parameters,
    }
}

/// Nobody interrupts as long as the sender is held.
fn quiet() -> (Sender<Wish>, Receiver<Wish>) {
    channel(1)
}

/// Group, deployment, end.
async fn deploy(client: &ArmClient, job: &Job, board: &mut Board) -> Result<Ending, AzureError> {
    let facts = GroupFacts::read(client, &job.group).await?;
    if facts.group.is_none() {
        client
            .put_group(&job.group, &job.location, &json!({}))
            .await?;
    }
    begin(client, job).await?;
    let (_nobody, mut wishes) = quiet();
    follow(client, job, board, &mut wishes, &mut |_, _, _| {}).await
}
