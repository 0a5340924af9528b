use std::collections::BTreeMap;

use super::super::lower::NamedValues;
use super::super::xml::{self, Element};
use crate::base::{Source, Tier, Tokens};

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyScope {
    Global,
    Workspace,
    Product,
    Api,
    Operation,
    Fragment,
}

impl PolicyScope {
    /// As the matrix spells it; it has no fragments, which stand wherever they are included.
    pub(super) fn matrix_name(self) -> Option<&'static str> {
        match self {
            PolicyScope::Global => Some("global"),
            PolicyScope::Workspace => Some("workspace"),
            PolicyScope::Product => Some("product"),
            PolicyScope::Api => Some("API"),
            PolicyScope::Operation => Some("operation"),
            PolicyScope::Fragment => None,
        }
    }
}

/// How the text is sent to API Management.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyFormat {
    RawXml,
    Xml,
}

/// The gateway that a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    Tier(Tier),
    Consumption,
    SelfHosted,
    Workspace,
}

impl Platform {
    pub(crate) fn from_name(name: &str) -> Option<Platform> {
        match name {
            "consumption" => Some(Platform::Consumption),
            "self-hosted" => Some(Platform::SelfHosted),
            "workspace" => Some(Platform::Workspace),
            name => Tier::from_name(name).map(Platform::Tier),
        }
    }

    /// All names, for hints.
    pub(crate) fn names() -> Vec<&'static str> {
        let tiers = Tier::ALL.into_iter().map(Tier::as_str);
        tiers
            .chain(["consumption", "self-hosted", "workspace"])
            .collect()
    }

    /// The gateway's name in the matrix.
    pub(super) fn gateway(self) -> &'static str {
        match self {
            Platform::Tier(tier) if tier.is_v2() => "v2",
            Platform::Tier(_) => "classic",
            Platform::Consumption => "consumption",
            Platform::SelfHosted => "self-hosted",
            Platform::Workspace => "workspace",
        }
    }

    pub(super) fn is_classic(self) -> bool {
        self.gateway() == "classic"
    }
}

/// Fragments by id, read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fragments(BTreeMap<String, (Source, Option<Element>)>);

impl Fragments {
    pub(crate) fn insert(&mut self, id: String, source: Source) {
        let (root, _) = xml::read(&source);
        self.0.insert(id, (source, root));
    }

    pub(super) fn known(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }

    /// The fragment of that id, with the id as it is kept here.
    pub(super) fn entry(&self, id: &str) -> Option<(&str, &Source)> {
        let (id, (source, _)) = self.0.get_key_value(id)?;
        Some((id, source))
    }

    pub(super) fn read(&self, id: &str) -> Option<(&Source, &Element)> {
        let (source, root) = self.0.get(id)?;
        Some((source, root.as_ref()?))
    }
}

/// The largest request that a scenario sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    pub(crate) prompt: Tokens,
    /// `None` when no request says `max_tokens`.
    pub(crate) completion: Option<Tokens>,
}

/// What is known about the surroundings of the files.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) scope: PolicyScope,
    pub(crate) platform: Platform,
    pub(crate) format: PolicyFormat,
    pub(crate) named_values: NamedValues,
    /// `None` when nobody said where fragments are.
    pub(crate) fragments: Option<Fragments>,
    /// The HTTP method of the operation that the document belongs to.
    pub(crate) method: Option<String>,
    pub(crate) scale: Option<Scale>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            scope: PolicyScope::Api,
            platform: Platform::Tier(Tier::BasicV2),
            format: PolicyFormat::RawXml,
            named_values: NamedValues::new(),
            fragments: None,
            method: None,
            scale: None,
        }
    }
}
