//! `JObject.Parse`, `JToken.FromObject`, `JsonConvert`: between JSON, its text and other values.

use std::sync::Arc;

use super::body::expect_json;
use super::convert;
use super::json::node;
use super::statics::static_unknown;
use super::{Eval, Interpreter};
use crate::policy::expression::fault::Fault;
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{
    Array, Json, Object, Value, encoding, read_json, write_json,
};

impl Interpreter<'_> {
    pub(super) fn json_static(&mut self, named: &Type, name: &str, arguments: &[Value]) -> Eval {
        match (name, arguments) {
            ("Parse", [Value::Str(text), ..]) => {
                self.allocate(text.len().saturating_mul(2))?;
                self.spend(text.len() / 64)?;
                Ok(expect_json(read_json(text)?, named)?)
            }
            ("Parse", [Value::Null, ..]) => Err(Fault::null_argument("reader").into()),
            ("FromObject", [value, ..]) => {
                let json = self.node_of(value, 0)?;
                let value = Value::Json(json);
                if convert::is_instance(&value, named) {
                    return Ok(value);
                }
                let message = "Object serialized to another kind of node than was asked for.";
                Err(Fault::argument(message).into())
            }
            ("DeepEquals", [left, right]) => match (left, right) {
                (Value::Json(left), Value::Json(right)) => {
                    Ok(Value::Bool(left.deep_equals(right, 0)?))
                }
                (left, right) => Ok(Value::Bool(left.equals(right))),
            },
            _ => Err(static_unknown(named, name).into()),
        }
    }

    pub(super) fn json_convert(&mut self, name: &str, types: &[Type], arguments: &[Value]) -> Eval {
        match (name, arguments) {
            ("SerializeObject", [value] | [value, Value::Enum(("Formatting", _))]) => {
                let indented = matches!(arguments.get(1), Some(Value::Enum((_, "Indented"))));
                let json = self.node_of(value, 0)?;
                let text = write_json(&json, indented)?;
                self.read(&text)?;
                self.new_text(text)
            }
            ("DeserializeObject", [Value::Str(text)]) => {
                let named = types.first().cloned().unwrap_or(Type::Object);
                let json = self.json_static(&Type::Token, "Parse", &[Value::Str(text.clone())])?;
                self.method(&json, "ToObject", &[named], &[])
            }
            _ => Err(static_unknown(&Type::Static("JsonConvert"), name).into()),
        }
    }

    /// `JToken.FromObject(value)`: what serialising the value would give.
    pub(super) fn node_of(&mut self, value: &Value, depth: usize) -> Eval<Json> {
        // The walk is recursive, and lists may hold themselves.
        if depth > 32 {
            return Err(Fault::raise(
                "JsonSerializationException",
                "Self referencing loop detected.",
            )
            .into());
        }
        match value {
            Value::Json(Json::Property(property)) => Ok(property.value().copy(0)?),
            Value::Json(json) => Ok(json.copy(0)?),
            Value::List(_) => {
                let array = Arc::new(Array::default());
                for item in self.items(value)? {
                    let item = self.node_of(&item, depth + 1)?;
                    array.insert(array.len(), item)?;
                }
                self.pay_for_items(array.len())?;
                Ok(Json::Array(array))
            }
            Value::Dictionary(_) | Value::Record(_) => {
                let object = Arc::new(Object::default());
                for (name, value) in self.named_parts(value)? {
                    let value = self.node_of(&value, depth + 1)?;
                    object.set(&name, value)?;
                    self.spend(object.len() / 16)?;
                }
                self.pay_for_items(object.len() * 2)?;
                Ok(Json::Object(object))
            }
            Value::Bytes(bytes) => {
                self.allocate(bytes.len() * 2)?;
                Ok(Json::text(encoding::to_base64(bytes)))
            }
            Value::Place(place) => {
                let pairs = self.place_pairs(place)?;
                let dictionary = super::dictionary::of(pairs);
                self.node_of(&dictionary, depth + 1)
            }
            other => Ok(node(other.clone())?),
        }
    }

    fn named_parts(&mut self, value: &Value) -> Eval<Vec<(String, Value)>> {
        Ok(match value {
            Value::Record(record) => record
                .fields
                .iter()
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect(),
            other => {
                let mut parts = Vec::new();
                for pair in self.items(other)? {
                    let (key, value) = (self.member(&pair, "Key")?, self.member(&pair, "Value")?);
                    parts.push((self.text_of(&key), value));
                }
                parts
            }
        })
    }
}
