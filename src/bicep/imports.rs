//! What `import` brings in: types, variables and functions under the names they get here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::syntax::{Type, TypeKind};

#[derive(Debug, Clone)]
pub(super) enum Imported {
    /// Name among the definitions, and the declaration.
    Type(String, Type),
    Variable(String),
    /// With its namespace.
    Function(String),
}

#[derive(Debug, Default)]
pub(super) struct Imports {
    pub(super) names: BTreeMap<String, Imported>,
    /// `import * as name`
    pub(super) wildcards: BTreeMap<String, BTreeMap<String, Imported>>,
    pub(super) definitions: Vec<(String, Value)>,
    /// Namespace, name, declaration.
    pub(super) functions: Vec<(String, String, Value)>,
    /// Name, value, and whether the value is an entry of `copy`.
    pub(super) variables: Vec<(String, Value, bool)>,
}

impl Imports {
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        as_variable(self.names.get(name)?)
    }

    pub(super) fn function(&self, name: &str) -> Option<String> {
        as_function(self.names.get(name)?)
    }

    pub(super) fn wildcard_variable(&self, space: &str, name: &str) -> Option<&str> {
        as_variable(self.wildcards.get(space)?.get(name)?)
    }

    pub(super) fn wildcard_function(&self, space: &str, name: &str) -> Option<String> {
        as_function(self.wildcards.get(space)?.get(name)?)
    }

    pub(super) fn type_named(&self, name: &str) -> Option<(&str, &Type)> {
        as_type(self.names.get(name)?)
    }

    pub(super) fn wildcard_type(&self, base: &Type, name: &str) -> Option<(&str, &Type)> {
        let TypeKind::Name(space) = &base.kind else {
            return None;
        };
        as_type(self.wildcards.get(space)?.get(name)?)
    }
}

fn as_variable(imported: &Imported) -> Option<&str> {
    match imported {
        Imported::Variable(emitted) => Some(emitted),
        _ => None,
    }
}

fn as_function(imported: &Imported) -> Option<String> {
    match imported {
        Imported::Function(emitted) => Some(emitted.clone()),
        _ => None,
    }
}

fn as_type(imported: &Imported) -> Option<(&str, &Type)> {
    match imported {
        Imported::Type(emitted, kind) => Some((emitted, kind)),
        _ => None,
    }
}
