use std::collections::BTreeMap;

use super::super::Scenario;
use super::parse;
use crate::base::{Source, render};

const FILES: [(&str, &[u8]); 9] = [
    ("plain.txt", b"Say {{ nothing }}\n"),
    (
        "rows.jsonl",
        b"{\"q\": \"one\", \"n\": 1}\n\n{\"q\": \"two\", \"n\": 2}\n",
    ),
    (
        "talk.jsonl",
        b"{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}\n{\"prompt\": \"ho\"}\n",
    ),
    ("torn.jsonl", b"{\"q\": 1}\n{\"q\": \n[1]\n{\"p\": 1}\n"),
    ("dot.png", b"\x89PNG rest"),
    ("text.png", b"no image"),
    ("latin.txt", b"caf\xe9"),
    ("empty.txt", b" \n"),
    (
        "trace.csv",
        b"timestamp,prompt_tokens,completion_tokens,model\n0,20,5,a\n1,30,0,b\n",
    ),
];

fn complete(callers: &str) -> Result<Scenario, String> {
    let text = format!("callers:\n{callers}");
    let source = Source::new("s.yaml", text.as_str());
    let mut scenario = parse(&text).map_err(|problems| render(&problems, false))?;
    let files: BTreeMap<&str, &[u8]> = FILES.into();
    let read = |path: &str| {
        let found = files.get(path).map(|bytes| bytes.to_vec());
        found.ok_or_else(|| format!("cannot read `{path}`"))
    };
    scenario
        .complete(&source, read)
        .map_err(|problems| render(&problems, false))?;
    Ok(scenario)
}

fn group(request: &str) -> String {
    format!("  - {{ name: one, request: {{ {request} }}, arrivals: [{{ count: 3, for: 1s }}] }}\n")
}

/// What the user says in each of three requests.
fn said(request: &str) -> Vec<String> {
    let scenario = complete(&group(request)).unwrap_or_else(|problems| panic!("{problems}"));
    let plan = scenario.plan();
    let content = |arrival| {
        let body: serde_json::Value = serde_json::from_str(&scenario.body(arrival)).unwrap();
        body["messages"][0]["content"].to_string()
    };
    plan.arrivals.iter().map(content).collect()
}

#[test]
fn files_rows_and_images_become_part_of_requests() {
    let plain = "\"Say {{ nothing }}\"";
    assert_eq!(
        said("prompt-file: plain.txt"),
        [plain; 3],
        "without variables it is what it is"
    );
    assert_eq!(
        said("dataset: rows.jsonl, prompt: '{{ q }} {{ n }} {{ v }}', variables: { v: [x] }"),
        ["\"one 1 x\"", "\"two 2 x\"", "\"one 1 x\""]
    );
    assert_eq!(said("dataset: talk.jsonl"), ["\"hi\"", "\"ho\"", "\"hi\""]);
    let pictured = said("prompt: hi, images: [dot.png]");
    assert!(
        pictured[0].contains("data:image/png;base64,iVBORyByZXN0"),
        "{pictured:?}"
    );
}

#[test]
fn a_trace_plans_what_it_recorded() {
    let scenario =
        complete("  - { name: one, start: 2s, trace: { file: trace.csv, speed: 2 } }\n").unwrap();
    let plan = scenario.plan();
    let planned: Vec<_> = plan
        .arrivals
        .iter()
        .map(|arrival| {
            let model = scenario.model_name(arrival.caller, &arrival.content);
            (
                arrival.at.as_micros(),
                arrival.prompt_tokens.0,
                arrival.completion_tokens.0,
                arrival.content.max_tokens,
                model,
            )
        })
        .collect();
    assert_eq!(
        planned,
        [
            (2_000_000, 20, 5, Some(5), "a"),
            (2_500_000, 30, 0, None, "b")
        ]
    );
    assert_eq!(plan.end.as_micros(), 2_500_000);
    let one =
        complete("  - { name: one, request: { deployment: own }, trace: trace.csv }\n").unwrap();
    let plan = one.plan();
    assert_eq!(one.model_name(0, &plan.arrivals[0].content), "own");
}

#[test]
fn mistakes_in_files_have_places_in_them() {
    let shown: Vec<String> = [
        "prompt-file: nowhere.txt",
        "prompt-file: latin.txt",
        "prompt-file: empty.txt",
        "prompt-file: plain.txt, variables: { nothin: [a] }",
        "dataset: torn.jsonl, prompt: '{{ q }}'",
        "dataset: rows.jsonl, prompt: '{{ q }}', system: '{{ s }}'",
        "dataset: rows.jsonl",
        "prompt: hi, images: [text.png]",
    ]
    .iter()
    .map(|request| complete(&group(request)).unwrap_err())
    .collect();
    insta::assert_snapshot!(shown.join("\n\n"));
}
