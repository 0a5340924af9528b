use super::super::budget::{Meter, Spent};
use super::planned;
use crate::base::{Moment, Money, TokenPrice, Tokens};

/// Three tokens of prompt wrapping and the like are in `hi`; what matters is that all are alike.
const GROUP: &str = "  - { name: one, request: { prompt-tokens: 60, completion-tokens: 40 }, arrivals: [{ count: 100, for: 10s }] }\n";

fn price(model: &str) -> Option<TokenPrice> {
    (model == "gpt-4o-mini").then_some(TokenPrice {
        prompt_nanos: 150,
        completion_nanos: 600,
    })
}

/// How many tries go out, all under way at once, and what stops them.
fn taken(budget: &str) -> (usize, Option<Spent>) {
    let (mut scenario, plan) = planned(GROUP);
    let text = format!("budget: {budget}\ncallers:\n{GROUP}");
    scenario.budget = super::parse(&text).unwrap().budget;
    let mut meter = Meter::new(&scenario, price).unwrap();
    for (index, arrival) in plan.arrivals.iter().enumerate() {
        if let Err(spent) = meter.take(arrival.at, arrival) {
            return (index, Some(spent));
        }
    }
    (plan.arrivals.len(), None)
}

#[test]
fn what_is_under_way_counts_as_planned() {
    // A request costs 60 × 150 and 40 × 600 billionths: 33 millionths.
    let money = Money::from_nanos(100_000);
    for (budget, expected) in [
        ("{ requests: 3 }", (3, Some(Spent::Requests(3)))),
        ("{ tokens: 250 }", (2, Some(Spent::Tokens(250)))),
        ("{ tokens: 300 }", (3, Some(Spent::Tokens(300)))),
        ("{ money: 0.0001 }", (3, Some(Spent::Money(money)))),
        (
            "{ time: 1s }",
            (10, Some(Spent::Time(std::time::Duration::from_secs(1)))),
        ),
        (
            "{ requests: 100, tokens: 10000, money: 1, time: 1m }",
            (100, None),
        ),
        ("{}", (100, None)),
    ] {
        assert_eq!(taken(budget), expected, "{budget}");
    }
}

#[test]
fn what_is_done_counts_as_used() {
    let (mut scenario, plan) = planned(GROUP);
    scenario.budget.tokens = Some(200);
    let mut meter = Meter::new(&scenario, price).unwrap();
    let arrival = &plan.arrivals[0];
    meter.take(Moment::ZERO, arrival).unwrap();
    // Refused: nothing was used, and what was set aside is free again.
    meter.settle(arrival, (Tokens::ZERO, Tokens::ZERO));
    meter.take(Moment::ZERO, arrival).unwrap();
    meter.settle(arrival, (Tokens(60), Tokens(41)));
    assert_eq!(
        meter.take(Moment::ZERO, arrival),
        Err(Spent::Tokens(200)),
        "one token longer than planned"
    );
}

#[test]
fn money_without_a_price_is_refused() {
    let (mut scenario, _) = planned(GROUP);
    assert!(Meter::new(&scenario, |_| None).is_ok());
    scenario.budget.money = Some(Money::from_nanos(1));
    let unpriced = Meter::new(&scenario, |_| None).unwrap_err();
    assert_eq!(unpriced.model, "gpt-4o-mini");
}
