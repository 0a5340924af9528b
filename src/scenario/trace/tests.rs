use std::sync::Arc;
use std::time::Duration;

use super::super::request::FileReference;
use super::{Known, TraceRow, TraceSpec, read};
use crate::base::{Source, Span, render};

fn spec() -> TraceSpec {
    TraceSpec {
        file: FileReference {
            path: "t.csv".to_owned(),
            place: Span::default(),
        },
        speed: 1.0,
        from: Duration::ZERO,
        span: None,
        subscriptions: vec![("mapped".to_owned(), 1)],
        rows: Arc::new([]),
        models: Vec::new(),
    }
}

fn read_into(trace: &mut TraceSpec, text: &str) -> Result<(), String> {
    let ids = ["team-a".to_owned(), "team-b".to_owned()];
    let known = Known {
        subscriptions: &ids,
        one_model: false,
    };
    let source = Source::new("t.csv", text);
    read(trace, &source, &known).map_err(|problems| render(&problems, false))
}

/// `at ms, prompt, completion, subscription, model, stream`.
type Plain = (u128, u64, u64, Option<usize>, Option<u32>, Option<bool>);

fn rows(text: &str) -> Vec<Plain> {
    let mut trace = spec();
    read_into(&mut trace, text).unwrap_or_else(|problems| panic!("{problems}"));
    let plain = |row: &TraceRow| {
        (
            row.at.as_millis(),
            row.prompt_tokens,
            row.completion_tokens,
            row.subscription,
            row.model,
            row.stream,
        )
    };
    trace.rows.iter().map(plain).collect()
}

#[test]
fn published_traces_own_files_and_exports_are_read() {
    let published = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n";
    let plain = [
        (0, 4808, 10, None, None, None),
        (52, 3180, 8, None, None, None),
    ];
    assert_eq!(rows(published), plain);
    let own = "timestamp;prompt_tokens;completion_tokens;subscription;model;stream\r\n1.5;7;0;mapped;gpt-4o;true\r\n0.5;5;6;team-a;;\r\n";
    assert_eq!(
        rows(own),
        [
            (0, 5, 6, Some(0), None, None),
            (1_000, 7, 0, Some(1), Some(0), Some(true))
        ],
        "in order of time"
    );
    // A long message is several rows, one of which has the tokens; fields hold quotes and lines.
    let portal = "\"TimeGenerated [UTC]\",SequenceNumber,PromptTokens,CompletionTokens,DeploymentName,ModelName,IsStreamCompletion,_SubscriptionId,RequestMessages\n\"11/16/2023, 6:17:03.979 PM\",0,100,20,chat,gpt-4o-mini,False,azure,\"[{\"\"content\"\":\"\"a,\nb\"\"}]\"\n\"11/16/2023, 6:17:03.979 PM\",1,0,0,chat,gpt-4o-mini,False,azure,rest\n";
    assert_eq!(rows(portal), [(0, 100, 20, None, Some(0), Some(false))]);
}

#[test]
fn json_is_a_list_lines_or_the_answer_of_a_query() {
    let row = r#"{"TimeGenerated":"2026-01-01T00:00:00Z","PromptTokens":10,"CompletionTokens":2,"ApimSubscriptionId":"team-b","IsStreamCompletion":true}"#;
    let later = row.replace(":00Z", ":01Z");
    let query = r#"{"tables":[{"name":"PrimaryResult","columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"PromptTokens","type":"int"},{"name":"CompletionTokens","type":"int"},{"name":"ApimSubscriptionId","type":"string"},{"name":"IsStreamCompletion","type":"bool"}],"rows":[["2026-01-01T00:00:00Z",10,2,"team-b",true],["2026-01-01T00:00:01Z",10,2,"team-b",true]]}]}"#;
    let expected = [
        (0, 10, 2, Some(1), None, Some(true)),
        (1_000, 10, 2, Some(1), None, Some(true)),
    ];
    for text in [
        format!("[{row},{later}]"),
        format!("{row}\n{later}\n"),
        query.to_owned(),
    ] {
        assert_eq!(rows(&text), expected, "{text}");
    }
}

#[test]
fn a_window_and_a_speed_cut_and_shrink_the_trace() {
    let text = "timestamp,prompt_tokens,completion_tokens\n0,1,1\n10,2,1\n19,3,1\n20,4,1\n";
    let mut trace = TraceSpec {
        speed: 4.0,
        from: Duration::from_secs(10),
        span: Some(Duration::from_secs(10)),
        ..spec()
    };
    read_into(&mut trace, text).unwrap();
    let start = Duration::from_secs(1);
    let replayed: Vec<_> = trace
        .replayed(start)
        .map(|(at, row)| (at.as_micros(), row.prompt_tokens))
        .collect();
    assert_eq!(replayed, [(1_000_000, 2), (3_250_000, 3)]);
    assert_eq!(trace.end(start).as_micros(), 3_500_000);
}

#[test]
fn mistakes_have_places_and_hints() {
    let head = "timestamp,prompt_tokens,completion_tokens,subscription,stream\n";
    let shown: Vec<String> = [
        "",
        "time,prompt,completion\n1,2,3\n",
        &format!("{head}1,2,3,team-c,true\nsoon,-1,many,team-a,maybe\n"),
        &format!("{head}1,2,3,\"team-a,true\n"),
        "[{\"timestamp\": 1,}]",
        "[1, 2]",
    ]
    .iter()
    .map(|text| read_into(&mut spec(), text).unwrap_err())
    .collect();
    insta::assert_snapshot!(shown.join("\n\n"));
    let mut late = TraceSpec {
        from: Duration::from_mins(1),
        ..spec()
    };
    let text = format!("{head}1,2,3,team-a,true\n");
    assert!(read_into(&mut late, &text).unwrap_err().contains("no row"));
}
