//! What a run may use at most.

use std::time::Duration;

use super::model::Scenario;
use super::plan::Arrival;
use crate::base::{Moment, Money, TokenPrice, Tokens, format_duration, number};

/// Each `None` where there is no bound.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Budget {
    /// Tries, retries included.
    pub(crate) requests: Option<u64>,
    /// Prompt and completion tokens.
    pub(crate) tokens: Option<u64>,
    /// In the currency of the price table.
    pub(crate) money: Option<Money>,
    pub(crate) time: Option<Duration>,
}

/// Which part of a budget would be overdrawn by the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spent {
    Requests(u64),
    Tokens(u64),
    Money(Money),
    Time(Duration),
}

/// A budget of money needs to know what the model costs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the price of model `{model}` is not known, and the scenario has a budget of money")]
pub(crate) struct Unpriced {
    pub(crate) model: String,
}

/// Keeps the account of a run against its budget.
///
/// Whoever plays the plan calls [`take`](Self::take) for every try in the order of sending, with
/// the moment at which it would go out, and [`settle`](Self::settle) when it is done. What is under
/// way counts with what it is planned to cost, so that a budget is not overdrawn by more than the
/// answers are longer than planned. After the first refusal nothing more is sent; what is under
/// way is waited for. One account for the whole run: call it from the thread that paces.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    budget: Budget,
    /// By group, then by the models of the group.
    prices: Vec<Vec<TokenPrice>>,
    requests: u64,
    tokens: Account,
    money: Account,
}

/// What was spent, and what is set aside for requests under way.
#[derive(Debug, Default, Clone, Copy)]
struct Account {
    spent: u64,
    reserved: u64,
}

impl Meter {
    /// `price` knows what a model costs, by the name of the deployment.
    ///
    /// # Errors
    ///
    /// When there is a budget of money and a model whose price is not known.
    pub(crate) fn new(
        scenario: &Scenario,
        price: impl Fn(&str) -> Option<TokenPrice>,
    ) -> Result<Meter, Unpriced> {
        let needed = scenario.budget.money.is_some();
        let of = |model: &str| match price(model) {
            None if needed => Err(Unpriced {
                model: model.to_owned(),
            }),
            found => Ok(found.unwrap_or_default()),
        };
        let group = |caller| {
            let models = scenario.models(caller).into_iter();
            models.map(of).collect::<Result<Vec<_>, _>>()
        };
        Ok(Meter {
            budget: scenario.budget.clone(),
            prices: (0..scenario.callers.len())
                .map(group)
                .collect::<Result<_, _>>()?,
            requests: 0,
            tokens: Account::default(),
            money: Account::default(),
        })
    }

    /// Whether a try of `arrival` may go out at `now`; if so, what it is planned to cost is set
    /// aside.
    ///
    /// # Errors
    ///
    /// Which part of the budget does not suffice. The run then ends.
    pub(crate) fn take(&mut self, now: Moment, arrival: &Arrival) -> Result<(), Spent> {
        let Budget {
            requests,
            tokens,
            money,
            time,
        } = self.budget.clone();
        if let Some(time) = time.filter(|time| now.since_start() >= *time) {
            return Err(Spent::Time(time));
        }
        if let Some(requests) = requests.filter(|requests| self.requests >= *requests) {
            return Err(Spent::Requests(requests));
        }
        let planned = arrival.tokens().0;
        if let Some(tokens) = tokens.filter(|tokens| self.tokens.lacks(planned, *tokens)) {
            return Err(Spent::Tokens(tokens));
        }
        let cost = self.planned_cost(arrival);
        if let Some(money) = money.filter(|money| self.money.lacks(cost, money.nanos())) {
            return Err(Spent::Money(money));
        }
        self.requests += 1;
        self.tokens.reserved += planned;
        self.money.reserved += cost;
        Ok(())
    }

    /// A try of `arrival` is done. `used` are the prompt and completion tokens that its answer
    /// reported or that were counted; zero for a request that was refused.
    pub(crate) fn settle(&mut self, arrival: &Arrival, used: (Tokens, Tokens)) {
        self.tokens.settle(arrival.tokens().0, (used.0 + used.1).0);
        let cost = self.price(arrival).cost(used.0, used.1).nanos();
        let planned = self.planned_cost(arrival);
        self.money.settle(planned, cost);
    }

    fn price(&self, arrival: &Arrival) -> TokenPrice {
        self.prices[arrival.caller][arrival.content.model_index()]
    }

    fn planned_cost(&self, arrival: &Arrival) -> u64 {
        let price = self.price(arrival);
        let cost = price.cost(arrival.prompt_tokens, arrival.completion_tokens);
        cost.nanos()
    }
}

impl Account {
    fn lacks(self, next: u64, bound: u64) -> bool {
        self.spent
            .saturating_add(self.reserved)
            .saturating_add(next)
            > bound
    }

    fn settle(&mut self, reserved: u64, spent: u64) {
        self.reserved = self.reserved.saturating_sub(reserved);
        self.spent = self.spent.saturating_add(spent);
    }
}

impl Spent {
    /// Why the run ended, for people.
    pub(crate) fn sentence(self) -> String {
        match self {
            Spent::Requests(count) => {
                format!(
                    "the budget of {} requests is spent",
                    number(count as f64, 0)
                )
            }
            Spent::Tokens(tokens) => {
                let tokens = number(tokens as f64, 0);
                format!("the next request would overdraw the budget of {tokens} tokens")
            }
            Spent::Money(money) => {
                format!("the next request would overdraw the budget of {money} in money")
            }
            Spent::Time(time) => format!("the budget of {} is over", format_duration(time)),
        }
    }
}
