//! Two runs beside each other, and what pipelines read of one.

use std::fs;

use crate::builder::{Folder, apimon, repository, transcript};

/// Simulates the burst into `out` and answers with the run's folder.
fn burst(folder: &Folder, out: &str, more: &[&str]) -> String {
    let scenario = repository("scenarios/burst.yaml");
    let mut arguments = vec!["simulate", &scenario, "--quiet", "--out", out];
    arguments.extend(more);
    apimon(folder, &arguments).output().unwrap();
    let mut runs = fs::read_dir(folder.path().join(out)).unwrap();
    runs.next().unwrap().unwrap().path().display().to_string()
}

fn shown(folder: &Folder, arguments: &[&str]) -> String {
    transcript(&apimon(folder, arguments).output().unwrap(), folder)
}

#[test]
fn half_the_limit_is_seen_and_fails_the_pipeline() {
    let folder = Folder::new("compare");
    let base = burst(&folder, "base", &[]);
    let other = burst(&folder, "other", &["--tpm", "250"]);
    let rule = "throttled_ratio > base + 5%";
    insta::assert_snapshot!(shown(
        &folder,
        &["compare", &base, &other, "--fail-if", rule]
    ));
    let same = shown(&folder, &["compare", &base, &base, "--fail-if", rule]);
    assert!(same.starts_with("exit 0"), "{same}");
}

#[test]
fn a_wrong_rule_is_shown_with_its_place() {
    let folder = Folder::new("compare-rule");
    let base = burst(&folder, "base", &[]);
    let rules = [
        "--fail-if",
        "p95(ttft) > 1.1 * bases",
        "--fail-if",
        "p42(ttft) > base",
    ];
    let mut arguments = vec!["compare", &base, &base];
    arguments.extend(rules);
    insta::assert_snapshot!(shown(&folder, &arguments));
}

#[test]
fn pipelines_get_junit_and_a_summary_page() {
    let folder = Folder::new("pipeline");
    let page = folder.write("step.md", "before\n");
    let scenario = repository("scenarios/burst.yaml");
    let arguments = [
        "simulate",
        &scenario,
        "--quiet",
        "--junit",
        "j.xml",
        "--summary-md",
        "s.md",
    ];
    let output = apimon(&folder, &arguments)
        .env("GITHUB_STEP_SUMMARY", &page)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", transcript(&output, &folder));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("j.xml").contains("<testsuite name=\"burst\" tests=\"4\" failures=\"0\""));
    assert!(read("s.md").starts_with("## Simulation: burst ✅"));
    assert_eq!(read("step.md"), format!("before\n{}", read("s.md")));
}
