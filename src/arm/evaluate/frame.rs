use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Place;
use crate::arm::value::same_name;
use crate::base::Seed;

/// What is the same in all deployments of one request.
#[derive(Clone)]
pub(in crate::arm) struct Facts {
    pub(in crate::arm) now: Timestamp,
    pub(in crate::arm) seed: RefCell<Seed>,
    pub(in crate::arm) tenant: String,
    /// What `environment()` answers.
    pub(in crate::arm) cloud: Value,
    /// What `deployer()` answers.
    pub(in crate::arm) deployer: Value,
}

/// What expressions of one deployment can name.
#[derive(Clone)]
pub(in crate::arm) struct Frame {
    pub(in crate::arm) facts: Facts,
    /// Of the deployment whose expressions these are.
    pub(in crate::arm) place: Place,
    /// What `deployment()` answers.
    pub(in crate::arm) deployment: Value,
    pub(in crate::arm) parameters: Vec<Bound>,
    pub(in crate::arm) variables: Variables,
    pub(in crate::arm) functions: Vec<UserFunction>,
    /// Copy loops around the whole deployment, when it evaluates in the scope of its parent.
    pub(in crate::arm) copies: Vec<Copy>,
    /// The resources that `reference` can name.
    pub(in crate::arm) resources: Vec<Known>,
}

/// A parameter with its value.
#[derive(Clone)]
pub(in crate::arm) struct Bound {
    pub(in crate::arm) name: String,
    /// As the template declares it, in Azure's capitals: `SecureString`.
    pub(in crate::arm) kind: &'static str,
    pub(in crate::arm) value: Value,
    pub(in crate::arm) secret: bool,
}

/// Where a parameter's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::arm) enum Source {
    Given,
    Default,
}

/// Variables are evaluated when first asked for, and once.
#[derive(Clone, Default)]
pub(in crate::arm) struct Variables {
    pub(in crate::arm) raw: Map<String, Value>,
    /// Names that a `copy` loop makes: the raw value is an object with the loop in it.
    pub(in crate::arm) loops: Vec<String>,
    /// By name in small letters: the value, and whether a secret is in it.
    pub(in crate::arm) known: RefCell<BTreeMap<String, (Value, bool)>>,
    /// Being evaluated, outermost first: a name met again is a circle.
    pub(in crate::arm) busy: RefCell<Vec<String>>,
}

/// A function of the template's own.
#[derive(Debug, Clone)]
pub(in crate::arm) struct UserFunction {
    pub(in crate::arm) namespace: String,
    pub(in crate::arm) name: String,
    pub(in crate::arm) parameters: Vec<String>,
    pub(in crate::arm) body: Value,
}

/// A copy loop and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::arm) struct Copy {
    pub(in crate::arm) name: String,
    pub(in crate::arm) index: i64,
}

/// A resource of the template under the names that expressions use for it.
#[derive(Debug, Clone)]
pub(in crate::arm) struct Known {
    pub(in crate::arm) symbol: Option<String>,
    /// Position in a symbolic loop.
    pub(in crate::arm) index: Option<i64>,
    pub(in crate::arm) name: String,
    pub(in crate::arm) resource_type: String,
    pub(in crate::arm) id: String,
    pub(in crate::arm) api_version: String,
    /// Whether its condition holds.
    pub(in crate::arm) deployed: bool,
}

impl Frame {
    pub(in crate::arm) fn parameter(&self, name: &str) -> Option<&Bound> {
        self.parameters
            .iter()
            .find(|bound| same_name(&bound.name, name))
    }

    pub(in crate::arm) fn function(&self, namespace: &str, name: &str) -> Option<&UserFunction> {
        self.functions.iter().find(|function| {
            same_name(&function.namespace, namespace) && same_name(&function.name, name)
        })
    }

    /// The resources that a text names: by symbol, symbol and index, name, or type and name.
    pub(in crate::arm) fn named<'f>(
        &'f self,
        text: &'f str,
    ) -> impl Iterator<Item = &'f Known> + 'f {
        self.resources.iter().filter(move |known| known.is(text))
    }

    /// Texts that must not stand in a message.
    pub(in crate::arm) fn secrets(&self) -> Vec<String> {
        let mut found = Vec::new();
        for bound in self.parameters.iter().filter(|bound| bound.secret) {
            gather(&bound.value, &mut found);
        }
        // The longest first, so that no part of one remains.
        found.sort_by_key(|text| std::cmp::Reverse(text.len()));
        found
    }
}

fn gather(value: &Value, found: &mut Vec<String>) {
    match value {
        // Shorter ones would blank out ordinary words.
        Value::String(text) if text.len() >= 4 => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(map) => map.values().for_each(|item| gather(item, found)),
        _ => {}
    }
}

impl Known {
    /// Whether the text names this resource.
    pub(in crate::arm) fn is(&self, text: &str) -> bool {
        if same_name(&self.name, text) || same_name(&self.id, text) {
            return true;
        }
        if let Some(symbol) = &self.symbol {
            let indexed = self.index.map(|index| format!("{symbol}[{index}]"));
            if same_name(symbol, text) || indexed.is_some_and(|indexed| same_name(&indexed, text)) {
                return true;
            }
        }
        let names: Vec<&str> = self.name.split('/').collect();
        super::qualified(&self.resource_type, &names)
            .is_ok_and(|tail| same_name(&tail, text.trim_start_matches('/')))
    }
}
