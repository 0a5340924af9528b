//! Which templates need language version 2.0, where resources go by symbolic name.

use super::context::{Context, Env};
use super::syntax::{Entry, Expr, Kind, Type, TypeKind, What};

impl Context<'_> {
    pub(super) fn needs_symbolic_names(&self) -> bool {
        let model = self.model;
        let types = model.params.iter().map(|(_, kind, _)| *kind);
        let types = types.chain(model.outputs.iter().map(|(_, kind, _)| *kind));
        !model.types.is_empty()
            || !model.funcs.is_empty()
            || model.vars.iter().any(|(_, kind, _)| kind.is_some())
            || model
                .statements
                .iter()
                .any(|statement| matches!(statement.what, What::Import(..)))
            || types.into_iter().any(is_compound)
            || model
                .outputs
                .iter()
                .any(|(statement, ..)| statement.decorator("secure").is_some())
            || self
                .modules
                .iter()
                .any(|module| module.outputs.values().any(|secure| *secure))
            || model
                .modules
                .iter()
                .any(|module| module.body.object.property("name").is_none())
            || model.resources.iter().any(|resource| {
                resource.existing && resource.body.object.property("dependsOn").is_some()
                    || resource.statement.decorator("onlyIfNotExists").is_some()
            })
            || self.uses_whole_loops()
    }

    /// A loop of resources that is used as a list, for which there is `references` in 2.0 only.
    fn uses_whole_loops(&self) -> bool {
        let model = self.model;
        let none = Env::default();
        let bodies = model.resources.iter().enumerate().map(|(index, resource)| {
            let env = self.body_env(index, None);
            (resource.body, env)
        });
        let bodies = bodies.chain(
            model
                .modules
                .iter()
                .map(|module| (module.body, Env::default())),
        );
        let mut in_bodies = bodies.flat_map(|(body, env)| {
            let outside = body.looped.map(|looped| &looped.array);
            let outside = outside.into_iter().chain(body.condition);
            let inside = match &body.object.kind {
                Kind::Object(entries) => entries.as_slice(),
                _ => &[],
            };
            let inside = inside.iter().filter_map(|entry| match entry {
                Entry::Pair(key, value)
                    if !matches!(key.literal(), Some("dependsOn" | "parent" | "scope")) =>
                {
                    Some(value)
                }
                _ => None,
            });
            outside
                .chain(inside)
                .map(|expr| self.uses_whole_loop(expr, &env))
                .collect::<Vec<_>>()
        });
        in_bodies.any(|found| found)
            || model
                .vars
                .iter()
                .any(|(_, _, value)| self.uses_whole_loop(value, &none))
            || model
                .outputs
                .iter()
                .any(|(_, _, value)| self.uses_whole_loop(value, &none))
    }

    fn uses_whole_loop(&self, expr: &Expr, env: &Env) -> bool {
        match &expr.kind {
            Kind::Index(_, index, _) => {
                let one = self
                    .resource_of(expr, env)
                    .is_some_and(|(_, at)| at.is_some())
                    || self
                        .module_of(expr, env)
                        .is_some_and(|(_, at)| at.is_some());
                if one {
                    return self.uses_whole_loop(index, env);
                }
            }
            Kind::Name(_) | Kind::Child(..) => {
                let resource = self.resource_of(expr, env);
                let module = self.module_of(expr, env);
                return resource
                    .is_some_and(|(at, _)| self.model.resources[at].body.looped.is_some())
                    || module.is_some_and(|(at, _)| self.model.modules[at].body.looped.is_some());
            }
            _ => {}
        }
        expr.children()
            .into_iter()
            .any(|child| self.uses_whole_loop(child, env))
    }
}

fn is_compound(kind: &Type) -> bool {
    match &kind.kind {
        TypeKind::Object(..)
        | TypeKind::Tuple(_)
        | TypeKind::Array(_)
        | TypeKind::Union(_)
        | TypeKind::Nullable(_) => true,
        TypeKind::NonNull(inner)
        | TypeKind::Property(inner, _)
        | TypeKind::Index(inner, _)
        | TypeKind::Items(inner)
        | TypeKind::Additional(inner) => is_compound(inner),
        _ => false,
    }
}
