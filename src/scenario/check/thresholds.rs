use std::time::Duration;

use super::super::model::SubscriptionSpec;
use super::super::wire::{Placed, Rule, RuleEntry, Text};
use super::Checker;
use crate::base::{Grace, Scope, Span, Threshold, nearest_hint};
use crate::yaml::Checks as _;

impl Checker {
    /// A threshold, and what it needs to end the run early where it does.
    pub(super) fn rule(
        &mut self,
        entry: Placed<RuleEntry>,
        callers: &[String],
        subscriptions: &[SubscriptionSpec],
    ) -> Option<(Threshold, Option<Grace>)> {
        let Placed { value, span } = entry;
        let whole = match value {
            RuleEntry::Rule(value) => {
                let rule = Placed { value, span };
                let threshold = self.threshold(&rule, callers, subscriptions)?;
                return Some((threshold, None));
            }
            RuleEntry::Whole(whole) => whole,
        };
        let early = whole.abort_early.unwrap_or(false);
        if let (Some(after), false) = (&whole.after, early) {
            self.error(
                after.span,
                "a rule that does not end the run is judged at its end",
                "add `abort-early: true`, or leave `after` out",
            );
        }
        let after = self.or(whole.after, || Duration::ZERO);
        let rule = self.present(whole.rule, span, "a threshold", "rule")?;
        let rule = self.threshold(&rule, callers, subscriptions)?;
        let grace = Grace {
            rule: rule.clone(),
            after: after?,
        };
        Some((rule, early.then_some(grace)))
    }

    fn threshold(
        &mut self,
        rule: &Placed<Text<Rule>>,
        callers: &[String],
        subscriptions: &[SubscriptionSpec],
    ) -> Option<Threshold> {
        let threshold = self.value(rule)?;
        let (what, name, known) = match &threshold.scope {
            None => return Some(threshold),
            Some(Scope::Caller(name)) => ("caller", name, names(callers.iter())),
            Some(Scope::Subscription(name)) => (
                "subscription",
                name,
                names(subscriptions.iter().map(|known| &known.id)),
            ),
        };
        if !known.contains(&name.as_str()) {
            let within = rule
                .value
                .text
                .find(name.as_str())
                .map(|start| Span::new(start, start + name.len()));
            let span = self.within(rule, within);
            self.error(
                span,
                format!("there is no {what} `{name}`"),
                nearest_hint(name, known),
            );
            return None;
        }
        Some(threshold)
    }
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    names.map(String::as_str).collect()
}
