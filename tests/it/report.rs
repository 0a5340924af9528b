//! Reports of runs that are on disk: forms, bounded memory, and input that is not right.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use crate::builder::{Folder, apimon, repository, transcript};

/// Simulates a shipped scenario and answers with the run's folder.
fn simulated(folder: &Folder, scenario: &str) -> PathBuf {
    let scenario = repository(&format!("scenarios/{scenario}.yaml"));
    apimon(folder, &["simulate", &scenario, "--quiet"])
        .output()
        .unwrap();
    folder.run()
}

fn shown(folder: &Folder, arguments: &[&str]) -> String {
    transcript(&apimon(folder, arguments).output().unwrap(), folder)
}

fn printed(folder: &Folder, run: &Path, more: &[&str]) -> String {
    let run = run.display().to_string();
    let mut arguments = vec!["report", &run, "--quiet"];
    arguments.extend(more);
    let output = apimon(folder, &arguments).output().unwrap();
    assert!(output.status.success(), "{}", transcript(&output, folder));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_run_is_printed_in_every_form() {
    let folder = Folder::new("forms");
    let run = simulated(&folder, "two-subscriptions");
    for (form, begins) in [
        ("table", "two-subscriptions (simulated): 22 of 45"),
        ("text", "two-subscriptions (simulated): 22 of 45"),
        ("json", "{\n  \"scenario\": \"two-subscriptions\""),
        (
            "csv",
            "table,name,metric,value\nrun,two-subscriptions,requests,45\n",
        ),
        ("md", "## Simulation: two-subscriptions ✅\n"),
        ("junit", "<?xml version=\"1.0\""),
        ("prometheus", "# TYPE apimon_run gauge\n"),
        ("html", "<!doctype html>\n"),
        ("svg", "<svg xmlns="),
    ] {
        let text = printed(&folder, &run, &["--format", form]);
        assert!(text.starts_with(begins), "{form}: {text:.200}");
    }
    let chart = printed(&folder, &run, &["--format", "svg", "--chart", "client"]);
    assert!(chart.contains("Client health"));
    let markdown = printed(
        &folder,
        &run,
        &["--format", "md", "--images", "https://example.org/1"],
    );
    assert!(markdown.contains("](https://example.org/1/latency.svg)"));
    let run = run.display().to_string();
    let wrong = shown(
        &folder,
        &["report", &run, "--format", "svg", "--chart", "pie"],
    );
    assert!(
        wrong.starts_with("exit 2") && wrong.contains("it has tokens-per-minute, "),
        "{wrong}"
    );
}

#[test]
fn bounded_memory_has_the_same_numbers() {
    let folder = Folder::new("streamed");
    let run = simulated(&folder, "sawtooth");
    let value = |more: &[&str]| -> serde_json::Value {
        let mut arguments = vec!["--format", "json"];
        arguments.extend(more);
        serde_json::from_str(&printed(&folder, &run, &arguments)).unwrap()
    };
    let (exact, streamed) = (value(&[]), value(&["--streamed"]));
    for field in [
        "counts",
        "subscriptions",
        "callers",
        "retry_after",
        "fairness",
        "arrived",
    ] {
        assert_eq!(exact[field], streamed[field], "{field}");
    }
    for quantile in ["p50_ms", "p99_ms"] {
        let [known, near] =
            [&exact, &streamed].map(|run| run["latency"][quantile].as_f64().unwrap());
        assert!(
            (known - near).abs() <= known * 0.002,
            "{quantile}: {near} for {known}"
        );
    }
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("quantiles of times are within 0.2 %"));
}

#[test]
fn input_that_is_not_right_is_named_or_told() {
    let folder = Folder::new("not-right");
    let run = simulated(&folder, "burst");
    let requests = run.join("requests.jsonl");
    let good = fs::read_to_string(&requests).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let mut said = Vec::new();
    let mut told = |name: &str, text: &str| {
        fs::write(&requests, text).unwrap();
        for way in [&[][..], &["--streamed"]] {
            let run = run.display().to_string();
            let mut arguments = vec!["report", &run, "--quiet", "--format", "junit"];
            arguments.extend(way);
            let output = apimon(&folder, &arguments).output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            let errors = errors.replace(&run, "RUN");
            let code = output.status.code().unwrap_or(-1);
            said.push(format!("{name} {way:?}: exit {code}\n{errors}"));
        }
    };
    let cut = |place: usize, text: &str| {
        let mut lines = lines.clone();
        lines[place] = text;
        lines.join("\n") + "\n"
    };
    told("a line that is cut", &cut(3, &lines[3][..60]));
    let newer = lines[5].replace('}', ",\"colour\":1}");
    told("a line of another version", &cut(5, &newer));
    told("an empty line", &cut(2, ""));
    told("a torn end", &good[..good.len() - 9]);
    told("nothing at all", "");
    insta::assert_snapshot!(said.concat());
}

#[test]
fn two_runs_are_compared_by_report_too() {
    let folder = Folder::new("report-compare");
    let run = simulated(&folder, "burst").display().to_string();
    let one = shown(&folder, &["report", "--compare", &run, &run]);
    assert_eq!(one, shown(&folder, &["compare", &run, &run]));
    let wrong = shown(&folder, &["report", "--compare", &run]);
    assert!(wrong.starts_with("exit 2"), "{wrong}");
}

#[test]
fn the_summary_has_a_schema() {
    let folder = Folder::new("report-schema");
    let text = apimon(&folder, &["schema", "report"])
        .output()
        .unwrap()
        .stdout;
    let schema: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let run = simulated(&folder, "burst");
    let summary = fs::read_to_string(run.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    for field in summary.as_object().unwrap().keys() {
        assert!(schema["properties"].get(field).is_some(), "{field}");
    }
}

/// Answers one request with a status, and hands back the request.
fn collector(status: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut piece = [0; 4096];
        let whole = |request: &[u8]| {
            let text = String::from_utf8_lossy(request).into_owned();
            let (head, body) = text.split_once("\r\n\r\n")?;
            let length = head.to_lowercase();
            let length = length.split("content-length: ").nth(1)?.lines().next()?;
            (body.len() >= length.trim().parse().ok()?).then_some(())
        };
        while whole(&request).is_none() {
            let read = stream.read(&mut piece).unwrap();
            request.extend_from_slice(&piece[..read]);
        }
        let answer =
            format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    (address, served)
}

#[test]
fn a_collector_gets_the_metrics() {
    let folder = Folder::new("otlp");
    let run = simulated(&folder, "streaming").display().to_string();
    let (address, served) = collector("200 OK");
    let output = apimon(&folder, &["report", &run, "--quiet", "--otlp", &address])
        .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cret")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", transcript(&output, &folder));
    let request = served.join().unwrap();
    assert!(request.starts_with("POST /v1/metrics "), "{request:.90}");
    assert!(request.contains("api-key: s3cret"));
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let metrics = &body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
    assert_eq!(metrics[0]["name"], "gen_ai.client.token.usage");
    let (address, served) = collector("503 Service Unavailable");
    let refused = shown(&folder, &["report", &run, "--quiet", "--otlp", &address]);
    served.join().unwrap();
    assert!(
        refused.starts_with("exit 3") && refused.contains("answered 503"),
        "{refused}"
    );
}
