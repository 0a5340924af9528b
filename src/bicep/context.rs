//! What conversion knows about a file, and what the names in an expression stand for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::Value;

use super::arm::Arm;
use super::imports::Imports;
use super::model::{Model, Symbol};
use super::syntax::{Expr, For, Kind};
use crate::base::{Diagnostic, Span, nearest};

/// Conversions inside conversions beyond this depth are taken for a circle.
const MAX_DEPTH: usize = 200;

pub(super) struct Context<'a> {
    pub(super) model: &'a Model<'a>,
    /// Language version 2.0: resources are an object, by symbolic name.
    pub(super) symbolic: bool,
    /// Variables that are written out where they are used, for they need the running deployment.
    pub(super) inline: Vec<bool>,
    /// Files that were read, by where their call stands: name of the variable, its value.
    pub(super) loaded: BTreeMap<usize, (String, Value)>,
    pub(super) modules: Vec<ModuleFile>,
    pub(super) imports: Imports,
    pub(super) problems: RefCell<Vec<Diagnostic>>,
    depth: Cell<usize>,
}

/// What a module's file offers.
#[derive(Debug, Clone, Default)]
pub(super) struct ModuleFile {
    pub(super) template: Value,
    /// Level of its resources, from its schema.
    pub(super) outputs: BTreeMap<String, bool>,
    pub(super) read: bool,
}

/// Names of loops, lambdas and nested resources around an expression, inner last.
#[derive(Debug, Clone, Default)]
pub(super) struct Env(Vec<(String, Bound)>);

#[derive(Debug, Clone)]
enum Bound {
    Value(Arm),
    Resource(usize),
}

pub(super) enum Meaning {
    Value(Arm),
    Resource(usize),
    Symbol(Symbol),
    Nothing,
}

impl Env {
    pub(super) fn value(&mut self, name: &str, value: Arm) {
        self.0.push((name.to_owned(), Bound::Value(value)));
    }

    pub(super) fn resource(&mut self, name: &str, index: usize) {
        self.0.push((name.to_owned(), Bound::Resource(index)));
    }

    pub(super) fn find(&self, name: &str) -> Option<Meaning> {
        let (_, bound) = self.0.iter().rev().find(|(known, _)| known == name)?;
        Some(match bound {
            Bound::Value(value) => Meaning::Value(value.clone()),
            Bound::Resource(index) => Meaning::Resource(*index),
        })
    }
}

impl<'a> Context<'a> {
    pub(super) fn new(model: &'a Model<'a>, imports: Imports) -> Context<'a> {
        Context {
            model,
            symbolic: false,
            inline: Vec::new(),
            loaded: BTreeMap::new(),
            modules: Vec::new(),
            imports,
            problems: RefCell::new(Vec::new()),
            depth: Cell::new(0),
        }
    }

    pub(super) fn meaning(&self, name: &str, env: &Env) -> Meaning {
        if let Some(found) = env.find(name) {
            return found;
        }
        match self.model.names.get(name) {
            Some(Symbol::Resource(index)) => Meaning::Resource(*index),
            Some(symbol) => Meaning::Symbol(*symbol),
            None => Meaning::Nothing,
        }
    }

    /// Is the variable written out where it is used?
    pub(super) fn inlined(&self, variable: usize) -> bool {
        self.inline.get(variable).copied().unwrap_or_default()
    }

    pub(super) fn complain(&self, span: Span, message: impl Into<String>) {
        self.push(Diagnostic::error(self.model.source, span, message));
    }

    pub(super) fn unsupported(&self, span: Span, construct: &str) {
        self.push(super::unsupported(self.model.source, span, construct));
    }

    pub(super) fn push(&self, problem: Diagnostic) {
        let mut problems = self.problems.borrow_mut();
        // One expression may be converted for several places of the template.
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    pub(super) fn undeclared(&self, name: &str, span: Span, env: &Env) {
        let locals = env.0.iter().map(|(known, _)| known.as_str());
        let known = self.model.names.keys().copied().chain(locals);
        let mut problem =
            Diagnostic::error(self.model.source, span, format!("`{name}` is not declared"));
        if let Some(near) = nearest(name, known) {
            problem = problem.hint(format!("did you mean `{near}`?"));
        }
        self.push(problem);
    }

    /// Runs a conversion that may come back to itself. A circle is a problem at `span`.
    pub(super) fn guarded<T: Default>(&self, span: Span, run: impl FnOnce() -> T) -> T {
        if self.depth.get() >= MAX_DEPTH {
            self.complain(span, "this refers to itself, or is nested too deep");
            return T::default();
        }
        self.depth.set(self.depth.get() + 1);
        let result = run();
        self.depth.set(self.depth.get() - 1);
        result
    }

    /// The names of a loop, at one of its rounds.
    pub(super) fn bind_loop(&self, looped: &For, round: &Arm, env: &Env) -> Env {
        let array = self.convert(&looped.array, env);
        let mut inner = env.clone();
        inner.value(&looped.item, array.at(round.clone()));
        if let Some(index) = &looped.index {
            inner.value(index, round.clone());
        }
        inner
    }

    /// The resource that an expression names, with the index behind it.
    pub(super) fn resource_of<'e>(
        &self,
        expr: &'e Expr,
        env: &Env,
    ) -> Option<(usize, Option<&'e Expr>)> {
        match &expr.kind {
            Kind::Name(name) => match self.meaning(name, env) {
                Meaning::Resource(index) => Some((index, None)),
                _ => None,
            },
            Kind::Child(base, name) => {
                let (outer, _) = self.resource_of(base, env)?;
                let found = self
                    .model
                    .inner(outer)
                    .find(|(_, inner)| inner.statement.name == *name);
                if found.is_none() {
                    self.complain(expr.span, format!("there is no resource `{name}` in there"));
                }
                found.map(|(index, _)| (index, None))
            }
            Kind::NonNull(base) => self.resource_of(base, env),
            Kind::Index(base, index, _) => {
                let (resource, before) = self.resource_of(base, env)?;
                let looped = self.model.resources[resource].body.looped.is_some();
                (looped && before.is_none()).then_some((resource, Some(&**index)))
            }
            _ => None,
        }
    }

    pub(super) fn module_of<'e>(
        &self,
        expr: &'e Expr,
        env: &Env,
    ) -> Option<(usize, Option<&'e Expr>)> {
        match &expr.kind {
            Kind::Name(name) => match self.meaning(name, env) {
                Meaning::Symbol(Symbol::Module(index)) => Some((index, None)),
                _ => None,
            },
            Kind::NonNull(base) => self.module_of(base, env),
            Kind::Index(base, index, _) => {
                let (module, before) = self.module_of(base, env)?;
                let looped = self.model.modules[module].body.looped.is_some();
                (looped && before.is_none()).then_some((module, Some(&**index)))
            }
            _ => None,
        }
    }
}
