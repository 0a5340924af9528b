//! Follows `import` to what it names and to what that needs in turn.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::context::{Context, Env};
use super::imports::{Imported, Imports};
use super::model::Model;
use super::project::{Parsed, Project, expressions, has_loader_calls, joined};
use super::syntax::{Decorator, Expr, Kind, Statement, Type, TypeKind, TypeProperty, What};
use crate::base::{Diagnostic, Source, Span};

#[derive(Default)]
struct Closure {
    /// Files in the order in which they were met: `_1`, `_2`, …
    files: Vec<String>,
    /// Names that the importing file gives itself.
    named: BTreeMap<(String, String), String>,
    done: BTreeMap<(String, String), Imported>,
    out: Imports,
}

/// Who asks for a file or a name.
#[derive(Clone, Copy)]
struct From<'s> {
    source: &'s Source,
    span: Span,
}

impl Project<'_> {
    pub(super) fn imports(&mut self, path: &str, parsed: &Parsed) -> Imports {
        let mut closure = Closure::default();
        let mut wanted = Vec::new();
        for statement in &parsed.statements {
            let What::Import(names, file) = &statement.what else {
                continue;
            };
            let from = From {
                source: &parsed.source,
                span: statement.span,
            };
            let Some(target) = self.import_path(path, file, from) else {
                continue;
            };
            for (name, local) in names {
                let key = (target.clone(), name.clone());
                closure.named.entry(key).or_insert_with(|| local.clone());
            }
            wanted.push((target, statement, from));
        }
        for (target, statement, from) in wanted {
            let What::Import(names, _) = &statement.what else {
                continue;
            };
            for (name, local) in names {
                if let Some(found) = self.export(path, &target, name, from, &mut closure) {
                    closure.out.names.insert(local.clone(), found);
                }
            }
            if names.is_empty() {
                let members = self.all_exports(path, &target, from, &mut closure);
                closure
                    .out
                    .wildcards
                    .insert(statement.name.clone(), members);
            }
        }
        closure.out
    }

    fn import_path(&mut self, path: &str, file: &Expr, from: From<'_>) -> Option<String> {
        let name = file.literal().unwrap_or_default();
        let foreign = ["br:", "br/", "ts:", "ts/"];
        if name.is_empty() || foreign.iter().any(|kind| name.starts_with(kind)) {
            let construct = "an import from a registry";
            self.problems
                .push(super::unsupported(from.source, file.span, construct));
            return None;
        }
        if super::project::is_json(name) {
            let construct = "an import from a compiled template";
            self.problems
                .push(super::unsupported(from.source, file.span, construct));
            return None;
        }
        Some(joined(path, name))
    }

    fn all_exports(
        &mut self,
        entry: &str,
        target: &str,
        from: From<'_>,
        closure: &mut Closure,
    ) -> BTreeMap<String, Imported> {
        let Some(parsed) = self.parsed(target, from.source, from.span) else {
            return BTreeMap::new();
        };
        let exported = parsed
            .statements
            .iter()
            .filter(|one| one.decorator("export").is_some());
        let names: Vec<String> = exported.map(|one| one.name.clone()).collect();
        let mut members = BTreeMap::new();
        for name in names {
            if let Some(found) = self.export(entry, target, &name, from, closure) {
                members.insert(name, found);
            }
        }
        members
    }

    /// One declaration of another file, under the name that it gets here.
    fn export(
        &mut self,
        entry: &str,
        target: &str,
        name: &str,
        from: From<'_>,
        closure: &mut Closure,
    ) -> Option<Imported> {
        let key = (target.to_owned(), name.to_owned());
        if let Some(done) = closure.done.get(&key) {
            return Some(done.clone());
        }
        let parsed = self.parsed(target, from.source, from.span)?;
        let statement = parsed.statements.iter().find(|one| {
            one.name == name && matches!(one.what, What::Var(..) | What::Type(_) | What::Func(..))
        });
        let Some(statement) = statement else {
            let message = format!("`{target}` exports no `{name}`");
            self.problems
                .push(Diagnostic::error(from.source, from.span, message));
            return None;
        };
        let number = closure.number(target);
        let local = closure.named.get(&key).cloned();
        let emitted = local.clone().unwrap_or_else(|| format!("_{number}.{name}"));
        let imported = match &statement.what {
            What::Type(kind) => Imported::Type(emitted.clone(), kind.clone()),
            What::Func(..) if local.is_some() => Imported::Function(format!("__bicep.{emitted}")),
            What::Func(..) => Imported::Function(emitted.clone()),
            _ => Imported::Variable(emitted.clone()),
        };
        closure.done.insert(key.clone(), imported);
        let needed = self.needed(entry, target, &parsed, statement, closure);
        self.convert_export(entry, target, &parsed, statement, &emitted, needed, closure);
        closure.done.get(&key).cloned()
    }

    /// What a declaration names in its own file, under the names of here.
    fn needed(
        &mut self,
        entry: &str,
        target: &str,
        parsed: &Rc<Parsed>,
        statement: &Statement,
        closure: &mut Closure,
    ) -> Imports {
        let mut used = BTreeSet::new();
        for expr in expressions(statement) {
            names_of(expr, &mut used);
        }
        statement_types(statement, &mut used);
        let mut needed = Imports::default();
        for name in used {
            let from = From {
                source: &parsed.source,
                span: statement.span,
            };
            let declared = parsed.statements.iter().find(|one| match &one.what {
                What::Var(..) | What::Type(_) | What::Func(..) => one.name == name,
                What::Import(names, _) => {
                    one.name == name || names.iter().any(|(_, local)| *local == name)
                }
                _ => false,
            });
            let Some(declared) = declared else {
                continue;
            };
            let found = match &declared.what {
                What::Import(names, file) => {
                    let Some(path) = self.import_path(target, file, from) else {
                        continue;
                    };
                    if declared.name == name {
                        let members = self.all_exports(entry, &path, from, closure);
                        needed.wildcards.insert(name, members);
                        continue;
                    }
                    let original = names.iter().find(|(_, local)| *local == name);
                    original.and_then(|(original, _)| {
                        self.export(entry, &path, original, from, closure)
                    })
                }
                _ => self.export(entry, target, &name, from, closure),
            };
            if let Some(found) = found {
                needed.names.insert(name, found);
            }
        }
        needed
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a declaration, where it stands, and what it is called here"
    )]
    fn convert_export(
        &mut self,
        entry: &str,
        target: &str,
        parsed: &Rc<Parsed>,
        statement: &Statement,
        emitted: &str,
        needed: Imports,
        closure: &mut Closure,
    ) {
        if expressions(statement).into_iter().any(has_loader_calls) {
            let construct = "an imported declaration that loads a file";
            self.problems.push(super::unsupported(
                &parsed.source,
                statement.span,
                construct,
            ));
            return;
        }
        let mut problems = Vec::new();
        let model = Model::new(&parsed.source, &parsed.statements, &mut problems);
        let context = Context::new(&model, needed);
        let decorators: Vec<Decorator> = statement
            .decorators
            .iter()
            .filter(|one| one.name != "export")
            .cloned()
            .collect();
        let short = emitted.rsplit('.').next().unwrap_or(emitted);
        let origin = origin(entry, target, &statement.name, short);
        match &statement.what {
            What::Var(_, value) => {
                let (value, looped) = match &value.kind {
                    Kind::For(looped) => (context.copied(looped, emitted, &Env::default()), true),
                    _ => (context.value(value, &Env::default()), false),
                };
                let variable = (emitted.to_owned(), value, looped);
                closure.out.variables.push(variable);
            }
            What::Type(kind) => {
                let mut schema = context.declared(kind, &decorators);
                marked(&mut schema, origin);
                let definition = (emitted.to_owned(), Value::Object(schema));
                closure.out.definitions.push(definition);
                let renamed = renamed(kind, &context.imports);
                let imported = Imported::Type(emitted.to_owned(), renamed);
                closure
                    .out
                    .names
                    .insert(emitted.to_owned(), imported.clone());
                let key = (target.to_owned(), statement.name.clone());
                closure.done.insert(key, imported);
            }
            _ => {
                let plain = Statement {
                    decorators,
                    ..statement.clone()
                };
                let mut function = context.user_function(&plain);
                if let Value::Object(function) = &mut function {
                    marked(function, origin);
                }
                let space = emitted
                    .split_once('.')
                    .map_or("__bicep", |(space, _)| space);
                let function = (space.to_owned(), short.to_owned(), function);
                closure.out.functions.push(function);
            }
        }
        self.problems.append(&mut problems);
        self.problems.append(&mut context.problems.borrow_mut());
    }
}

impl Closure {
    fn number(&mut self, file: &str) -> usize {
        if let Some(at) = self.files.iter().position(|known| known == file) {
            return at + 1;
        }
        self.files.push(file.to_owned());
        self.files.len()
    }
}

fn origin(entry: &str, target: &str, original: &str, short: &str) -> Value {
    let mut origin = Map::new();
    origin.insert("sourceTemplate".to_owned(), json!(relative(entry, target)));
    if short != original {
        origin.insert("originalIdentifier".to_owned(), json!(original));
    }
    Value::Object(origin)
}

fn marked(schema: &mut Map<String, Value>, origin: Value) {
    let metadata = schema
        .entry("metadata")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(metadata) = metadata {
        metadata.insert("__bicep_imported_from!".to_owned(), origin);
    }
}

/// A path as the entry's folder sees it.
fn relative(entry: &str, target: &str) -> String {
    let mut from: Vec<&str> = entry.split('/').collect();
    from.pop();
    let to: Vec<&str> = target.split('/').collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    up.chain(to[common..].iter().copied())
        .collect::<Vec<_>>()
        .join("/")
}

fn names_of(expr: &Expr, used: &mut BTreeSet<String>) {
    if let Kind::Name(name) | Kind::Call(name, _) = &expr.kind {
        used.insert(name.clone());
    }
    for child in expr.children() {
        names_of(child, used);
    }
}

fn statement_types(statement: &Statement, used: &mut BTreeSet<String>) {
    match &statement.what {
        What::Type(kind) | What::Var(Some(kind), _) => types_of(kind, used),
        What::Func(parameters, output, _) => {
            for (_, kind) in parameters {
                types_of(kind, used);
            }
            types_of(output, used);
        }
        _ => {}
    }
}

fn types_of(kind: &Type, used: &mut BTreeSet<String>) {
    match &kind.kind {
        TypeKind::Name(name) => {
            used.insert(name.clone());
        }
        TypeKind::Object(properties, additional) => {
            for property in properties.iter().chain(additional.as_deref()) {
                types_of(&property.value, used);
            }
        }
        TypeKind::Tuple(items) => items.iter().for_each(|item| types_of(&item.value, used)),
        TypeKind::Union(members) => {
            for member in members {
                types_of(member, used);
            }
        }
        TypeKind::Array(inner)
        | TypeKind::Nullable(inner)
        | TypeKind::NonNull(inner)
        | TypeKind::Property(inner, _)
        | TypeKind::Index(inner, _)
        | TypeKind::Items(inner)
        | TypeKind::Additional(inner) => types_of(inner, used),
        _ => {}
    }
}

/// The type with the names of here, so that it can be followed from here.
fn renamed(kind: &Type, imports: &Imports) -> Type {
    let again = |inner: &Type| Box::new(renamed(inner, imports));
    let property = |property: &TypeProperty| TypeProperty {
        value: renamed(&property.value, imports),
        ..property.clone()
    };
    let what = match &kind.kind {
        TypeKind::Name(name) => match imports.type_named(name) {
            Some((emitted, _)) => TypeKind::Name(emitted.to_owned()),
            None => TypeKind::Name(name.clone()),
        },
        TypeKind::Object(properties, additional) => TypeKind::Object(
            properties.iter().map(property).collect(),
            additional.as_deref().map(property).map(Box::new),
        ),
        TypeKind::Tuple(items) => TypeKind::Tuple(items.iter().map(property).collect()),
        TypeKind::Union(members) => TypeKind::Union(
            members
                .iter()
                .map(|member| renamed(member, imports))
                .collect(),
        ),
        TypeKind::Array(inner) => TypeKind::Array(again(inner)),
        TypeKind::Nullable(inner) => TypeKind::Nullable(again(inner)),
        TypeKind::NonNull(inner) => TypeKind::NonNull(again(inner)),
        TypeKind::Property(inner, name) => TypeKind::Property(again(inner), name.clone()),
        TypeKind::Index(inner, at) => TypeKind::Index(again(inner), *at),
        TypeKind::Items(inner) => TypeKind::Items(again(inner)),
        TypeKind::Additional(inner) => TypeKind::Additional(again(inner)),
        other => other.clone(),
    };
    Type {
        kind: what,
        span: kind.span,
    }
}
