//! Policies that ask others, wait, repeat and gather, over real sockets.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use crate::builder::Folder;
use crate::gateway::{Emulator, HELLO, header};

/// Answers each of `count` connections with the request line that it got.
fn echo(count: usize) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = std::thread::spawn(move || {
        let mut lines = Vec::new();
        for _ in 0..count {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).unwrap();
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let line = text.lines().next().unwrap_or_default().to_owned();
            write!(
                stream,
                "HTTP/1.1 203 Fine\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{line}",
                line.len()
            )
            .unwrap();
            lines.push(line);
        }
        lines
    });
    (address, serving)
}

#[test]
fn a_policy_asks_this_machine_and_the_model_and_nobody_else() {
    let folder = Folder::new("course");
    let (address, served) = echo(6);
    folder.write(
        "policy.xml",
        r#"<policies>
  <inbound>
    <base />
    <include-fragment fragment-id="ask" />
    <wait for="all">
      <send-request response-variable-name="one"><set-url>http://{{echo}}/one?x=1</set-url></send-request>
      <send-request mode="copy" response-variable-name="two"><set-url>https://model.local/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21</set-url></send-request>
    </wait>
    <send-request response-variable-name="far" ignore-error="true"><set-url>https://far.example/</set-url></send-request>
    <set-variable name="tries" value="@(0)" />
  </inbound>
  <backend>
    <retry condition="@((int)context.Variables["tries"] < 3)" count="5" interval="0.01">
      <set-variable name="tries" value="@((int)context.Variables["tries"] + 1)" />
      <forward-request buffer-request-body="true" />
    </retry>
  </backend>
  <outbound>
    <base />
    <send-one-way-request><set-url>http://{{echo}}/away</set-url><set-method>DELETE</set-method></send-one-way-request>
    <set-header name="x-asked"><value>@(((IResponse)context.Variables["asked"]).Body.As<string>())</value></set-header>
    <set-header name="x-one"><value>@(((IResponse)context.Variables["one"]).StatusCode.ToString())</value></set-header>
    <set-header name="x-two"><value>@(((IResponse)context.Variables["two"]).StatusCode.ToString())</value></set-header>
    <set-header name="x-far"><value>@(context.Variables["far"] == null ? "null" : "an answer")</value></set-header>
    <set-header name="x-tries"><value>@(context.Variables["tries"].ToString())</value></set-header>
  </outbound>
</policies>"#,
    );
    std::fs::create_dir(folder.path().join("fragments")).unwrap();
    folder.write(
        "fragments/ask.xml",
        r#"<fragment>
  <send-request response-variable-name="asked">
    <set-url>http://{{echo}}/ask</set-url>
    <set-method>POST</set-method>
    <set-body>hello</set-body>
  </send-request>
</fragment>"#,
    );
    let value = format!("echo={address}");
    let arguments = ["--fragments", "fragments", "--set", &value];
    let emulator = Emulator::with_policy(&folder, "policy.xml", &arguments);
    let streamed = r#"{"stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;
    for (body, stream) in [(HELLO, false), (streamed, true)] {
        let (head, answer) = emulator.chat("x-simulate-latency: 1ms\r\n", body);
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}\n{answer}");
        let seen = ["x-asked", "x-one", "x-two", "x-far", "x-tries"]
            .map(|name| header(&head, name).unwrap_or_default());
        assert_eq!(seen, ["POST /ask HTTP/1.1", "203", "200", "null", "3"]);
        // The stream of the last try is the one that the caller gets.
        assert_eq!(answer.contains("data: [DONE]"), stream);
    }
    let mut lines = served.join().unwrap();
    lines.sort();
    let each = [
        "DELETE /away HTTP/1.1",
        "GET /one?x=1 HTTP/1.1",
        "POST /ask HTTP/1.1",
    ];
    assert_eq!(lines, each.map(|line| [line, line]).concat());
}
