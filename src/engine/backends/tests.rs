use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::base::{Moment, Seed};
use crate::policy::NamedValues;

fn backends(entities: &[(&str, Value)]) -> Backends {
    let mut backends = Backends::default();
    for (id, properties) in entities {
        backends.add(NamedBackend::from_arm(id, properties, &NamedValues::new()).unwrap());
    }
    backends.check().unwrap();
    backends
}

fn service(id: &str) -> (String, Value) {
    let url = format!("https://{id}.example/openai");
    let rule = json!({
        "failureCondition": {
            "count": 2, "interval": "PT10S", "statusCodeRanges": [{ "min": 429, "max": 429 }],
            "errorReasons": ["Timeout"]
        },
        "tripDuration": "PT30S", "acceptRetryAfter": true, "name": "r"
    });
    let properties =
        json!({ "url": url, "protocol": "http", "circuitBreaker": { "rules": [rule] } });
    (id.to_owned(), properties)
}

/// A pool `p` of services `s0`, `s1`, … by priority and weight.
fn pool(members: &[(u32, u32)]) -> Backends {
    let services = members.iter().enumerate().map(|(index, (priority, weight))| {
        json!({ "id": format!("/backends/s{index}"), "priority": priority, "weight": weight })
    });
    let pool = json!({ "type": "Pool", "pool": { "services": services.collect::<Vec<_>>() } });
    let singles: Vec<(String, Value)> = (0..members.len())
        .map(|index| service(&format!("s{index}")))
        .collect();
    let mut all: Vec<(&str, Value)> = singles
        .iter()
        .map(|(id, value)| (id.as_str(), value.clone()))
        .collect();
    all.push(("p", pool));
    backends(&all)
}

fn turn(backends: &Backends, circuits: &mut Circuits, now: Moment) -> String {
    match choose(backends, circuits, "P", now, None) {
        Chosen::Single(backend) => backend.id().to_string(),
        other => format!("{other:?}"),
    }
}

fn fail(backends: &Backends, circuits: &mut Circuits, id: &str, at: u64, told: Option<u64>) {
    let outcome = Outcome::Status {
        status: 429,
        retry_after: told.map(Duration::from_secs),
    };
    let found = backends.find(id).unwrap();
    circuits.note(seconds(at), found.single().unwrap(), outcome);
}

fn seconds(count: u64) -> Moment {
    Moment::at(Duration::from_secs(count))
}

#[test]
fn members_take_turns_by_weight_within_the_lowest_priority() {
    let backends = pool(&[(1, 3), (1, 1), (2, 1)]);
    let mut circuits = Circuits::default();
    let turns: Vec<String> = (0..8)
        .map(|_| turn(&backends, &mut circuits, Moment::ZERO))
        .collect();
    assert_eq!(turns.concat(), "s0s0s1s0s0s0s1s0");
}

#[test]
fn a_tripped_member_is_left_out_until_its_time_is_over() {
    let backends = pool(&[(1, 1), (2, 1)]);
    let mut circuits = Circuits::default();
    fail(&backends, &mut circuits, "s0", 0, None);
    assert_eq!(
        turn(&backends, &mut circuits, seconds(1)),
        "s0",
        "one failure is not two"
    );
    fail(&backends, &mut circuits, "s0", 9, None);
    assert_eq!(turn(&backends, &mut circuits, seconds(9)), "s1");
    assert_eq!(turn(&backends, &mut circuits, seconds(38)), "s1");
    assert_eq!(turn(&backends, &mut circuits, seconds(39)), "s0");
    fail(&backends, &mut circuits, "s1", 40, None);
    fail(&backends, &mut circuits, "s0", 40, None);
    fail(&backends, &mut circuits, "s1", 41, None);
    fail(&backends, &mut circuits, "s0", 41, None);
    assert_eq!(
        turn(&backends, &mut circuits, seconds(42)),
        "Inactive { pool: true }"
    );
}

#[test]
fn failures_that_are_too_far_apart_trip_nothing() {
    let backends = pool(&[(1, 1)]);
    let mut circuits = Circuits::default();
    for at in [0, 10, 20, 30] {
        fail(&backends, &mut circuits, "s0", at, None);
        assert_eq!(turn(&backends, &mut circuits, seconds(at)), "s0");
    }
    fail(&backends, &mut circuits, "s0", 39, None);
    assert_eq!(circuits.open_until(seconds(39), "s0"), Some(seconds(69)));
}

#[test]
fn the_backend_itself_says_how_long() {
    let backends = pool(&[(1, 1)]);
    let mut circuits = Circuits::default();
    fail(&backends, &mut circuits, "s0", 0, Some(5));
    fail(&backends, &mut circuits, "s0", 1, Some(7));
    assert_eq!(circuits.open_until(seconds(1), "s0"), Some(seconds(8)));
    assert_eq!(
        circuits.describe(seconds(2)),
        ["backend `s0`: left alone for 6s"]
    );
    // A timeout is named by the rule, a lost connection is not.
    let single = backends.find("s0").unwrap().single().unwrap();
    for (reason, open) in [("BackendConnectionFailure", false), ("Timeout", true)] {
        let mut circuits = Circuits::default();
        for _ in 0..2 {
            circuits.note(Moment::ZERO, single, Outcome::Nothing { reason });
        }
        assert_eq!(
            circuits.open_until(Moment::ZERO, "s0").is_some(),
            open,
            "{reason}"
        );
    }
}

#[test]
fn what_is_not_a_backend_is_refused_with_the_reason() {
    let cases = [
        (json!({}), "a backend needs `url`"),
        (json!({ "url": "nowhere" }), "`nowhere` is not a URL"),
        (
            json!({ "url": "https://a", "protocol": "soap" }),
            "protocol `soap` is not executed, only `http`",
        ),
        (
            json!({ "url": "https://a", "type": "Pool" }),
            "a pool needs `pool.services`",
        ),
        (
            json!({ "type": "Ring" }),
            "type `Ring` is neither `Single` nor `Pool`",
        ),
        (
            json!({ "type": "Pool", "pool": { "services": [] } }),
            "a pool has 1 to 30 services",
        ),
        (
            json!({ "type": "Pool", "pool": { "services": [{ "id": "a" }], "sessionAffinity": {} } }),
            "`pool.sessionAffinity` is not executed by this version",
        ),
        (
            json!({ "url": "https://a", "credentials": { "certificateIds": ["c"] } }),
            "client certificates are not executed by this version",
        ),
        (
            json!({ "url": "https://a", "circuitBreaker": { "rules": [{
                "failureCondition": { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 500, "max": 599 }] },
                "tripDuration": "soon" }] } }),
            "`tripDuration` cannot be `soon`; write it like `PT1M`",
        ),
    ];
    for (properties, what) in cases {
        let mistake = NamedBackend::from_arm("b", &properties, &NamedValues::new()).unwrap_err();
        assert_eq!(mistake.to_string(), format!("backend `b`: {what}"));
    }
}

#[test]
fn pools_hold_single_backends_that_are_there() {
    let pool = |id: &str| json!({ "type": "Pool", "pool": { "services": [{ "id": id }] } });
    for (id, what) in [("x", "is not configured"), ("p", "is a pool itself")] {
        let mut backends = Backends::default();
        backends.add(NamedBackend::from_arm("p", &pool(id), &NamedValues::new()).unwrap());
        let mistake = backends.check().unwrap_err();
        assert_eq!(mistake.what, format!("its service `{id}` {what}"));
    }
}

#[test]
fn tls_and_descriptions_are_noted() {
    let properties = json!({
        "url": "https://a", "tls": { "validateCertificateChain": false }, "title": "A",
        "circuitBreaker": { "rules": [{
            "failureCondition": { "count": 1, "interval": "P1D", "errorReasons": ["Server errors"],
                "statusCodeRanges": [{ "min": 500, "max": 599 }] },
            "tripDuration": "PT1M" }] }
    });
    let named = NamedBackend::from_arm("a", &properties, &NamedValues::new()).unwrap();
    assert_eq!(named.notes.len(), 2, "{:?}", named.notes);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_round_serves_everybody_as_often_as_its_weight(weights in prop::collection::vec(1_u32..8, 1..6), by_lot: bool) {
        let members: Vec<(u32, u32)> = weights.iter().map(|weight| (1, *weight)).collect();
        let backends = pool(&members);
        let mut circuits = Circuits::default();
        let mut seed = Seed::new(1);
        let mut served: BTreeMap<String, u32> = BTreeMap::new();
        for _ in 0..weights.iter().sum() {
            let lot = by_lot.then_some(&mut seed);
            match choose(&backends, &mut circuits, "p", Moment::ZERO, lot) {
                Chosen::Single(backend) => *served.entry(backend.id().to_string()).or_default() += 1,
                other => prop_assert!(false, "{other:?}"),
            }
        }
        if !by_lot {
            let expected: BTreeMap<String, u32> =
                weights.iter().enumerate().map(|(index, weight)| (format!("s{index}"), *weight)).collect();
            prop_assert_eq!(served, expected);
        }
    }
}
