//! Every example of a feature, simulated and played for real through the local gateway: its
//! thresholds hold both times, and the same requests get the same decisions.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::builder::{Folder, apimon, records, repository, transcript};

/// What is planned and decided; moments are compared only where they are planned.
const FIELDS: [&str; 10] = [
    "caller",
    "subscription",
    "stream",
    "warm_up",
    "planned_prompt_tokens",
    "status",
    "failure",
    "prompt_tokens",
    "completion_tokens",
    "reason",
];

/// Examples in which it depends on when an answer comes what somebody sends, or how a limit decides.
/// What both runs sent is compared, and decisions only where the machine kept time.
const BY_ANSWERS: [&str; 4] = ["closed-loop", "failures", "quota", "reactions"];

/// So many play at once: all of them would keep each other from keeping time.
const AT_ONCE: usize = 6;

/// How late a request or its answer may be before a decision may tip, microseconds. In the examples
/// whose limits bite, what matters to a decision is at least this far apart.
const IN_TIME_US: u64 = 250_000;

#[test]
fn every_example_is_decided_alike_in_virtual_and_in_real_time() {
    let names = examples();
    assert!(names.len() >= 20, "the examples were found");
    let next = std::sync::Mutex::new(names.iter());
    let problems = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let name = next.lock().unwrap().next();
                    let Some(name) = name else { break };
                    if let Err(problem) = compare(name) {
                        problems.lock().unwrap().push(problem);
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

fn examples() -> Vec<String> {
    let folder = repository("scenarios/features");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let yaml = path.extension().is_some_and(|kind| kind == "yaml");
            yaml.then(|| path.file_stem().unwrap().to_string_lossy().into_owned())
        })
        .collect();
    names.sort();
    names
}

#[expect(clippy::print_stdout, reason = "says why an example was left out")]
fn compare(name: &str) -> Result<(), String> {
    let folder = Folder::new(&format!("example-{name}"));
    let (simulated, kept) = play(&folder, name, "simulate")?;
    if let Some(said) = kept {
        return Err(format!("{name}: {said}"));
    }
    let (measured, kept) = play(&folder, name, "loadtest")?;
    let loose = BY_ANSWERS.contains(&name);
    if loose && !in_time(&simulated, &measured) {
        println!("{name}: this machine was too slow to compare decisions");
        return Ok(());
    }
    if let Some(said) = kept {
        return Err(format!("{name}: {said}"));
    }
    if !loose && simulated.len() != measured.len() {
        let (one, other) = (simulated.len(), measured.len());
        return Err(format!(
            "{name}: {one} requests simulated, {other} measured"
        ));
    }
    let mut common = 0;
    for (key, one) in &simulated {
        // What is tried again, and when, is up to the answer before.
        let again = loose && key.1 > 1;
        let Some(other) = measured.get(key).filter(|_| !again) else {
            if loose {
                continue;
            }
            return Err(format!("{name}: {key:?} was not sent"));
        };
        common += 1;
        let planned = key.1 == 1 && name != "closed-loop";
        let moment = planned.then_some("scheduled_us");
        for field in FIELDS.into_iter().chain(moment) {
            if one[field] != other[field] {
                return Err(format!(
                    "{name}: {field}\nsimulated {one}\nmeasured  {other}"
                ));
            }
        }
    }
    if common < 3 {
        return Err(format!("{name}: {common} requests in common"));
    }
    Ok(())
}

type Tries = BTreeMap<(u64, u64), Value>;

/// Whether every first try went out, and had its answer, about when it was planned.
fn in_time(simulated: &Tries, measured: &Tries) -> bool {
    let took = |record: &Value| number(record, "done_us") - number(record, "sent_us");
    measured.iter().all(|(key, record)| {
        let late = number(record, "sent_us") - number(record, "scheduled_us");
        let slow = simulated
            .get(key)
            .map_or(0, |planned| took(record).saturating_sub(took(planned)));
        late < IN_TIME_US && slow < IN_TIME_US
    })
}

fn number(record: &Value, field: &str) -> u64 {
    record[field].as_u64().unwrap()
}

/// One run, by arrival and attempt; and what was said when its thresholds were missed.
fn play(folder: &Folder, name: &str, command: &str) -> Result<(Tries, Option<String>), String> {
    let scenario = repository(&format!("scenarios/features/{name}.yaml"));
    let out = format!("out-{command}");
    let output = apimon(folder, &[command, &scenario, "--out", &out])
        .output()
        .unwrap();
    let said = transcript(&output, folder);
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!("{name}: {said}"));
    }
    let run = only_run(&folder.path().join(out));
    let tries = records(&run).into_iter().map(|record| {
        let key = (number(&record, "arrival"), number(&record, "attempt"));
        (key, record)
    });
    Ok((tries.collect(), (!output.status.success()).then_some(said)))
}

fn only_run(out: &Path) -> std::path::PathBuf {
    let mut runs = std::fs::read_dir(out).unwrap();
    runs.next().unwrap().unwrap().path()
}

/// A scenario of one group, with further keys.
fn scenario(more: &str, group: &str) -> String {
    format!(
        "model: {{ time-to-first-token: 5ms, tokens-per-second: 10000, completion-tokens: 10, spread: 0% }}\n{more}callers:\n  - name: one\n    request: {{ prompt: Hello, max-tokens: 20 }}\n{group}"
    )
}

#[test]
fn a_broken_rule_ends_the_run_early_with_exit_code_1() {
    let folder = Folder::new("abort");
    let text = scenario(
        "thresholds: [{ rule: \"passed <= 4\", abort-early: true }]\n",
        "    arrivals: [{ rate: 10/s, for: 60s }]\n",
    );
    folder.write("abort.yaml", &text);
    for command in ["simulate", "loadtest"] {
        let out = format!("out-{command}");
        let output = apimon(&folder, &[command, "abort.yaml", "--out", &out])
            .output()
            .unwrap();
        let said = transcript(&output, &folder);
        assert_eq!(output.status.code(), Some(1), "{said}");
        let why = "`passed <= 4` is broken: ";
        assert!(said.contains(&format!("stopped: {why}")), "{said}");
        let run = only_run(&folder.path().join(out));
        // Six hundred were planned.
        assert!((5..100).contains(&records(&run).len()), "{said}");
        let info = std::fs::read_to_string(run.join("run.json")).unwrap();
        assert!(info.contains(&format!("\"stopped\": \"{why}")), "{info}");
    }
}

#[test]
fn a_plan_is_printed_and_nothing_is_sent() {
    let folder = Folder::new("plan");
    let text = scenario(
        "seed: 3\nsubscriptions: [a, b]\nbudget: { money: 0.0001 }\nwarm-up: 1s\n",
        "    subscription: { a: 1, b: 1 }\n    arrivals: [{ rate: 10/min, for: 2m }, { count: 5, for: 1s }]\n  - { name: people, request: { prompt: Hello, max-tokens: 20, stream: true }, callers: 2, think-time: 5s, for: 20s }\n",
    );
    folder.write("plan.yaml", &text);
    // Nobody listens there; a plan needs nobody.
    let arguments = [
        "loadtest",
        "plan.yaml",
        "--plan",
        "--target",
        "http://127.0.0.1:9",
    ];
    let output = apimon(&folder, &arguments).output().unwrap();
    insta::assert_snapshot!(transcript(&output, &folder));
    assert!(!folder.path().join("runs").exists());
    let mut json = arguments.to_vec();
    json.extend(["--format", "json"]);
    let plan = |arguments: &[&str]| apimon(&folder, arguments).output().unwrap().stdout;
    let first = plan(&json);
    assert_eq!(first, plan(&json), "the same bytes");
    let value: Value = serde_json::from_slice(&first).unwrap();
    let arrivals = value["plan"]["arrivals"].as_array().unwrap();
    assert_eq!(
        arrivals.len() as u64,
        value["plan"]["total"]["requests"].as_u64().unwrap()
    );
    assert_eq!(value["currency"], "USD");
}

#[test]
fn prices_are_the_users_where_he_has_some() {
    let folder = Folder::new("prices");
    folder.write(
        "s.yaml",
        &scenario(
            "deployment: mine\nbudget: { money: 1 }\n",
            "    arrivals: [{ count: 2, for: 1s }]\n",
        ),
    );
    let output = apimon(&folder, &["loadtest", "s.yaml", "--plan"])
        .output()
        .unwrap();
    insta::assert_snapshot!(transcript(&output, &folder));
    folder.write(
        "p.yaml",
        "date: 2026-01-31\ncurrency: EUR\nmodels:\n  mine: { prompt: 1000, completion: 2000 }\n",
    );
    let arguments = [
        "loadtest", "s.yaml", "--plan", "--prices", "p.yaml", "--format", "json",
    ];
    let output = apimon(&folder, &arguments).output().unwrap();
    assert!(output.status.success(), "{}", transcript(&output, &folder));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    // Twice 8 tokens of prompt and 10 of completion, a thousandth and two each.
    assert_eq!(value["plan"]["cost_nanos"], 56_000_000);
    assert_eq!(
        (&value["currency"], &value["prices_of"]),
        (&"EUR".into(), &"2026-01-31".into())
    );
}

#[test]
fn what_cannot_be_had_yet_is_said() {
    let folder = Folder::new("not-yet");
    let group = "    arrivals: [{ count: 2, for: 1s }]\n";
    let keyed = "subscriptions: [{ id: a, key-azure: team-a }]\n";
    folder.write("keyed.yaml", &scenario(keyed, group));
    let filed = scenario("", group).replace("prompt: Hello", "prompt-file: hello.txt");
    folder.write("filed.yaml", &filed);
    folder.write("hello.txt", "Hello");
    // Nothing is sent: nobody listens there.
    let target = ["--target", "http://127.0.0.1:9"];
    for (arguments, message) in [
        (
            vec!["loadtest", "keyed.yaml"],
            "the key of subscription `a` is with Azure",
        ),
        (
            vec!["k8s", "keyed.yaml", "--shards", "2"],
            "the key of subscription `a` is not in a variable",
        ),
        (
            vec!["k8s", "filed.yaml", "--shards", "2"],
            "the scenario reads `hello.txt`, which pods do not have",
        ),
    ] {
        let arguments = [arguments, target.to_vec()].concat();
        let output = apimon(&folder, &arguments).output().unwrap();
        let said = transcript(&output, &folder);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(message) && said.contains("hint: "), "{said}");
    }
    // The local target makes keys of its own.
    let output = apimon(&folder, &["loadtest", "keyed.yaml"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", transcript(&output, &folder));
}
