//! Members, elements and methods: which part of the interpreter knows the target's type.

use super::convert;
use super::operator;
use super::{Eval, Interpreter};
use crate::policy::expression::ast::{Argument, Call, ExprKind};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::decimal::Decimal;
use crate::policy::expression::value::{
    Json, ListKind, Native, Record, Value, encoding, format_decimal, format_double, format_integer,
    lock,
};

impl Interpreter<'_> {
    pub(super) fn eval_call(&mut self, call: &Call) -> Eval {
        let Some(target) = &call.target else {
            return self.call_local(call);
        };
        if let ExprKind::Type(named) = &target.kind {
            let arguments = self.arguments(&call.arguments)?;
            if call.arguments.iter().any(|argument| argument.out.is_some()) {
                return self.try_parse(named, call, &arguments);
            }
            return self.static_call(named, &call.method, &call.types, &arguments);
        }
        let target = self.eval_target(target, call.conditional)?;
        let arguments = self.arguments(&call.arguments)?;
        if let Some(out) = call
            .arguments
            .iter()
            .find_map(|argument| argument.out.as_ref())
        {
            let found = match (&*call.method, arguments.first()) {
                ("TryParseJwt", _) => {
                    let read = self.method(&target, "AsJwt", &[], &[])?;
                    Some(read).filter(|read| !matches!(read, Value::Null))
                }
                ("TryParseBasic", _) => {
                    let read = self.method(&target, "AsBasic", &[], &[])?;
                    Some(read).filter(|read| !matches!(read, Value::Null))
                }
                ("TryGetValue", Some(key)) => self.try_element(&target, key)?,
                _ => return Err(unknown(&target, &call.method).into()),
            };
            let declared = out
                .declared
                .as_ref()
                .filter(|declared| **declared != Type::Object);
            let declared = declared.or(self.slots[out.slot].as_ref());
            let missing = declared.map_or(Value::Null, convert::default);
            self.store(out.slot, found.clone().unwrap_or(missing))?;
            return Ok(Value::Bool(found.is_some()));
        }
        self.method(&target, &call.method, &call.types, &arguments)
    }

    fn call_local(&mut self, call: &Call) -> Eval {
        let function = self.frame[call.function].clone();
        let arguments = self.arguments(&call.arguments)?;
        match function {
            Value::Function(lambda) => self.invoke(&lambda, &arguments),
            Value::Null => Err(Fault::null().into()),
            other => {
                Err(Fault::refused(format!("a `{}` cannot be called", other.type_name())).into())
            }
        }
    }

    fn arguments(&mut self, arguments: &[Argument]) -> Eval<Vec<Value>> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.eval(&argument.value)?);
        }
        Ok(values)
    }

    pub(super) fn member(&mut self, target: &Value, name: &str) -> Eval {
        Ok(match (target, name) {
            // A nullable number is null or the number itself.
            (Value::Null, "HasValue") => Value::Bool(false),
            (Value::Null, _) => return Err(Fault::null().into()),
            (Value::Place(place), _) => return self.place_member(place, name),
            (Value::Json(json), _) => return super::json::json_member(json, name),
            (Value::Str(text), "Length") => int(encoding::length(text)),
            (Value::Bytes(bytes), "Length") => int(bytes.len()),
            (Value::List(list), "Length") if list.kind == ListKind::Array => {
                int(lock(&list.items).len())
            }
            (Value::List(list), "Count") if list.kind != ListKind::Array => {
                int(lock(&list.items).len())
            }
            (Value::Builder(text), "Length") => int(encoding::length(&lock(text))),
            (Value::Dictionary(dictionary), _) => {
                let entries = lock(&dictionary.entries);
                super::dictionary::part(&entries, name).ok_or_else(|| unknown(target, name))?
            }
            (Value::Native(object), _) => return super::native::native_member(object, name),
            (Value::Record(record), _) => record
                .field(name)
                .cloned()
                .ok_or_else(|| unknown(target, name))?,
            (Value::DateTime(moment), _) => super::time::date_member(*moment, name)?,
            (Value::TimeSpan(span), _) => super::time::span_member(*span, name)?,
            (Value::Uri(uri), _) => super::text_static::uri_member(uri, name)?,
            (Value::Exception(fault), "Message") => Value::text(&fault.message),
            (Value::Exception(fault), "InnerException") => fault
                .inner
                .as_ref()
                .map_or(Value::Null, |inner| Value::Exception(inner.clone())),
            (Value::Exception(_), "StackTrace" | "Source") => Value::Null,
            (Value::Type(named), "Name") => {
                Value::text(named.full_name().rsplit('.').next().unwrap_or_default())
            }
            (Value::Type(named), "FullName") => Value::text(named.full_name()),
            (
                Value::Bool(_)
                | Value::Int(_)
                | Value::Long(_)
                | Value::Double(_)
                | Value::Char(_)
                | Value::ULong(_)
                | Value::Float(_)
                | Value::Decimal(_),
                "HasValue",
            ) => Value::Bool(true),
            (
                Value::Bool(_) | Value::Int(_) | Value::Long(_) | Value::Double(_) | Value::Char(_),
                "Value",
            ) => target.clone(),
            _ => return Err(unknown(target, name).into()),
        })
    }

    pub(super) fn element(&mut self, target: &Value, index: &Value) -> Eval {
        match target {
            Value::Null => Err(Fault::null().into()),
            Value::Place(place) => self.place_element(place, index),
            Value::Json(json) => {
                self.spend(json.width() / 16)?;
                Ok(super::json::element(json, index)?)
            }
            Value::Str(text) => {
                let at = position(index)?;
                let unit = if text.is_ascii() {
                    at.and_then(|at| text.as_bytes().get(at).map(|byte| u16::from(*byte)))
                } else {
                    self.read(text)?;
                    at.and_then(|at| text.encode_utf16().nth(at))
                };
                Ok(Value::Char(unit.ok_or_else(outside)?))
            }
            Value::Bytes(bytes) => {
                let byte = position(index)?.and_then(|at| bytes.get(at));
                Ok(Value::Int(i32::from(*byte.ok_or_else(outside)?)))
            }
            Value::Native(object) => super::native::native_element(object, index),
            Value::List(list) => {
                let items = lock(&list.items);
                let item = position(index)?.and_then(|at| items.get(at)).cloned();
                let fault = || {
                    if list.kind == ListKind::Array {
                        outside()
                    } else {
                        Fault::range("index")
                    }
                };
                Ok(item.ok_or_else(fault)?)
            }
            Value::Dictionary(dictionary) => {
                let count = lock(&dictionary.entries).len();
                self.spend(count / 16)?;
                Ok(dictionary
                    .find(index)
                    .ok_or_else(|| super::place_dictionary::missing_key(&self.text_of(index)))?)
            }
            other => {
                Err(Fault::refused(format!("a `{}` has no elements", other.type_name())).into())
            }
        }
    }

    /// The element, or nothing where `[…]` would fail: for `TryGetValue`.
    fn try_element(&mut self, target: &Value, key: &Value) -> Eval<Option<Value>> {
        match (target, key) {
            (Value::Null, _) => Err(Fault::null().into()),
            (Value::Place(place), Value::Str(key)) => Ok(self.place_lookup(place, key)?),
            (Value::Json(Json::Object(object)), Value::Str(key)) => {
                Ok(object.field(key).map(Value::Json))
            }
            (Value::Dictionary(dictionary), key) => Ok(dictionary.find(key)),
            _ => Err(unknown(target, "TryGetValue").into()),
        }
    }

    pub(super) fn set_element(&mut self, target: &Value, index: &Value, value: Value) -> Eval<()> {
        self.allocate(size_of::<Value>())?;
        match target {
            Value::Null => Err(Fault::null().into()),
            Value::Json(json) => {
                self.spend(json.width() / 16)?;
                Ok(super::json::set_element(json, index, value)?)
            }
            Value::List(list) => {
                let mut items = lock(&list.items);
                let fault = || {
                    if list.kind == ListKind::Array {
                        outside()
                    } else {
                        Fault::range("index")
                    }
                };
                let place = position(index)?
                    .and_then(|at| items.get_mut(at))
                    .ok_or_else(fault)?;
                let old = std::mem::replace(place, value);
                drop(items);
                drop(old);
                Ok(())
            }
            Value::Dictionary(dictionary) => {
                let count = lock(&dictionary.entries).len();
                self.spend(count / 16)?;
                dictionary.insert(index.clone(), value);
                Ok(())
            }
            Value::Place(_) => {
                let hint = "use the policy `set-variable`, `set-header` or `set-query-parameter`";
                Err(Fault::refused(format!("`context` is read-only here: {hint}")).into())
            }
            other => Err(Fault::unsupported(format!("{}[…] = …", other.type_name())).into()),
        }
    }

    pub(super) fn method(
        &mut self,
        target: &Value,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        match (target, name, arguments) {
            (Value::Null, ..) => return Err(Fault::null().into()),
            (Value::Json(Json::Array(_) | Json::Object(_) | Json::Property(_)), "ToString", _)
            | (Value::Str(_), "Equals", [_, _])
            | (Value::Json(_), "CompareTo", _) => {}
            (_, "ToString", []) => {
                let text = self.text_of(target);
                return self.new_text(text);
            }
            (_, "Equals", [other]) => return Ok(Value::Bool(target.equals(other))),
            (_, "GetHashCode", []) => return Ok(Value::Int(hash(&self.text_of(target)))),
            (_, "GetType", []) => return Ok(super::statics::type_of(target)),
            (_, "CompareTo", [other]) => {
                let order = operator::total_order(target, other)?;
                return Ok(Value::Int(i32::from(order as i8)));
            }
            (_, "GetValueOrDefault", [] | [_]) if operator::is_number(target) => {
                return Ok(target.clone());
            }
            _ => {}
        }
        match target {
            Value::Place(place) => self.place_call(&place.clone(), name, types, arguments),
            Value::Json(json) => self.json_call(json, name, types, arguments),
            Value::Str(text) => self.text_call(text, name, types, arguments),
            Value::List(list) => self.list_call(list, name, types, arguments),
            Value::Dictionary(dictionary) => {
                self.dictionary_call(dictionary, name, types, arguments)
            }
            Value::Builder(text) => self.builder_call(target, text, name, arguments),
            Value::Native(object) => self.native_call(&object.clone(), name, types, arguments),
            Value::Record(record) if record.type_name == Record::GROUPING => {
                let items = self.items(target)?;
                self.sequence(items, name, types, arguments)
            }
            Value::Random(seed) => super::statics::random_call(seed, name, arguments),
            Value::DateTime(moment) => self.date_call(*moment, name, arguments),
            Value::TimeSpan(span) => self.span_call(*span, name, arguments),
            Value::Enum((class, member)) => self.enum_call(class, member, name, arguments),
            Value::Bytes(_) => {
                let items = self.items(target)?;
                self.sequence(items, name, types, arguments)
            }
            Value::Guid(bytes) if name == "ToByteArray" => {
                Ok(Value::Bytes(bytes.as_slice().into()))
            }
            Value::Function(lambda) if name == "Invoke" => self.invoke(&lambda.clone(), arguments),
            _ => match (name, arguments) {
                ("ToString", [Value::Str(format)]) => {
                    let text = self.formatted(target, format)?;
                    self.new_text(text)
                }
                ("ToString", [Value::Enum(("CultureInfo", _))]) => {
                    self.method(target, name, types, &[])
                }
                ("ToString", [format, Value::Enum(("CultureInfo", _)) | Value::Null]) => {
                    self.method(target, name, types, std::slice::from_ref(format))
                }
                _ => Err(unknown(target, name).into()),
            },
        }
    }

    /// `value.ToString(format)`, also for `$"{value:format}"`.
    pub(super) fn formatted(&mut self, value: &Value, format: &str) -> Eval<String> {
        Ok(match value {
            Value::Int(number) => format_integer(i64::from(*number), 32, format)?,
            Value::Long(number) => format_integer(*number, 64, format)?,
            Value::ULong(number) => format_decimal(Decimal::from(*number), format)?,
            Value::Float(number) => format_double(
                Value::Float(*number).to_text().parse().unwrap_or(0.0),
                format,
            )?,
            Value::Double(number) => format_double(*number, format)?,
            Value::Decimal(number) => format_decimal(*number, format)?,
            Value::DateTime(moment) => moment.format(format)?,
            Value::TimeSpan(span) => span.format(format)?,
            Value::Guid(bytes) => encoding::guid_format(bytes, format)?,
            Value::Json(json @ (Json::Int(_) | Json::Float(_) | Json::Date(_))) => {
                return self.formatted(&json.scalar(), format);
            }
            other => self.text_of(other),
        })
    }

    /// The items of anything that `foreach` can walk.
    pub(super) fn items(&mut self, source: &Value) -> Eval<Vec<Value>> {
        let items = match source {
            Value::Null => return Err(Fault::null_argument("source").into()),
            Value::List(list) => lock(&list.items).clone(),
            Value::Json(json) => super::json::children(json),
            Value::Str(text) => {
                self.read(text)?;
                text.encode_utf16().map(Value::Char).collect()
            }
            Value::Bytes(bytes) => bytes
                .iter()
                .map(|byte| Value::Int(i32::from(*byte)))
                .collect(),
            Value::Dictionary(dictionary) => {
                let entries = lock(&dictionary.entries);
                entries
                    .iter()
                    .map(|(key, value)| Record::pair(key.clone(), value.clone()))
                    .collect()
            }
            Value::Record(record) if record.type_name == Record::GROUPING => {
                let items = record.field("").cloned().unwrap_or(Value::Null);
                return self.items(&items);
            }
            Value::Native(object) => match &**object {
                Native::Groups(groups) => groups
                    .iter()
                    .map(|group| super::native::native(Native::Group(group.clone())))
                    .collect(),
                other => {
                    let message = format!("a `{}` has no items", other.type_name());
                    return Err(Fault::refused(message).into());
                }
            },
            Value::Place(place) if place.is_dictionary() => self
                .place_pairs(place)?
                .into_iter()
                .map(|(key, value)| Record::pair(key, value))
                .collect(),
            other => {
                return Err(
                    Fault::refused(format!("a `{}` has no items", other.type_name())).into(),
                );
            }
        };
        self.spend(items.len())?;
        Ok(items)
    }
}

pub(super) fn set_member(target: &Value, name: &str, value: Value) -> Eval<()> {
    match (target, name) {
        (Value::Null, _) => Err(Fault::null().into()),
        (Value::Json(Json::Property(property)), "Value") => {
            let json = convert::assigned(value, &Type::Token)?;
            let Value::Json(json) = json else {
                return Ok(property.set(Json::Null)?);
            };
            Ok(property.set(json)?)
        }
        _ => Err(Fault::unsupported(format!("{}.{name} = …", target.type_name())).into()),
    }
}

pub(super) fn int(number: usize) -> Value {
    Value::Int(i32::try_from(number).unwrap_or(i32::MAX))
}

pub(super) fn outside() -> Raise {
    Fault::raise(
        "IndexOutOfRangeException",
        "Index was outside the bounds of the array.",
    )
}

/// The index as a place in a list; `None` for one below zero.
pub(super) fn position(index: &Value) -> Result<Option<usize>, Raise> {
    match index {
        Value::Char(unit) => Ok(Some(usize::from(*unit))),
        other => match other.as_i64() {
            Some(index) => Ok(usize::try_from(index).ok()),
            None => Err(Fault::refused(format!(
                "an index must be an `int`, this is a `{}`",
                other.type_name()
            ))),
        },
    }
}

pub(super) fn unknown(target: &Value, name: &str) -> Raise {
    Fault::unsupported(format!("{}.{name}", target.type_name()))
}

/// FNV-1a. .NET gives another number in each process, so no policy can rely on one.
fn hash(text: &str) -> i32 {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash.cast_signed()
}
