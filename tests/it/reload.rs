//! `apimon emulate --watch`, `--backends` and `--events` over the wire.

use crate::builder::Folder;
use crate::gateway::{Emulator, HELLO};

fn policy(version: &str) -> String {
    format!(
        r#"<policies><inbound>
  <set-backend-service backend-id="model" />
  <log-to-eventhub logger-id="hub" partition-id="1">@("{{\"version\":{version}}}")</log-to-eventhub>
</inbound><outbound><set-header name="version"><value>{version}</value></set-header></outbound></policies>"#
    )
}

/// Asks until the answer has the text; the emulator looks at its files a few times a second.
fn until(emulator: &Emulator, text: &str) -> String {
    for _ in 0..100_000 {
        let (head, _) = emulator.chat("", HELLO);
        if head.contains(text) {
            return head;
        }
    }
    panic!("`{text}` never came");
}

#[test]
fn changed_files_are_in_force_and_events_are_lines_of_json() {
    let folder = Folder::new("reload");
    let path = folder.write("p.xml", &policy("1"));
    let backends = folder.write(
        "backends.yaml",
        "model: { url: \"https://m.example/openai\" }\n",
    );
    let events = folder.path().join("events.jsonl");
    let arguments = [
        "--watch",
        "--backends",
        backends.to_str().unwrap(),
        "--events",
        events.to_str().unwrap(),
    ];
    let emulator = Emulator::with_policy(&folder, path.to_str().unwrap(), &arguments);
    until(&emulator, "version: 1");
    // A mistake leaves the old policy in force.
    folder.write(
        "p.xml",
        "<policies><inbound><unknown /></inbound></policies>",
    );
    until(&emulator, "version: 1");
    folder.write("p.xml", &policy("22"));
    let head = until(&emulator, "version: 22");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    // The simulated model obeys headers, so a backend can be told to refuse.
    folder.write(
        "backends.yaml",
        "model: { url: \"https://m.example/openai\", credentials: { header: { x-simulate-status: [\"429\"] } } }\n",
    );
    until(&emulator, "HTTP/1.1 429");
    let text = std::fs::read_to_string(&events).unwrap();
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["logger"], "hub");
    assert_eq!(first["partition"], "1");
    assert_eq!(first["subscription"], "default");
    assert_eq!(first["body"]["version"], 1);
}

#[test]
fn a_backend_that_cannot_be_is_refused_with_the_reason() {
    let folder = Folder::new("backend-mistake");
    let path = folder.write("p.xml", &policy("1"));
    let backends = folder.write(
        "b.yaml",
        "pool: { type: Pool, pool: { services: [{ id: gone }] } }\n",
    );
    let output = crate::builder::apimon(
        &folder,
        &[
            "emulate",
            "--policy",
            path.to_str().unwrap(),
            "--backends",
            backends.to_str().unwrap(),
        ],
    )
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("backend `pool`: its service `gone` is not configured"),
        "{said}"
    );
}
