//! Inferred behaviour and its switches, by name.

use jiff::civil::Weekday;

use super::service::Behaviour;

/// A choice that documents and observations leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Switch {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// Marks of the gateway specification: I inferred, U unknown.
    pub(crate) mark: &'static str,
    /// The first is the default.
    pub(crate) values: &'static [&'static str],
}

pub(crate) const SWITCHES: [Switch; 12] = [
    Switch {
        name: "v2-debt",
        what: "v2 tiers: the bucket's level goes below zero, so waits exceed a minute; \
               off: it stops at zero",
        mark: "I (1.2)",
        values: &["on", "off"],
    },
    Switch {
        name: "stream-usage",
        what: "streams: ignore the usage chunk and charge the estimate; honour: charge the chunk",
        mark: "U (1.9)",
        values: &["ignore", "honour"],
    },
    Switch {
        name: "no-usage",
        what: "answers without usage, and requests that were never answered: the estimate stays \
               charged, or is given back",
        mark: "I (1.3)",
        values: &["charged", "refunded"],
    },
    Switch {
        name: "will-exceed-wait",
        what: "an estimate that does not fit: the wait is a minute whatever the state, or as long \
               as it takes (a minute when it never fits)",
        mark: "U (1.3, 1.7)",
        values: &["minute", "exact"],
    },
    Switch {
        name: "limit-order",
        what: "a rate and a quota in one element: which is tested first, and so which refuses when \
               both are spent",
        mark: "U (1.5)",
        values: &["rate", "quota"],
    },
    Switch {
        name: "week-start",
        what: "quotas: the day on which a weekly window begins, at midnight UTC",
        mark: "U (1.5)",
        values: &[
            "monday",
            "sunday",
            "saturday",
            "friday",
            "thursday",
            "wednesday",
            "tuesday",
        ],
    },
    Switch {
        name: "pool-choice",
        what: "pools: services of one priority take turns in the proportion of their weights, or \
               are drawn by lot",
        mark: "I (3.2)",
        values: &["turns", "lot"],
    },
    Switch {
        name: "cache-hit",
        what: "cache-lookup and its semantic kin: a hit goes on with outbound, or answers at once",
        mark: "I (3.2)",
        values: &["outbound", "answer"],
    },
    Switch {
        name: "cache-downstream-none",
        what: "cache-lookup without downstream caching: Cache-Control says no-store, or is left \
               untouched",
        mark: "I (3.2)",
        values: &["no-store", "untouched"],
    },
    Switch {
        name: "conversion-accept",
        what: "json-to-xml and xml-to-json that consider the Accept header: it must name the kind, \
               or may be absent or `*/*`",
        mark: "I (3.2)",
        values: &["named", "any"],
    },
    Switch {
        name: "xml-to-json-friendly",
        what: "xml-to-json of kind javascript-friendly: plain names without `@` and namespaces, or \
               as kind direct",
        mark: "U (3.2)",
        values: &["plain", "direct"],
    },
    Switch {
        name: "liquid-names",
        what: "set-body with a Liquid template: names find parts of the body in any case, or must \
               be exact",
        mark: "I (3.2)",
        values: &["any-case", "exact"],
    },
];

impl Behaviour {
    /// Sets a switch; `false` when there is none of that name, or it has no such value.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> bool {
        match (name, value) {
            ("v2-debt", "on") => self.v2_debt = true,
            ("v2-debt", "off") => self.v2_debt = false,
            ("stream-usage", "ignore") => self.stream_usage = false,
            ("stream-usage", "honour") => self.stream_usage = true,
            ("no-usage", "charged") => self.unused_refunded = false,
            ("no-usage", "refunded") => self.unused_refunded = true,
            ("will-exceed-wait", "minute") => self.fit_told = false,
            ("will-exceed-wait", "exact") => self.fit_told = true,
            ("limit-order", "rate") => self.quota_first = false,
            ("limit-order", "quota") => self.quota_first = true,
            ("pool-choice", "turns") => self.pool_by_lot = false,
            ("pool-choice", "lot") => self.pool_by_lot = true,
            ("liquid-names", "any-case") => self.liquid_exact = false,
            ("liquid-names", "exact") => self.liquid_exact = true,
            ("cache-hit", "outbound") => self.cache_hit_outbound = true,
            ("cache-hit", "answer") => self.cache_hit_outbound = false,
            ("cache-downstream-none", "no-store") => self.no_store_told = true,
            ("cache-downstream-none", "untouched") => self.no_store_told = false,
            ("conversion-accept", "named") => self.convert_unasked = false,
            ("conversion-accept", "any") => self.convert_unasked = true,
            ("xml-to-json-friendly", "plain") => self.friendly_plain = true,
            ("xml-to-json-friendly", "direct") => self.friendly_plain = false,
            ("week-start", day) => match weekday(day) {
                Some(day) => self.week_start = day,
                None => return false,
            },
            _ => return false,
        }
        true
    }
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Tier;

    #[test]
    fn every_listed_value_can_be_set_and_the_first_is_the_default() {
        let default = Behaviour::of(Tier::BasicV2);
        for switch in SWITCHES {
            let mut seen = Vec::new();
            for value in switch.values {
                let mut behaviour = default;
                assert!(behaviour.set(switch.name, value), "{} {value}", switch.name);
                assert!(!seen.contains(&behaviour), "{} {value}", switch.name);
                seen.push(behaviour);
            }
            assert_eq!(seen[0], default, "{}", switch.name);
            assert!(!default.clone().set(switch.name, "neither"));
        }
    }
}
