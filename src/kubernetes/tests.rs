use proptest::prelude::*;

use super::*;
use crate::base::Source;

const SCENARIO: &str = "# two teams\n\nsubscriptions:\n  - { id: loud, key-env: LOUD_KEY }\n  - quiet\n\
    callers:\n  - { name: a, subscription: loud, request: { prompt: hi }, arrivals: [{ count: 2, for: 1s }] }\n\
    \x20 - { name: b, subscription: quiet, request: { prompt: hi }, arrivals: [{ count: 2, for: 1s }] }\n";

const POLICY: &str = "<policies>\n\t<inbound />\n</policies>";

fn scenario(text: &str) -> Scenario {
    match Scenario::parse(&Source::new("Two Teams.yaml", text)) {
        Ok(scenario) => scenario,
        Err(problems) => panic!("{}", crate::base::render(&problems, false)),
    }
}

fn yaml(text: &str) -> Result<String, ManifestError> {
    let manifest = Manifest {
        scenario: &scenario(text),
        scenario_text: text,
        policy_text: Some(POLICY),
        shards: 4,
        target: "https://contoso.azure-api.net",
        image: "apimon:1",
        start_at: Some("2026-01-01T09:00:00Z".to_owned()),
    };
    manifest.yaml()
}

#[test]
fn a_manifest_has_all_that_the_pods_need() {
    let text = yaml(SCENARIO).unwrap();
    let documents: Vec<serde_json::Value> = text
        .split("\n---\n")
        .map(serde_saphyr::from_str)
        .filter_map(Result::ok)
        .collect();
    let config = documents
        .iter()
        .find(|document| document["kind"] == "ConfigMap")
        .unwrap();
    assert_eq!(config["data"]["scenario.yaml"], SCENARIO);
    assert_eq!(config["data"]["policy.xml"], POLICY);
    insta::assert_snapshot!(text);
}

#[test]
fn what_pods_cannot_have_is_refused() {
    let file = SCENARIO.replace("key-env: LOUD_KEY", "key-file: loud.txt");
    assert_eq!(
        yaml(&file),
        Err(ManifestError::KeyFile {
            subscription: "loud".to_owned()
        })
    );
    let unnamed = SCENARIO.replace(", key-env: LOUD_KEY", "");
    assert_eq!(yaml(&unnamed), Err(ManifestError::KeysUnknown { count: 2 }));
    let large = format!("# {}\n{SCENARIO}", "x".repeat(1_048_576));
    assert!(matches!(yaml(&large), Err(ManifestError::TooLarge { .. })));
}

#[test]
fn names_are_those_that_kubernetes_allows() {
    assert_eq!(object_name("Two Teams_2"), "apimon-two-teams-2");
    assert_eq!(object_name("é"), "apimon");
    assert!(object_name(&"a-".repeat(60)).len() <= NAME_LENGTH_OF_A_LABEL - "-results".len());
}

const NAME_LENGTH_OF_A_LABEL: usize = 63;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_comes_back_as_it_was(text in "(?s)[ \\t\\n'\":#|>a-c\\-{}\\[\\]\\\\\u{85}\u{2028}\u{feff}é]{0,40}") {
        let document = format!("data:\n  a: {}  b: {}\n", value(&text, 4), scalar(&text));
        let read: serde_json::Value = serde_saphyr::from_str(&document).unwrap();
        prop_assert_eq!(&read["data"]["a"], &text);
        prop_assert_eq!(&read["data"]["b"], &text);
    }
}
