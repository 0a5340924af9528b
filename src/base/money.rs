use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

use super::{Tokens, number};

/// An amount of money in billionths of a currency's unit; which currency, the price table says.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Money(u64);

/// What tokens of one model cost, in billionths of a currency's unit each, which are thousandths
/// of a unit for a million.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenPrice {
    pub(crate) prompt_nanos: u64,
    pub(crate) completion_nanos: u64,
}

impl Money {
    pub(crate) const fn from_nanos(nanos: u64) -> Money {
        Money(nanos)
    }

    pub(crate) const fn nanos(self) -> u64 {
        self.0
    }

    /// In the currency's unit.
    pub(crate) fn units(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl TokenPrice {
    pub(crate) fn cost(self, prompt: Tokens, completion: Tokens) -> Money {
        let prompt = prompt.0.saturating_mul(self.prompt_nanos);
        Money(prompt.saturating_add(completion.0.saturating_mul(self.completion_nanos)))
    }
}

impl Add for Money {
    type Output = Money;

    fn add(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::default(), Add::add)
    }
}

impl fmt::Display for Money {
    /// Two places from one unit up, else six: a few requests cost millionths.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = if self.units() >= 1.0 { 2 } else { 6 };
        f.write_str(&number(self.units(), places))
    }
}
