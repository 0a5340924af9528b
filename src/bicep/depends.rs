//! What a resource or module waits for, and which variables need the running deployment.

use std::collections::BTreeMap;

use super::arm::{Arm, call};
use super::context::{Context, Env, Meaning};
use super::functions::is_runtime;
use super::model::{Body, Symbol};
use super::syntax::{Entry, Expr, Kind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Resource(usize),
    Module(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Dependency {
    target: Target,
    /// One round of its loop; without one, all of it.
    round: Option<Arm>,
    /// Only what is known beforehand is used: id, name, type, version.
    weak: bool,
}

/// What is waited for, and which rounds of it.
type ByName = BTreeMap<(String, Target), Vec<Option<Arm>>>;

/// Known before a deployment runs.
const STATIC: [&str; 4] = ["id", "name", "type", "apiVersion"];

struct Walk<'c, 'a> {
    context: &'c Context<'a>,
    found: Vec<Dependency>,
    /// Names of loops and lambdas inside the body, which mean nothing outside.
    inner: Vec<String>,
    variables: Vec<usize>,
}

impl Context<'_> {
    /// The entries of `dependsOn`, in the order of the names of what they stand for; a nested
    /// resource counts by its own name, without those around it.
    pub(super) fn depends_on(&self, target: Target) -> Vec<Arm> {
        let mut by_name = ByName::new();
        let mut path = vec![target];
        for dependency in self.direct(target, Some(&call("copyIndex", []))) {
            self.expand(&dependency, &mut path, &mut by_name);
        }
        let mut entries = Vec::new();
        for ((_, target), rounds) in by_name {
            if rounds.contains(&None) {
                entries.push(self.entry(target, None));
                continue;
            }
            for round in rounds {
                entries.push(self.entry(target, round.as_ref()));
            }
        }
        entries
    }

    fn entry(&self, target: Target, round: Option<&Arm>) -> Arm {
        let (looped, name) = match target {
            Target::Resource(index) => {
                let looped = self.model.resources[index].body.looped.is_some();
                (looped, self.loop_name(index))
            }
            Target::Module(index) => {
                let module = &self.model.modules[index];
                (module.body.looped.is_some(), module.statement.name.clone())
            }
        };
        if looped && round.is_none() {
            return super::arm::text(name);
        }
        match (target, self.symbolic) {
            (Target::Resource(index), true) => self.symbol(index, round),
            (Target::Resource(index), false) => self.id(index, round),
            (Target::Module(index), true) => self.module_symbol(index, round),
            (Target::Module(index), false) => self.module_id(index, round),
        }
    }

    /// Follows existing resources to what they themselves wait for.
    fn expand(&self, dependency: &Dependency, path: &mut Vec<Target>, by_name: &mut ByName) {
        let name = match dependency.target {
            Target::Resource(index) => self.model.resources[index].statement.name.clone(),
            Target::Module(index) => self.model.modules[index].statement.name.clone(),
        };
        let passed_over = match dependency.target {
            Target::Resource(index) => {
                self.model.resources[index].existing && (!self.symbolic || dependency.weak)
            }
            Target::Module(_) => false,
        };
        if !passed_over {
            if path.first() == Some(&dependency.target) {
                return;
            }
            let rounds = by_name.entry((name, dependency.target)).or_default();
            // Twice the same index in different places counts twice, as in the real compiler.
            if dependency.round.is_some() || !rounds.contains(&None) {
                rounds.push(dependency.round.clone());
            }
            return;
        }
        if path.contains(&dependency.target) {
            return;
        }
        path.push(dependency.target);
        for further in self.direct(dependency.target, dependency.round.as_ref()) {
            self.expand(&further, path, by_name);
        }
        path.pop();
    }

    fn direct(&self, target: Target, round: Option<&Arm>) -> Vec<Dependency> {
        let mut walk = Walk {
            context: self,
            found: Vec::new(),
            inner: Vec::new(),
            variables: Vec::new(),
        };
        let (body, env) = match target {
            Target::Resource(index) => {
                let declared = &self.model.resources[index];
                if let Some(outer) = declared.outer {
                    walk.found.push(Dependency {
                        target: Target::Resource(outer),
                        round: None,
                        weak: true,
                    });
                }
                let round = round.filter(|_| declared.body.looped.is_some());
                (declared.body, self.body_env(index, round))
            }
            Target::Module(index) => {
                let body = self.model.modules[index].body;
                let round = round.filter(|_| body.looped.is_some());
                (body, self.module_env(index, round))
            }
        };
        walk.body(body, &env);
        walk.found
    }

    /// Which variables are written out where they are used.
    pub(super) fn runtime_variables(&self) -> Vec<bool> {
        let mut known = vec![None; self.model.vars.len()];
        for index in 0..known.len() {
            self.is_runtime_variable(index, &mut known);
        }
        known.into_iter().map(Option::unwrap_or_default).collect()
    }

    fn is_runtime_variable(&self, index: usize, known: &mut Vec<Option<bool>>) -> bool {
        if let Some(answer) = known[index] {
            return answer;
        }
        // A circle is found when it is converted.
        known[index] = Some(false);
        let (_, _, value) = self.model.vars[index];
        let answer = self.needs_run(value, &Env::default(), known);
        known[index] = Some(answer);
        answer
    }

    fn needs_run(&self, expr: &Expr, env: &Env, known: &mut Vec<Option<bool>>) -> bool {
        let mut any = |parts: Vec<&Expr>, env: &Env| {
            parts
                .into_iter()
                .any(|part| self.needs_run(part, env, known))
        };
        match &expr.kind {
            Kind::Name(name) => match self.meaning(name, env) {
                Meaning::Resource(_) | Meaning::Symbol(Symbol::Module(_)) => true,
                Meaning::Symbol(Symbol::Var(index)) => self.is_runtime_variable(index, known),
                _ => false,
            },
            Kind::Child(..) => true,
            Kind::Call(name, _) | Kind::Method(_, name, _) if is_runtime(name) => true,
            Kind::Property(base, name, _) => {
                if let Some((_, index)) = self.resource_of(base, env) {
                    return !STATIC.contains(&name.as_str())
                        || any(index.into_iter().collect(), env);
                }
                if let Some((_, index)) = self.module_of(base, env) {
                    return name != "name" || any(index.into_iter().collect(), env);
                }
                any(vec![base], env)
            }
            Kind::For(looped) => {
                let mut inner = env.clone();
                inner.value(&looped.item, Arm::default());
                if let Some(index) = &looped.index {
                    inner.value(index, Arm::default());
                }
                any(vec![&looped.array], env) || any(vec![&looped.body], &inner)
            }
            Kind::Lambda(names, body) => {
                let mut inner = env.clone();
                for name in names {
                    inner.value(name, Arm::default());
                }
                any(vec![body], &inner)
            }
            _ => any(expr.children(), env),
        }
    }
}

impl Walk<'_, '_> {
    fn body(&mut self, body: Body<'_>, env: &Env) {
        if let Some(looped) = body.looped {
            self.expr(&looped.array, env);
        }
        if let Some(condition) = body.condition {
            self.expr(condition, env);
        }
        let Kind::Object(entries) = &body.object.kind else {
            return;
        };
        for entry in entries {
            let Entry::Pair(key, value) = entry else {
                if let Entry::Spread(value) = entry {
                    self.expr(value, env);
                }
                continue;
            };
            if let Some("parent" | "scope") = key.literal()
                && let Some((resource, index)) = self.context.resource_of(value, env)
            {
                self.push(Target::Resource(resource), index, true, env);
                continue;
            }
            self.expr(value, env);
        }
    }

    fn push(&mut self, target: Target, index: Option<&Expr>, weak: bool, env: &Env) {
        if let Some(index) = index {
            self.expr(index, env);
        }
        let round = index
            .filter(|index| !index.mentions(&self.inner))
            .map(|index| self.context.convert(index, env));
        self.found.push(Dependency {
            target,
            round,
            weak,
        });
    }

    fn expr(&mut self, expr: &Expr, env: &Env) {
        match &expr.kind {
            Kind::Name(name) => match self.context.meaning(name, env) {
                Meaning::Resource(index) => {
                    self.push(Target::Resource(index), None, false, env);
                }
                Meaning::Symbol(Symbol::Module(index)) => {
                    self.push(Target::Module(index), None, false, env);
                }
                Meaning::Symbol(Symbol::Var(index)) => self.variable(index),
                _ => {}
            },
            Kind::Property(base, name, _) => {
                if let Some((resource, index)) = self.context.resource_of(base, env) {
                    let weak = STATIC.contains(&name.as_str());
                    return self.push(Target::Resource(resource), index, weak, env);
                }
                if let Some((module, index)) = self.context.module_of(base, env) {
                    return self.push(Target::Module(module), index, false, env);
                }
                self.expr(base, env);
            }
            Kind::Index(base, index, _) => {
                if let Some((resource, index)) = self.context.resource_of(expr, env) {
                    return self.push(Target::Resource(resource), index, false, env);
                }
                if let Some((module, index)) = self.context.module_of(expr, env) {
                    return self.push(Target::Module(module), index, false, env);
                }
                self.expr(base, env);
                self.expr(index, env);
            }
            // `list…` waits by itself, and `getSecret` reads nothing of the resource.
            Kind::Method(base, _, arguments) => {
                match self.context.resource_of(base, env) {
                    Some((resource, index)) => {
                        self.push(Target::Resource(resource), index, true, env);
                    }
                    None => self.expr(base, env),
                }
                for argument in arguments {
                    self.expr(argument, env);
                }
            }
            Kind::Child(..) => {
                if let Some((resource, _)) = self.context.resource_of(expr, env) {
                    self.push(Target::Resource(resource), None, false, env);
                }
            }
            Kind::For(looped) => {
                self.expr(&looped.array, env);
                let names = [Some(&looped.item), looped.index.as_ref()];
                self.within(names.into_iter().flatten(), &looped.body, env);
            }
            Kind::Lambda(names, body) => self.within(names.iter(), body, env),
            _ => {
                for child in expr.children() {
                    self.expr(child, env);
                }
            }
        }
    }

    fn within<'n>(&mut self, names: impl Iterator<Item = &'n String>, body: &Expr, env: &Env) {
        let mut inner = env.clone();
        let before = self.inner.len();
        for name in names {
            inner.value(name, Arm::default());
            self.inner.push(name.clone());
        }
        self.expr(body, &inner);
        self.inner.truncate(before);
    }

    fn variable(&mut self, index: usize) {
        if self.variables.contains(&index) {
            return;
        }
        self.variables.push(index);
        let inner = std::mem::take(&mut self.inner);
        let (_, _, value) = self.context.model.vars[index];
        self.expr(value, &Env::default());
        self.inner = inner;
    }
}
