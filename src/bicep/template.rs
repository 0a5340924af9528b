//! The template of a file: its sections, and values with loops written as `copy`.

use serde_json::{Map, Value, json};

use super::arm::{Arm, call, escaped, escaped_value, text};
use super::context::{Context, Env, Meaning};
use super::convert::is_elsewhere;
use super::model::{Level, Symbol};
use super::syntax::{Decorator, Entry, Expr, For, Item, Kind, Statement, What, decorator};

pub(super) type Section = Map<String, Value>;

impl Context<'_> {
    pub(super) fn template(&self) -> Value {
        let mut template = Section::new();
        template.insert("$schema".to_owned(), json!(schema(self.model.level)));
        if self.symbolic {
            template.insert("languageVersion".to_owned(), json!("2.0"));
        }
        template.insert("contentVersion".to_owned(), json!("1.0.0.0"));
        template.insert("metadata".to_owned(), Value::Object(self.metadata()));
        for (name, value) in [
            ("definitions", Value::Object(self.definitions())),
            ("functions", self.functions()),
            ("parameters", Value::Object(self.parameters())),
            ("variables", Value::Object(self.variables())),
            ("resources", self.resources()),
            ("outputs", Value::Object(self.outputs())),
        ] {
            let empty = match &value {
                Value::Object(entries) => entries.is_empty(),
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            if !empty || name == "resources" {
                template.insert(name.to_owned(), value);
            }
        }
        Value::Object(template)
    }

    fn metadata(&self) -> Section {
        let mut metadata = Section::new();
        metadata.insert(
            "_generator".to_owned(),
            json!({"name": "apimon", "version": env!("CARGO_PKG_VERSION")}),
        );
        for (statement, value) in &self.model.metadata {
            metadata.insert(statement.name.clone(), self.value(value, &Env::default()));
        }
        let exported: Vec<Value> = self
            .model
            .vars
            .iter()
            .filter(|(statement, ..)| statement.decorator("export").is_some())
            .map(|(statement, ..)| {
                let mut entry = Section::new();
                entry.insert("name".to_owned(), json!(statement.name));
                if let Some(description) = self.argument(&statement.decorators, "description") {
                    entry.insert("description".to_owned(), description);
                }
                Value::Object(entry)
            })
            .collect();
        if !exported.is_empty() {
            let key = "__bicep_exported_variables!".to_owned();
            metadata.insert(key, Value::Array(exported));
        }
        metadata
    }

    pub(super) fn argument(&self, decorators: &[Decorator], name: &str) -> Option<Value> {
        let argument = decorator(decorators, name)?.arguments.first()?;
        Some(self.value(argument, &Env::default()))
    }

    fn definitions(&self) -> Section {
        let mut section: Section = self
            .model
            .types
            .iter()
            .map(|(statement, kind)| {
                let schema = self.declared(kind, &statement.decorators);
                (statement.name.clone(), Value::Object(schema))
            })
            .collect();
        section.extend(self.imports.definitions.clone());
        section
    }

    fn functions(&self) -> Value {
        let mut spaces: Vec<(String, Section)> = Vec::new();
        let own = self.model.funcs.iter().map(|one| {
            (
                "__bicep".to_owned(),
                one.name.clone(),
                self.user_function(one),
            )
        });
        for (space, name, value) in own.chain(self.imports.functions.iter().cloned()) {
            if !spaces.iter().any(|(known, _)| *known == space) {
                spaces.push((space.clone(), Section::new()));
            }
            if let Some((_, members)) = spaces.iter_mut().find(|(known, _)| *known == space) {
                members.insert(name, value);
            }
        }
        spaces
            .into_iter()
            .map(|(space, members)| json!({"namespace": space, "members": members}))
            .collect()
    }

    pub(super) fn user_function(&self, statement: &Statement) -> Value {
        let What::Func(parameters, output, body) = &statement.what else {
            return Value::Null;
        };
        let mut env = Env::default();
        let mut listed = Vec::new();
        for (name, kind) in parameters {
            env.value(name, call("parameters", [text(name)]));
            let mut schema = self.declared(kind, &[]);
            schema.insert("name".to_owned(), json!(name));
            listed.push(Value::Object(schema));
        }
        let mut schema = self.declared(output, &[]);
        schema.insert("value".to_owned(), self.value(body, &env));
        let mut function = Section::new();
        function.insert("parameters".to_owned(), Value::Array(listed));
        function.insert("output".to_owned(), Value::Object(schema));
        let mut metadata = Section::new();
        if let Some(description) = self.argument(&statement.decorators, "description") {
            metadata.insert("description".to_owned(), description);
        }
        if statement.decorator("export").is_some() {
            metadata.insert("__bicep_export!".to_owned(), json!(true));
        }
        if !metadata.is_empty() {
            function.insert("metadata".to_owned(), Value::Object(metadata));
        }
        Value::Object(function)
    }

    fn parameters(&self) -> Section {
        self.model
            .params
            .iter()
            .map(|(statement, kind, default)| {
                let mut schema = self.declared(kind, &statement.decorators);
                if let Some(default) = default {
                    let value = self.value(default, &Env::default());
                    schema.insert("defaultValue".to_owned(), value);
                }
                (statement.name.clone(), Value::Object(schema))
            })
            .collect()
    }

    fn variables(&self) -> Section {
        let mut section = Section::new();
        let mut copies = Vec::new();
        for (name, value) in self.loaded.values() {
            section.insert(name.clone(), escaped_value(value.clone()));
        }
        for (index, (statement, _, value)) in self.model.vars.iter().enumerate() {
            let name = &statement.name;
            if self.inlined(index) {
                if let Kind::For(_) = value.kind {
                    self.unsupported(
                        value.span,
                        "a loop variable that needs the running deployment",
                    );
                }
                continue;
            }
            if let Kind::For(looped) = &value.kind {
                copies.push(self.copied(looped, name, &Env::default()));
            } else {
                section.insert(name.clone(), self.value(value, &Env::default()));
            }
        }
        for (name, value, looped) in &self.imports.variables {
            if *looped {
                copies.push(value.clone());
            } else {
                section.insert(name.clone(), value.clone());
            }
        }
        if !copies.is_empty() {
            section.insert("copy".to_owned(), Value::Array(copies));
        }
        section
    }

    /// An entry of `copy` with its name, its count and its input.
    pub(super) fn copied(&self, looped: &For, name: &str, env: &Env) -> Value {
        let round = call("copyIndex", [text(name)]);
        let inner = self.bind_loop(looped, &round, env);
        let mut entry = Section::new();
        entry.insert("name".to_owned(), json!(name));
        entry.insert("count".to_owned(), self.count(looped, env));
        entry.insert("input".to_owned(), self.input(&looped.body, &inner));
        Value::Object(entry)
    }

    /// The body of a loop: Azure takes objects and texts there, so all else becomes an expression.
    fn input(&self, body: &Expr, env: &Env) -> Value {
        match self.value(body, env) {
            value @ (Value::Object(_) | Value::String(_)) => value,
            _ => match self.convert(body, env) {
                number @ Arm::Int(_) => call("int", [number]).value(),
                other => other.value(),
            },
        }
    }

    pub(super) fn count(&self, looped: &For, env: &Env) -> Value {
        call("length", [self.convert(&looped.array, env)]).value()
    }

    fn outputs(&self) -> Section {
        self.model
            .outputs
            .iter()
            .map(|(statement, kind, value)| {
                let mut schema = self.declared(kind, &statement.decorators);
                if let Kind::For(looped) = &value.kind {
                    let inner = self.bind_loop(looped, &call("copyIndex", []), &Env::default());
                    let mut copy = Section::new();
                    copy.insert("count".to_owned(), self.count(looped, &Env::default()));
                    copy.insert("input".to_owned(), self.input(&looped.body, &inner));
                    schema.insert("copy".to_owned(), Value::Object(copy));
                } else {
                    let value = self.value(value, &Env::default());
                    schema.insert("value".to_owned(), value);
                }
                (statement.name.clone(), Value::Object(schema))
            })
            .collect()
    }

    /// A value of the template: literals stay JSON, everything else becomes an expression.
    pub(super) fn value(&self, expr: &Expr, env: &Env) -> Value {
        match &expr.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => json!(value),
            Kind::Int(value) => json!(value),
            Kind::NonNull(base) => self.value(base, env),
            Kind::Object(entries) if !entries.iter().any(|one| matches!(one, Entry::Spread(_))) => {
                Value::Object(self.entries(entries, &[], env))
            }
            Kind::Array(items) if !items.iter().any(|one| matches!(one, Item::Spread(_))) => expr
                .children()
                .into_iter()
                .map(|item| self.value(item, env))
                .collect(),
            Kind::Call(name, arguments) if name == "any" && arguments.len() == 1 => {
                self.value(&arguments[0], env)
            }
            Kind::Call(name, arguments) | Kind::Method(_, name, arguments)
                if is_elsewhere(name, arguments) =>
            {
                json!({})
            }
            Kind::Name(name) => match self.meaning(name, env) {
                // Written out here, and so in the shape that it was written in.
                Meaning::Symbol(Symbol::Var(variable)) if self.inlined(variable) => {
                    let (_, _, value) = self.model.vars[variable];
                    self.guarded(expr.span, || self.value(value, &Env::default()))
                }
                _ => self.convert(expr, env).value(),
            },
            _ => self.convert(expr, env).value(),
        }
    }

    /// The properties of an object, but for those left out; loops among them become `copy`.
    pub(super) fn entries(&self, entries: &[Entry], without: &[&str], env: &Env) -> Section {
        let mut section = Section::new();
        let mut copies = Vec::new();
        for entry in entries {
            let Entry::Pair(key, value) = entry else {
                continue;
            };
            let name = match key.literal() {
                Some(name) if without.contains(&name) => continue,
                // Azure would take a list of that name for loops.
                Some("copy") if matches!(&value.kind, Kind::Array(_)) => {
                    "[string('copy')]".to_owned()
                }
                Some(name) => escaped(name),
                None => match self.convert(key, env).value() {
                    Value::String(name) => name,
                    _ => continue,
                },
            };
            if let Kind::For(looped) = &value.kind {
                if key.literal().is_none() {
                    self.unsupported(key.span, "a loop under an interpolated property name");
                }
                copies.push(self.copied(looped, &name, env));
            } else {
                section.insert(name, self.value(value, env));
            }
        }
        if !copies.is_empty() {
            section.insert("copy".to_owned(), Value::Array(copies));
        }
        section
    }
}

pub(super) fn schema(level: Level) -> &'static str {
    match level {
        Level::ResourceGroup => {
            "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
        }
        Level::Subscription => {
            "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"
        }
        Level::ManagementGroup => {
            "https://schema.management.azure.com/schemas/2019-08-01/managementGroupDeploymentTemplate.json#"
        }
        Level::Tenant => {
            "https://schema.management.azure.com/schemas/2019-08-01/tenantDeploymentTemplate.json#"
        }
    }
}
