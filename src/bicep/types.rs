//! Types to the schemas of parameters, outputs and definitions.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::context::{Context, Env};
use super::model::Symbol;
use super::syntax::{Decorator, Type, TypeKind, TypeProperty, decorator};

pub(super) type Schema = Map<String, Value>;

const AMBIENT: [&str; 5] = ["string", "int", "bool", "array", "object"];

/// What a reference to a type stands for: where it is, and what is there.
struct Place<'t> {
    pointer: Vec<String>,
    what: &'t Type,
}

impl Context<'_> {
    /// The schema of a declaration: its type, and what its decorators add.
    pub(super) fn declared(&self, kind: &Type, decorators: &[Decorator]) -> Schema {
        let mut schema = self.schema(kind, decorators);
        self.modify(&mut schema, decorators);
        schema
    }

    fn modify(&self, schema: &mut Schema, decorators: &[Decorator]) {
        if decorator(decorators, "secure").is_some() {
            let secure = match schema.get("type").and_then(Value::as_str) {
                Some("string") => Some("securestring"),
                Some("object") => Some("secureObject"),
                _ => None,
            };
            if let Some(secure) = secure {
                schema.insert("type".to_owned(), json!(secure));
            }
        }
        if decorator(decorators, "sealed").is_some() {
            schema.insert("additionalProperties".to_owned(), json!(false));
        }
        let argument = |name: &str| {
            let found = decorator(decorators, name)?.arguments.first()?;
            Some(self.value(found, &Env::default()))
        };
        for (name, property) in [
            ("allowed", "allowedValues"),
            ("minLength", "minLength"),
            ("maxLength", "maxLength"),
            ("minValue", "minValue"),
            ("maxValue", "maxValue"),
        ] {
            if let Some(value) = argument(name) {
                schema.insert(property.to_owned(), value);
            }
        }
        let mut metadata = match argument("metadata") {
            Some(Value::Object(entries)) => entries,
            _ => Map::new(),
        };
        if let Some(Value::Object(before)) = schema.remove("metadata") {
            metadata.extend(before);
        }
        if decorator(decorators, "export").is_some() {
            metadata.insert("__bicep_export!".to_owned(), json!(true));
        }
        if let Some(description) = argument("description") {
            metadata.insert("description".to_owned(), description);
        }
        if !metadata.is_empty() {
            schema.insert("metadata".to_owned(), Value::Object(metadata));
        }
    }

    fn schema(&self, kind: &Type, decorators: &[Decorator]) -> Schema {
        self.guarded(kind.span, || self.schema_inner(kind, decorators))
    }

    fn schema_inner(&self, kind: &Type, decorators: &[Decorator]) -> Schema {
        match &kind.kind {
            TypeKind::Name(name) if self.is_ambient(name) => object([("type", json!(name))]),
            TypeKind::Name(_)
            | TypeKind::Property(..)
            | TypeKind::Index(..)
            | TypeKind::Items(_)
            | TypeKind::Additional(_) => match self.place(kind) {
                Some(place) => reference(&place),
                None => Schema::new(),
            },
            TypeKind::Text(value) => literal("string", json!(value)),
            TypeKind::Int(value) => literal("int", json!(value)),
            TypeKind::Bool(value) => literal("bool", json!(value)),
            TypeKind::Null => object([("type", json!("object")), ("nullable", json!(true))]),
            TypeKind::Object(properties, additional) => {
                self.object_schema(properties, additional.as_deref())
            }
            TypeKind::Tuple(items) => {
                let items: Vec<Value> = items
                    .iter()
                    .map(|item| Value::Object(self.declared(&item.value, &item.decorators)))
                    .collect();
                object([
                    ("type", json!("array")),
                    ("prefixItems", Value::Array(items)),
                    ("items", json!(false)),
                ])
            }
            TypeKind::Array(item) => self.array_schema(item),
            TypeKind::Nullable(inner) => {
                let mut schema = self.schema(inner, decorators);
                schema.insert("nullable".to_owned(), json!(true));
                schema
            }
            TypeKind::NonNull(inner) => {
                let mut schema = self.schema(inner, decorators);
                schema.insert("nullable".to_owned(), json!(false));
                schema
            }
            TypeKind::Union(members) => self.union_schema(kind, members, decorators),
            TypeKind::Generic(name, of) => {
                let construct = format!("the type `{name}<'{of}'>`");
                self.unsupported(kind.span, &construct);
                Schema::new()
            }
        }
    }

    fn is_ambient(&self, name: &str) -> bool {
        AMBIENT.contains(&name) && !self.model.names.contains_key(name)
    }

    fn object_schema(
        &self,
        properties: &[TypeProperty],
        additional: Option<&TypeProperty>,
    ) -> Schema {
        let properties: Map<String, Value> = properties
            .iter()
            .map(|property| {
                let schema = self.declared(&property.value, &property.decorators);
                (property.name.clone(), Value::Object(schema))
            })
            .collect();
        let mut schema = object([
            ("type", json!("object")),
            ("properties", Value::Object(properties)),
        ]);
        if let Some(additional) = additional {
            let inner = self.declared(&additional.value, &additional.decorators);
            schema.insert("additionalProperties".to_owned(), Value::Object(inner));
        }
        schema
    }

    fn array_schema(&self, item: &Type) -> Schema {
        let mut schema = object([("type", json!("array"))]);
        let literals = match &item.kind {
            TypeKind::Union(members) => self.literals(members),
            TypeKind::Text(_) | TypeKind::Int(_) | TypeKind::Bool(_) => {
                self.literals(std::slice::from_ref(item))
            }
            _ => None,
        };
        match literals {
            Some((values, _)) => schema.insert("allowedValues".to_owned(), Value::Array(values)),
            None => schema.insert("items".to_owned(), Value::Object(self.schema(item, &[]))),
        };
        schema
    }

    fn union_schema(&self, kind: &Type, members: &[Type], decorators: &[Decorator]) -> Schema {
        let Some((values, nullable)) = self.literals(members) else {
            return self.discriminated(kind, members, decorators);
        };
        let name = match values.first() {
            Some(Value::String(_)) => "string",
            Some(Value::Number(_)) => "int",
            Some(Value::Bool(_)) => "bool",
            _ => "object",
        };
        let mut schema = object([
            ("type", json!(name)),
            ("allowedValues", Value::Array(values)),
        ]);
        if nullable {
            schema.insert("nullable".to_owned(), json!(true));
        }
        schema
    }

    /// The literals of a union, sorted as the compiler sorts them, and whether null is among them.
    fn literals(&self, members: &[Type]) -> Option<(Vec<Value>, bool)> {
        let mut found = BTreeSet::new();
        let mut nullable = false;
        for member in members {
            self.guarded(member.span, || {
                self.gather(member, &mut found, &mut nullable)
            })
            .then_some(())?;
        }
        let values = found
            .into_iter()
            .filter_map(|(_, value)| serde_json::from_str(&value).ok())
            .collect();
        Some((values, nullable))
    }

    fn gather(
        &self,
        member: &Type,
        found: &mut BTreeSet<(String, String)>,
        nullable: &mut bool,
    ) -> bool {
        match &member.kind {
            TypeKind::Text(value) => found.insert((format!("'{value}'"), json!(value).to_string())),
            TypeKind::Int(value) => found.insert((value.to_string(), value.to_string())),
            TypeKind::Bool(value) => found.insert((value.to_string(), value.to_string())),
            TypeKind::Null => {
                *nullable = true;
                true
            }
            TypeKind::Nullable(inner) => {
                *nullable = true;
                return self.gather(inner, found, nullable);
            }
            TypeKind::Union(members) => {
                return members
                    .iter()
                    .all(|member| self.gather(member, found, nullable));
            }
            TypeKind::Name(name) if !self.is_ambient(name) => {
                return match self.place(member) {
                    Some(place) => {
                        self.guarded(member.span, || self.gather(place.what, found, nullable))
                    }
                    None => false,
                };
            }
            _ => return false,
        };
        true
    }

    fn discriminated(&self, kind: &Type, members: &[Type], decorators: &[Decorator]) -> Schema {
        let by = decorator(decorators, "discriminator")
            .and_then(|found| found.arguments.first())
            .and_then(|argument| argument.literal());
        let Some(by) = by else {
            self.unsupported(kind.span, "a union of types that are not literals");
            return Schema::new();
        };
        let mut mapping = Map::new();
        for member in members {
            self.mapped(member, by, &mut mapping);
        }
        let inner = object([
            ("propertyName", json!(by)),
            ("mapping", Value::Object(mapping)),
        ]);
        object([
            ("type", json!("object")),
            ("discriminator", Value::Object(inner)),
        ])
    }

    fn mapped(&self, member: &Type, by: &str, mapping: &mut Map<String, Value>) {
        let place = match &member.kind {
            TypeKind::Object(..) | TypeKind::Union(_) => None,
            _ => self.place(member),
        };
        let what = place.as_ref().map_or(member, |place| place.what);
        match &what.kind {
            TypeKind::Union(members) => {
                for member in members {
                    self.guarded(member.span, || self.mapped(member, by, mapping));
                }
            }
            TypeKind::Object(properties, additional) => {
                let key = properties
                    .iter()
                    .find_map(|property| match &property.value.kind {
                        TypeKind::Text(value) if property.name == by => Some(value.clone()),
                        _ => None,
                    });
                let Some(key) = key else {
                    self.complain(
                        member.span,
                        format!("this type has no property `{by}` with one text as its type"),
                    );
                    return;
                };
                let schema = match &place {
                    Some(place) => reference(place),
                    None => self.object_schema(properties, additional.as_deref()),
                };
                mapping.insert(key, Value::Object(schema));
            }
            _ => self.unsupported(member.span, "this member of a union"),
        }
    }

    /// Follows names and `.property`, `[index]`, `[*]`, `.*` to their declaration.
    fn place<'t>(&'t self, kind: &'t Type) -> Option<Place<'t>> {
        match &kind.kind {
            TypeKind::Name(name) => self.named_type(name, kind),
            TypeKind::Property(base, name) => {
                if let Some((emitted, what)) = self.imports.wildcard_type(base, name) {
                    return Some(Place {
                        pointer: vec!["definitions".to_owned(), emitted.to_owned()],
                        what,
                    });
                }
                let place = self.solid(base)?;
                let TypeKind::Object(properties, _) = &place.what.kind else {
                    return self.no_such(kind);
                };
                let Some(found) = properties.iter().find(|one| one.name == *name) else {
                    return self.no_such(kind);
                };
                Some(place.step(["properties", name], &found.value))
            }
            TypeKind::Index(base, index) => {
                let place = self.solid(base)?;
                let at = usize::try_from(*index).unwrap_or(usize::MAX);
                match &place.what.kind {
                    TypeKind::Tuple(items) if at < items.len() => {
                        Some(place.step(["prefixItems", &index.to_string()], &items[at].value))
                    }
                    _ => self.no_such(kind),
                }
            }
            TypeKind::Items(base) => {
                let place = self.solid(base)?;
                match &place.what.kind {
                    TypeKind::Array(item) => Some(place.step(["items"], item)),
                    _ => self.no_such(kind),
                }
            }
            TypeKind::Additional(base) => {
                let place = self.solid(base)?;
                match &place.what.kind {
                    TypeKind::Object(_, Some(additional)) => {
                        Some(place.step(["additionalProperties"], &additional.value))
                    }
                    _ => self.no_such(kind),
                }
            }
            _ => self.no_such(kind),
        }
    }

    fn named_type<'t>(&'t self, name: &str, kind: &'t Type) -> Option<Place<'t>> {
        let at = |pointer: &str, what| Place {
            pointer: vec!["definitions".to_owned(), pointer.to_owned()],
            what,
        };
        if let Some((emitted, what)) = self.imports.type_named(name) {
            return Some(at(emitted, what));
        }
        if let Some(Symbol::Type(index)) = self.model.names.get(name) {
            return Some(at(name, self.model.types[*index].1));
        }
        self.undeclared(name, kind.span, &Env::default());
        None
    }

    /// Like [`Context::place`], and through aliases of aliases to what has parts.
    fn solid<'t>(&'t self, kind: &'t Type) -> Option<Place<'t>> {
        let mut place = match &kind.kind {
            TypeKind::NonNull(inner) | TypeKind::Nullable(inner) => self.solid(inner)?,
            _ => self.place(kind)?,
        };
        for _ in 0..32 {
            match &place.what.kind {
                TypeKind::Name(name) if !self.is_ambient(name) => place = self.place(place.what)?,
                TypeKind::Property(..) => place = self.place(place.what)?,
                TypeKind::Nullable(inner) => {
                    place = Place {
                        pointer: place.pointer,
                        what: inner,
                    };
                }
                _ => break,
            }
        }
        Some(place)
    }

    fn no_such<'t>(&self, kind: &Type) -> Option<Place<'t>> {
        self.complain(kind.span, "this type has no such part");
        None
    }
}

impl<'t> Place<'t> {
    fn step<const N: usize>(self, parts: [&str; N], what: &'t Type) -> Place<'t> {
        let mut pointer = self.pointer;
        pointer.extend(parts.map(str::to_owned));
        Place { pointer, what }
    }
}

fn reference(place: &Place<'_>) -> Schema {
    let pointer: Vec<String> = place
        .pointer
        .iter()
        .map(|part| part.replace('~', "~0").replace('/', "~1"))
        .collect();
    object([("$ref", json!(format!("#/{}", pointer.join("/"))))])
}

fn literal(name: &str, value: Value) -> Schema {
    object([
        ("type", json!(name)),
        ("allowedValues", Value::Array(vec![value])),
    ])
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Schema {
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}
