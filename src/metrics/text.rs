use std::fmt::Write as _;

use super::names::{ALL, Family, Kind};
use super::registry::{Labels, Registry, Value};

/// Content type of [`Registry::prometheus`].
pub(crate) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

impl Registry {
    /// Everything in Prometheus' text format, families in the order of the table, series sorted.
    pub(crate) fn prometheus(&self) -> String {
        let mut out = String::new();
        for family in ALL {
            if let Some(series) = self.families.get(family.name) {
                // Writing into a string cannot fail.
                let _written = head(&mut out, family);
                for (labels, value) in series {
                    let _written = write(&mut out, family, labels, value);
                }
            }
        }
        out
    }
}

fn head(out: &mut String, family: &Family) -> std::fmt::Result {
    let kind = match family.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram(_) => "histogram",
    };
    writeln!(out, "# HELP {} {}", family.name, family.help)?;
    writeln!(out, "# TYPE {} {kind}", family.name)
}

fn write(out: &mut String, family: &Family, labels: &Labels, value: &Value) -> std::fmt::Result {
    let name = family.name;
    match (value, family.kind) {
        (Value::Number(number), _) => {
            writeln!(out, "{name}{} {number}", braces(labels, None))
        }
        (Value::Histogram { counts, sum }, Kind::Histogram(buckets)) => {
            let mut below = 0;
            let bounds = buckets.bounds().into_iter().map(|bound| bound.to_string());
            let bounds = bounds.chain(std::iter::once("+Inf".to_owned()));
            for (count, bound) in counts.iter().zip(bounds) {
                below += count;
                writeln!(out, "{name}_bucket{} {below}", braces(labels, Some(&bound)))?;
            }
            writeln!(out, "{name}_sum{} {sum}", braces(labels, None))?;
            writeln!(out, "{name}_count{} {below}", braces(labels, None))
        }
        (Value::Histogram { .. }, _) => Ok(()),
    }
}

fn braces(labels: &Labels, bound: Option<&str>) -> String {
    let labels = labels.iter().map(|(name, value)| (*name, value.as_str()));
    let all: Vec<String> = labels
        .chain(bound.map(|bound| ("le", bound)))
        .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
        .collect();
    if all.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", all.join(","))
    }
}

fn escape(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::super::{DECISIONS, ESTIMATE_ERROR, REMAINING, TOKEN_USAGE};
    use super::*;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let mut registry = Registry::default();
        let who = [("subscription", "team \"a\"\n"), ("outcome", "allowed")];
        registry.add(&DECISIONS, &who, 1.0);
        registry.add(&DECISIONS, &who, 2.0);
        registry.set(&REMAINING, &[("counter", "demo")], 420.0);
        for tokens in [1.0, 5.0, 16.0, 1e9] {
            registry.observe(&TOKEN_USAGE, &[], tokens);
        }
        registry.observe(&ESTIMATE_ERROR, &[], 0.0);
        insta::assert_snapshot!(registry.prometheus());
    }

    #[test]
    fn too_many_series_are_added_up() {
        let mut registry = Registry::default();
        for number in 0..1_500 {
            registry.add(&DECISIONS, &[("subscription", &number.to_string())], 1.0);
        }
        let text = registry.prometheus();
        assert!(text.contains("apim_token_limit_decisions_total{subscription=\"other\"} 500"));
        assert_eq!(text.lines().count(), 2 + 1_001);
    }
}
