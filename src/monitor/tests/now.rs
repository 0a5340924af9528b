use super::{at, call, store};
use crate::monitor::{CounterNow, Now, Store, now};

#[test]
fn the_last_minute_is_told() {
    let counters = vec![CounterNow {
        key: "gold".to_owned(),
        limit: Some(500),
        used: 200,
        overshoot: 0,
    }];
    let told = now(&store(), counters, at(75));
    let text = serde_json::to_string_pretty(&told).unwrap();
    insta::assert_snapshot!(text);
    assert_eq!(serde_json::from_str::<Now>(&text).unwrap(), told);
}

#[test]
fn an_idle_gateway_has_nothing_to_tell() {
    let told = now(&Store::default(), Vec::new(), at(0));
    assert_eq!((told.codes.len(), told.latency), (0, None));
    let mut store = Store::default();
    store.add(call(0));
    // A request of one second that began at noon is in the window until a minute after its end.
    assert_eq!(now(&store, Vec::new(), at(60)).codes.len(), 1);
    assert_eq!(now(&store, Vec::new(), at(61)).codes.len(), 0);
}
