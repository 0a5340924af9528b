//! Questions of this module, answered by the local Azure: what went in must come out.

use super::*;

fn answers(store: &Store, places: &Places, window: &Window) -> Usage {
    let now = at("2026-01-01T13:00:00Z");
    let resource = |id: &Option<String>, kind: Kind| Resource {
        id: id.clone().unwrap_or_default(),
        region: "swedencentral".to_owned(),
        kind,
    };
    let services = || vec!["contoso".to_owned()];
    let sources = Sources {
        gateway: services(),
        llm: services(),
        metrics: services(),
    };
    let resources = [
        resource(&places.service, Kind::Service("contoso".to_owned())),
        resource(&places.account, Kind::Account("contoso-openai".to_owned())),
        resource(
            &places.component,
            Kind::Component {
                services: services(),
                with_dimensions: true,
            },
        ),
    ];
    let (metrics, logs) = questions(places, window);
    let metrics = metrics.into_iter().map(|question| {
        let resource = resources
            .iter()
            .find(|known| question.path.starts_with(&known.id))
            .unwrap();
        let parameters: Vec<(String, String)> = question
            .parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let reply = list(store, resource, &parameters, now);
        assert_eq!(reply.status, 200, "{:?} {}", question.topic, reply.body);
        (question.topic, Metrics::decode(&reply.body))
    });
    let logs = logs.into_iter().map(|question| {
        let body = json!({ "query": question.query, "timespan": question.timespan });
        let reply = query(store, &sources, Dialect::Workspace, &body, now);
        assert_eq!(reply.status, 200, "{:?} {}", question.topic, reply.body);
        (question.topic, Rows::decode(&reply.body))
    });
    collect(
        "contoso".to_owned(),
        *window,
        Some(100),
        metrics.collect(),
        logs.collect(),
    )
}

fn store() -> Store {
    crate::monitor::tests::store()
}

fn named(namespace: &str) -> Places {
    Places {
        namespace: namespace.to_owned(),
        ..places()
    }
}

#[test]
fn every_source_is_answered() {
    let usage = answers(&store(), &named("llm"), &window());
    insta::assert_snapshot!(format!("{:#}", crate::report::usage_json(&usage)));
}

#[test]
fn logs_and_emitted_metrics_agree() {
    let from_logs = answers(&store(), &named("llm"), &window());
    let without = Places {
        workspace: None,
        ..named("llm")
    };
    let from_metrics = answers(&store(), &without, &window());
    let rows = |usage: &Usage| -> Vec<(String, u64, Vec<u64>)> {
        let rows = usage.subscriptions.iter();
        rows.map(|row| (row.id.clone(), row.answers, row.tokens.clone()))
            .collect()
    };
    assert_eq!(
        from_metrics.token_source,
        Some(super::super::TokenSource::CustomMetrics)
    );
    assert_eq!(
        from_logs.token_source,
        Some(super::super::TokenSource::Logs)
    );
    // The stream's own tokens differ from what the fixture says it emitted.
    assert_eq!(rows(&from_logs)[1], rows(&from_metrics)[0]);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, cases: 40, ..Default::default() })]
    #[test]
    fn nothing_is_lost_on_the_way(calls in proptest::collection::vec((0_u32..240, 0_u64..500, 0_u64..500, 0_usize..4, 0_usize..3), 0..60)) {
        let mut store = Store::default();
        let mut tokens = 0;
        for (number, (second, prompt, completion, status, who)) in calls.iter().enumerate() {
            let mut call: Call = crate::monitor::tests::call(*second);
            call.correlation = number.to_string();
            call.status = [200, 429, 403, 502][*status];
            call.subscription = ["a", "b"].get(*who).map(|id| (*id).to_owned());
            match &mut call.model {
                Some(model) if call.status == 200 => {
                    model.tokens = Some((*prompt, *completion));
                    tokens += prompt + completion;
                }
                _ => call.model = None,
            }
            store.add(call);
        }
        let usage = answers(&store, &Places { component: None, ..named("llm") }, &window());
        proptest::prop_assert_eq!(usage.requests(), calls.len() as u64);
        proptest::prop_assert_eq!(usage.tokens(), tokens);
        let in_intervals: u64 = usage.subscriptions.iter().flat_map(|row| &row.tokens).sum();
        proptest::prop_assert_eq!(in_intervals, tokens);
        let throttled = calls.iter().filter(|call| call.3 == 1).count() as u64;
        proptest::prop_assert_eq!(usage.with_status(429..=429), throttled);
        let asked: u64 = usage.subscriptions.iter().filter_map(|row| row.requests).map(|(all, _)| all).sum();
        proptest::prop_assert_eq!(asked, calls.len() as u64);
    }
}
