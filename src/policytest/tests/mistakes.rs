use crate::base::{Source, render};

use super::super::{Suite, TestFile};

/// Everything that is wrong with a text, as people see it.
fn problems(text: &str) -> String {
    let source = Source::new("t.test.yaml", text);
    let mut load = |name: &str| Err(format!("cannot read `{name}`"));
    let outcome = TestFile::parse(&source)
        .and_then(|file| Suite::prepare(file, &mut load, &|behaviour| behaviour));
    match outcome {
        Ok(_) => panic!("nothing is wrong with {text}"),
        Err(problems) => render(&problems, false),
    }
}

const POLICY: &str = "policy: <policies />\n";

/// A file cut somewhere, or with a letter changed, is read or refused and never a panic.
#[test]
fn torn_files_are_read_or_refused() {
    let whole = include_str!("../../../policies/token-limit.test.yaml");
    let letters: Vec<(usize, char)> = whole.char_indices().collect();
    for (index, (offset, letter)) in letters.iter().enumerate().step_by(11) {
        let mut texts = vec![whole[..*offset].to_owned()];
        if index % 2 == 0 {
            let rest = &whole[offset + letter.len_utf8()..];
            let other = ["{", "]", ":", "\n", "-", "\u{e9}", "9", "\""][index / 22 % 8];
            texts.push(format!("{}{other}{rest}", &whole[..*offset]));
        }
        for text in texts {
            let source = Source::new("t.test.yaml", text);
            if let Err(problems) = TestFile::parse(&source) {
                assert!(!render(&problems, false).is_empty());
            }
        }
    }
}

#[test]
fn mistakes_are_told_with_place_and_hint() {
    let cases = [
        "tests: []\n".to_owned(),
        format!("{POLICY}polcy: x\n"),
        format!("{POLICY}tier: basicv3\nstart: yesterday\ntests: [{{ name: a, steps: [{{}}] }}]\n"),
        POLICY.to_owned(),
        format!("{POLICY}tests: [{{ name: a, steps: [] }}, {{ steps: [{{}}] }}]\n"),
        format!("{POLICY}tests: [{{ name: a, steps: [{{}}] }}, {{ name: a, steps: [{{}}] }}]\n"),
        format!(
            "{POLICY}tests:\n  - name: a\n    steps:\n      - {{ at: 2s, subscription: bob, api: x }}\n      - {{ at: 1s }}\n"
        ),
        format!(
            "{POLICY}tests:\n  - name: a\n    steps:\n      - {{ repeat: {{ times: 3 }}, expect: {{ status: [200, 429], body: [1, 2, 3] }} }}\n"
        ),
        format!(
            "{POLICY}tests:\n  - name: a\n    steps:\n      - {{ request: {{ prompt: x, body: y, method: get }}, backend: {{ fault: broken, status: 99 }} }}\n"
        ),
        format!(
            "{POLICY}tests:\n  - name: a\n    steps:\n      - {{ expect: {{ log: {{ hub: [] }}, dimensions: {{ a: b }}, staus: 200 }} }}\n"
        ),
        format!(
            "{POLICY}tests:\n  - name: a\n    steps:\n      - {{ expect: {{ log: {{ hub: [] }}, dimensions: {{ a: b }} }} }}\n"
        ),
        format!(
            "{POLICY}scopes: {{ workspace: nowhere.xml }}\nfragments: {{ f: f.xml }}\ntests: [{{ name: a, steps: [{{}}] }}]\n"
        ),
        "policy: nowhere.xml\ntests: [{ name: a, steps: [{}] }]\n".to_owned(),
        "policy: |\n  <policies>\n    <inbond />\n  </policies>\ntests: [{ name: a, steps: [{}] }]\n"
            .to_owned(),
        format!(
            "{POLICY}subscriptions: [a, a]\napis: [{{ name: o, path: x }}, {{ name: o }}]\nexpect-diagnostics: [{{ code: T01 }}]\n"
        ),
    ];
    let shown: Vec<String> = cases.iter().map(|text| problems(text)).collect();
    insta::assert_snapshot!(shown.join("\n----\n"));
}
