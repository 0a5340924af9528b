//! Members and methods of JSON nodes, as Newtonsoft has them.

use std::sync::{Arc, Mutex};

use super::call::{int, position, unknown};
use super::convert;
use super::{Eval, Interpreter};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::{ENUMS, Type};
use crate::policy::expression::value::{Array, Json, Object, Property, Value, write_json};

/// `token[index]`
pub(super) fn element(json: &Json, index: &Value) -> Result<Value, Raise> {
    match (json, index) {
        (Json::Object(object), Value::Str(name)) => {
            Ok(object.field(name).map_or(Value::Null, Value::Json))
        }
        (Json::Array(array), Value::Int(_) | Value::Long(_)) => {
            let item = position(index)?.and_then(|at| array.item(at));
            item.map(Value::Json).ok_or_else(|| Fault::range("index"))
        }
        (Json::Property(property), _) => element(&property.value(), index),
        (Json::Object(_), Value::Null) => Err(Fault::null_argument("propertyName")),
        (Json::Object(_), other) => Err(wrong_key("JObject", "Object property name", other)),
        (Json::Array(_), other) => Err(wrong_key("JArray", "Int32 array index", other)),
        _ => Err(Fault::operation(
            "Cannot access child value on Newtonsoft.Json.Linq.JValue.",
        )),
    }
}

fn wrong_key(class: &str, wanted: &str, key: &Value) -> Raise {
    let shown = if matches!(key, Value::Str(_)) {
        format!("\"{}\"", key.to_text())
    } else {
        key.to_text()
    };
    Fault::argument(format!(
        "Accessed {class} values with invalid key value: {shown}. {wanted} expected."
    ))
}

pub(super) fn set_element(json: &Json, index: &Value, value: Value) -> Result<(), Raise> {
    let value = node(value)?;
    match (json, index) {
        (Json::Object(object), Value::Str(name)) => object.set(name, value),
        (Json::Array(array), Value::Int(_) | Value::Long(_)) => {
            let at = position(index)?
                .filter(|at| *at < array.len())
                .ok_or_else(|| Fault::range("index"))?;
            array.replace(at, value)
        }
        (Json::Object(_), other) => Err(wrong_key("JObject", "Object property name", other)),
        (Json::Array(_), other) => Err(wrong_key("JArray", "Int32 array index", other)),
        _ => Err(Fault::operation(
            "Cannot set child value on Newtonsoft.Json.Linq.JValue.",
        )),
    }
}

/// The node that a value becomes when it is put into JSON.
pub(super) fn node(value: Value) -> Result<Json, Raise> {
    match value {
        Value::Json(json) => Ok(json),
        other => convert::to_json(&other).ok_or_else(|| {
            let name = other.type_name();
            Fault::argument(format!(
                "Could not determine JSON object type for type {name}."
            ))
        }),
    }
}

/// What `foreach` sees.
pub(super) fn children(json: &Json) -> Vec<Value> {
    match json {
        Json::Array(array) => array.items().into_iter().map(Value::Json).collect(),
        Json::Object(object) => properties(object),
        Json::Property(property) => vec![Value::Json(property.value())],
        _ => Vec::new(),
    }
}

fn properties(object: &Arc<Object>) -> Vec<Value> {
    object
        .fields()
        .into_iter()
        .map(|(name, _)| property(object, name))
        .collect()
}

fn property(object: &Arc<Object>, name: Arc<str>) -> Value {
    let owner = Some(object.clone());
    Value::Json(Json::Property(Arc::new(Property {
        name,
        owner,
        value: Mutex::new(Json::Null),
    })))
}

pub(super) fn json_member(json: &Json, name: &str) -> Eval {
    Ok(match (json, name) {
        (Json::Property(property), "Name" | "Key") => Value::Str(property.name.clone()),
        (Json::Property(property), "Parent") => {
            property.owner.as_ref().map_or(Value::Null, |owner| {
                Value::Json(Json::Object(owner.clone()))
            })
        }
        (Json::Property(property), "Value") => Value::Json(property.value()),
        (Json::Array(array), "Count") => int(array.len()),
        (Json::Object(object), "Count") => int(object.len()),
        (Json::Array(array), "HasValues") => Value::Bool(array.len() > 0),
        (Json::Object(object), "HasValues") => Value::Bool(object.len() > 0),
        (_, "HasValues") => Value::Bool(matches!(json, Json::Property(_))),
        (_, "Type") => token_type(json),
        (Json::Array(_) | Json::Object(_), "First") => {
            children(json).into_iter().next().unwrap_or(Value::Null)
        }
        (Json::Array(_) | Json::Object(_), "Last") => children(json).pop().unwrap_or(Value::Null),
        (Json::Array(_) | Json::Object(_), _) => {
            return Err(unknown(&Value::Json(json.clone()), name).into());
        }
        (_, "Value") => json.scalar(),
        _ => return Err(unknown(&Value::Json(json.clone()), name).into()),
    })
}

impl Interpreter<'_> {
    pub(super) fn json_call(
        &mut self,
        json: &Json,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        match (name, arguments) {
            ("ToString", [] | [Value::Enum(("Formatting", _))]) => {
                let compact = matches!(arguments, [Value::Enum((_, "None"))]);
                if matches!(json, Json::Str(_) | Json::Date(_)) && arguments.is_empty() {
                    return self.new_text(self.text_of(&Value::Json(json.clone())));
                }
                let text = write_json(json, !compact)?;
                self.read(&text)?;
                self.new_text(text)
            }
            ("ToString", [Value::Str(format)]) => {
                let text = self.formatted(&Value::Json(json.clone()), format)?;
                self.new_text(text)
            }
            ("Value", [key]) => {
                let found = match (json, key) {
                    (Json::Array(array), Value::Int(_)) => position(key)?
                        .and_then(|at| array.item(at))
                        .map(Value::Json),
                    _ => Some(element(json, key)?),
                };
                converted(found.unwrap_or(Value::Null), types)
            }
            ("Value", []) => converted(Value::Json(json.clone()), types),
            ("Values", []) => {
                let items: Result<Vec<Value>, _> = children(json)
                    .into_iter()
                    .map(|item| converted(item, types))
                    .collect();
                self.new_list(items?)
            }
            ("ToObject", []) => self.object_from(json, types),
            ("SelectToken", [Value::Str(path), ..]) => {
                let mut found = self.selected(json, path)?;
                if found.len() > 1 {
                    let message = "Path returned multiple tokens.";
                    return Err(Fault::raise("JsonException", message).into());
                }
                let found = found.pop();
                if found.is_none() && matches!(arguments.get(1), Some(Value::Bool(true))) {
                    let message = format!("Property '{path}' does not exist on {}.", json.kind());
                    return Err(Fault::raise("JsonException", message).into());
                }
                Ok(found.map_or(Value::Null, Value::Json))
            }
            ("SelectTokens", [Value::Str(path), ..]) => {
                let found = self.selected(json, path)?;
                self.new_list(found.into_iter().map(Value::Json).collect())
            }
            ("DeepClone", []) => {
                let text = write_json(json, false)?;
                self.allocate(text.len() * 2)?;
                self.read(&text)?;
                Ok(Value::Json(json.copy(0)?))
            }
            ("Children", []) => self.new_list(children(json)),
            _ => match json {
                Json::Object(object) => self.object_call(object, name, types, arguments),
                Json::Array(array) => self.array_call(array, name, types, arguments),
                Json::Property(property) => self.property_call(property, name, arguments),
                _ => Err(unknown(&Value::Json(json.clone()), name).into()),
            },
        }
    }

    fn object_call(
        &mut self,
        object: &Arc<Object>,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        self.spend(object.len() / 16)?;
        match (name, arguments) {
            ("ContainsKey", [Value::Str(name)]) => Ok(Value::Bool(object.field(name).is_some())),
            ("Property", [Value::Str(name)]) => {
                let found = object.field(name).is_some();
                Ok(if found {
                    property(object, name.clone())
                } else {
                    Value::Null
                })
            }
            ("Properties", []) => self.new_list(properties(object)),
            ("PropertyValues", []) => {
                let values = object
                    .fields()
                    .into_iter()
                    .map(|(_, value)| Value::Json(value));
                self.new_list(values.collect())
            }
            ("GetValue", [Value::Str(name)]) => {
                Ok(object.field(name).map_or(Value::Null, Value::Json))
            }
            ("GetValue", [Value::Str(name), comparison]) => {
                let same = |known: &str| {
                    if super::text::ignores_case(comparison) {
                        known.to_lowercase() == name.to_lowercase()
                    } else {
                        known == &**name
                    }
                };
                let exact = object.field(name);
                let found = exact.or_else(|| {
                    object
                        .fields()
                        .into_iter()
                        .find(|(known, _)| same(known))
                        .map(|(_, value)| value)
                });
                Ok(found.map_or(Value::Null, Value::Json))
            }
            ("Add", [Value::Str(name), value]) => {
                if object.field(name).is_some() {
                    let message = format!(
                        "Can not add property {name} to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object."
                    );
                    return Err(Fault::argument(message).into());
                }
                self.allocate(name.len() + size_of::<Value>())?;
                object.set(name, node(value.clone())?)?;
                Ok(Value::Null)
            }
            ("Add", [Value::Json(Json::Property(property))]) => {
                let pair = [
                    Value::Str(property.name.clone()),
                    Value::Json(property.value()),
                ];
                self.object_call(object, "Add", types, &pair)
            }
            ("Remove", [Value::Str(name)]) => Ok(Value::Bool(object.remove(name))),
            ("RemoveAll", []) => {
                for (name, _) in object.fields() {
                    object.remove(&name);
                }
                Ok(Value::Null)
            }
            ("Merge", _) => self.json_merge(&Json::Object(object.clone()), arguments),
            _ => {
                let items = properties(object);
                self.spend(items.len())?;
                self.sequence(items, name, types, arguments)
            }
        }
    }

    fn array_call(
        &mut self,
        array: &Arc<Array>,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        match (name, arguments) {
            ("Add", [value]) => {
                self.allocate(size_of::<Value>())?;
                array.insert(array.len(), node(value.clone())?)?;
                Ok(Value::Null)
            }
            ("Insert", [index, value]) => {
                self.allocate(size_of::<Value>())?;
                let at = position(index)?
                    .filter(|at| *at <= array.len())
                    .ok_or_else(|| Fault::range("index"))?;
                self.spend(array.len() / 256)?;
                array.insert(at, node(value.clone())?)?;
                Ok(Value::Null)
            }
            ("RemoveAt", [index]) => {
                let at = position(index)?
                    .filter(|at| *at < array.len())
                    .ok_or_else(|| Fault::range("index"))?;
                array.remove(at);
                Ok(Value::Null)
            }
            ("Remove", [Value::Json(wanted)]) => {
                self.spend(array.len())?;
                let found = array.items().iter().position(|item| item.identical(wanted));
                if let Some(at) = found {
                    array.remove(at);
                }
                Ok(Value::Bool(found.is_some()))
            }
            ("Clear" | "RemoveAll", []) => {
                array.clear();
                Ok(Value::Null)
            }
            ("Merge", _) => self.json_merge(&Json::Array(array.clone()), arguments),
            _ => {
                let items = children(&Json::Array(array.clone()));
                self.spend(items.len())?;
                self.sequence(items, name, types, arguments)
            }
        }
    }

    fn selected(&mut self, json: &Json, path: &str) -> Eval<Vec<Json>> {
        let found = super::json_path::select(json, path)?;
        self.spend(100 + found.len())?;
        Ok(found)
    }

    fn property_call(&mut self, property: &Arc<Property>, name: &str, arguments: &[Value]) -> Eval {
        match (name, &property.owner) {
            ("Replace", Some(owner)) => {
                let [Value::Json(Json::Property(new))] = arguments else {
                    return Err(Fault::refused("a `JProperty` is replaced by a `JProperty`").into());
                };
                let fields = owner.fields();
                self.pay_for_items(fields.len())?;
                // The new one stands where the old one stood.
                for (known, _) in &fields {
                    owner.remove(known);
                }
                for (known, value) in fields {
                    if known == property.name {
                        owner.set(&new.name, new.value())?;
                    } else {
                        owner.set(&known, value)?;
                    }
                }
                Ok(Value::Null)
            }
            ("Remove", Some(owner)) => {
                self.spend(owner.len() / 16)?;
                owner.remove(&property.name);
                Ok(Value::Null)
            }
            ("Remove", None) => Err(Fault::operation("The parent is missing.").into()),
            _ => Err(Fault::unsupported(format!("JProperty.{name}")).into()),
        }
    }

    fn object_from(&mut self, json: &Json, types: &[Type]) -> Eval {
        let Some(named) = types.first() else {
            return Err(Fault::refused("`ToObject` needs a type").into());
        };
        match (named, json) {
            (Type::Object, _) => Ok(Value::Json(json.clone())),
            (Type::List(item), Json::Array(_)) => {
                let items: Result<Vec<Value>, _> = children(json)
                    .into_iter()
                    .map(|value| convert::cast(value, item))
                    .collect();
                self.new_list(items?)
            }
            (Type::Array(item), Json::Array(_)) => {
                let items: Result<Vec<Value>, _> = children(json)
                    .into_iter()
                    .map(|value| convert::cast(value, item))
                    .collect();
                self.new_array(items?)
            }
            (Type::Dictionary(pair), Json::Object(object)) => {
                let mut entries = Vec::new();
                for (name, value) in object.fields() {
                    entries.push((
                        Value::Str(name),
                        convert::cast(Value::Json(value), &pair.1)?,
                    ));
                }
                self.pay_for_items(entries.len() * 2)?;
                Ok(super::dictionary::of(entries))
            }
            _ => Ok(convert::cast(Value::Json(json.clone()), named)?),
        }
    }
}

/// `Value<T>`: a missing value is the default, JSON null too.
fn converted(value: Value, types: &[Type]) -> Eval {
    let Some(named) = types.first() else {
        return Err(Fault::refused("`Value` needs a type").into());
    };
    if matches!(value, Value::Null | Value::Json(Json::Null))
        && !matches!(named, Type::Token | Type::JValue)
    {
        return Ok(convert::default(named));
    }
    Ok(convert::cast(value, named)?)
}

fn token_type(json: &Json) -> Value {
    let members = [
        &("JTokenType", "Array"),
        &("JTokenType", "Boolean"),
        &("JTokenType", "Date"),
        &("JTokenType", "Float"),
        &("JTokenType", "Integer"),
        &("JTokenType", "Null"),
        &("JTokenType", "Object"),
        &("JTokenType", "Property"),
        &("JTokenType", "String"),
    ];
    debug_assert!(ENUMS.iter().any(|(name, _)| *name == "JTokenType"));
    let found = members.into_iter().find(|member| member.1 == json.kind());
    found.map_or(Value::Null, Value::Enum)
}
