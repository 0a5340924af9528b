//! What is written for a scenario, and what is refused.

use super::*;
use crate::base::Source;

fn scenario(text: &str) -> Scenario {
    Scenario::parse(&Source::new("s.yaml", text)).unwrap()
}

fn exported(text: &str) -> Result<Export, ExportError> {
    let scenario = scenario(text);
    export(&scenario, &scenario.plan(), "https://g.example", 2)
}

const TWO: &str = r#"
name: two-teams
subscriptions:
  - { id: a, key-env: KEY_A }
  - { id: b, key-env: KEY_B }
callers:
  - name: polite
    subscription: a
    request: { prompt: Say hello, max-tokens: 5 }
    arrivals: [ { count: 2, for: 2s } ]
    on-429: honor-retry-after
  - name: loud
    subscription: b
    request: { prompt: Say hello, stream: true }
    arrivals: [ { count: 1, for: 1s } ]
"#;

#[test]
fn plan_settings_and_configuration_are_written() {
    let export = exported(TWO).unwrap();
    insta::assert_snapshot!(format!(
        "{}\n{}\n{}",
        export.plan, export.settings, export.configuration
    ));
}

#[test]
fn what_locust_cannot_play_is_refused() {
    let closed = TWO.replace(
        "arrivals: [ { count: 1, for: 1s } ]",
        "callers: 2\n    for: 5s",
    );
    let file = TWO.replace("key-env: KEY_B", "key-file: k.txt");
    let unnamed = TWO
        .replace(", key-env: KEY_A", "")
        .replace(", key-env: KEY_B", "");
    for (text, words) in [
        (closed, "callers that wait"),
        (file, "`b` is not in the environment"),
        (unnamed, "2 subscriptions"),
    ] {
        let error = exported(&text).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
