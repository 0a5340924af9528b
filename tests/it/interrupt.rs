//! Ctrl-C, and runs that were killed.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::builder::{Folder, apimon, records, repository};

const SCENARIO: &str = "
named-values: { tpm: 100000 }
model: { time-to-first-token: 10ms, tokens-per-second: 10000 }
callers: [{ name: a, request: { prompt: Hello }, arrivals: [{ count: 600, for: 10m }, { rate: 10/s, for: 1m }] }]
";

/// A run under way: at least one request is on disk.
fn under_way(folder: &Folder) -> std::process::Child {
    folder.write("s.yaml", SCENARIO);
    let policy = repository("policies/token-limit.xml");
    let mut child = apimon(folder, &["loadtest", "s.yaml", "--policy", &policy])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("playing") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the run begins");
    }
    // Its stderr stays open: a closed one would be news to the run.
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    while std::fs::metadata(folder.run().join("requests.jsonl")).map_or(0, |file| file.len()) == 0 {
        std::thread::yield_now();
    }
    child
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_was_measured() {
    let folder = Folder::new("ctrl-c");
    let child = under_way(&folder);
    assert!(
        Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let run = folder.run();
    let info: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(run.join("run.json")).unwrap()).unwrap();
    assert_eq!(info["interrupted"], true);
    assert!(!records(&run).is_empty());
    assert!(run.join("report.html").exists() && run.join("summary.json").exists());
}

#[test]
fn a_killed_run_is_readable_up_to_its_last_whole_line() {
    let folder = Folder::new("killed");
    let mut child = under_way(&folder);
    child.kill().unwrap();
    child.wait().unwrap();
    let run = folder.run();
    let path = run.join("requests.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let whole = text.lines().count();
    std::fs::write(&path, format!("{text}{{\"arrival\":77,\"att")).unwrap();
    let output = apimon(
        &folder,
        &["report", run.to_str().unwrap(), "--format", "json"],
    )
    .output()
    .unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stderr).contains("torn"));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(summary.to_string().contains(&whole.to_string()));
    assert!(run.join("report.html").exists());
}
