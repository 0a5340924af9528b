//! Under faults, everything ends right, or with an exact error and a state that a rerun completes.

use std::time::Duration;

use serde_json::json;

use super::{client, deploy, job, local};
use crate::azure::{ArmClient, AzureError};
use crate::base::Source;
use crate::deployer::{Ending, Job, await_purged, purge, remove};
use crate::plane::{Faults, read_faults};
use crate::provision::{Board, Changes, troubles};

/// Runs until nothing goes wrong any more; what goes wrong must say what it was.
const MOST_RUNS: usize = 80;

/// One request in five goes wrong, in one of the ways named.
fn faults(seed: u64, kinds: &[&str]) -> Faults {
    let share = 20.0 / kinds.len() as f64;
    let rules = kinds.iter().map(|kind| {
        let more = match *kind {
            "slow-operation" => ", by: 10ms",
            "fail-operation" => ", code: Conflict, message: it fails on purpose",
            _ => "",
        };
        format!(
            "  - {{ fault: {kind}, route: '*/subscriptions/*', probability: {share:.2}%{more} }}\n"
        )
    });
    let text = format!("seed: {seed}\nrules:\n{}", rules.collect::<String>());
    read_faults(&Source::new("faults", text)).unwrap()
}

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
        AzureError::Refused(_)
            | AzureError::Silent { .. }
            | AzureError::Unfinished { .. }
            | AzureError::SignIn(_)
    );
    assert!(known, "{text}");
    if !matches!(error, AzureError::SignIn(_)) {
        assert!(text.contains("/subscriptions/"), "{text}");
    }
}

/// Deploys again and again until it succeeds.
async fn deployed(client: &ArmClient, job: &Job, seed: u64) -> (serde_json::Value, usize) {
    for failures in 0..MOST_RUNS {
        let mut board = Board::default();
        match deploy(client, job, &mut board).await {
            Ok(Ending::Succeeded(deployment)) => return (deployment, failures),
            Ok(Ending::Failed(deployment)) => {
                let told = troubles(&deployment["properties"]["error"]);
                assert!(!told.is_empty(), "seed {seed}: {deployment:#}");
                assert!(!board.failures().is_empty(), "seed {seed}: {deployment:#}");
            }
            Ok(other) => panic!("seed {seed}: {other:?}"),
            Err(error) => exact(&error),
        }
    }
    panic!("seed {seed}: it never succeeded");
}

async fn purged(client: &ArmClient, job: &Job) -> Result<(), AzureError> {
    for twin in await_purged(client, &job.group, &[]).await? {
        purge(client, &job.group.subscription, &twin).await?;
    }
    Ok(())
}

/// How many reruns it took, from nothing and back to nothing.
async fn there_and_back(seed: u64, attempts: u32, kinds: &[&str]) -> usize {
    let azure = local(Duration::from_millis(5), Some(faults(seed, kinds)));
    let client = client(&azure.management_url, seed, attempts).await;
    let job = job(&json!({"tpm": {"value": 500 + seed}}));
    let (deployment, mut failures) = deployed(&client, &job, seed).await;
    let outputs = &deployment["properties"]["outputs"];
    assert_eq!(outputs["tpm"]["value"], 500 + seed, "seed {seed}");
    let properties = job.properties();
    let (answer, _) = insisted(|| client.what_if(&job.group, &job.name, &properties)).await;
    let changes = Changes::read(&answer).unwrap();
    assert!(changes.nothing(), "seed {seed}: {}", changes.count());

    let (_, failed) =
        insisted(|| async { remove(&client, &job.group, &mut |_, _| {}).await }).await;
    failures += failed;
    let ((), failed) = insisted(|| purged(&client, &job)).await;
    failures += failed;
    let (there, _) = insisted(|| client.group_exists(&job.group)).await;
    assert!(!there, "seed {seed}");
    let (left, _) = insisted(|| await_purged(&client, &job.group, &[])).await;
    assert_eq!(left, [], "seed {seed}");
    failures
}

/// What a request can suffer on its way.
const ON_THE_WAY: [&str; 6] = [
    "throttle",
    "error",
    "expired-token",
    "drop",
    "drop-after",
    "slow-operation",
];

#[tokio::test]
async fn with_patience_faults_on_the_way_are_never_seen() {
    for seed in 1..=2 {
        let failures = there_and_back(seed, 12, &ON_THE_WAY).await;
        assert_eq!(failures, 0, "seed {seed}");
    }
}

#[tokio::test]
async fn without_patience_reruns_complete_what_was_begun() {
    let mut kinds = ON_THE_WAY.to_vec();
    kinds.push("fail-operation");
    let mut failures = 0;
    for seed in 101..=105 {
        failures += there_and_back(seed, 3, &kinds).await;
    }
    assert!(failures > 0, "{failures}: the faults were felt");
}
