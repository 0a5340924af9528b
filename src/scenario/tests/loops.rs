use std::time::Duration;

use super::planned;
use crate::base::{Moment, Shard};

const GROUP: &str = "  - { name: open, request: { prompt: hi }, arrivals: [{ count: 5, for: 1s }] }
  - { name: loop, request: { prompts: [one, two, three] }, callers: 3, think-time: { from: 100ms, to: 300ms }, ramp-up: 3s, for: 10s, start: 1s }\n";

#[test]
fn callers_begin_one_after_another_think_and_end() {
    let (scenario, plan) = planned(GROUP);
    assert_eq!((plan.arrivals.len(), plan.loops.len()), (5, 3));
    assert_eq!(plan.end, Moment::from_micros(11_000_000));
    let mut numbers = Vec::new();
    for (index, mut caller) in plan.loops.clone().into_iter().enumerate() {
        let first = caller.begins(&scenario).unwrap();
        assert_eq!(
            first.at,
            Moment::from_micros((index as u64 + 1) * 1_000_000)
        );
        assert_eq!(first.in_loop, Some(index));
        numbers.push(first.number);
        let mut free = first.at + Duration::from_secs(2);
        while let Some(next) = caller.next(&scenario, free) {
            let thought = next.at.since(free);
            let thinks = Duration::from_millis(100)..=Duration::from_millis(300);
            assert!(thinks.contains(&thought), "{thought:?}");
            assert!(next.at < plan.end);
            numbers.push(next.number);
            free = next.at + Duration::from_secs(2);
        }
        assert!(free + Duration::from_millis(300) >= plan.end);
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert!(numbers.len() >= 10 && numbers[0] == 5, "{numbers:?}");
}

#[test]
fn what_a_caller_sends_does_not_depend_on_when_it_is_answered() {
    let (scenario, plan) = planned(GROUP);
    let contents = |service: u64| {
        let mut caller = plan.loops[1].clone();
        let mut next = caller.begins(&scenario);
        let mut sent = Vec::new();
        while let Some(arrival) = next {
            sent.push((arrival.number, arrival.content));
            next = caller.next(&scenario, arrival.at + Duration::from_millis(service));
        }
        sent
    };
    let (quick, slow) = (contents(10), contents(900));
    assert!(quick.len() > slow.len() && slow.len() > 3);
    assert_eq!(quick[..slow.len()], slow);
}

#[test]
fn a_number_of_requests_ends_a_caller_too() {
    let (scenario, plan) =
        planned("  - { name: loop, request: { prompt: hi }, callers: 2, requests: 3 }\n");
    assert_eq!(plan.planned(), 6);
    let mut caller = plan.loops[0].clone();
    assert_eq!(caller.requests(), Some(3));
    let sent = std::iter::successors(caller.begins(&scenario), |arrival| {
        caller.next(&scenario, arrival.at)
    });
    assert_eq!(sent.count(), 3);
}

#[test]
fn shards_have_whole_callers_with_numbers_of_their_own() {
    let (scenario, plan) = planned(GROUP);
    let mut callers = 0;
    for index in 0..2 {
        let shard = Shard::new(index, 2).unwrap();
        let part = plan.clone().shard(shard);
        for (place, mut caller) in part.loops.into_iter().enumerate() {
            let first = caller.begins(&scenario).unwrap();
            let second = caller.next(&scenario, first.at).unwrap();
            assert!(shard.has(first.number) && shard.has(second.number));
            assert!(first.number >= 5 && first.number != second.number);
            assert_eq!(first.in_loop, Some(place));
            callers += 1;
        }
    }
    assert_eq!(callers, 3);
}
