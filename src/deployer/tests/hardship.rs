//! Under faults, everything ends right, or with an exact error and a state that a rerun completes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use super::proxy::Proxy;
use super::{client, deploy, job, local};
use crate::azure::{ArmClient, AzureError};
use crate::deployer::{Ending, Job, await_purged, purge, remove};
use crate::provision::{Board, Changes};

/// Runs until nothing goes wrong any more; what goes wrong must say what it was.
const MOST_RUNS: usize = 60;

async fn insisted<T, F: Future<Output = Result<T, AzureError>>>(
    mut what: impl FnMut() -> F,
) -> (T, usize) {
    for failures in 0..MOST_RUNS {
        match what().await {
            Ok(done) => return (done, failures),
            Err(error) => exact(&error),
        }
    }
    panic!("it never ended right");
}

/// The error tells which call it was and how it ended.
fn exact(error: &AzureError) {
    let text = error.to_string();
    let known = matches!(
        error,
        AzureError::Refused(_) | AzureError::Silent { .. } | AzureError::Unfinished { .. }
    );
    assert!(known, "{text}");
    assert!(text.contains("/subscriptions/"), "{text}");
}

async fn purged(client: &ArmClient, job: &Job) -> Result<(), AzureError> {
    for twin in await_purged(client, &job.group, &[]).await? {
        purge(client, &job.group.subscription, &twin).await?;
    }
    Ok(())
}

async fn there_and_back(seed: u64, attempts: u32) -> (u64, usize) {
    let azure = local(Duration::from_millis(5));
    let proxy = Proxy::start(&azure.management_url, seed, 0.2).await;
    let client = client(&proxy.url, seed, attempts).await;
    let job = job(&json!({"tpm": {"value": 500 + seed}}));
    let mut failures = 0;
    let (ending, failed) = insisted(|| async {
        let mut board = Board::default();
        deploy(&client, &job, &mut board).await
    })
    .await;
    failures += failed;
    let Ending::Succeeded(deployment) = ending else {
        panic!("seed {seed}: {ending:?}");
    };
    let outputs = &deployment["properties"]["outputs"];
    assert_eq!(outputs["tpm"]["value"], 500 + seed, "seed {seed}");
    let properties = job.properties();
    let (answer, _) = insisted(|| client.what_if(&job.group, &job.name, &properties)).await;
    let changes = Changes::read(&answer).unwrap();
    assert!(changes.nothing(), "seed {seed}: {}", changes.count());

    let (_, failed) =
        insisted(|| async { remove(&client, &job.group, &mut |_, _| {}).await }).await;
    failures += failed;
    let (_, failed) = insisted(|| purged(&client, &job)).await;
    failures += failed;
    let (there, _) = insisted(|| client.group_exists(&job.group)).await;
    assert!(!there, "seed {seed}");
    let (left, _) = insisted(|| await_purged(&client, &job.group, &[])).await;
    assert_eq!(left, [], "seed {seed}");
    (proxy.faults.load(Ordering::Relaxed), failures)
}

#[tokio::test]
async fn with_patience_one_run_in_five_faults_is_enough() {
    for seed in 1..=6 {
        let (faults, failures) = there_and_back(seed, 12).await;
        assert!(faults > 5, "seed {seed}: {faults} faults");
        assert_eq!(failures, 0, "seed {seed}");
    }
}

#[tokio::test]
async fn without_patience_reruns_complete_what_was_begun() {
    let mut failures = 0;
    for seed in 101..=112 {
        failures += there_and_back(seed, 2).await.1;
    }
    assert!(failures > 3, "{failures}: the faults were felt");
}
