//! `apimon watch` beside a local gateway.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::builder::{Folder, apimon, transcript};
use crate::gateway::Emulator;

fn watch(folder: &Folder, emulator: &Emulator, arguments: &[&str]) -> std::process::Command {
    let url = format!("http://{}", emulator.address());
    let mut all = vec!["watch", "--target", &url];
    all.extend(arguments);
    apimon(folder, &all)
}

const CHAT: &str =
    r#"{"messages":[{"role":"user","content":"Say hello in 50 words"}],"max_tokens":100}"#;
/// The simulated model answers at once.
const FAST: &str = "x-simulate-latency: 1ms\r\n";
const STREAM: &str = r#"{"messages":[{"role":"user","content":"Say hello in 50 words"}],"max_tokens":100,"stream":true}"#;

#[test]
fn tokens_refusals_and_limits_are_seen_at_once() {
    let folder = Folder::new("watch");
    let emulator = Emulator::start(&folder, &["--tpm", "150"]);
    for body in [CHAT, STREAM, CHAT, CHAT] {
        emulator.chat(FAST, body);
    }
    let output = watch(&folder, &emulator, &["--count", "1", "--format", "json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", transcript(&output, &folder));
    let now: Value = serde_json::from_slice(&output.stdout).unwrap();
    let row = &now["subscriptions"][0];
    assert_eq!(row["id"], "default");
    assert_eq!(row["requests"], 4);
    let codes = now["codes"].as_array().unwrap();
    let count = |status: u64| {
        let code = codes.iter().find(|code| code["status"] == status);
        code.map_or(0, |code| code["requests"].as_u64().unwrap())
    };
    assert_eq!(count(200) + count(429), 4);
    assert_eq!(row["throttled"], count(429));
    assert!(count(429) > 0, "{now}");
    assert_eq!(now["counters"][0]["limit"], 150);
    let used = now["counters"][0]["used"].as_u64().unwrap();
    assert!(used > 0 && row["tokens"].as_u64().unwrap() > 0, "{now}");
    assert_eq!(now["errors"][0]["reason"], "TokenLimitExceeded");
}

#[test]
fn a_pipe_gets_a_line_for_each_look() {
    let folder = Folder::new("watch-lines");
    let emulator = Emulator::start(&folder, &[]);
    let output = watch(&folder, &emulator, &["--count", "2", "--interval", "100ms"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.lines().all(|line| line.contains("| no requests |")),
        "{text}"
    );
}

#[test]
fn what_cannot_be_watched_is_said() {
    let folder = Folder::new("watch-nothing");
    let texts = [
        vec!["watch", "--count", "1"],
        vec!["watch", "--target", "http://127.0.0.1:9", "--count", "1"],
        vec![
            "watch",
            "--target",
            "http://127.0.0.1:9",
            "--serve",
            "0.0.0.0:0",
        ],
        vec!["watch", "--interval", "5ms"],
    ]
    .map(|arguments| {
        let output = apimon(&folder, &arguments).output().unwrap();
        format!("{}\n{}", arguments.join(" "), transcript(&output, &folder))
    });
    insta::assert_snapshot!(texts.join("\n"));
}

/// `apimon watch --serve`, running until dropped.
struct Page {
    child: Child,
    address: String,
}

impl Page {
    fn start(folder: &Folder, emulator: &Emulator) -> Page {
        let mut child = watch(folder, emulator, &["--quiet", "--serve", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.next().unwrap().unwrap();
        Page {
            child,
            address: url.strip_prefix("http://").unwrap().to_owned(),
        }
    }

    fn ask(&self, path: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn the_page_is_for_this_machine_and_loads_nothing() {
    let folder = Folder::new("watch-page");
    let emulator = Emulator::start(&folder, &[]);
    emulator.chat(FAST, CHAT);
    let page = Page::start(&folder, &emulator);
    let answer = page.ask("/", &page.address);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer
            .to_lowercase()
            .contains("content-security-policy: default-src 'none'")
    );
    assert!(answer.contains("http-equiv=\"refresh\""));
    assert!(answer.contains("default"), "{answer}");
    let now = page.ask("/now.json", "localhost");
    let now: Value = serde_json::from_str(now.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(now["codes"][0]["requests"], 1);
    assert!(page.ask("/", "evil.example").starts_with("HTTP/1.1 403"));
    assert!(page.ask("/other", "localhost").starts_with("HTTP/1.1 404"));
}
