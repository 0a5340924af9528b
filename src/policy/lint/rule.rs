use super::rules::{EXPRESSIONS, METRICS, READING, STRUCTURE, TOKENS};
use crate::base::Severity;

/// One rule: what `--explain` says of it.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) severity: Severity,
    pub(crate) title: &'static str,
    /// Why it matters and what to do, as Markdown.
    pub(crate) page: &'static str,
}

impl Rule {
    /// All rules, by id.
    pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
        [TOKENS, METRICS, STRUCTURE, EXPRESSIONS, READING]
            .into_iter()
            .flatten()
    }

    pub(crate) fn named(id: &str) -> Option<&'static Rule> {
        Rule::all().find(|rule| rule.id.eq_ignore_ascii_case(id))
    }
}
