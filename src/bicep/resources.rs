//! Ids, names, scopes and references of resources and modules.

use super::arm::{Arm, call, text};
use super::context::{Context, Env, Meaning};
use super::model::Level;
use super::syntax::{Access, Expr, Kind};
use crate::base::Diagnostic;

pub(super) const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";
pub(super) const DEPLOYMENTS_VERSION: &str = "2025-04-01";
const RESOURCE_GROUPS: &str = "Microsoft.Resources/resourceGroups";

/// Where a resource or module is deployed.
#[derive(Debug, Clone)]
pub(super) enum Scope {
    At {
        level: Level,
        management_group: Option<Arm>,
        subscription: Option<Arm>,
        resource_group: Option<Arm>,
    },
    /// On another resource, which may be one of a loop.
    On(usize, Option<Arm>),
}

impl Scope {
    pub(super) fn plain(level: Level) -> Scope {
        Scope::At {
            level,
            management_group: None,
            subscription: None,
            resource_group: None,
        }
    }
}

impl<'a> Context<'a> {
    /// Names that the expressions of a resource's body can use, at one round of its loop.
    pub(super) fn body_env(&self, resource: usize, round: Option<&Arm>) -> Env {
        let mut env = Env::default();
        let mut chain = vec![resource];
        while let Some(outer) = chain
            .last()
            .and_then(|last| self.model.resources[*last].outer)
        {
            chain.push(outer);
        }
        for outer in chain.into_iter().rev() {
            for (inner, declared) in self.model.inner(outer) {
                env.resource(&declared.statement.name, inner);
            }
        }
        let looped = self.model.resources[resource].body.looped;
        match (looped, round) {
            (Some(looped), Some(round)) => self.bind_loop(looped, round, &env),
            _ => env,
        }
    }

    pub(super) fn module_env(&self, module: usize, round: Option<&Arm>) -> Env {
        match (self.model.modules[module].body.looped, round) {
            (Some(looped), Some(round)) => self.bind_loop(looped, round, &Env::default()),
            _ => Env::default(),
        }
    }

    /// The parent, nested or by property, with the index behind it.
    pub(super) fn parent(&self, resource: usize) -> Option<(usize, Option<&'a Expr>)> {
        let declared = &self.model.resources[resource];
        if let Some(outer) = declared.outer {
            return Some((outer, None));
        }
        let parent = declared.body.object.property("parent")?;
        let found = self.resource_of(parent, &self.body_env(resource, None));
        if found.is_none() {
            self.unsupported(parent.span, "a parent that is not a resource of this file");
        }
        found
    }

    /// One name for each segment of the type.
    fn segments(&self, resource: usize, round: Option<&Arm>) -> Vec<Arm> {
        let declared = &self.model.resources[resource];
        self.guarded(declared.statement.span, || {
            let env = self.body_env(resource, round);
            let own = self.own_name(resource, &env);
            if let Some((parent, index)) = self.parent(resource) {
                let index = index.map(|index| self.convert(index, &env));
                let mut segments = self.segments(parent, index.as_ref());
                segments.push(own);
                return segments;
            }
            let count = declared.kind.matches('/').count();
            if count == 1 {
                return vec![own];
            }
            let split = call("split", [own, text("/")]);
            (0..count)
                .map(|part| split.clone().at(Arm::Int(i64::try_from(part).unwrap_or(0))))
                .collect()
        })
    }

    fn own_name(&self, resource: usize, env: &Env) -> Arm {
        let declared = &self.model.resources[resource];
        match declared.body.object.property("name") {
            Some(name) => self.convert(name, env),
            None => {
                self.complain(
                    declared.statement.span,
                    format!("the resource `{}` has no `name`", declared.statement.name),
                );
                Arm::default()
            }
        }
    }

    /// What the template calls the resource: with its parents' names before its own.
    pub(super) fn full_name(&self, resource: usize, round: Option<&Arm>) -> Arm {
        if self.parent(resource).is_none() {
            return self.own_name(resource, &self.body_env(resource, round));
        }
        let segments = self.segments(resource, round);
        let form: Vec<String> = (0..segments.len()).map(|at| format!("{{{at}}}")).collect();
        call("format", [text(form.join("/"))].into_iter().chain(segments))
    }

    pub(super) fn scope(&self, resource: usize, round: Option<&Arm>) -> Scope {
        let declared = &self.model.resources[resource];
        let env = self.body_env(resource, round);
        if let Some((parent, index)) = self.parent(resource) {
            let index = index.map(|index| self.convert(index, &env));
            return self
                .guarded(declared.statement.span, || {
                    Some(self.scope(parent, index.as_ref()))
                })
                .unwrap_or(Scope::plain(self.model.level));
        }
        match declared.body.object.property("scope") {
            Some(scope) => self.scope_of(scope, &env),
            None => Scope::plain(self.model.level),
        }
    }

    pub(super) fn scope_of(&self, expr: &Expr, env: &Env) -> Scope {
        let at = |level, management_group, subscription, resource_group| Scope::At {
            level,
            management_group,
            subscription,
            resource_group,
        };
        if let Some((resource, index)) = self.resource_of(expr, env) {
            let index = index.map(|index| self.convert(index, env));
            if self.model.resources[resource]
                .kind
                .eq_ignore_ascii_case(RESOURCE_GROUPS)
            {
                let name = self.own_name(resource, &self.body_env(resource, index.as_ref()));
                let subscription = match self.scope(resource, index.as_ref()) {
                    Scope::At { subscription, .. } => subscription,
                    Scope::On(..) => None,
                };
                return at(Level::ResourceGroup, None, subscription, Some(name));
            }
            return Scope::On(resource, index);
        }
        let (function, arguments) = match &expr.kind {
            Kind::Call(name, arguments) => (name.as_str(), arguments.as_slice()),
            Kind::Method(base, name, arguments) if self.is_az(base, env) => {
                (name.as_str(), arguments.as_slice())
            }
            _ => ("", [].as_slice()),
        };
        let arguments: Vec<Arm> = arguments.iter().map(|one| self.convert(one, env)).collect();
        let mut given = arguments.into_iter();
        let (first, second) = (given.next(), given.next());
        match (function, first, second) {
            ("tenant", None, None) => at(Level::Tenant, None, None, None),
            ("managementGroup", name, None) => at(Level::ManagementGroup, name, None, None),
            ("subscription", id, None) => at(Level::Subscription, None, id, None),
            ("resourceGroup", name, None) => at(Level::ResourceGroup, None, None, name),
            ("resourceGroup", id, name) => at(Level::ResourceGroup, None, id, name),
            _ => {
                self.unsupported(
                    expr.span,
                    "a scope that is neither a resource nor one of the scope functions",
                );
                Scope::plain(self.model.level)
            }
        }
    }

    fn is_az(&self, base: &Expr, env: &Env) -> bool {
        matches!(&base.kind, Kind::Name(name)
            if name == "az" && matches!(self.meaning(name, env), Meaning::Nothing))
    }

    pub(super) fn id(&self, resource: usize, round: Option<&Arm>) -> Arm {
        let scope = self.scope(resource, round);
        let segments = self.segments(resource, round);
        self.scoped_id(&scope, &self.model.resources[resource].kind, &segments)
    }

    fn scoped_id(&self, scope: &Scope, kind: &str, segments: &[Arm]) -> Arm {
        let named = |first: Option<Arm>| {
            first
                .into_iter()
                .chain([text(kind)])
                .chain(segments.iter().cloned())
                .collect::<Vec<_>>()
        };
        let (level, management_group, subscription, resource_group) = match scope {
            Scope::On(target, round) => {
                let target = self.id(*target, round.as_ref());
                return call("extensionResourceId", named(Some(target)));
            }
            Scope::At {
                level,
                management_group,
                subscription,
                resource_group,
            } => (level, management_group, subscription, resource_group),
        };
        match level {
            Level::Tenant => call("tenantResourceId", named(None)),
            Level::Subscription => call("subscriptionResourceId", named(subscription.clone())),
            Level::ManagementGroup => {
                let group = match management_group {
                    Some(name) => management_group_id(name.clone()),
                    None => call("managementGroup", []).dot("id"),
                };
                call("extensionResourceId", named(Some(group)))
            }
            Level::ResourceGroup => match resource_group {
                None => call("resourceId", named(None)),
                Some(name) => {
                    let subscription = subscription
                        .clone()
                        .unwrap_or_else(|| call("subscription", []).dot("subscriptionId"));
                    let form = text("/subscriptions/{0}/resourceGroups/{1}");
                    let group = call("format", [form, subscription, name.clone()]);
                    call("extensionResourceId", named(Some(group)))
                }
            },
        }
    }

    /// Name of a resource in a template of language version 2.0, and of its copy loop.
    pub(super) fn symbolic_name(&self, resource: usize) -> String {
        let declared = &self.model.resources[resource];
        match declared.outer {
            Some(outer) => format!("{}::{}", self.symbolic_name(outer), declared.statement.name),
            None => declared.statement.name.clone(),
        }
    }

    /// Name of a resource's loop: its own, but for templates with symbolic names.
    pub(super) fn loop_name(&self, resource: usize) -> String {
        if self.symbolic {
            return self.symbolic_name(resource);
        }
        self.model.resources[resource].statement.name.clone()
    }

    pub(super) fn symbol(&self, resource: usize, round: Option<&Arm>) -> Arm {
        indexed(&self.symbolic_name(resource), round)
    }

    pub(super) fn reference(&self, resource: usize, round: Option<&Arm>, full: bool) -> Arm {
        let declared = &self.model.resources[resource];
        let all = declared.body.looped.is_some() && round.is_none();
        if all {
            let mut arguments = vec![text(self.symbolic_name(resource))];
            if full {
                arguments.push(text("full"));
            }
            return call("references", arguments);
        }
        let mut arguments = vec![if self.symbolic {
            self.symbol(resource, round)
        } else {
            self.id(resource, round)
        }];
        if full || !self.symbolic {
            arguments.push(text(&declared.version));
        }
        if full {
            arguments.push(text("full"));
        }
        call("reference", arguments)
    }

    pub(super) fn resource_property(
        &self,
        resource: usize,
        round: Option<&Arm>,
        name: &str,
        access: Access,
    ) -> Arm {
        let declared = &self.model.resources[resource];
        let all = declared.body.looped.is_some() && round.is_none();
        let env = self.body_env(resource, round);
        let condition = declared.body.condition.filter(|_| access.safe);
        let guarded = |value: Arm| match condition {
            Some(condition) => {
                let condition = self.convert(condition, &env);
                call("if", [condition, value, call("null", [])])
            }
            None => value,
        };
        match name {
            "id" | "name" if all => {
                self.complain(
                    declared.statement.span,
                    format!(
                        "`{}` is a loop: name one of its resources by index before `.{name}`",
                        declared.statement.name
                    ),
                );
                Arm::default()
            }
            "id" => guarded(self.id(resource, round)),
            "name" => guarded(self.own_name(resource, &env)),
            "type" => text(&declared.kind),
            "apiVersion" => text(&declared.version),
            "properties" if !access.safe => self.reference(resource, round, false),
            _ => {
                let base = guarded(self.reference(resource, round, true));
                if access.safe {
                    call("tryGet", [base, text(name)])
                } else {
                    base.dot(name)
                }
            }
        }
    }

    pub(super) fn module_scope(&self, module: usize, env: &Env) -> Scope {
        match self.model.modules[module].body.object.property("scope") {
            Some(scope) => self.scope_of(scope, env),
            None => Scope::plain(self.model.level),
        }
    }

    pub(super) fn module_name(&self, module: usize, round: Option<&Arm>) -> Arm {
        let declared = &self.model.modules[module];
        if let Some(name) = declared.body.object.property("name") {
            return self.convert(name, &self.module_env(module, round));
        }
        let symbol = &declared.statement.name;
        let unique = call(
            "uniqueString",
            [text(symbol), call("deployment", []).dot("name")],
        );
        match round {
            Some(round) => {
                let form = text(format!("{symbol}-{{0}}-{{1}}"));
                call("format", [form, round.clone(), unique])
            }
            None => call("format", [text(format!("{symbol}-{{0}}")), unique]),
        }
    }

    pub(super) fn module_id(&self, module: usize, round: Option<&Arm>) -> Arm {
        let scope = self.module_scope(module, &self.module_env(module, round));
        let name = self.module_name(module, round);
        self.scoped_id(&scope, DEPLOYMENTS, &[name])
    }

    pub(super) fn module_symbol(&self, module: usize, round: Option<&Arm>) -> Arm {
        indexed(&self.model.modules[module].statement.name, round)
    }

    pub(super) fn module_reference(&self, module: usize, round: Option<&Arm>) -> Arm {
        let declared = &self.model.modules[module];
        let all = declared.body.looped.is_some() && round.is_none();
        let function = if all { "references" } else { "reference" };
        if self.symbolic {
            return call(function, [self.module_symbol(module, round)]);
        }
        if all {
            return call(function, [text(&declared.statement.name)]);
        }
        let id = self.module_id(module, round);
        call(function, [id, text(DEPLOYMENTS_VERSION)])
    }

    /// `secure`: whether the output behind it is; without one, whether any is.
    pub(super) fn module_property(
        &self,
        module: usize,
        round: Option<&Arm>,
        name: &str,
        access: Access,
        expr: &Expr,
        secure: Option<bool>,
    ) -> Arm {
        let declared = &self.model.modules[module];
        let condition = declared.body.condition.filter(|_| access.safe);
        let guarded = |value: Arm| match condition {
            Some(condition) => {
                let condition = self.convert(condition, &self.module_env(module, round));
                call("if", [condition, value, call("null", [])])
            }
            None => value,
        };
        match name {
            "name" => guarded(self.module_name(module, round)),
            "outputs" => {
                let any = || self.modules[module].outputs.values().any(|secure| *secure);
                if secure.unwrap_or_else(any) {
                    let target = if self.symbolic {
                        self.module_symbol(module, round)
                    } else {
                        self.module_id(module, round)
                    };
                    let arguments = [target, text(DEPLOYMENTS_VERSION)];
                    return guarded(call("listOutputsWithSecureValues", arguments));
                }
                let base = self.module_reference(module, round);
                if access.safe {
                    call("tryGet", [guarded(base), text("outputs")])
                } else {
                    base.dot("outputs")
                }
            }
            _ => {
                self.push(
                    Diagnostic::error(
                        self.model.source,
                        expr.span,
                        format!("a module has no property `{name}`"),
                    )
                    .hint("use `name` or `outputs`"),
                );
                Arm::default()
            }
        }
    }

    pub(super) fn module_output(
        &self,
        module: usize,
        round: Option<&Arm>,
        name: &str,
        (outputs, access): (Access, Access),
        expr: &Expr,
    ) -> Arm {
        let file = &self.modules[module];
        let secure = file.outputs.get(name).copied();
        if file.read && secure.is_none() {
            self.push(
                Diagnostic::error(
                    self.model.source,
                    expr.span,
                    format!("the module has no output `{name}`"),
                )
                .hint(crate::base::nearest_hint(
                    name,
                    file.outputs.keys().map(String::as_str),
                )),
            );
            return Arm::default();
        }
        let secure = secure.unwrap_or_default();
        let base = self.module_property(module, round, "outputs", outputs, expr, Some(secure));
        let tail = [text(name), text("value")];
        let tail = &tail[..if secure { 1 } else { 2 }];
        if access.safe {
            return tail
                .iter()
                .fold(base, |base, part| call("tryGet", [base, part.clone()]));
        }
        match base {
            Arm::Call(inner) if inner.name == "tryGet" && inner.properties.is_empty() => {
                call("tryGet", inner.arguments.into_iter().chain(tail.to_vec()))
            }
            base => tail.iter().fold(base, |base, part| base.at(part.clone())),
        }
    }
}

pub(super) fn management_group_id(name: Arm) -> Arm {
    let kind = text("Microsoft.Management/managementGroups");
    call("tenantResourceId", [kind, name])
}

fn indexed(name: &str, round: Option<&Arm>) -> Arm {
    match round {
        Some(round) => call("format", [text(format!("{name}[{{0}}]")), round.clone()]),
        None => text(name),
    }
}
