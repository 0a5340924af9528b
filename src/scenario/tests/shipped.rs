//! The examples of the repository.

#![expect(
    clippy::disallowed_methods,
    reason = "the test reads the examples of the repository"
)]

use std::path::Path;

use serde_json::Value;

use super::super::{Scenario, schema};
use super::schema::fits;
use crate::base::{Source, render};

#[test]
fn every_example_of_a_feature_is_right_plans_the_same_twice_and_fits_the_schema() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/features");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "yaml") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# "), "{name} says what it shows");
        fits(&schema, &text, &name);
        let source = Source::new(name.as_str(), text);
        let read = || {
            let mut scenario = Scenario::parse(&source)?;
            scenario.complete(&source, |named| {
                std::fs::read(folder.join(named)).map_err(|error| error.to_string())
            })?;
            Ok(scenario)
        };
        let scenario: Scenario =
            read().unwrap_or_else(|problems: Vec<_>| panic!("{}", render(&problems, false)));
        let plan = scenario.plan();
        assert!(
            !plan.arrivals.is_empty() || !plan.loops.is_empty(),
            "{name}"
        );
        let again: Scenario = read().unwrap();
        assert_eq!(plan, again.plan(), "{name}");
        for arrival in &plan.arrivals {
            let body: Value = serde_json::from_str(&scenario.body(arrival)).unwrap();
            let estimate = crate::tokens::prompt_estimate(&body);
            assert_eq!(estimate, arrival.prompt_tokens, "{name} {}", arrival.number);
        }
        seen += 1;
    }
    assert!(seen >= 20, "the examples were found");
}
