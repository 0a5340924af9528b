//! One plan played by several processes, and merged.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::builder::{Folder, apimon, records, repository, transcript};
use crate::gateway::Emulator;

/// 24 arrivals in about a second, far below the limit.
const SCENARIO: &str = "
named-values: { tpm: 100000 }
thresholds: [\"failed == 0\", \"passed == 24\"]
callers:
  - { name: a, request: { prompt: Hello, max-tokens: 5 }, arrivals: [{ count: 16, for: 1s }] }
  - { name: b, request: { prompt: Hello, max-tokens: 5, stream: true }, arrivals: [{ count: 8, for: 1s }] }
";

/// `apimon loadtest` of a part, against a gateway that runs.
fn part(folder: &Folder, emulator: &Emulator, arguments: &[&str]) -> Command {
    let policy = repository("policies/token-limit.xml");
    let target = format!("http://{}", emulator.address());
    let mut all = vec![
        "loadtest", "s.yaml", "--policy", &policy, "--target", &target,
    ];
    all.extend(arguments);
    let mut command = apimon(folder, &all);
    command.env("APIM_API_KEY", emulator.key());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ended(child: Child, folder: &Folder) {
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        transcript(&output, folder)
    );
}

fn merge(folder: &Folder, arguments: &[&str]) -> Output {
    let all = [&["merge"], arguments].concat();
    apimon(folder, &all).output().unwrap()
}

fn runs(folder: &Path) -> Vec<PathBuf> {
    let mut runs: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    runs.sort();
    runs
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Two processes play a part each from the same moment on.
fn play(folder: &Folder, emulator: &Emulator) {
    folder.write("s.yaml", SCENARIO);
    let at = soon();
    let by_flag = part(folder, emulator, &["--shard", "0/2", "--start-at", &at]).spawn();
    let mut by_index = part(folder, emulator, &["--shards", "2", "--start-at", &at]);
    let by_index = by_index.env("JOB_COMPLETION_INDEX", "1").spawn();
    ended(by_flag.unwrap(), folder);
    ended(by_index.unwrap(), folder);
}

/// Far enough ahead for two processes to start on a machine that is busy.
fn soon() -> String {
    let ahead = std::time::Duration::from_secs(10);
    let at = jiff::Timestamp::now() + ahead;
    at.to_string()
}

#[test]
fn two_processes_play_what_one_would() {
    let folder = Folder::new("shards");
    let emulator = Emulator::start(&folder, &["--tpm", "100000"]);
    play(&folder, &emulator);
    let output = merge(&folder, &["runs", "-o", "merged"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        transcript(&output, &folder)
    );
    let parts = runs(&folder.path().join("runs"));
    let merged = runs(&folder.path().join("merged")).remove(0);
    let info = json(&merged.join("run.json"));
    assert_eq!(info["planned"], 24);
    assert_eq!(info["interrupted"], false);
    assert_eq!(info["merged"][1]["shard"], "1/2");
    assert_eq!(
        info["merged"][1]["moved_us"], 0,
        "both began at the same moment"
    );
    assert!(info.get("shard").is_none());
    assert_eq!(
        json(&merged.join("summary.json"))["thresholds"][1]["passed"],
        true
    );
    assert!(merged.join("report.html").exists() && merged.join("scenario.yaml").exists());
    let joined = records(&merged);
    let all: Vec<serde_json::Value> = parts.iter().flat_map(|run| records(run)).collect();
    assert_eq!(joined.len(), all.len());
    assert!(
        all.iter().all(|record| joined.contains(record)),
        "as they were measured"
    );
    assert!(joined.is_sorted_by_key(|record| record["done_us"].as_u64()));
    let mut plan: Vec<(u64, u64)> = joined.iter().map(planned).collect();
    plan.sort_unstable();
    assert_eq!(plan, whole_plan(&folder));
}

fn planned(record: &serde_json::Value) -> (u64, u64) {
    let number = |name: &str| record[name].as_u64().unwrap();
    (number("arrival"), number("scheduled_us"))
}

/// Numbers and moments of the arrivals when one process plays all of it.
fn whole_plan(folder: &Folder) -> Vec<(u64, u64)> {
    let policy = repository("policies/token-limit.xml");
    let arguments = [
        "simulate", "s.yaml", "--policy", &policy, "--tpm", "100000", "--out", "whole",
    ];
    assert!(
        apimon(folder, &arguments)
            .output()
            .unwrap()
            .status
            .success()
    );
    let whole = runs(&folder.path().join("whole")).remove(0);
    let mut plan: Vec<(u64, u64)> = records(&whole).iter().map(planned).collect();
    plan.sort_unstable();
    plan
}

#[test]
fn what_is_no_whole_set_of_shards_is_not_merged() {
    let folder = Folder::new("shards-wrong");
    let emulator = Emulator::start(&folder, &["--tpm", "100000"]);
    folder.write("s.yaml", SCENARIO);
    for seed in ["1", "2"] {
        let first = part(&folder, &emulator, &["--shard", "0/2", "--seed", seed]);
        let mut first = first;
        ended(first.spawn().unwrap(), &folder);
    }
    let parts = runs(&folder.path().join("runs"));
    let parts: Vec<&str> = parts.iter().map(|path| path.to_str().unwrap()).collect();
    for (runs, arguments, said) in [
        (vec![parts[0]], vec![], "shards are missing: 1/2"),
        (vec![parts[0], parts[0]], vec![], "are both shard 0/2"),
        (parts.clone(), vec!["--partial"], "has another seed than"),
    ] {
        let output = merge(&folder, &[runs, arguments].concat());
        let text = transcript(&output, &folder);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(said) && text.contains("hint: "), "{text}");
    }
    let output = merge(&folder, &[parts[0], "--partial", "-o", "partial"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "half of a run is not a run that ended"
    );
}

#[test]
fn a_place_that_cannot_be_is_refused() {
    let folder = Folder::new("shards-place");
    folder.write("s.yaml", SCENARIO);
    let remote = ["--target", "http://127.0.0.1:9"];
    for (arguments, index, said) in [
        (vec!["--shard", "2/2"], None, "the last of 2 is `1/2`"),
        (vec!["--shard", "0/2"], None, "do not share a limit"),
        (
            [&remote[..], &["--shards", "2"]].concat(),
            None,
            "`JOB_COMPLETION_INDEX` is not set",
        ),
        (
            [&remote[..], &["--shards", "2"]].concat(),
            Some("2"),
            "not a shard of 2",
        ),
        (
            vec!["--start-at", "2020-01-01T00:00:00Z"],
            None,
            "has passed",
        ),
    ] {
        let mut command = apimon(&folder, &[&["loadtest", "s.yaml"], &arguments[..]].concat());
        command.envs(index.map(|index| ("JOB_COMPLETION_INDEX", index)));
        let output = command.output().unwrap();
        let text = transcript(&output, &folder);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(said), "{text}");
    }
    assert!(!folder.path().join("runs").exists(), "nothing was begun");
}

#[test]
fn a_manifest_is_printed_or_refused() {
    let folder = Folder::new("manifest");
    let scenario = repository("scenarios/burst.yaml");
    let arguments = [
        "k8s",
        &scenario,
        "--shards",
        "3",
        "--target",
        "https://contoso.azure-api.net",
    ];
    let output = apimon(&folder, &arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text.contains("completionMode: Indexed\n  completions: 3\n  parallelism: 3\n"),
        "{text}"
    );
    let output = apimon(
        &folder,
        &[
            "k8s",
            &scenario,
            "--shards",
            "0",
            "--target",
            "http://a.example",
        ],
    );
    let mut output = output;
    assert_eq!(output.output().unwrap().status.code(), Some(2));
}
