//! `new`: objects, arrays, initialisers.

use std::sync::{Arc, Mutex};

use super::convert;
use super::json::node;
use super::time::{new_moment, new_span};
use super::{Eval, Interpreter};
use crate::base::Seed;
use crate::policy::expression::ast::{Entry, Expr, New};
use crate::policy::expression::fault::Fault;
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{
    Array, Dictionary, Json, Object, Property, Record, Uri, Value, encoding, lock,
};

impl Interpreter<'_> {
    pub(super) fn construct(&mut self, new: &New) -> Eval {
        let mut arguments = Vec::with_capacity(new.arguments.len());
        for argument in &new.arguments {
            arguments.push(self.eval(argument)?);
        }
        self.allocate(64)?;
        if let Type::Native(class) = new.target {
            return self.construct_native(class, arguments, &new.initialiser);
        }
        let object = self.made(&new.target, &arguments)?;
        for entry in &new.initialiser {
            self.initialise(&object, entry)?;
        }
        Ok(object)
    }

    /// Objects that are complete once they are made: an initialiser only adds to the arguments.
    fn construct_native(
        &mut self,
        class: &'static str,
        mut arguments: Vec<Value>,
        initialiser: &[Entry],
    ) -> Eval {
        let mut members = Vec::new();
        for entry in initialiser {
            let Entry::Member(name, value) = entry else {
                return Err(Fault::refused(format!("`{class}` has no items")).into());
            };
            members.push((name.clone(), self.eval(value)?));
        }
        if class == "JsonMergeSettings" && arguments.is_empty() {
            return Ok(Value::Record(Arc::new(Record {
                type_name: class,
                fields: members,
            })));
        }
        for (name, value) in members {
            if &*name != "Key" || !class.starts_with("HMAC") {
                return Err(Fault::unsupported(format!("{class}.{name} = …")).into());
            }
            arguments = vec![value];
        }
        self.new_native(class, &arguments)
    }

    fn made(&mut self, target: &Type, arguments: &[Value]) -> Eval {
        match (target, arguments) {
            (Type::JObject, _) => self.new_json_object(arguments),
            (Type::JArray, _) => self.new_json_array(arguments),
            (Type::JProperty, [Value::Str(name), value @ ..]) => {
                let value = match value {
                    [Value::Json(Json::Property(inner))] => inner.value().copy(0)?,
                    [value] => node(value.clone())?,
                    [] => Json::Null,
                    many => self.json_array_of(many)?,
                };
                let property = Property {
                    name: name.clone(),
                    owner: None,
                    value: Mutex::new(value),
                };
                Ok(Value::Json(Json::Property(Arc::new(property))))
            }
            (Type::JValue, [value]) => match node(value.clone())? {
                Json::Array(_) | Json::Object(_) | Json::Property(_) => Err(Fault::refused(
                    "a `JValue` holds text, a number, a `bool`, a date or null",
                )
                .into()),
                scalar => Ok(Value::Json(scalar)),
            },
            (Type::DateTime, _) => new_moment(arguments, false),
            (Type::DateTimeOffset, _) => new_moment(arguments, true),
            (Type::TimeSpan, _) => new_span(arguments),
            (Type::Uri, _) => new_uri(arguments),
            (Type::Guid, []) => Ok(Value::Guid([0; 16])),
            (Type::Guid, [Value::Str(text)]) => {
                let bytes = encoding::parse_guid(text);
                Ok(Value::Guid(bytes.ok_or_else(|| {
                    Fault::format("Unrecognized Guid format.")
                })?))
            }
            (Type::Guid, [Value::Bytes(bytes)]) => {
                let bytes: Result<[u8; 16], _> = bytes.as_ref().try_into();
                let message = "Byte array for Guid must be exactly 16 bytes long.";
                Ok(Value::Guid(bytes.map_err(|_| Fault::argument(message))?))
            }
            (Type::Str, _) => self.new_string(arguments),
            _ => self.made_rarer(target, arguments),
        }
    }

    fn made_rarer(&mut self, target: &Type, arguments: &[Value]) -> Eval {
        match (target, arguments) {
            (Type::List(_), [] | [Value::Int(_)]) => Ok(Value::list(Vec::new())),
            (Type::List(_), [source]) => {
                let items = self.items(source)?;
                self.new_list(items)
            }
            (Type::Dictionary(_), _) => {
                let ignore_case = arguments.iter().any(super::text::ignores_case);
                let dictionary = Dictionary::new(Vec::new(), ignore_case);
                for argument in arguments {
                    match argument {
                        Value::Int(_) | Value::Enum(_) => {}
                        source => {
                            for pair in self.items(source)? {
                                let (key, value) =
                                    (self.member(&pair, "Key")?, self.member(&pair, "Value")?);
                                self.pay_for_items(2)?;
                                dictionary.insert(key, value);
                            }
                        }
                    }
                }
                Ok(Value::Dictionary(Arc::new(dictionary)))
            }
            (Type::Set(_) | Type::Queue(_) | Type::Stack(_), _) => {
                self.new_collection(target, arguments)
            }
            (Type::StringBuilder, _) => {
                let text = arguments
                    .iter()
                    .find_map(Value::as_str)
                    .unwrap_or_default()
                    .to_owned();
                self.allocate(text.len())?;
                Ok(Value::Builder(Arc::new(Mutex::new(text))))
            }
            (Type::Random, []) => {
                let seed = Seed::new(self.context.seed.next_u64());
                Ok(Value::Random(Arc::new(Mutex::new(seed))))
            }
            // Repeatable, though the numbers are not those of .NET.
            (Type::Random, [Value::Int(seed)]) => {
                let seed = Seed::new(u64::from(seed.cast_unsigned())).derive("random");
                Ok(Value::Random(Arc::new(Mutex::new(seed))))
            }
            (Type::Exception(class), _) => {
                let message = match arguments.first() {
                    Some(Value::Str(message)) => message.to_string(),
                    _ => format!("Exception of type 'System.{class}' was thrown."),
                };
                let mut fault = Fault::raise(class, message).into_fault();
                if let Some(Value::Exception(inner)) = arguments.get(1) {
                    fault.inner = Some(inner.clone());
                }
                Ok(Value::Exception(Arc::new(fault)))
            }
            (target, _) => Err(Fault::unsupported(format!("new {}", target.full_name())).into()),
        }
    }

    fn new_json_object(&mut self, arguments: &[Value]) -> Eval {
        let object = Arc::new(Object::default());
        for argument in arguments {
            match argument {
                Value::Json(Json::Property(property)) => {
                    self.pay_for_items(2)?;
                    if object.field(&property.name).is_some() {
                        let message = format!(
                            "Can not add property {} to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object.",
                            property.name
                        );
                        return Err(Fault::argument(message).into());
                    }
                    object.set(&property.name, property.value())?;
                }
                Value::Json(Json::Object(other)) => {
                    for (name, value) in other.fields() {
                        self.pay_for_items(2)?;
                        object.set(&name, value)?;
                    }
                }
                Value::List(list) => {
                    let items = lock(&list.items).clone();
                    let Value::Json(Json::Object(other)) = self.new_json_object(&items)? else {
                        continue;
                    };
                    for (name, value) in other.fields() {
                        object.set(&name, value)?;
                    }
                }
                other => {
                    let message = format!(
                        "Can not add {} to Newtonsoft.Json.Linq.JObject.",
                        other.type_name()
                    );
                    return Err(Fault::argument(message).into());
                }
            }
        }
        Ok(Value::Json(Json::Object(object)))
    }

    fn new_json_array(&mut self, arguments: &[Value]) -> Eval {
        let items = match arguments {
            [Value::List(list)] => lock(&list.items).clone(),
            [Value::Json(Json::Array(array))] => {
                array.items().into_iter().map(Value::Json).collect()
            }
            other => other.to_vec(),
        };
        self.pay_for_items(items.len())?;
        self.json_array_of(&items).map(Value::Json)
    }

    fn json_array_of(&mut self, items: &[Value]) -> Eval<Json> {
        let array = Arc::new(Array::default());
        for item in items {
            array.insert(array.len(), node(item.clone())?)?;
        }
        self.spend(items.len())?;
        Ok(Json::Array(array))
    }

    fn new_string(&mut self, arguments: &[Value]) -> Eval {
        match arguments {
            [unit @ Value::Char(_), Value::Int(count)] => {
                let count = usize::try_from(*count).map_err(|_| Fault::range("count"))?;
                let one = unit.to_text();
                self.allocate(one.len().saturating_mul(count))?;
                Ok(Value::from(one.repeat(count)))
            }
            [Value::List(list)] => {
                let items = lock(&list.items).clone();
                self.spend(items.len())?;
                let units: Option<Vec<u16>> = items
                    .iter()
                    .map(|item| {
                        if let Value::Char(unit) = item {
                            Some(*unit)
                        } else {
                            None
                        }
                    })
                    .collect();
                let units = units.ok_or_else(|| Fault::refused("`new string` needs characters"))?;
                self.new_text(String::from_utf16_lossy(&units))
            }
            _ => Err(Fault::refused("`string` has no such constructor").into()),
        }
    }

    fn initialise(&mut self, object: &Value, entry: &Entry) -> Eval<()> {
        match entry {
            Entry::Index(key, value) => {
                let key = self.eval(key)?;
                let value = self.eval(value)?;
                self.set_element(object, &key, value)
            }
            Entry::Pair(key, value) => {
                let pair = [self.eval(key)?, self.eval(value)?];
                self.method(object, "Add", &[], &pair).map(|_| ())
            }
            Entry::Item(item) => {
                let item = self.eval(item)?;
                self.method(object, "Add", &[], &[item]).map(|_| ())
            }
            Entry::Member(name, value) => {
                let value = self.eval(value)?;
                super::call::set_member(object, name, value)
            }
        }
    }

    pub(super) fn new_array_of(
        &mut self,
        element: Option<&Type>,
        size: Option<&Expr>,
        items: &[Expr],
    ) -> Eval {
        if let Some(size) = size {
            let count = self
                .eval(size)?
                .as_i64()
                .and_then(|count| usize::try_from(count).ok());
            let message = "Arithmetic operation resulted in an overflow.";
            let count = count.ok_or_else(|| Fault::raise("OverflowException", message))?;
            self.pay_for_items(count)?;
            if element == Some(&Type::Byte) {
                return Ok(Value::Bytes(vec![0; count].into()));
            }
            return Ok(Value::array(vec![
                element
                    .map_or(Value::Null, convert::default);
                count
            ]));
        }
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let value = self.eval(item)?;
            values.push(match element {
                Some(element) => convert::assigned(value, element)?,
                None => value,
            });
        }
        if element == Some(&Type::Byte) {
            let bytes: Vec<u8> = values
                .iter()
                .filter_map(|value| u8::try_from(value.as_i64()?).ok())
                .collect();
            return Ok(Value::Bytes(bytes.into()));
        }
        self.new_array(values)
    }
}

fn new_uri(arguments: &[Value]) -> Eval {
    let invalid = || {
        Fault::raise(
            "UriFormatException",
            "Invalid URI: The format of the URI could not be determined.",
        )
    };
    let uri = match arguments {
        [Value::Null, ..] => return Err(Fault::null_argument("uriString").into()),
        [Value::Str(text)] | [Value::Str(text), Value::Enum((_, "Absolute"))] => {
            Uri::absolute(text).ok_or_else(invalid)?
        }
        [Value::Str(text), Value::Enum((_, "Relative"))] => Uri::relative(text),
        [Value::Str(text), Value::Enum(_)] => {
            Uri::absolute(text).unwrap_or_else(|| Uri::relative(text))
        }
        [Value::Uri(base), Value::Str(relative)] => base.join(relative).ok_or_else(invalid)?,
        [Value::Uri(base), Value::Uri(relative)] => {
            base.join(&relative.original).ok_or_else(invalid)?
        }
        _ => return Err(Fault::refused("`Uri` has no such constructor").into()),
    };
    Ok(Value::Uri(Arc::new(uri)))
}
