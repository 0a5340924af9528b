//! The local gateway over the wire, as any client sees it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::builder::{Folder, apimon, repository};

/// `apimon emulate`, running until dropped.
pub(crate) struct Emulator {
    child: Child,
    address: String,
    key: String,
}

impl Emulator {
    pub(crate) fn start(folder: &Folder, arguments: &[&str]) -> Emulator {
        Emulator::with_policy(folder, &repository("policies/token-limit.xml"), arguments)
    }

    pub(crate) fn with_policy(folder: &Folder, policy: &str, arguments: &[&str]) -> Emulator {
        let mut all = vec!["emulate", "--quiet", "--policy", policy];
        all.extend(arguments);
        Emulator::spawn(apimon(folder, &all))
    }

    /// Under a soft limit of 64 open files; the hard limit is this machine's.
    #[cfg(unix)]
    pub(crate) fn with_few_descriptors(folder: &Folder, arguments: &[&str]) -> Emulator {
        let policy = repository("policies/token-limit.xml");
        let mut all = vec!["emulate", "--quiet", "--policy", &policy];
        all.extend(arguments);
        let direct = apimon(folder, &all);
        let mut shell = Command::new("sh");
        shell
            .args(["-c", r#"ulimit -S -n 64; exec "$0" "$@""#])
            .arg(direct.get_program())
            .args(direct.get_args())
            .current_dir(folder.path())
            .stdin(Stdio::null());
        Emulator::spawn(shell)
    }

    fn spawn(mut command: Command) -> Emulator {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut value = |name: &str| {
            let line = lines
                .next()
                .expect("the emulator announces itself")
                .unwrap();
            line.strip_prefix(name)
                .unwrap_or_else(|| panic!("{line}"))
                .to_owned()
        };
        let url = value("APIM_GATEWAY_URL=");
        let key = value("APIM_API_KEY=");
        Emulator {
            child,
            address: url.strip_prefix("http://").unwrap().to_owned(),
            key,
        }
    }

    /// Sends one request on a connection of its own and reads the answer to its end.
    fn ask(&self, path: &str, headers: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn chat(&self, headers: &str, body: &str) -> (String, String) {
        let headers = format!(
            "api-key: {}\r\nContent-Type: application/json\r\n{headers}",
            self.key
        );
        self.ask(
            "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21",
            &headers,
            body,
        )
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

pub(crate) const HELLO: &str = r#"{"messages":[{"role":"user","content":"Hello"}]}"#;

pub(crate) fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| {
        let (known, value) = line.split_once(": ")?;
        known.eq_ignore_ascii_case(name).then(|| value.to_owned())
    })
}

#[test]
fn answers_and_refusals_are_apims_to_the_byte() {
    let folder = Folder::new("emulate");
    let emulator = Emulator::start(&folder, &["--tpm", "60"]);
    let (head, body) = emulator.chat("x-simulate-prompt-tokens: 8\r\nx-simulate-completion-tokens: 82\r\nx-simulate-latency: 1ms\r\n", HELLO);
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert_eq!(
        header(&head, "x-apim-consumed-tokens").as_deref(),
        Some("90")
    );
    assert_eq!(
        header(&head, "x-apim-remaining-tokens").as_deref(),
        Some("0")
    );
    assert!(
        header(&head, "x-ratelimit-remaining-tokens").is_some(),
        "the model's own header stays"
    );
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["usage"]["total_tokens"], 90);

    let (head, body) = emulator.chat("", HELLO);
    assert!(head.starts_with("HTTP/1.1 429 Too Many Requests"), "{head}");
    let wait = header(&head, "Retry-After").unwrap();
    // Thirty tokens of debt at one a second, less what this test took.
    assert!((25..=30).contains(&wait.parse::<u32>().unwrap()), "{head}");
    assert_eq!(
        body,
        format!(
            r#"{{ "statusCode": 429, "message": "Token limit is exceeded. Try again in {wait} seconds." }}"#
        )
    );
    assert_eq!(
        header(&head, "Content-Type").as_deref(),
        Some("application/json")
    );
    assert_eq!(
        header(&head, "x-apim-error-reason").as_deref(),
        Some("OpenAITokenLimitExceeded")
    );
}

#[test]
fn keys_are_asked_for_with_the_lengths_observed() {
    let folder = Folder::new("keys");
    let emulator = Emulator::start(&folder, &[]);
    let path = "/openai/deployments/gpt-4o-mini/chat/completions";
    let (head, _) = emulator.ask(path, "", HELLO);
    assert!(head.starts_with("HTTP/1.1 401 Unauthorized"), "{head}");
    assert_eq!(header(&head, "Content-Length").as_deref(), Some("152"));
    assert_eq!(
        header(&head, "WWW-Authenticate").as_deref(),
        Some(
            r#"AzureApiManagementKey realm="https://gateway.test/openai",name="api-key",type="header""#
        )
    );
    let (head, _) = emulator.ask(path, "api-key: wrong\r\n", HELLO);
    assert_eq!(header(&head, "Content-Length").as_deref(), Some("143"));
    let (head, body) = emulator.ask(
        "/elsewhere",
        &format!("api-key: {}\r\n", emulator.key),
        HELLO,
    );
    assert!(head.starts_with("HTTP/1.1 404 Not Found"), "{head}");
    assert_eq!(
        body,
        r#"{ "statusCode": 404, "message": "Resource not found" }"#
    );
}

#[test]
fn streams_are_events_and_are_charged_when_they_end() {
    let folder = Folder::new("streams");
    let emulator = Emulator::start(&folder, &["--tpm", "100"]);
    let body = r#"{"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hello"}]}"#;
    let (head, events) = emulator.chat(
        "x-simulate-completion-tokens: 120\r\nx-simulate-latency: 50ms\r\n",
        body,
    );
    assert_eq!(
        header(&head, "Content-Type").as_deref(),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(
        header(&head, "x-apim-remaining-tokens").as_deref(),
        Some("100"),
        "headers leave before the tokens exist"
    );
    assert_eq!(header(&head, "x-apim-consumed-tokens"), None);
    assert!(events.contains("data: [DONE]"), "{events}");
    assert!(events.contains(r#""total_tokens":128"#), "{events}");
    let (head, _) = emulator.chat("", HELLO);
    assert!(head.starts_with("HTTP/1.1 429"), "{head}");
}

#[test]
fn a_caller_who_leaves_a_stream_pays_for_what_was_sent() {
    let folder = Folder::new("leaving");
    let emulator = Emulator::start(&folder, &["--tpm", "100"]);
    let body = r#"{"stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;
    let mut stream = TcpStream::connect(&emulator.address).unwrap();
    write!(
        stream,
        "POST /openai/deployments/gpt-4o-mini/chat/completions HTTP/1.1\r\nHost: g\r\napi-key: {}\r\nContent-Length: {}\r\n\
         x-simulate-completion-tokens: 2000\r\nx-simulate-latency: 2s\r\n\r\n{body}",
        emulator.key,
        body.len()
    )
    .unwrap();
    // Read until well over a hundred content events have passed, then hang up.
    let mut seen = Vec::new();
    let mut buffer = [0; 8192];
    while String::from_utf8_lossy(&seen)
        .matches(r#""content":"#)
        .count()
        < 250
    {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the stream goes on");
        seen.extend_from_slice(&buffer[..read]);
    }
    drop(stream);
    // The gateway notices with its next write; until then requests still pass inbound.
    let refused = (0..200).any(|_| {
        let (head, _) = emulator.chat("x-simulate-prompt-tokens: 0\r\nx-simulate-completion-tokens: 0\r\nx-simulate-latency: 10ms\r\n", HELLO);
        head.starts_with("HTTP/1.1 429")
    });
    assert!(refused, "what was sent was charged");
}

#[test]
fn a_caller_who_leaves_a_whole_answer_is_settled_at_once() {
    let folder = Folder::new("leaving-whole");
    let policy = repository("policies/token-limit.xml");
    let mut child = apimon(&folder, &["emulate", "--policy", &policy, "--tpm", "100"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut value = |name: &str| {
        let line = lines.next().unwrap().unwrap();
        line.strip_prefix(name).unwrap().to_owned()
    };
    let address = value("APIM_GATEWAY_URL=http://");
    let emulator = Emulator {
        key: value("APIM_API_KEY="),
        address,
        child,
    };
    let mut stream = TcpStream::connect(&emulator.address).unwrap();
    let body = HELLO.replace("Hello", &"Hello there. ".repeat(25));
    write!(
        stream,
        "POST /openai/deployments/gpt-4o-mini/chat/completions HTTP/1.1\r\nHost: g\r\napi-key: {}\r\nContent-Length: {}\r\n\
         x-simulate-latency: 60s\r\n\r\n{body}",
        emulator.key,
        body.len()
    )
    .unwrap();
    // The estimate of its prompt is taken before the backend is asked.
    let refused = (0..200).any(|_| {
        let (head, _) = emulator.chat(
            "x-simulate-completion-tokens: 1\r\nx-simulate-latency: 10ms\r\n",
            HELLO,
        );
        head.starts_with("HTTP/1.1 429")
    });
    assert!(refused);
    drop(stream);
    let mut emulator = emulator;
    let log = BufReader::new(emulator.child.stderr.take().unwrap()).lines();
    let left = log
        .map(Result::unwrap)
        .find(|line| line.contains("499"))
        .unwrap();
    assert!(
        left.contains("default, answered by backend (ClientConnectionFailure)"),
        "{left}"
    );
}

#[test]
fn prometheus_reads_what_the_limit_decided() {
    let folder = Folder::new("metrics");
    let emulator = Emulator::start(&folder, &["--tpm", "100", "--metrics"]);
    let sizes = "x-simulate-prompt-tokens: 8\r\nx-simulate-completion-tokens: 152\r\nx-simulate-latency: 1ms\r\n";
    emulator.chat(sizes, HELLO);
    emulator.chat("", HELLO);
    let mut stream = TcpStream::connect(&emulator.address).unwrap();
    write!(
        stream,
        "GET /.apimon/metrics HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(
        header(&text, "Content-Type").as_deref(),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    for line in [
        "apim_gateway_requests_total{api=\"openai\",subscription=\"default\",status=\"429\"} 1",
        "apim_token_limit_decisions_total{subscription=\"default\",outcome=\"allowed\"} 1",
        "apim_token_limit_decisions_total{subscription=\"default\",outcome=\"throttled\"} 1",
        "apim_token_limit_remaining_tokens{counter=\"default\"} 0",
        "apim_prompt_estimate_error_ratio_count{gen_ai_request_model=\"gpt-4o-mini\"} 1",
        "gen_ai_client_token_usage_sum{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"azure.ai.openai\",\
         gen_ai_request_model=\"gpt-4o-mini\",gen_ai_token_type=\"output\",subscription=\"default\"} 152",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // 8 + 152 of 100, less what flowed back while the answer was made.
    let overshoot = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("apim_token_limit_overshoot_tokens_total{counter=\"default\"} ")
        })
        .unwrap();
    assert!(
        (50..=60).contains(&overshoot.parse::<u32>().unwrap()),
        "{text}"
    );
}

#[test]
fn a_second_gateway_serves_as_the_backend_of_the_first() {
    let folder = Folder::new("backend");
    let behind = Emulator::start(&folder, &["--tpm", "100000"]);
    let policy = repository("policies/token-limit.xml");
    let scenario = "
named-values: { tpm: 100000 }
callers:
  - { name: a, request: { prompt: Hello, stream: true, stream-usage: true }, arrivals: [{ count: 2, for: 100ms }] }
  - { name: b, request: { prompt: Hello }, arrivals: [{ count: 2, for: 100ms }] }
thresholds: ['passed == 4']
";
    folder.write("s.yaml", scenario);
    let url = format!("http://{}", behind.address);
    let output = apimon(
        &folder,
        &[
            "loadtest",
            "s.yaml",
            "--policy",
            &policy,
            "--backend",
            &url,
            "--backend-key-env",
            "BEHIND_KEY",
        ],
    )
    .env("BEHIND_KEY", &behind.key)
    .output()
    .unwrap();
    let text = crate::builder::transcript(&output, &folder);
    assert!(output.status.success(), "{text}");
    assert!(!text.contains(&behind.key), "no key is shown");
    for entry in std::fs::read_dir(folder.run()).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains(&behind.key), "no key is written");
    }
}
