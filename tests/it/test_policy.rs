//! `apimon test-policy` as a user runs it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use crate::builder::{Folder, apimon, repository, transcript};

fn run(folder: &Folder, arguments: &[&str]) -> Output {
    apimon(folder, arguments).output().unwrap()
}

fn shown(folder: &Folder, arguments: &[&str]) -> String {
    transcript(&run(folder, arguments), folder)
}

const POLICY: &str = r#"<policies>
  <inbound>
    <llm-token-limit counter-key="@(context.Subscription.Id)" tokens-per-minute="{{tpm}}" estimate-prompt-tokens="false" />
  </inbound>
</policies>
"#;

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("limit.xml", POLICY);
    folder.write(
        "good.test.yaml",
        "policy: limit.xml\nnamed-values: { tpm: 100 }\ntests: [{ name: it passes, steps: [{ expect: { status: 200 } }] }]\n",
    );
    folder
}

const FAILING: &str = "policy: limit.xml
named-values: { tpm: 100 }
tests:
  - name: a debt of fifty
    steps:
      - { at: 0s, backend: { prompt-tokens: 10, completion-tokens: 140 } }
      - { at: 1s, expect: { status: 200, headers: { Retry-After: 10 } } }
";

#[test]
fn the_conformance_suite_passes() {
    let folder = Folder::new("conformance");
    let output = run(
        &folder,
        &[
            "test-policy",
            "--quiet",
            &repository("tests/conformance"),
            &repository("policies"),
        ],
    );
    let text = transcript(&output, &folder);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains(" 0 failed"), "{text}");
}

#[test]
fn all_passed_is_exit_code_0() {
    let folder = folder("passes");
    insta::assert_snapshot!(shown(
        &folder,
        &["test-policy", ".", "--coverage", "--lcov", "c.info"]
    ));
    let lcov = std::fs::read_to_string(folder.path().join("c.info")).unwrap();
    assert!(lcov.contains("SF:limit.xml\n"), "{lcov}");
    assert!(lcov.contains("DA:3,1\n"), "{lcov}");
}

#[test]
fn a_failure_is_exit_code_1_and_says_all_that_is_known() {
    let folder = folder("fails");
    folder.write("bad.test.yaml", FAILING);
    insta::assert_snapshot!(shown(
        &folder,
        &["test-policy", ".", "--junit", "junit.xml"]
    ));
    let junit = std::fs::read_to_string(folder.path().join("junit.xml")).unwrap();
    assert!(junit.contains("tests=\"2\" failures=\"1\""), "{junit}");
}

#[test]
fn json_says_the_same() {
    let folder = folder("json");
    folder.write("bad.test.yaml", FAILING);
    insta::assert_snapshot!(shown(
        &folder,
        &[
            "test-policy",
            ".",
            "--format",
            "json",
            "--coverage",
            "--filter",
            "fifty"
        ]
    ));
}

#[test]
fn a_wrong_file_is_exit_code_2() {
    let folder = folder("wrong-test");
    folder.write(
        "a.test.yaml",
        "policy: limit.xml\ntests: [{ name: x, steps: [{ expect: { staus: 200 } }] }]\n",
    );
    folder.write(
        "b.test.yaml",
        "policy: nowhere.xml\ntests: [{ name: x, steps: [{}] }]\n",
    );
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let cases: [&[&str]; 6] = [
        &["test-policy", "."],
        &["test-policy", "missing.test.yaml"],
        &["test-policy", "empty"],
        &[
            "test-policy",
            "good.test.yaml",
            "--filter",
            "nothing of the kind",
        ],
        &[
            "test-policy",
            "good.test.yaml",
            "--behaviour",
            "v2-dept=off",
        ],
        &[
            "test-policy",
            "good.test.yaml",
            "--behaviour",
            "v2-debt=maybe",
        ],
    ];
    let shown: Vec<String> = cases
        .iter()
        .map(|arguments| {
            let text = shown(&folder, arguments);
            format!("$ apimon {}\n{text}", arguments.join(" "))
        })
        .collect();
    assert!(
        shown.iter().all(|text| text.contains("exit 2")),
        "{shown:#?}"
    );
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn inferred_behaviour_is_listed_and_switched() {
    let folder = folder("switch");
    insta::assert_snapshot!(shown(&folder, &["emulate", "--explain"]));
    folder.write(
        "debt.test.yaml",
        "policy: limit.xml\nnamed-values: { tpm: 10 }\ntests: [{ name: a long wait, steps: [{ backend: { completion-tokens: 40 } }, { expect: { headers: { Retry-After: 6 } } }] }]\n",
    );
    let code = |arguments: &[&str]| run(&folder, arguments).status.code();
    assert_eq!(code(&["test-policy", "debt.test.yaml"]), Some(1));
    assert_eq!(
        code(&[
            "test-policy",
            "debt.test.yaml",
            "--behaviour",
            "v2-debt=off"
        ]),
        Some(0)
    );
}

#[cfg(unix)]
#[test]
fn watching_runs_again_after_a_change_until_ctrl_c() {
    let folder = folder("watch");
    let mut child = apimon(&folder, &["test-policy", "good.test.yaml", "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut verdict = || {
        lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains(" failed"))
            .expect("the command goes on")
    };
    assert_eq!(verdict(), "1 test: 1 passed, 0 failed");
    let text = std::fs::read_to_string(folder.path().join("limit.xml")).unwrap();
    // The policy, not the test: one more element, which refuses everything.
    let refuses = "<inbound><return-response><set-status code=\"403\" /></return-response>";
    folder.write("limit.xml", &text.replace("<inbound>", refuses));
    assert_eq!(verdict(), "1 test: 0 passed, 1 failed");
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
