//! What the tokens of a run cost, at list prices of a certain day.

use schemars::JsonSchema;
use serde::Serialize;

use super::digest::Accounts;
use crate::base::{TokenPrice, Tokens};

/// The price of a run's model, with what it is a price in and of which day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) price: TokenPrice,
    /// Such as `USD`.
    pub(crate) currency: String,
    /// Such as `2026-06-20`.
    pub(crate) date: String,
}

/// Of the tokens that answers of passed requests reported; nobody pays for refusals.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Cost {
    /// In units of the currency.
    pub(crate) amount: f64,
    pub(crate) currency: String,
    /// Day on which the prices held.
    pub(crate) prices_of: String,
    /// The part of it that prompts cost.
    pub(crate) prompts: f64,
    /// The amount for people.
    #[serde(skip)]
    shown: String,
}

impl Cost {
    pub(super) fn of(accounts: &Accounts, tag: &Tag) -> Cost {
        let price = tag.price;
        let prompts = price.cost(Tokens(accounts.prompt), Tokens(0));
        let amount = price.cost(Tokens(accounts.prompt), Tokens(accounts.completion));
        Cost {
            amount: amount.units(),
            currency: tag.currency.clone(),
            prices_of: tag.date.clone(),
            prompts: prompts.units(),
            shown: amount.to_string(),
        }
    }

    /// `0.75 USD at list prices of 2026-06-20`.
    pub(super) fn words(&self) -> String {
        format!(
            "{} {} at list prices of {}",
            self.shown, self.currency, self.prices_of
        )
    }
}
