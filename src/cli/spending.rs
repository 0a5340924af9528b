//! Before a load test costs money: who is asked, what it will cost, and a cap.

use std::net::IpAddr;

use super::failure::Failure;
use super::prepare::Prepared;
use super::terminal::Terminal;
use crate::base::{Money, number};
use crate::http::Endpoint;
use crate::scenario::Budget;
use crate::settings::{GATEWAY_URL_ENV, Origin, Settings};

/// What a run may use of a target that may cost money, unless its scenario says otherwise.
const MOST_TOKENS: u64 = 1_000_000;
/// In the currency of the price table.
const MOST_MONEY: Money = Money::from_nanos(5_000_000_000);

/// Lets a run begin that stays on this machine. Any other is begun only where somebody named its
/// target, after it was said what it will cost, and with a cap.
///
/// # Errors
///
/// When the target only stands in the environment, or the plan is beyond the cap.
pub(super) fn guard(
    terminal: &Terminal,
    settings: &Settings,
    prepared: &mut Prepared,
) -> Result<(), Failure> {
    let Some(url) = &settings.gateway_url else {
        return Ok(());
    };
    let endpoint = Endpoint::parse(&url.value).map_err(Failure::bug)?;
    if is_loopback(endpoint.bare_host()) {
        return Ok(());
    }
    if matches!(url.origin, Origin::Environment(_)) {
        let failure = Failure::input(format!(
            "`{endpoint}` may cost money, and only `{GATEWAY_URL_ENV}` names it"
        ));
        return Err(failure.hint(format!(
            "give `--target {endpoint}`, or name the target in `apimon.toml`"
        )));
    }
    let prices = &prepared.prices;
    let outline = prepared
        .scenario
        .outline(&prepared.plan, prepared.meter()?, |model| prices.of(model));
    let tokens = outline.total.tokens();
    let cost = outline.cost_nanos.map_or_else(
        || "at a price that is not known".to_owned(),
        |cost| {
            format!(
                "about {cost} {} at list prices of {}",
                prices.currency, prices.date
            )
        },
    );
    terminal.complain(&format!(
        "this sends {} {} with about {} tokens to {}: {cost}, retries not counted",
        number(outline.total.requests as f64, 0),
        if outline.total.requests == 1 {
            "request"
        } else {
            "requests"
        },
        number(tokens as f64, 0),
        endpoint.host,
    ));
    let capped = caps(&prepared.scenario.budget, outline.cost_nanos.is_some());
    let beyond = beyond(
        &capped,
        &prepared.scenario.budget,
        tokens,
        outline.cost_nanos,
    );
    if let Some(cap) = beyond {
        return Err(Failure::input(format!("that is beyond the cap of {cap}"))
            .hint("raise it by `budget: { tokens: …, money: … }` in the scenario"));
    }
    prepared.scenario.budget = capped;
    Ok(())
}

/// A name of this machine that needs no look-up, or an address of it.
fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// The scenario's own budget, and where it sets none, ours.
fn caps(budget: &Budget, priced: bool) -> Budget {
    Budget {
        tokens: budget.tokens.or(Some(MOST_TOKENS)),
        money: budget.money.or(priced.then_some(MOST_MONEY)),
        ..budget.clone()
    }
}

/// The cap of ours that a plan is beyond. A budget of the scenario's ends the run in the middle,
/// as its author wants it.
fn beyond(capped: &Budget, own: &Budget, tokens: u64, cost: Option<Money>) -> Option<String> {
    if own.tokens.is_none() && capped.tokens.is_some_and(|most| tokens > most) {
        return Some(format!("{} tokens", number(MOST_TOKENS as f64, 0)));
    }
    if own.money.is_none()
        && capped
            .money
            .is_some_and(|most| cost.is_some_and(|cost| cost > most))
    {
        return Some(format!("{MOST_MONEY} in money"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_free() {
        for host in ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "10.0.0.1",
            "localhost.example",
            "gateway.azure-api.net",
            "0.0.0.0",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn what_the_scenario_does_not_bound_is_capped() {
        let own = Budget {
            tokens: Some(9_000_000),
            ..Budget::default()
        };
        let capped = caps(&own, true);
        assert_eq!(
            (capped.tokens, capped.money),
            (Some(9_000_000), Some(MOST_MONEY))
        );
        let cost = |units: u64| Some(Money::from_nanos(units * 1_000_000_000));
        assert_eq!(
            beyond(&capped, &own, 50_000_000, cost(5)),
            None,
            "its own budget"
        );
        assert!(beyond(&capped, &own, 1, cost(6)).is_some());
        let none = Budget::default();
        let capped = caps(&none, false);
        assert_eq!(capped.money, None, "nobody knows what it costs");
        assert!(beyond(&capped, &none, 1_000_001, None).is_some());
        assert_eq!(beyond(&capped, &none, 1_000_000, None), None);
    }
}
