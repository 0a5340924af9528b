//! Against the local Azure, in this process: the same code and the same wire as against Azure.

mod flow;
mod hardship;
mod proxy;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{Ending, GroupFacts, Job, Wish, begin, follow};
use crate::azure::{
    ArmClient, AzureError, Chosen, Cloud, GroupId, Method, Pace, Request, RetryPolicy, Session,
    Tokens, Transport,
};
use crate::base::{Secret, Seed};
use crate::emulator::{Options, Running, SUBSCRIPTION, start};
use crate::provision::{Board, digest_of};

/// The local Azure of one test.
fn local(provisioning: Duration) -> Running {
    start(&Options {
        provisioning,
        retry_after: 0,
        ..Options::default()
    })
    .unwrap()
}

/// A client of `url` that waits for nothing.
async fn client(url: &str, seed: u64, attempts: u32) -> ArmClient {
    let policy = RetryPolicy {
        attempts,
        ..RetryPolicy::default()
    };
    let transport = Transport::new(policy, Pace::skipping(), &Seed::new(seed), None).unwrap();
    let transport = Arc::new(transport);
    let cloud = Cloud::discovered(&transport, url).await.unwrap();
    let endpoint = format!(
        "{url}/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com"
    );
    let request = Request::new(reqwest::Method::GET, endpoint.parse().unwrap());
    let header = reqwest::header::HeaderName::from_static("x-identity-header");
    let answer = transport
        .send(&request.header(header, "x").unwrap())
        .await
        .unwrap();
    let token = answer.json("token").unwrap()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let chosen = Chosen {
        method: Method::Static {
            token: Secret::new(token),
        },
        why: String::new(),
        passed_over: Vec::new(),
    };
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
