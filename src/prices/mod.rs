//! What tokens cost: a dated table in the binary, which a file of the user's replaces.
//!
//! Pure: the file is read by whoever has a path to it. Prices are list prices; nothing here knows
//! what anybody really pays.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;

use crate::base::{Diagnostic, Source, TokenPrice, nearest_hint};
use crate::yaml::{
    Checks, Document, Entries, Field, Findings, Format, Mistake, Name, Placed, Prose,
};

/// The table in the binary.
const SHIPPED: &str = include_str!("prices.yaml");

static DEFAULT: LazyLock<Prices> = LazyLock::new(|| {
    let source = Source::new("prices.yaml", SHIPPED);
    Prices::parse(&source).expect("a test reads the shipped table")
});

/// Prices of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prices {
    /// The day on which they held, such as `2026-06-20`.
    pub(crate) date: String,
    /// Such as `USD`.
    pub(crate) currency: String,
    models: BTreeMap<String, TokenPrice>,
}

impl Prices {
    /// The table in the binary.
    pub(crate) fn shipped() -> &'static Prices {
        &DEFAULT
    }

    /// Reads a table.
    ///
    /// # Errors
    ///
    /// Every mistake of meaning with its place, or the first mistake of form.
    pub(crate) fn parse(source: &Source) -> Result<Prices, Vec<Diagnostic>> {
        let wire: WirePrices = crate::yaml::read(source)?;
        let mut checker = Checker(Findings::new(source));
        let prices = checker.prices(wire);
        checker
            .0
            .outcome(prices.ok_or("a table without problems has all its parts"))
    }

    /// What a model costs, by the name of the model or of a deployment that is named after it:
    /// `gpt-4o-mini-2024-07-18` is `gpt-4o-mini`. `None` when it is not in the table.
    pub(crate) fn of(&self, model: &str) -> Option<TokenPrice> {
        let exact = self.models.get(model);
        exact
            .or_else(|| self.models.get(without_date(model)))
            .copied()
    }

    /// What to do about a model that is not in the table.
    pub(crate) fn hint(&self, model: &str) -> String {
        let near = nearest_hint(model, self.models.keys().map(String::as_str));
        format!(
            "write its price into a file and give it with `--prices FILE` (`apimon schema prices` describes it); {near}"
        )
    }
}

/// JSON Schema of a table of prices.
pub(crate) fn schema() -> String {
    crate::yaml::schema::<WirePrices>()
}

/// The name of a model without the date of its version.
fn without_date(model: &str) -> &str {
    let plain = model.len().checked_sub("-2024-07-18".len());
    let Some((name, date)) = plain.and_then(|at| model.split_at_checked(at)) else {
        return model;
    };
    let digits = date.bytes().filter(u8::is_ascii_digit).count();
    if digits == 8 && date.bytes().filter(|byte| *byte == b'-').count() == 3 {
        name
    } else {
        model
    }
}

/// What tokens of models cost, in one currency and on one day.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Prices")]
struct WirePrices {
    /// The day on which the prices held, such as `2026-06-20`.
    #[schemars(required)]
    date: Field<Day>,
    /// Such as `USD`.
    #[schemars(required)]
    currency: Field<Prose>,
    /// Models, or deployments, by name.
    #[schemars(required)]
    models: Option<Placed<Entries<Name, Placed<WirePrice>>>>,
}

impl Document for WirePrices {
    const WHAT: &'static str = "table of prices";
}

/// What a million tokens cost.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Price")]
struct WirePrice {
    #[schemars(required)]
    prompt: Field<PerMillion>,
    /// Nothing for models that only take, such as embeddings.
    completion: Field<PerMillion>,
}

struct Checker(Findings);

impl Checks for Checker {
    fn findings(&mut self) -> &mut Findings {
        &mut self.0
    }
}

impl Checker {
    fn prices(&mut self, wire: WirePrices) -> Option<Prices> {
        const WHAT: &str = "a table of prices";
        let nowhere = crate::base::Span::default();
        let date = self.required(wire.date, nowhere, WHAT, "date");
        let currency = self.required(wire.currency, nowhere, WHAT, "currency");
        let models = self.present(wire.models, nowhere, WHAT, "models");
        let mut known = BTreeMap::new();
        for (name, price) in models.map(|models| models.value.0).unwrap_or_default() {
            let Placed { value, span } = price;
            let prompt = self.required(value.prompt, span, "a price", "prompt");
            let completion = self.or(value.completion, || 0);
            let place = name.span;
            if let (Some(name), Some(prompt_nanos), Some(completion_nanos)) =
                (self.value(&name), prompt, completion)
            {
                let price = TokenPrice {
                    prompt_nanos,
                    completion_nanos,
                };
                if known.insert(name.clone(), price).is_some() {
                    let message = format!("model `{name}` is there twice");
                    self.error(place, message, "keep one of them");
                }
            }
        }
        Some(Prices {
            date: date?,
            currency: currency?,
            models: known,
        })
    }
}

/// A day as calendars write it.
struct Day;

impl Format for Day {
    type Value = String;

    fn parse(text: &str) -> Result<String, Mistake> {
        match text.parse::<jiff::civil::Date>() {
            Ok(day) => Ok(day.to_string()),
            Err(_) => Err(Mistake::new(
                format!("`{text}` is not a day"),
                "write it like `2026-06-20`",
            )),
        }
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// The price of a million tokens, in thousandths: billionths for one.
struct PerMillion;

impl Format for PerMillion {
    type Value = u64;

    fn parse(text: &str) -> Result<u64, Mistake> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let plain = !whole.is_empty() && digits(whole) && digits(fraction) && fraction.len() <= 3;
        let nanos = format!("{whole}{fraction:0<3}").parse::<u64>().ok();
        nanos.filter(|_| plain).ok_or_else(|| {
            Mistake::new(
                format!("`{text}` is not the price of a million tokens"),
                "write a number with at most three places, such as `0.15`",
            )
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "number", "minimum": 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Tokens, render};

    #[test]
    fn the_shipped_table_knows_the_model_that_is_deployed() {
        let prices = Prices::shipped();
        let price = prices.of("gpt-4o-mini").unwrap();
        assert_eq!(prices.of("gpt-4o-mini-2024-07-18"), Some(price));
        assert_eq!(prices.of("gpt-4o"), None);
        // A million of each: 15 and 60 hundredths.
        let million = Tokens(1_000_000);
        assert_eq!(price.cost(million, million).to_string(), "0.75");
        assert_eq!(price.cost(Tokens(13), Tokens(62)).to_string(), "0.000039");
    }

    #[test]
    fn mistakes_have_places_and_hints() {
        let text = "date: soon\nmodels:\n  a: { prompt: 0.1234 }\n  b: { completion: 1 }\n";
        let problems = Prices::parse(&Source::new("p.yaml", text)).unwrap_err();
        insta::assert_snapshot!(render(&problems, false));
    }
}
