//! What Microsoft's reference pages say of every policy element, as data: sections and attributes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Derived from the reference pages of August 2026; elements in alphabetical order.
const DATA: &str = include_str!("policy-matrix.json");

static MATRIX: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
    serde_json::from_str(DATA).expect("the matrix is part of the program and a test reads it")
});

/// Names that earlier versions gave to elements that behave alike (specification 1.1 and 2).
const ALIASES: [(&str, &str); 4] = [
    ("azure-openai-token-limit", "llm-token-limit"),
    ("azure-openai-emit-token-metric", "llm-emit-token-metric"),
    (
        "azure-openai-semantic-cache-lookup",
        "llm-semantic-cache-lookup",
    ),
    (
        "azure-openai-semantic-cache-store",
        "llm-semantic-cache-store",
    ),
];

#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    /// `None` where the reference page names none.
    pub(super) sections: Option<Vec<String>>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) gateways: Option<Vec<String>>,
    attributes: Vec<AttributeEntry>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AttributeEntry {
    on: String,
    pub(super) name: String,
    required: String,
    expressions: String,
}

impl AttributeEntry {
    pub(super) fn required(&self) -> bool {
        self.required == "yes"
    }

    /// True when the page says that a value cannot be an expression; not when it says nothing.
    pub(super) fn literal_only(&self) -> bool {
        self.expressions == "not-allowed"
    }
}

impl Entry {
    /// Attributes of the element itself; those of its children are listed with it but not here.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.own().map(|entry| entry.name.as_str())
    }

    /// As [`attributes`](Self::attributes), with what is said of each.
    pub(super) fn own(&self) -> impl Iterator<Item = &AttributeEntry> {
        self.attributes
            .iter()
            .filter(|entry| entry.on == "Attributes")
    }
}

/// What the page of `holder` says of the attributes of `child`, somewhere inside of it; nothing for
/// a child that has none there.
pub(super) fn of_child<'c>(
    holder: &str,
    child: &'c str,
) -> impl Iterator<Item = &'static AttributeEntry> + 'c {
    let listed = entry(holder).map_or(&[][..], |entry| &entry.attributes);
    listed.iter().filter(move |attribute| {
        let of = attribute.on.strip_suffix(" attributes");
        of.is_some_and(|of| of.eq_ignore_ascii_case(child))
    })
}

/// The name under which the matrix and the model know an element.
pub(super) fn canonical(name: &str) -> &str {
    ALIASES
        .iter()
        .find(|(alias, _)| *alias == name)
        .map_or(name, |(_, canonical)| canonical)
}

pub(super) fn entry(name: &str) -> Option<&'static Entry> {
    MATRIX.get(canonical(name))
}

/// All element names, for hints.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MATRIX.keys().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_readable_and_knows_the_token_limit() {
        let limit = entry("azure-openai-token-limit").unwrap();
        assert_eq!(limit.sections.as_deref(), Some(&["inbound".to_owned()][..]));
        assert!(
            limit
                .attributes()
                .any(|name| name == "estimate-prompt-tokens")
        );
        assert!(names().count() > 60);
    }
}
