//! X04: `context.Variables["x"]` throws when no path set `x` before.

use std::collections::BTreeSet;

use super::super::document::{Document, SECTIONS, Site, Value};
use super::super::finding::Report;
use super::expressions::conditions;

/// Attributes that name a variable which the element sets whenever it succeeds.
const SETTERS: &[(&str, &str)] = &[
    ("set-variable", "name"),
    ("send-request", "response-variable-name"),
    ("get-authorization-context", "context-variable-name"),
    ("validate-jwt", "output-token-variable-name"),
    ("validate-azure-ad-token", "output-token-variable-name"),
    (
        "authentication-managed-identity",
        "output-token-variable-name",
    ),
    ("llm-token-limit", "remaining-tokens-variable-name"),
    ("llm-token-limit", "remaining-quota-tokens-variable-name"),
    ("llm-token-limit", "tokens-consumed-variable-name"),
    ("rate-limit", "remaining-calls-variable-name"),
    ("rate-limit-by-key", "remaining-calls-variable-name"),
];

/// Attributes that name a variable which is set in some cases only.
const PERHAPS: &[(&str, &str)] = &[
    ("cache-lookup-value", "variable-name"),
    ("llm-token-limit", "retry-after-variable-name"),
    ("rate-limit", "retry-after-variable-name"),
    ("rate-limit-by-key", "retry-after-variable-name"),
];

type Names = BTreeSet<String>;

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    let mentioned: Names = document.sites.iter().flat_map(names).collect();
    let mut flow = Flow {
        document,
        report,
        mentioned,
    };
    let mut set = Names::new();
    for section in SECTIONS {
        let mut top: Vec<usize> = document
            .in_section(section)
            .filter(|(_, site)| site.parent.is_none())
            .map(|(index, _)| index)
            .collect();
        top.sort_unstable();
        // An error may come before anything was set.
        if section == "on-error" {
            set.clear();
        }
        let _ends = flow.run(&top, &mut set);
    }
    let loose: Vec<usize> = (0..document.sites.len())
        .filter(|index| {
            let site = &document.sites[*index];
            site.section.is_none() && site.parent.is_none()
        })
        .collect();
    let _ends = flow.run(&loose, &mut Names::new());
}

/// Variables that the site sets at all, in whatever case.
fn names(site: &Site<'_>) -> Vec<String> {
    SETTERS
        .iter()
        .chain(PERHAPS)
        .filter(|(element, _)| site.name() == *element)
        .filter_map(|(_, attribute)| site.literal(attribute))
        .map(ToOwned::to_owned)
        .collect()
}

struct Flow<'d, 'a, 'r, 's> {
    document: &'d Document<'a>,
    report: &'r mut Report<'s>,
    /// Set somewhere in this document: others may come from broader scopes and are not judged.
    mentioned: Names,
}

impl Flow<'_, '_, '_, '_> {
    /// Runs elements one after the other. True when no request gets past them.
    fn run(&mut self, elements: &[usize], set: &mut Names) -> bool {
        let mut ends = false;
        for index in elements {
            ends |= self.element(*index, set);
        }
        ends
    }

    fn element(&mut self, index: usize, set: &mut Names) -> bool {
        let site = &self.document.sites[index];
        // Whether to try again is asked after a try.
        let asked_afterwards =
            |value: &Value<'_>| site.name() == "retry" && value.attribute == Some("condition");
        self.reads(site, set, |value| !asked_afterwards(value));
        let children: Vec<usize> = self
            .document
            .children_of(index)
            .map(|(child, _)| child)
            .collect();
        if site.name() == "choose" {
            return self.choose(&children, set);
        }
        let ends = self.run(&children, set);
        self.reads(site, set, asked_afterwards);
        sets(site, set);
        ends || site.policy && site.name() == "return-response"
    }

    fn choose(&mut self, branches: &[usize], set: &mut Names) -> bool {
        let mut after: Option<Names> = None;
        let mut otherwise = false;
        let mut tested = Names::new();
        for index in branches {
            let site = &self.document.sites[*index];
            otherwise |= site.element.name == "otherwise";
            let mut own = set.clone();
            if let Some(facts) = site.value("condition").and_then(Value::facts) {
                tested.extend(facts.tested.iter().cloned());
            }
            if !self.element(*index, &mut own) {
                // `when` there is none yet, set it: afterwards there is one either way.
                let filled: Names = own.intersection(&tested).cloned().collect();
                after = Some(match after {
                    None => own,
                    Some(known) => known.intersection(&own).cloned().collect(),
                });
                set.extend(filled);
            }
        }
        if otherwise {
            let ends = after.is_none();
            set.extend(after.unwrap_or_default());
            return ends;
        }
        false
    }

    fn reads(&mut self, site: &Site<'_>, set: &Names, which: impl Fn(&Value<'_>) -> bool) {
        if site.included {
            return;
        }
        for value in site.values.iter().filter(|value| which(value)) {
            let Some(facts) = value.facts() else { continue };
            for (name, span) in &facts.reads {
                let safe = facts.catches
                    || set.contains(name)
                    || !self.mentioned.contains(name)
                    || facts.tested.contains(name)
                    || conditions(self.document, site).any(|around| around.tested.contains(name));
                if !safe {
                    self.report
                        .add(
                            "X04",
                            value.place(*span),
                            format!("variable `{name}` is not set on every path to here"),
                        )
                        .hints
                        .push(format!(
                            "ask with `context.Variables.GetValueOrDefault<…>(\"{name}\")` or `ContainsKey`"
                        ));
                }
            }
        }
    }
}

fn sets(site: &Site<'_>, set: &mut Names) {
    let always = SETTERS
        .iter()
        .filter(|(element, _)| site.name() == *element);
    set.extend(
        always
            .filter_map(|(_, attribute)| site.literal(attribute))
            .map(ToOwned::to_owned),
    );
    if site.name() == "cache-lookup-value" && site.value("default-value").is_some() {
        set.extend(site.literal("variable-name").map(ToOwned::to_owned));
    }
}
