//! Resources and modules as the template lists them.

use serde_json::{Value, json};

use super::arm::{Arm, call, text};
use super::context::{Context, Env};
use super::depends::Target;
use super::model::{Body, Level};
use super::resources::{DEPLOYMENTS, DEPLOYMENTS_VERSION, Scope, management_group_id};
use super::syntax::{Decorator, Entry, Expr, Kind};
use super::template::Section;

impl Context<'_> {
    /// A list; an object by symbolic name in language version 2.0, which lists existing resources
    /// as well.
    pub(super) fn resources(&self) -> Value {
        let resources = (0..self.model.resources.len())
            .filter(|index| self.symbolic || !self.model.resources[*index].existing)
            .map(|index| (self.symbolic_name(index), self.resource(index)));
        let modules = (0..self.model.modules.len()).map(|index| {
            let name = self.model.modules[index].statement.name.clone();
            (name, self.module(index))
        });
        let named = resources.chain(modules);
        if self.symbolic {
            Value::Object(named.collect())
        } else {
            Value::Array(named.map(|(_, deployed)| deployed).collect())
        }
    }

    /// Loop and conditions.
    fn head(
        &self,
        section: &mut Section,
        body: Body<'_>,
        name: &str,
        decorators: &[Decorator],
        conditions: Vec<Value>,
    ) {
        if let Some(looped) = body.looped {
            let mut copy = Section::new();
            copy.insert("name".to_owned(), json!(name));
            copy.insert("count".to_owned(), self.count(looped, &Env::default()));
            if let Some(size) = self.argument(decorators, "batchSize") {
                copy.insert("mode".to_owned(), json!("serial"));
                copy.insert("batchSize".to_owned(), size);
            }
            section.insert("copy".to_owned(), Value::Object(copy));
        }
        for condition in conditions {
            section.insert("condition".to_owned(), condition);
        }
    }

    /// A nested resource is deployed only with those around it.
    fn condition(&self, index: usize, env: &Env) -> Option<Value> {
        let declared = &self.model.resources[index];
        let mut outer = Vec::new();
        let mut at = declared.outer;
        while let Some(index) = at {
            let around = &self.model.resources[index];
            if let Some(condition) = around.body.condition {
                outer.push(self.convert(condition, &self.body_env(index, None)));
            }
            at = around.outer;
        }
        if outer.is_empty() {
            return Some(self.value(declared.body.condition?, env));
        }
        let own = declared.body.condition.map(|own| self.convert(own, env));
        let all = outer.into_iter().rev().chain(own);
        let joined = all.reduce(|before, after| call("and", [before, after]))?;
        Some(joined.value())
    }

    fn resource(&self, index: usize) -> Value {
        let declared = &self.model.resources[index];
        let decorators = &declared.statement.decorators;
        let round = declared.body.looped.map(|_| call("copyIndex", []));
        let round = round.as_ref();
        let env = self.body_env(index, round);
        let mut section = Section::new();
        let name = self.loop_name(index);
        let conditions = self.condition(index, &env).into_iter().collect();
        self.head(&mut section, declared.body, &name, decorators, conditions);
        if declared.existing {
            section.insert("existing".to_owned(), json!(true));
        }
        section.insert("type".to_owned(), json!(declared.kind));
        section.insert("apiVersion".to_owned(), json!(declared.version));
        self.scope_entries(&self.scope(index, round), &mut section);
        let full_name = self.full_name(index, round);
        section.insert("name".to_owned(), full_name.value());
        if let Kind::Object(entries) = &declared.body.object.kind {
            let without = ["name", "scope", "parent", "dependsOn"];
            section.extend(self.entries(entries, &without, &env));
            for entry in entries {
                if let Entry::Spread(spread) = entry {
                    self.unsupported(spread.span, "a spread at the top of a resource");
                }
            }
        }
        self.tail(&mut section, Target::Resource(index), decorators);
        Value::Object(section)
    }

    fn tail(&self, section: &mut Section, target: Target, decorators: &[Decorator]) {
        let entries = self.depends_on(target);
        if !entries.is_empty() {
            let entries = entries.iter().map(Arm::value).collect();
            section.insert("dependsOn".to_owned(), Value::Array(entries));
        }
        if let Some(description) = self.argument(decorators, "description") {
            let metadata = json!({"description": description});
            section.insert("metadata".to_owned(), metadata);
        }
    }

    fn scope_entries(&self, scope: &Scope, section: &mut Section) {
        let mut insert = |name: &str, value: Arm| {
            section.insert(name.to_owned(), value.value());
        };
        let here = self.model.level;
        match scope {
            Scope::On(target, round) => {
                insert("scope", self.id(*target, round.as_ref()));
            }
            Scope::At {
                level: Level::Tenant,
                ..
            } => {
                if here != Level::Tenant {
                    insert("scope", text("/"));
                }
            }
            Scope::At {
                level: Level::ManagementGroup,
                management_group,
                ..
            } => {
                let Some(name) = management_group else {
                    return;
                };
                let full = here != Level::Tenant && here != Level::ManagementGroup;
                let form = text("Microsoft.Management/managementGroups/{0}");
                let id = if full {
                    management_group_id(name.clone())
                } else {
                    call("format", [form, name.clone()])
                };
                insert("scope", id);
            }
            Scope::At {
                level,
                subscription,
                resource_group,
                ..
            } => {
                if let Some(subscription) = subscription {
                    insert("subscriptionId", subscription.clone());
                } else if *level == Level::Subscription && here == Level::ResourceGroup {
                    let id = call("subscription", []).dot("subscriptionId");
                    insert("subscriptionId", id);
                }
                if let Some(name) = resource_group {
                    insert("resourceGroup", name.clone());
                }
            }
        }
    }

    fn module(&self, index: usize) -> Value {
        let declared = &self.model.modules[index];
        let decorators = &declared.statement.decorators;
        let round = declared.body.looped.map(|_| call("copyIndex", []));
        let round = round.as_ref();
        let env = self.module_env(index, round);
        let mut section = Section::new();
        let condition = declared.body.condition;
        let condition = condition.map(|condition| self.value(condition, &env));
        let conditions = condition.into_iter().collect();
        let name = &declared.statement.name;
        self.head(&mut section, declared.body, name, decorators, conditions);
        section.insert("type".to_owned(), json!(DEPLOYMENTS));
        section.insert("apiVersion".to_owned(), json!(DEPLOYMENTS_VERSION));
        let name = self.module_name(index, round);
        section.insert("name".to_owned(), name.value());
        if let Kind::Object(entries) = &declared.body.object.kind {
            let without = ["name", "params", "scope", "dependsOn"];
            section.extend(self.entries(entries, &without, &env));
        }
        let scope = self.module_scope(index, &env);
        self.scope_entries(&scope, &mut section);
        if !matches!(&scope, Scope::At { level, .. } if *level == Level::ResourceGroup) {
            let function = match self.model.level {
                Level::ResourceGroup => "resourceGroup",
                _ => "deployment",
            };
            let location = call(function, []).dot("location");
            section.insert("location".to_owned(), location.value());
        }
        let mut properties = Section::new();
        properties.insert(
            "expressionEvaluationOptions".to_owned(),
            json!({"scope": "inner"}),
        );
        properties.insert("mode".to_owned(), json!("Incremental"));
        if let Some(params) = declared.body.object.property("params") {
            let given = self.module_parameters(params, &env);
            properties.insert("parameters".to_owned(), Value::Object(given));
        }
        let template = self.modules[index].template.clone();
        properties.insert("template".to_owned(), template);
        section.insert("properties".to_owned(), Value::Object(properties));
        self.tail(&mut section, Target::Module(index), decorators);
        Value::Object(section)
    }

    fn module_parameters(&self, params: &Expr, env: &Env) -> Section {
        let mut section = Section::new();
        let Kind::Object(entries) = &params.kind else {
            self.unsupported(params.span, "parameters that are not written as an object");
            return section;
        };
        for entry in entries {
            let Entry::Pair(key, value) = entry else {
                self.unsupported(params.span, "a spread among the parameters of a module");
                continue;
            };
            let Some(name) = key.literal() else {
                self.unsupported(key.span, "a parameter with an interpolated name");
                continue;
            };
            let given = if let Kind::For(looped) = &value.kind {
                let copied = self.copied(looped, "value", env);
                json!({"copy": [copied]})
            } else {
                self.module_parameter(value, env)
            };
            section.insert(name.to_owned(), given);
        }
        section
    }

    fn module_parameter(&self, value: &Expr, env: &Env) -> Value {
        if let Some(secret) = self.secret(value, env) {
            let mut reference = Section::new();
            let vault = json!({"id": secret.vault.value()});
            reference.insert("keyVault".to_owned(), vault);
            reference.insert("secretName".to_owned(), secret.name.value());
            if let Some(version) = secret.version {
                reference.insert("secretVersion".to_owned(), version.value());
            }
            return json!({"reference": reference});
        }
        match &value.kind {
            Kind::NonNull(base) => self.module_parameter(base, env),
            Kind::Ternary(..) => self.choice(value, env).value(),
            _ => json!({"value": self.value(value, env)}),
        }
    }

    /// A parameter that is chosen when the deployment runs: the choice is of the whole entry.
    fn choice(&self, value: &Expr, env: &Env) -> Arm {
        if let Kind::Ternary(condition, yes, no) = &value.kind {
            let condition = self.convert(condition, env);
            let (yes, no) = (self.choice(yes, env), self.choice(no, env));
            return call("if", [condition, yes, no]);
        }
        if let Some(secret) = self.secret(value, env) {
            let vault = call("createObject", [text("id"), secret.vault]);
            let mut parts = vec![text("keyVault"), vault, text("secretName"), secret.name];
            if let Some(version) = secret.version {
                parts.extend([text("secretVersion"), version]);
            }
            let inner = call("createObject", parts);
            return call("createObject", [text("reference"), inner]);
        }
        call("createObject", [text("value"), self.convert(value, env)])
    }

    fn secret(&self, value: &Expr, env: &Env) -> Option<Secret> {
        let Kind::Method(base, function, arguments) = &value.kind else {
            return None;
        };
        if function != "getSecret" {
            return None;
        }
        let (vault, index) = self.resource_of(base, env)?;
        let index = index.map(|index| self.convert(index, env));
        let mut given = arguments.iter().map(|one| self.convert(one, env));
        Some(Secret {
            vault: self.id(vault, index.as_ref()),
            name: given.next()?,
            version: given.next(),
        })
    }
}

/// `vault.getSecret(name, version)`
struct Secret {
    vault: Arm,
    name: Arm,
    version: Option<Arm>,
}
