use std::time::Duration;

use super::{Fault, Faults, read};
use crate::base::{Source, render};

fn plan(text: &str) -> Faults {
    read(&Source::new("faults.yaml", text))
        .unwrap_or_else(|problems| panic!("{}", render(&problems, false)))
}

#[test]
fn the_same_seed_strikes_the_same_requests() {
    let text = "seed: 3\nrules:\n- { fault: throttle, probability: 30% }\n- { fault: drop, route: PUT */x, probability: 30% }\n";
    let strikes = |faults: &mut Faults| -> Vec<bool> {
        (0..200)
            .map(|_| faults.request("PUT", "/a/x").is_some())
            .collect()
    };
    let first = strikes(&mut plan(text));
    assert_eq!(first, strikes(&mut plan(text)));
    assert_ne!(
        first,
        strikes(&mut plan(&text.replace("seed: 3", "seed: 4")))
    );
    // 51 % of 200.
    let count = first.iter().filter(|struck| **struck).count();
    assert!((80..125).contains(&count), "{count}");
}

#[test]
fn a_rule_strikes_its_route_and_as_often_as_it_says() {
    let mut faults = plan(
        "rules:\n- { fault: expired-token, route: GET /subscriptions/*/apis, times: 2 }\n- { fault: slow-operation, route: '*/service/*', by: 3s }\n",
    );
    assert_eq!(faults.request("PUT", "/subscriptions/s/apis"), None);
    assert_eq!(faults.request("GET", "/subscriptions/s/apis/x"), None);
    for left in [true, true, false] {
        let struck = faults.request("GET", "/Subscriptions/S/APIS");
        assert_eq!(struck.is_some(), left);
        if let Some(fault) = struck {
            assert_eq!(fault.answer().unwrap().status, 401);
        }
    }
    assert_eq!(
        faults.step("/x/service/y"),
        Some(Fault::Slow(Duration::from_secs(3)))
    );
    assert_eq!(faults.step("/x/other/y"), None);
}

#[test]
fn retry_after_is_never_less_than_asked() {
    let mut faults = plan("rules:\n- { fault: throttle, retry-after: 1.2s }\n");
    let reply = faults.request("GET", "/").unwrap().answer().unwrap();
    assert_eq!(reply.status, 429);
    assert!(reply.headers.contains(&("retry-after", "2".to_owned())));
}

#[test]
fn mistakes_are_shown_at_their_places() {
    let mut told = String::new();
    for text in [
        "seed: 1\n",
        "rules:\n- { route: PUT }\n- { fault: thrttle }\n- { fault: drop, probability: 2, route: FETCH /x }\n- { fault: error, status: 200, by: soon }\n",
        "rules:\n- { fault: drop, often: true }\n",
    ] {
        let problems = read(&Source::new("faults.yaml", text)).unwrap_err();
        told += &render(&problems, false);
        told += "\n\n";
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_schema_is_json() {
    let schema: serde_json::Value = serde_json::from_str(&super::schema()).unwrap();
    assert_eq!(schema["title"], "Faults");
}
