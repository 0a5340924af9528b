//! Traces over the wire: asked for by header, read at the gateway.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::builder::{Folder, repository};
use crate::gateway::{Emulator, HELLO};

fn header(head: &str, name: &str) -> Option<String> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut found = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.to_owned())
}

fn read(url: &str) -> (String, serde_json::Value) {
    let rest = url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

#[test]
fn a_trace_is_kept_for_whoever_asks() {
    let folder = Folder::new("traces");
    let emulator = Emulator::with_policy(&folder, &repository("policies/token-limit.xml"), &[]);
    let (head, _) = emulator.chat("", HELLO);
    assert_eq!(header(&head, "Apim-Trace-Id"), None);
    let (head, _) = emulator.chat("Apim-Debug-Authorization: anything\r\n", HELLO);
    assert!(header(&head, "Apim-Trace-Id").is_some(), "{head}");
    assert_eq!(header(&head, "Ocp-Apim-Trace-Location"), None);
    // The older way names the place as well; the host is the one that the caller used.
    let (head, _) = emulator.chat("Ocp-Apim-Trace: true\r\n", HELLO);
    let id = header(&head, "Apim-Trace-Id").unwrap();
    let url = header(&head, "Ocp-Apim-Trace-Location").unwrap();
    assert!(url.ends_with(&id), "{url}");
    let url = url.replace("gateway.test", emulator.address());
    let (head, trace) = read(&url);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(trace["traceId"], id);
    let text = trace.to_string();
    assert!(
        text.contains("llm-token-limit") && text.contains("transfer-response"),
        "{text}"
    );
    assert!(!text.contains(emulator.key()), "the caller's key is masked");
    let (head, _) = read(&url.replace(&id, "none"));
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
}
