//! What `loadtest` says of itself, and what it leaves when it only records.

use crate::builder::{Folder, apimon, records, repository, transcript};

const SCENARIO: &str = "
named-values: { tpm: 100000 }
model: { time-to-first-token: 300ms, tokens-per-second: 10000 }
callers: [{ name: a, request: { prompt: Hello, stream: true }, arrivals: [{ count: 6, for: 120ms }] }]
";

fn loadtest(folder: &Folder, more: &[&str]) -> std::process::Output {
    folder.write("s.yaml", SCENARIO);
    let policy = repository("policies/token-limit.xml");
    let arguments = [&["loadtest", "s.yaml", "--policy", &policy], more].concat();
    apimon(folder, &arguments).output().unwrap()
}

fn info(folder: &Folder) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(folder.run().join("run.json")).unwrap()).unwrap()
}

#[test]
fn a_run_that_is_only_recorded_is_reported_later() {
    let folder = Folder::new("no-report");
    let output = loadtest(&folder, &["--no-report", "--workers", "2"]);
    let text = transcript(&output, &folder);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("client: sent 6 of 6"), "{text}");
    let run = folder.run();
    assert!(!run.join("report.html").exists() && !run.join("summary.json").exists());
    let client = info(&folder)["client"].clone();
    assert_eq!(
        (&client["sent"], &client["asked"], &client["workers"]),
        (&6.into(), &6.into(), &2.into())
    );
    let log = std::fs::read_to_string(run.join("intervals.hlog")).unwrap();
    assert!(
        log.contains("Tag=ttft,") && log.contains("Tag=lateness,"),
        "{log}"
    );
    for record in records(&run) {
        // Counted, because nobody asked the stream for its usage.
        assert_eq!(record["tokens_by"], "counted", "{record}");
        assert!(record["itl_p50_us"].is_u64() && record["received_bytes"].as_u64() > Some(100));
    }
    let report = apimon(&folder, &["report", run.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(report.status.code(), Some(0));
    assert!(run.join("report.html").exists());
}

#[test]
fn a_client_that_was_the_limit_says_so_and_fails_when_told_to() {
    let folder = Folder::new("limited");
    let flags = ["--max-connections", "1", "--workers", "1"];
    let output = loadtest(
        &folder,
        &[&flags[..], &["--fail-if-client-limited"]].concat(),
    );
    let text = transcript(&output, &folder);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("error: the client was the limit: 5 of 6 requests were not sent"),
        "{text}"
    );
    let refused = records(&folder.run())
        .iter()
        .filter(|record| record["failure"] == "no-connection")
        .count();
    assert_eq!(refused, 5);
    assert_eq!(info(&folder)["client"]["refused"], 5);
}

#[test]
fn a_folder_that_cannot_be_written_is_wrong_input() {
    let folder = Folder::new("unwritable");
    folder.write("out", "a file");
    let output = loadtest(&folder, &["--out", "out"]);
    let text = transcript(&output, &folder);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("error: cannot write `out`"), "{text}");
}
