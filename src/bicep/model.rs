//! The declarations of one file, by name, with nested resources laid flat.

use std::collections::BTreeMap;

use super::syntax::{Entry, Expr, For, Kind, Statement, Type, What};
use crate::base::{Diagnostic, Source, Span};

/// Where the resources of a file live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    ResourceGroup,
    Subscription,
    ManagementGroup,
    Tenant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Symbol {
    Param(usize),
    Var(usize),
    Type(usize),
    Func(usize),
    Resource(usize),
    Module(usize),
    Output,
}

#[derive(Debug)]
pub(super) struct Resource<'a> {
    pub(super) statement: &'a Statement,
    /// `Microsoft.Storage/storageAccounts/blobServices`
    pub(super) kind: String,
    pub(super) version: String,
    pub(super) existing: bool,
    /// The resource whose body holds this one.
    pub(super) outer: Option<usize>,
    pub(super) body: Body<'a>,
}

#[derive(Debug)]
pub(super) struct Module<'a> {
    pub(super) statement: &'a Statement,
    pub(super) path: &'a Expr,
    pub(super) body: Body<'a>,
}

/// What stands behind `=`: loop, condition, object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) looped: Option<&'a For>,
    pub(super) condition: Option<&'a Expr>,
    pub(super) object: &'a Expr,
}

#[derive(Debug)]
pub(super) struct Model<'a> {
    pub(super) source: &'a Source,
    pub(super) statements: &'a [Statement],
    pub(super) level: Level,
    pub(super) params: Vec<(&'a Statement, &'a Type, Option<&'a Expr>)>,
    pub(super) vars: Vec<(&'a Statement, Option<&'a Type>, &'a Expr)>,
    pub(super) types: Vec<(&'a Statement, &'a Type)>,
    pub(super) funcs: Vec<&'a Statement>,
    pub(super) resources: Vec<Resource<'a>>,
    pub(super) modules: Vec<Module<'a>>,
    pub(super) outputs: Vec<(&'a Statement, &'a Type, &'a Expr)>,
    pub(super) metadata: Vec<(&'a Statement, &'a Expr)>,
    /// Nested resources are not among them.
    pub(super) names: BTreeMap<&'a str, Symbol>,
}

impl<'a> Model<'a> {
    pub(super) fn new(
        source: &'a Source,
        statements: &'a [Statement],
        problems: &mut Vec<Diagnostic>,
    ) -> Model<'a> {
        let mut model = Model {
            source,
            statements,
            level: Level::ResourceGroup,
            params: Vec::new(),
            vars: Vec::new(),
            types: Vec::new(),
            funcs: Vec::new(),
            resources: Vec::new(),
            modules: Vec::new(),
            outputs: Vec::new(),
            metadata: Vec::new(),
            names: BTreeMap::new(),
        };
        let mut outputs = std::collections::BTreeSet::new();
        for statement in statements {
            let symbol = model.declare(statement, problems);
            let name = statement.name.as_str();
            let twice = match symbol {
                None => false,
                Some(Symbol::Output) => !outputs.insert(name),
                Some(symbol) => model.names.insert(name, symbol).is_some(),
            };
            if twice {
                problems.push(Diagnostic::error(
                    source,
                    statement.span,
                    format!("`{name}` is declared twice"),
                ));
            }
        }
        model
    }

    fn declare(
        &mut self,
        statement: &'a Statement,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Symbol> {
        match &statement.what {
            What::TargetScope(value) => {
                match value.literal().and_then(level) {
                    Some(level) => self.level = level,
                    None => problems.push(
                        Diagnostic::error(self.source, value.span, "unknown target scope").hint(
                            "use `resourceGroup`, `subscription`, `managementGroup` or `tenant`",
                        ),
                    ),
                }
                None
            }
            What::Metadata(value) => {
                self.metadata.push((statement, value));
                None
            }
            What::Param(kind, default) => {
                self.params.push((statement, kind, default.as_ref()));
                Some(Symbol::Param(self.params.len() - 1))
            }
            What::Var(kind, value) => {
                self.vars.push((statement, kind.as_ref(), value));
                Some(Symbol::Var(self.vars.len() - 1))
            }
            What::Type(kind) => {
                self.types.push((statement, kind));
                Some(Symbol::Type(self.types.len() - 1))
            }
            What::Func(..) => {
                self.funcs.push(statement);
                Some(Symbol::Func(self.funcs.len() - 1))
            }
            What::Resource(..) => self
                .resource(statement, None, problems)
                .map(Symbol::Resource),
            What::Module(path, value) => {
                let body = self.body(value, problems)?;
                self.modules.push(Module {
                    statement,
                    path,
                    body,
                });
                Some(Symbol::Module(self.modules.len() - 1))
            }
            What::Output(kind, value) => {
                self.outputs.push((statement, kind, value));
                Some(Symbol::Output)
            }
            What::Import(..) => None,
        }
    }

    /// This resource, and then all inside it.
    fn resource(
        &mut self,
        statement: &'a Statement,
        outer: Option<usize>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<usize> {
        let What::Resource(head, value) = &statement.what else {
            problems.push(Diagnostic::error(
                self.source,
                statement.span,
                "only resources are declared inside a resource",
            ));
            return None;
        };
        if outer.is_some_and(|outer| self.resources[outer].body.looped.is_some()) {
            problems.push(
                Diagnostic::error(
                    self.source,
                    statement.span,
                    "a resource cannot be declared inside a resource that is a loop",
                )
                .hint("declare it outside, with `parent: name[index]`"),
            );
            return None;
        }
        let (kind, version) = self.reference(&head.reference, head.span, outer, problems)?;
        let body = self.body(value, problems)?;
        let index = self.resources.len();
        self.resources.push(Resource {
            statement,
            kind,
            version,
            existing: head.existing,
            outer,
            body,
        });
        if let Kind::Object(entries) = &body.object.kind {
            for entry in entries {
                if let Entry::Nested(inner) = entry {
                    self.resource(inner, Some(index), problems);
                }
            }
        }
        Some(index)
    }

    /// Full type and version; a nested resource may leave out what its parent says.
    fn reference(
        &self,
        reference: &str,
        span: Span,
        outer: Option<usize>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<(String, String)> {
        let (kind, version) = reference.split_once('@').unwrap_or((reference, ""));
        let parent = outer.map(|outer| &self.resources[outer]);
        let version = match (version, parent) {
            ("", Some(parent)) => parent.version.clone(),
            (version, _) => version.to_owned(),
        };
        // A nested type may be written in full as well.
        let kind = match parent {
            Some(parent) if !kind.contains('.') => format!("{}/{kind}", parent.kind),
            _ => kind.to_owned(),
        };
        if version.is_empty() || !kind.contains('/') {
            problems.push(
                Diagnostic::error(
                    self.source,
                    span,
                    format!("`{reference}` is not a resource type"),
                )
                .hint("write `Provider/type@version`, such as `Microsoft.Storage/storageAccounts@2023-05-01`"),
            );
            return None;
        }
        Some((kind, version))
    }

    fn body(&self, value: &'a Expr, problems: &mut Vec<Diagnostic>) -> Option<Body<'a>> {
        let (looped, value) = match &value.kind {
            Kind::For(looped) => (Some(&**looped), &looped.body),
            _ => (None, value),
        };
        let (condition, object) = match &value.kind {
            Kind::If(condition, object) => (Some(&**condition), &**object),
            _ => (None, value),
        };
        if let Kind::Object(_) = object.kind {
            return Some(Body {
                looped,
                condition,
                object,
            });
        }
        problems.push(Diagnostic::error(
            self.source,
            object.span,
            "expected an object here",
        ));
        None
    }

    /// The resources inside this one.
    pub(super) fn inner(&self, outer: usize) -> impl Iterator<Item = (usize, &Resource<'a>)> {
        self.resources
            .iter()
            .enumerate()
            .filter(move |(_, resource)| resource.outer == Some(outer))
    }
}

fn level(name: &str) -> Option<Level> {
    Some(match name {
        "resourceGroup" => Level::ResourceGroup,
        "subscription" => Level::Subscription,
        "managementGroup" => Level::ManagementGroup,
        "tenant" => Level::Tenant,
        _ => return None,
    })
}
