//! Help, exit codes, and what wrong input gets told.

use std::process::Output;

use crate::builder::{Folder, apimon, repository, transcript};

fn run(folder: &Folder, arguments: &[&str]) -> Output {
    apimon(folder, arguments).output().unwrap()
}

fn shown(folder: &Folder, arguments: &[&str]) -> String {
    transcript(&run(folder, arguments), folder)
}

#[test]
fn help_names_every_command() {
    let folder = Folder::new("help");
    insta::assert_snapshot!(shown(&folder, &["--help"]));
}

#[test]
fn the_burst_is_simulated_as_its_comments_say() {
    let folder = Folder::new("burst");
    insta::assert_snapshot!(shown(
        &folder,
        &["simulate", &repository("scenarios/burst.yaml")]
    ));
    for file in [
        "run.json",
        "scenario.yaml",
        "policy.xml",
        "requests.jsonl",
        "summary.json",
        "report.html",
        "remaining-tokens.svg",
    ] {
        assert!(folder.run().join(file).exists(), "{file}");
    }
}

#[test]
fn every_shipped_scenario_keeps_its_thresholds() {
    for name in ["burst", "sawtooth", "two-subscriptions", "streaming"] {
        let folder = Folder::new(name);
        let output = run(
            &folder,
            &[
                "simulate",
                "--quiet",
                &repository(&format!("scenarios/{name}.yaml")),
            ],
        );
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            transcript(&output, &folder)
        );
        assert!(output.stderr.is_empty(), "{}", transcript(&output, &folder));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_does_not() {
    let folder = Folder::new("seeds");
    let simulate = |out: &str, seed: &str| {
        let output = run(
            &folder,
            &[
                "simulate",
                &repository("scenarios/burst.yaml"),
                "--out",
                out,
                "--seed",
                seed,
                "--quiet",
            ],
        );
        assert!(output.status.success(), "{}", transcript(&output, &folder));
        let run = std::fs::read_dir(folder.path().join(out))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        [
            "requests.jsonl",
            "summary.json",
            "report.html",
            "remaining-tokens.svg",
        ]
        .map(|name| std::fs::read_to_string(run.join(name)).unwrap())
    };
    let first = simulate("one", "5");
    assert_eq!(first, simulate("two", "5"));
    assert_ne!(first[0], simulate("three", "6")[0]);
}

#[test]
fn flags_beat_the_environment_and_both_beat_the_scenario() {
    let folder = Folder::new("precedence");
    let limit = |arguments: &[&str], variable: Option<&str>| {
        let scenario = repository("scenarios/burst.yaml");
        let mut all = vec!["simulate", &scenario, "--quiet", "--out", "runs"];
        all.extend(arguments);
        let mut command = apimon(&folder, &all);
        command.envs(variable.map(|value| ("TPM_LIMIT", value)));
        command.output().unwrap();
        let info = std::fs::read_to_string(folder.run().join("run.json")).unwrap();
        std::fs::remove_dir_all(folder.path().join("runs")).unwrap();
        let info: serde_json::Value = serde_json::from_str(&info).unwrap();
        (
            info["limits"][0]["tokens_per_minute"].as_u64().unwrap(),
            info["overrides"].to_string(),
        )
    };
    assert_eq!(limit(&[], None), (500, "[]".to_owned()));
    assert_eq!(limit(&[], Some("700")), (700, r#"["tpm=700"]"#.to_owned()));
    assert_eq!(
        limit(&["--tpm", "900"], Some("700")),
        (900, r#"["tpm=900"]"#.to_owned())
    );
    assert_eq!(limit(&["--set", "tpm=800"], None).0, 800);
}

#[test]
fn a_missed_threshold_is_exit_code_1() {
    let folder = Folder::new("missed");
    let policy = repository("policies/token-limit.xml");
    folder.write(
        "s.yaml",
        "named-values: { tpm: 500 }\n\
         callers: [{ name: a, request: { prompt: Hello }, arrivals: [{ count: 3, for: 3s }] }]\n\
         thresholds: ['throttled > 5']\n",
    );
    let output = run(
        &folder,
        &["simulate", "s.yaml", "--policy", &policy, "--quiet"],
    );
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        transcript(&output, &folder)
    );
}

#[test]
fn wrong_input_is_exit_code_2_with_a_place_and_a_hint() {
    let folder = Folder::new("wrong");
    folder.write("unknown-key.yaml", "callers:\n  - name: a\n    request: { promt: Hello }\n    arrivals: [{ count: 1, for: 1s }]\n");
    folder.write("torn.yaml", "callers: [\n");
    folder.write(
        "rate.yaml",
        "callers:\n  - { name: a, request: { prompt: Hello }, arrivals: [{ rate: 12 rps, for: 1m }] }\n\
         thresholds: ['p95(tftt) < 1s']\n",
    );
    folder.write("no-policy.yaml", "policy: nowhere.xml\ncallers: [{ name: a, request: { prompt: Hello }, arrivals: [{ count: 1, for: 1s }] }]\n");
    folder.write("bad-policy.yaml", "policy: bad.xml\ncallers: [{ name: a, request: { prompt: Hello }, arrivals: [{ count: 1, for: 1s }] }]\n");
    folder.write("bad.xml", "<policies>\n  <inbound>\n    <cross-domain />\n    <set-variable name=\"v\" value=\"@(1 + )\" />\n  </inbound>\n");
    folder.write(
        "good.yaml",
        "callers: [{ name: a, request: { prompt: Hello }, arrivals: [{ count: 1, for: 1s }] }]\n",
    );
    folder.write("two.yaml", "subscriptions: [a, b]\ncallers: [{ name: a, request: { prompt: Hello }, arrivals: [{ count: 1, for: 1s }] }]\n");
    let cases: [&[&str]; 14] = [
        &["simulate", "missing.yaml"],
        &["simulate", "unknown-key.yaml"],
        &["simulate", "torn.yaml"],
        &["simulate", "rate.yaml"],
        &["simulate", "no-policy.yaml"],
        &["loadtest", "bad-policy.yaml"],
        &["simulate", "good.yaml", "--tier", "basicv3"],
        &["simulate", "good.yaml", "--set", "tpm"],
        &["loadtest", "good.yaml", "--target", "gateway.example"],
        &[
            "loadtest",
            "good.yaml",
            "--target",
            "https://gateway.example",
        ],
        &[
            "loadtest",
            "two.yaml",
            "--target",
            "https://gateway.example",
        ],
        &["loadtest", "good.yaml", "--backend", "ftp://x"],
        &["report", "nowhere"],
        &["frobnicate"],
    ];
    let shown: Vec<String> = cases
        .iter()
        .map(|arguments| {
            let output = run(&folder, arguments);
            assert_eq!(
                output.status.code(),
                Some(2),
                "{arguments:?}: {}",
                transcript(&output, &folder)
            );
            assert!(output.stdout.is_empty(), "{arguments:?}");
            format!(
                "$ apimon {}\n{}",
                arguments.join(" "),
                transcript(&output, &folder)
            )
        })
        .collect();
    assert!(
        !folder.path().join("runs").exists(),
        "nothing is half written"
    );
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_closed_port_is_exit_code_3_and_keeps_its_records() {
    let folder = Folder::new("closed");
    folder.write(
        "s.yaml",
        "callers: [{ name: a, request: { prompt: Hello }, arrivals: [{ count: 2, for: 100ms }] }]\nthresholds: ['failed_ratio == 0%']\n",
    );
    // A port that was free a moment ago and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}");
    let output = apimon(&folder, &["loadtest", "s.yaml", "--target", &url])
        .env("APIM_API_KEY", "secret-of-mine")
        .output()
        .unwrap();
    let text = transcript(&output, &folder);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(!text.contains("secret-of-mine"));
    let records = crate::builder::records(&folder.run());
    assert!(
        records.iter().all(|record| record["failure"] == "connect"),
        "{records:?}"
    );
}

#[test]
fn another_format_is_refused_by_name() {
    let folder = Folder::new("format");
    let run_folder = folder.path().join("run");
    std::fs::create_dir(&run_folder).unwrap();
    std::fs::write(
        run_folder.join("run.json"),
        r#"{"format":"apimon-run/9","more":1}"#,
    )
    .unwrap();
    std::fs::write(run_folder.join("requests.jsonl"), "").unwrap();
    insta::assert_snapshot!(shown(&folder, &["report", "run"]));
}

#[test]
fn the_schema_is_json_and_describes_every_top_level_key() {
    let folder = Folder::new("schema");
    let output = run(&folder, &["schema", "scenario"]);
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in [
        "policy",
        "callers",
        "thresholds",
        "seed",
        "subscriptions",
        "model",
    ] {
        assert!(
            schema["properties"][key]["description"].is_string(),
            "{key}: {}",
            schema["properties"][key]
        );
    }
}

#[test]
fn a_target_that_may_cost_money_is_named_priced_and_capped() {
    let folder = Folder::new("paid");
    folder.write(
        "s.yaml",
        "callers: [{ name: a, request: { prompt: Hello, max-tokens: 100 }, arrivals: [{ count: 500000, for: 1h }] }]\n",
    );
    // An address that is set aside for documentation: nothing is sent there, nor could it be.
    let url = "http://192.0.2.1";
    let by_environment = apimon(&folder, &["loadtest", "s.yaml"])
        .env("APIM_GATEWAY_URL", url)
        .env("APIM_API_KEY", "secret-of-mine")
        .output()
        .unwrap();
    let by_flag = apimon(&folder, &["loadtest", "s.yaml", "--target", url])
        .env("APIM_API_KEY", "secret-of-mine")
        .output()
        .unwrap();
    for (output, wanted) in [
        (by_environment, "only `APIM_GATEWAY_URL` names it"),
        (by_flag, "that is beyond the cap of 1,000,000 tokens"),
    ] {
        let text = transcript(&output, &folder);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(wanted), "{text}");
        assert!(!text.contains("secret-of-mine"), "{text}");
    }
}
