//! JSON nodes as Newtonsoft's `JToken` has them: containers are shared and can change, a value
//! belongs to one container at a time.

use std::sync::{Arc, Mutex};

use super::{DateTime, Value, bool_text, double_text, lock, write_json};
use crate::policy::expression::fault::{Fault, Raise};

/// More levels than any body has, fewer than the stack has room for.
pub(super) const MAX_DEPTH: usize = 128;

#[derive(Debug, Clone)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Arc<str>),
    /// Text in the form of an ISO 8601 moment, which Newtonsoft turns into a date when it reads.
    Date(DateTime),
    Array(Arc<Array>),
    Object(Arc<Object>),
    Property(Arc<Property>),
}

#[derive(Debug, Default)]
pub(crate) struct Array {
    pub(super) state: Mutex<State<Json>>,
}

#[derive(Debug, Default)]
pub(crate) struct Object {
    pub(super) state: Mutex<State<(Arc<str>, Json)>>,
}

/// What a container holds.
#[derive(Debug)]
pub(super) struct State<T> {
    pub(super) items: Vec<T>,
    /// It is part of another container; adding it to a second one adds a copy.
    attached: bool,
}

impl<T> Default for State<T> {
    fn default() -> State<T> {
        State {
            items: Vec::new(),
            attached: false,
        }
    }
}

/// A name with its value: part of an object, or on its own.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: Arc<str>,
    pub(crate) owner: Option<Arc<Object>>,
    pub(crate) value: Mutex<Json>,
}

impl Property {
    pub(crate) fn value(&self) -> Json {
        match &self.owner {
            Some(owner) => owner.field(&self.name).unwrap_or(Json::Null),
            None => lock(&self.value).clone(),
        }
    }

    pub(crate) fn set(&self, value: Json) -> Result<(), Raise> {
        if let Some(owner) = &self.owner {
            return owner.set(&self.name, value);
        }
        *lock(&self.value) = value;
        Ok(())
    }
}

impl Array {
    pub(crate) fn of(items: Vec<Json>) -> Array {
        let mut state = State::default();
        for item in &items {
            item.mark(true);
        }
        state.items = items;
        Array {
            state: Mutex::new(state),
        }
    }

    pub(crate) fn items(&self) -> Vec<Json> {
        lock(&self.state).items.clone()
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.state).items.len()
    }

    pub(crate) fn item(&self, index: usize) -> Option<Json> {
        lock(&self.state).items.get(index).cloned()
    }

    /// Puts an item at `index`, which is at most the length. (Nothing here holds its lock while it
    /// looks at other nodes: they may be the same one.)
    pub(crate) fn insert(self: &Arc<Self>, index: usize, item: Json) -> Result<(), Raise> {
        let attached = lock(&self.state).attached;
        let item = attach(item, &Json::Array(self.clone()), attached)?;
        lock(&self.state).items.insert(index, item);
        Ok(())
    }

    pub(crate) fn replace(self: &Arc<Self>, index: usize, item: Json) -> Result<(), Raise> {
        let attached = lock(&self.state).attached;
        let item = attach(item, &Json::Array(self.clone()), attached)?;
        let old = std::mem::replace(&mut lock(&self.state).items[index], item);
        old.mark(false);
        Ok(())
    }

    pub(crate) fn remove(&self, index: usize) {
        let old = lock(&self.state).items.remove(index);
        old.mark(false);
    }

    pub(crate) fn clear(&self) {
        let items = std::mem::take(&mut lock(&self.state).items);
        for item in items {
            item.mark(false);
        }
    }
}

impl Object {
    /// An object of fields with different names.
    pub(crate) fn of(fields: Vec<(Arc<str>, Json)>) -> Object {
        for (_, value) in &fields {
            value.mark(true);
        }
        Object {
            state: Mutex::new(State {
                items: fields,
                attached: false,
            }),
        }
    }

    pub(crate) fn fields(&self) -> Vec<(Arc<str>, Json)> {
        lock(&self.state).items.clone()
    }

    pub(crate) fn len(&self) -> usize {
        lock(&self.state).items.len()
    }

    pub(crate) fn field(&self, name: &str) -> Option<Json> {
        lock(&self.state)
            .items
            .iter()
            .find(|(known, _)| &**known == name)
            .map(|(_, value)| value.clone())
    }

    pub(crate) fn set(self: &Arc<Self>, name: &str, value: Json) -> Result<(), Raise> {
        let attached = lock(&self.state).attached;
        let value = attach(value, &Json::Object(self.clone()), attached)?;
        let mut state = lock(&self.state);
        if let Some((_, known)) = state.items.iter_mut().find(|(known, _)| &**known == name) {
            let old = std::mem::replace(known, value);
            drop(state);
            old.mark(false);
        } else {
            state.items.push((name.into(), value));
        }
        Ok(())
    }

    pub(crate) fn remove(&self, name: &str) -> bool {
        let mut state = lock(&self.state);
        let Some(index) = state.items.iter().position(|(known, _)| &**known == name) else {
            return false;
        };
        let (_, old) = state.items.remove(index);
        drop(state);
        old.mark(false);
        true
    }
}

/// What to store in `owner`: the value itself, or a copy when it already belongs somewhere or
/// would close a circle, as Newtonsoft does it.
fn attach(value: Json, owner: &Json, owner_attached: bool) -> Result<Json, Raise> {
    let value = match value {
        Json::Property(property) => property.value(),
        value => value,
    };
    let circle = value.identical(owner) || (owner_attached && value.holds(owner, 0)?);
    let value = if value.attached() || circle {
        value.copy(0)?
    } else {
        value
    };
    value.mark(true);
    Ok(value)
}

pub(super) fn too_deep() -> Raise {
    Fault::raise(
        "JsonReaderException",
        format!("The reader's MaxDepth of {MAX_DEPTH} has been exceeded."),
    )
}

impl Json {
    pub(crate) fn text(text: impl AsRef<str>) -> Json {
        Json::Str(Arc::from(text.as_ref()))
    }

    fn attached(&self) -> bool {
        match self {
            Json::Array(array) => lock(&array.state).attached,
            Json::Object(object) => lock(&object.state).attached,
            _ => false,
        }
    }

    fn mark(&self, attached: bool) {
        match self {
            Json::Array(array) => lock(&array.state).attached = attached,
            Json::Object(object) => lock(&object.state).attached = attached,
            _ => {}
        }
    }

    /// Fields of an object, which are searched one after the other.
    pub(crate) fn width(&self) -> usize {
        match self {
            Json::Object(object) => object.len(),
            _ => 0,
        }
    }

    /// True for one and the same container.
    pub(crate) fn identical(&self, other: &Json) -> bool {
        match (self, other) {
            (Json::Array(left), Json::Array(right)) => Arc::ptr_eq(left, right),
            (Json::Object(left), Json::Object(right)) => Arc::ptr_eq(left, right),
            (Json::Property(left), Json::Property(right)) => Arc::ptr_eq(left, right),
            _ => false,
        }
    }

    /// Items of an array, values of an object.
    pub(crate) fn children(&self) -> Vec<Json> {
        match self {
            Json::Array(array) => array.items(),
            Json::Object(object) => object
                .fields()
                .into_iter()
                .map(|(_, value)| value)
                .collect(),
            _ => Vec::new(),
        }
    }

    fn holds(&self, wanted: &Json, depth: usize) -> Result<bool, Raise> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        for child in self.children() {
            if child.identical(wanted) || child.holds(wanted, depth + 1)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `DeepClone()`
    pub(crate) fn copy(&self, depth: usize) -> Result<Json, Raise> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        Ok(match self {
            Json::Array(array) => {
                let items: Result<_, _> = array
                    .items()
                    .iter()
                    .map(|item| item.copy(depth + 1))
                    .collect();
                Json::Array(Arc::new(Array::of(items?)))
            }
            Json::Object(object) => {
                let fields = object.fields().into_iter();
                let fields: Result<_, Raise> = fields
                    .map(|(name, value)| Ok((name, value.copy(depth + 1)?)))
                    .collect();
                Json::Object(Arc::new(Object::of(fields?)))
            }
            Json::Property(property) => Json::Property(Arc::new(Property {
                name: property.name.clone(),
                owner: None,
                value: Mutex::new(property.value().copy(depth + 1)?),
            })),
            scalar => scalar.clone(),
        })
    }

    /// `Equals`: scalars by value, containers by identity.
    pub(super) fn same(&self, other: &Json) -> bool {
        match (self, other) {
            (Json::Null, Json::Null) => true,
            (Json::Bool(left), Json::Bool(right)) => left == right,
            (Json::Int(left), Json::Int(right)) => left == right,
            (Json::Str(left), Json::Str(right)) => left == right,
            (Json::Date(left), Json::Date(right)) => left.instant() == right.instant(),
            (Json::Int(left), Json::Float(right)) | (Json::Float(right), Json::Int(left)) => {
                super::same_number(*left as f64, *right)
            }
            (Json::Float(left), Json::Float(right)) => super::same_number(*left, *right),
            _ => self.identical(other),
        }
    }

    /// `JToken.DeepEquals`
    pub(crate) fn deep_equals(&self, other: &Json, depth: usize) -> Result<bool, Raise> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        match (self, other) {
            (Json::Array(left), Json::Array(right)) => {
                let (left, right) = (left.items(), right.items());
                if left.len() != right.len() {
                    return Ok(false);
                }
                for (left, right) in left.iter().zip(&right) {
                    if !left.deep_equals(right, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Json::Object(left), Json::Object(right)) => {
                let fields = left.fields();
                if fields.len() != right.len() {
                    return Ok(false);
                }
                for (name, value) in fields {
                    match right.field(&name) {
                        Some(other) if value.deep_equals(&other, depth + 1)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            _ => Ok(self.same(other)),
        }
    }

    /// `ToString()`: a text without quotes, anything that has parts indented.
    pub(super) fn to_text(&self) -> String {
        match self {
            Json::Null => String::new(),
            Json::Bool(bool) => bool_text(*bool).to_owned(),
            Json::Int(number) => number.to_string(),
            Json::Float(number) => double_text(*number),
            Json::Str(text) => text.to_string(),
            Json::Date(moment) => moment.to_text(),
            Json::Array(_) | Json::Object(_) | Json::Property(_) => {
                write_json(self, true).unwrap_or_else(|fault| fault.message.clone())
            }
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Json::Array(_) => "Newtonsoft.Json.Linq.JArray",
            Json::Object(_) => "Newtonsoft.Json.Linq.JObject",
            Json::Property(_) => "Newtonsoft.Json.Linq.JProperty",
            _ => "Newtonsoft.Json.Linq.JValue",
        }
    }

    /// `JTokenType`
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Json::Null => "Null",
            Json::Bool(_) => "Boolean",
            Json::Int(_) => "Integer",
            Json::Float(_) => "Float",
            Json::Str(_) => "String",
            Json::Date(_) => "Date",
            Json::Array(_) => "Array",
            Json::Object(_) => "Object",
            Json::Property(_) => "Property",
        }
    }

    /// What a `JValue` wraps.
    pub(crate) fn scalar(&self) -> Value {
        match self {
            Json::Bool(bool) => Value::Bool(*bool),
            Json::Int(number) => Value::Long(*number),
            Json::Float(number) => Value::Double(*number),
            Json::Str(text) => Value::Str(text.clone()),
            Json::Date(moment) => Value::DateTime(*moment),
            Json::Null | Json::Array(_) | Json::Object(_) | Json::Property(_) => Value::Null,
        }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        dismantle(std::mem::take(&mut lock(&self.state).items));
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        let fields = std::mem::take(&mut lock(&self.state).items);
        dismantle(fields.into_iter().map(|(_, value)| value).collect());
    }
}

/// Frees nodes one by one: a loop can nest containers deeper than the stack is.
fn dismantle(mut pending: Vec<Json>) {
    while let Some(json) = pending.pop() {
        match json {
            Json::Array(array) => {
                if let Some(array) = Arc::into_inner(array) {
                    pending.append(&mut lock(&array.state).items);
                }
            }
            Json::Object(object) => {
                if let Some(object) = Arc::into_inner(object) {
                    let fields = std::mem::take(&mut lock(&object.state).items);
                    pending.extend(fields.into_iter().map(|(_, value)| value));
                }
            }
            _ => {}
        }
    }
}
