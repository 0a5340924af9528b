//! `apply-policy`, `doctor` and keys from Azure, as a pipeline runs them: the environment names an
//! Azure (the local one) and a managed identity.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Output, Stdio};

use serde_json::Value;

use crate::builder::{Folder, apimon, repository, transcript};

/// `apimon emulate`, and the environment that it prints.
struct Azure<'a> {
    child: Child,
    environment: Vec<(String, String)>,
    folder: &'a Folder,
    /// All that was said.
    said: String,
}

impl Azure<'_> {
    fn start(folder: &Folder) -> Azure<'_> {
        let policy = repository("policies/token-limit.xml");
        let arguments = [
            "emulate",
            "--quiet",
            "--provisioning",
            "0",
            "--policy",
            &policy,
        ];
        let mut child = apimon(folder, &arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut environment = Vec::new();
        for line in lines {
            let line = line.unwrap();
            if let Some((name, value)) = line.split_once('=') {
                environment.push((name.to_owned(), value.to_owned()));
            }
            if line.starts_with("AZURE_SUBSCRIPTION_ID=") {
                break;
            }
        }
        Azure {
            child,
            environment,
            folder,
            said: String::new(),
        }
    }

    fn run(&mut self, arguments: &[&str]) -> Output {
        let mut command = apimon(self.folder, arguments);
        command
            .args(["--trace", "trace.jsonl"])
            .env("PLANTED", "planted-secret");
        self.finish(command)
    }

    fn finish(&mut self, mut command: std::process::Command) -> Output {
        let known = |(name, _): &&(String, String)| {
            name.starts_with("AZURE_") || name.starts_with("IDENTITY_")
        };
        for (name, value) in self.environment.iter().filter(known) {
            command.env(name, value);
        }
        let output = command.output().unwrap();
        self.said.push_str(&transcript(&output, self.folder));
        output
    }

    #[track_caller]
    fn code(&mut self, code: i32, arguments: &[&str]) -> (String, String) {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}\n{}",
            transcript(&output, self.folder)
        );
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    }
}

impl Drop for Azure<'_> {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

const SCENARIO: &str = "subscriptions: [loud, quiet]\n\
    callers: [{ name: a, subscription: loud, request: { prompt: Hello, max-tokens: 5 }, arrivals: [{ count: 1, for: 1s }] }]\n\
    thresholds: ['failed == 0']\n";

#[test]
#[expect(clippy::too_many_lines, reason = "one pipeline, step by step")]
fn from_doctor_to_drift_with_nothing_but_an_environment() {
    let folder = Folder::new("apply-policy");
    let shipped = std::fs::read_to_string(repository("policies/token-limit.xml")).unwrap();
    folder.write("shipped.xml", &shipped);
    folder.write(
        "edited.xml",
        &shipped.replace("timeout=\"120\"", "timeout=\"90\""),
    );
    folder.write(
        "wrong.xml",
        &shipped.replace("<forward-request timeout", "<forward-request timeuot"),
    );
    folder.write("s.yaml", SCENARIO);
    let mut azure = Azure::start(&folder);

    let (stdout, stderr) = azure.code(0, &["doctor", "--verbose"]);
    assert!(
        stderr.contains("sign-in by the system's managed identity"),
        "{stderr}"
    );
    assert!(
        stdout.contains("ok       model") && stdout.contains("ok       quota"),
        "{stdout}"
    );
    azure.code(0, &["deploy", "--yes"]);
    let (stdout, _) = azure.code(0, &["doctor", "--format", "json"]);
    let checks: Value = serde_json::from_str(&stdout).unwrap();
    let service = checks
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["check"] == "api-management")
        .unwrap();
    assert!(
        service["message"]
            .as_str()
            .unwrap()
            .contains("BasicV2 Succeeded"),
        "{service}"
    );

    // What `deploy` set is what ships, whatever its white space.
    azure.code(0, &["apply-policy", "shipped.xml", "--check"]);
    let (stdout, _) = azure.code(1, &["apply-policy", "edited.xml", "--check"]);
    assert!(
        stdout.contains("+     <forward-request buffer-response=\"false\" timeout=\"90\" />"),
        "{stdout}"
    );
    let (stdout, _) = azure.code(
        0,
        &[
            "apply-policy",
            "edited.xml",
            "--dry-run",
            "--format",
            "json",
        ],
    );
    let before: Value = serde_json::from_str(&stdout).unwrap();
    let etag = before["etag"].as_str().unwrap().to_owned();
    let (_, stderr) = azure.code(1, &["apply-policy", "wrong.xml"]);
    assert!(stderr.contains("timeuot"), "{stderr}");

    let (_, stderr) = azure.code(
        0,
        &[
            "apply-policy",
            "edited.xml",
            "--probe",
            "--set",
            "planted=@env:PLANTED",
        ],
    );
    assert!(
        stderr.contains("probe: 200") && stderr.contains("reads back the same"),
        "{stderr}"
    );
    azure.code(
        0,
        &[
            "apply-policy",
            "edited.xml",
            "--check",
            "--set",
            "planted=@env:PLANTED",
        ],
    );
    // Whoever still holds the old ETag does not overwrite it.
    let (_, stderr) = azure.code(3, &["apply-policy", "shipped.xml", "--if-match", &etag]);
    assert!(stderr.contains("nothing was overwritten"), "{stderr}");
    azure.code(1, &["apply-policy", "shipped.xml", "--check"]);
    azure.code(0, &["apply-policy", "--rollback"]);
    azure.code(0, &["apply-policy", "shipped.xml", "--check"]);

    // A limit that is a named value; the gateway's keys are asked for when they are needed.
    azure.code(0, &["apply-policy", "shipped.xml", "--set", "tpm=100000"]);
    let load = apimon(
        &folder,
        &["loadtest", "s.yaml", "--target", "azure", "--quiet"],
    );
    let output = azure.finish(load);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        transcript(&output, &folder)
    );

    let mut everything = azure.said.clone();
    let trace = std::fs::read_to_string(folder.path().join("trace.jsonl")).unwrap();
    assert!(trace.lines().count() > 20, "{trace}");
    everything.push_str(&trace);
    for kept in files_below(&folder.path().join(".apimon")) {
        everything.push_str(&std::fs::read_to_string(&kept).unwrap());
        private(&kept);
    }
    assert!(!everything.contains("planted-secret"), "a secret leaked");
    assert!(
        !everything.to_lowercase().contains("bearer "),
        "a credential leaked"
    );
}

#[test]
fn settings_that_lack_something_say_what() {
    let folder = Folder::new("azure-settings");
    let mut shown = String::new();
    for arguments in [
        &["apply-policy", "nowhere.xml"][..],
        &["apply-policy", "x.xml", "--scope", "apis:x"],
        &["doctor", "--target", "team"],
        &["doctor", "--target", "azure"],
        &[
            "doctor",
            "--target",
            "azure",
            "--subscription",
            "s",
            "--auth",
            "github-oidc",
        ],
        &["apply-policy", "--rollback", "x.xml"],
    ] {
        folder.write("x.xml", "<policies><inbound /></policies>");
        let output = apimon(&folder, arguments).output().unwrap();
        writeln!(
            shown,
            "=== {}\n{}",
            arguments.join(" "),
            transcript(&output, &folder)
        )
        .unwrap();
    }
    insta::assert_snapshot!(shown);
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Nobody else may read what is kept.
fn private(path: &std::path::Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    #[cfg(not(unix))]
    assert!(path.exists());
}
