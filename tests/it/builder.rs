//! A fluent way to run the binary and to read what it said.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder that is gone when the test ends.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        // What an earlier, killed test left behind.
        let _absent = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The only run below `runs/`.
    pub(crate) fn run(&self) -> PathBuf {
        let mut runs = std::fs::read_dir(self.0.join("runs"))
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let run = runs.next().expect("a run was made");
        assert!(runs.next().is_none(), "one run was made");
        run
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

/// `apimon` with its arguments, in a folder, with none of this machine's settings.
pub(crate) fn apimon(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_apimon"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null());
    for name in [
        "APIM_GATEWAY_URL",
        "APIM_API_KEY",
        "STAGING_KEY",
        "TPM_LIMIT",
        "NO_COLOR",
        "GITHUB_STEP_SUMMARY",
        "JOB_COMPLETION_INDEX",
        "AZURE_SUBSCRIPTION_ID",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_RESOURCE_GROUP",
        "AZURE_APIM_NAME",
        "AZURE_RESOURCE_MANAGER_URL",
        "AZURE_AUTHORITY_HOST",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "SYSTEM_OIDCREQUESTURI",
        "OTEL_EXPORTER_OTLP_HEADERS",
        "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
        "RUST_BACKTRACE",
    ] {
        command.env_remove(name);
    }
    command
}

/// Exit code, stdout and stderr as one text, with what changes from run to run masked.
pub(crate) fn transcript(output: &Output, folder: &Folder) -> String {
    let text = format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        output
            .status
            .code()
            .map_or_else(|| "by signal".to_owned(), |code| code.to_string()),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    mask(&text.replace(&folder.path().display().to_string(), "FOLDER"))
}

/// Replaces run stamps, ports and durations.
fn mask(text: &str) -> String {
    let mut masked = String::new();
    for line in text.split_inclusive('\n') {
        let line = after(line, "127.0.0.1:", "PORT", |c| c.is_ascii_digit());
        let line = after(&line, "runs/", "STAMP", |c| {
            c.is_ascii_digit() || c == 'T' || c == 'Z'
        });
        let line = after(&line, " s in ", "TIME", |c| {
            c.is_ascii_digit() || c == '.' || c == ','
        });
        let line = after(&line, " ms (", "RATE", |c| c.is_ascii_digit() || c == ',');
        masked.push_str(&line);
    }
    masked
}

/// Replaces the characters that follow `marker`.
fn after(line: &str, marker: &str, mask: &str, part: impl Fn(char) -> bool) -> String {
    let Some(found) = line.find(marker) else {
        return line.to_owned();
    };
    let (before, rest) = line.split_at(found + marker.len());
    let kept = rest.trim_start_matches(part);
    if kept.len() == rest.len() {
        line.to_owned()
    } else {
        format!("{before}{mask}{kept}")
    }
}

/// Path of a file of the repository.
pub(crate) fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(path)
        .display()
        .to_string()
}

/// Records of a run, as JSON.
pub(crate) fn records(run: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(run.join("requests.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
