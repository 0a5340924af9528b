//! Conversions: casts, unboxing, assignment to declared types, and `Convert`'s rules.

use std::sync::Arc;

use super::operator::{self, wrapped};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::{ENUMS, Type, catches};
use crate::policy::expression::value::decimal::{self, Decimal};
use crate::policy::expression::value::encoding::parse_guid;
use crate::policy::expression::value::{
    DateTime, Json, Kind, ListKind, Place, TimeSpan, Uri, Value, bool_text,
};

type Outcome = Result<Value, Raise>;

/// `default(T)`
pub(super) fn default(named: &Type) -> Value {
    match named {
        Type::Bool => Value::Bool(false),
        Type::Byte | Type::SByte | Type::Short | Type::UShort | Type::Int => Value::Int(0),
        Type::UInt | Type::Long => Value::Long(0),
        Type::ULong => Value::ULong(0),
        Type::Float => Value::Float(0.0),
        Type::Double => Value::Double(0.0),
        Type::Decimal => Value::Decimal(Decimal::ZERO),
        Type::Char => Value::Char(0),
        Type::DateTime => Value::DateTime(DateTime::MIN),
        Type::DateTimeOffset => Value::DateTime(DateTime {
            kind: Kind::Offset(0),
            ..DateTime::MIN
        }),
        Type::TimeSpan => Value::TimeSpan(TimeSpan(0)),
        Type::Guid => Value::Guid([0; 16]),
        _ => Value::Null,
    }
}

/// `value is T`
pub(super) fn is_instance(value: &Value, named: &Type) -> bool {
    match (named, value) {
        (_, Value::Null) => false,
        (Type::Object, _)
        | (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Int(_))
        | (Type::Long, Value::Long(_))
        | (Type::ULong, Value::ULong(_))
        | (Type::Float, Value::Float(_))
        | (Type::Double, Value::Double(_))
        | (Type::Decimal, Value::Decimal(_))
        | (Type::Char, Value::Char(_))
        | (Type::Str, Value::Str(_))
        | (Type::TimeSpan, Value::TimeSpan(_))
        | (Type::Guid, Value::Guid(_))
        | (Type::Uri, Value::Uri(_))
        | (Type::Token, Value::Json(_))
        | (Type::JObject, Value::Json(Json::Object(_)))
        | (Type::JArray, Value::Json(Json::Array(_)))
        | (Type::JProperty, Value::Json(Json::Property(_)))
        | (Type::Response, Value::Place(Place::Response(_)))
        | (Type::Url, Value::Place(Place::Url(_)))
        | (Type::StringBuilder, Value::Builder(_))
        | (Type::Random, Value::Random(_))
        | (Type::Function, Value::Function(_))
        // `List` also stands for the interfaces that all collections have.
        | (Type::List(_) | Type::Native("MatchCollection"), Value::List(_))
        | (Type::Dictionary(_), Value::Dictionary(_)) => true,
        (Type::Dictionary(_), Value::Place(place)) => place.is_dictionary(),
        (Type::JValue, Value::Json(json)) => !matches!(json, Json::Array(_) | Json::Object(_) | Json::Property(_)),
        (Type::DateTime, Value::DateTime(moment)) => !matches!(moment.kind, Kind::Offset(_)),
        (Type::DateTimeOffset, Value::DateTime(moment)) => matches!(moment.kind, Kind::Offset(_)),
        (Type::Exception(class), Value::Exception(fault)) => catches(class, fault.exception),
        (Type::Enum(name), Value::Enum((known, _))) => name == known,
        (Type::Set(_), Value::List(list)) => matches!(list.kind, ListKind::Set { .. }),
        (Type::Queue(_), Value::List(list)) => list.kind == ListKind::Queue,
        (Type::Stack(_), Value::List(list)) => list.kind == ListKind::Stack,
        (Type::Native(class), Value::Native(object)) => object.is(class),
        (Type::Native(class), Value::Record(record)) => {
            record.type_name.rsplit('.').next() == Some(class)
        }
        (Type::Array(item), Value::Bytes(_)) => **item == Type::Byte,
        (Type::Array(_), Value::List(list)) => list.kind == ListKind::Array,
        (Type::List(item), Value::Json(Json::Array(_) | Json::Object(_))) => **item == Type::Token,
        (Type::Nullable(inner), value) => is_instance(value, inner),
        _ => false,
    }
}

/// A cast from `object`: the type must be the very one.
pub(super) fn unbox(value: Value, named: &Type) -> Outcome {
    match (&value, named) {
        (Value::Null, Type::Nullable(_)) => Ok(Value::Null),
        (Value::Null, named) if named.nullable() => Ok(Value::Null),
        (Value::Null, _) => Err(Fault::null()),
        (value_of, named) if is_instance(value_of, named) => Ok(value),
        _ => Err(Fault::cast(value.type_name(), named.full_name())),
    }
}

/// A cast from any other static type.
pub(super) fn cast(value: Value, named: &Type) -> Outcome {
    match (named, &value) {
        (Type::Object, _) => Ok(value),
        (Type::Nullable(_), Value::Null | Value::Json(Json::Null)) => Ok(Value::Null),
        (Type::Nullable(inner), _) => cast(value, inner),
        (named, Value::Json(json)) if !json_type(named) => from_json(json, named),
        (Type::Token | Type::JValue, _) if to_json(&value).is_some() => assigned(value, named),
        (named, _) if numeric(named) && operator::is_number(&value) => {
            match super::numbers::cast(&value, named) {
                Some(converted) => converted.map(|wide| narrow(&wide, named)),
                None => Ok(narrow(&value, named)),
            }
        }
        (Type::Int | Type::Long, Value::Enum((class, member))) => enum_number(class, member)
            .map(|number| narrow(&Value::Int(number), named))
            .ok_or_else(|| Fault::unsupported(format!("({}){class}.{member}", named.full_name()))),
        (Type::DateTimeOffset, Value::DateTime(moment)) => {
            Ok(Value::DateTime(with_offset(*moment)))
        }
        (named, Value::Null) if named.nullable() => Ok(Value::Null),
        // Only a missing JSON value has a static type that casts to a number.
        (_, Value::Null) => Err(Fault::null_argument("value")),
        (named, _) if is_instance(&value, named) => Ok(value),
        _ => Err(Fault::cast(value.type_name(), named.full_name())),
    }
}

pub(super) fn with_offset(moment: DateTime) -> DateTime {
    match moment.kind {
        Kind::Offset(_) => moment,
        _ => DateTime {
            kind: Kind::Offset(0),
            ..moment
        },
    }
}

fn json_type(named: &Type) -> bool {
    matches!(
        named,
        Type::Token | Type::JObject | Type::JArray | Type::JValue | Type::JProperty | Type::List(_)
    )
}

fn numeric(named: &Type) -> bool {
    matches!(
        named,
        Type::Byte
            | Type::SByte
            | Type::Short
            | Type::UShort
            | Type::Int
            | Type::UInt
            | Type::Long
            | Type::ULong
            | Type::Float
            | Type::Double
            | Type::Decimal
            | Type::Char
    )
}

/// The number of a member, in enumerations that count from zero.
fn enum_number(class: &str, member: &str) -> Option<i32> {
    if class != "DayOfWeek" && class != "DateTimeKind" {
        return None;
    }
    let (_, members) = ENUMS.iter().find(|(known, _)| *known == class)?;
    let index = members.iter().position(|known| *known == member)?;
    i32::try_from(index).ok()
}

/// A cast inside `checked`: what does not fit is an exception.
pub(super) fn cast_checked(value: Value, named: &Type) -> Outcome {
    let integer = numeric(named)
        && !matches!(named, Type::Float | Type::Double | Type::Decimal)
        && operator::is_number(&value);
    let wanted = value.as_f64();
    let result = cast(value, named)?;
    if integer
        && let (Some(wanted), Some(found)) = (wanted, result.as_f64())
        && libm::trunc(wanted).total_cmp(&found).is_ne()
        && (libm::trunc(wanted) - found).abs() >= 1.0
    {
        return Err(operator::overflow());
    }
    Ok(result)
}

/// An explicit numeric conversion: it cuts off fractions and wraps.
fn narrow(value: &Value, named: &Type) -> Value {
    if matches!(named, Type::Float | Type::Decimal | Type::ULong) {
        return value.clone();
    }
    if *named == Type::Double {
        return Value::Double(value.as_f64().unwrap_or(0.0));
    }
    let whole = match value {
        Value::Char(unit) => i64::from(*unit),
        Value::Double(number) => truncated(*number),
        other => other.as_i64().unwrap_or(0),
    };
    let low = wrapped(whole);
    match named {
        Type::Byte => Value::Int(low & 0xff),
        Type::SByte => Value::Int(low << 24 >> 24),
        Type::UShort => Value::Int(low & 0xffff),
        Type::Char => Value::Char(u16::try_from(low & 0xffff).unwrap_or(0)),
        Type::Short => Value::Int(low << 16 >> 16),
        Type::UInt => Value::Long(whole & 0xffff_ffff),
        Type::Long => Value::Long(whole),
        _ => Value::Int(low),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast saturates, as current .NET does"
)]
pub(super) fn truncated(number: f64) -> i64 {
    number as i64
}

/// An implicit conversion: to a variable with a declared type.
pub(super) fn assigned(value: Value, named: &Type) -> Outcome {
    match (named, &value) {
        (Type::Nullable(inner), _) if !matches!(value, Value::Null) => assigned(value, inner),
        (Type::Object | Type::Nullable(_), _)
        | (Type::UInt, Value::Long(_))
        | (Type::Token | Type::JValue, Value::Json(_) | Value::Null) => Ok(value),
        (Type::Long | Type::UInt, Value::Int(_) | Value::Char(_))
        | (Type::Double, Value::Int(_) | Value::Long(_) | Value::Char(_))
        | (Type::Int | Type::UShort, Value::Char(_))
        | (Type::Byte | Type::SByte | Type::Short | Type::UShort, Value::Int(_)) => {
            Ok(narrow(&value, named))
        }
        (
            Type::Float | Type::Decimal | Type::ULong,
            Value::Int(_) | Value::Long(_) | Value::ULong(_) | Value::Char(_),
        )
        | (Type::Double, Value::Float(_) | Value::ULong(_)) => cast(value, named),
        (Type::Token | Type::JValue, _) => match to_json(&value) {
            Some(json) => Ok(Value::Json(json)),
            None => Err(mismatch(&value, named)),
        },
        (Type::DateTimeOffset, Value::DateTime(moment)) => {
            Ok(Value::DateTime(with_offset(*moment)))
        }
        (named, Value::Null) if named.nullable() => Ok(value),
        (named, _) if is_instance(&value, named) => Ok(value),
        _ => Err(mismatch(&value, named)),
    }
}

fn mismatch(value: &Value, named: &Type) -> Raise {
    let (from, to) = (value.type_name(), named.full_name());
    Fault::refused(format!(
        "C# cannot convert `{from}` to `{to}` without a cast"
    ))
}

/// The JSON node that a scalar implicitly becomes.
pub(super) fn to_json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(bool) => Json::Bool(*bool),
        Value::Int(number) => Json::Int(i64::from(*number)),
        Value::Long(number) => Json::Int(*number),
        Value::Double(number) => Json::Float(*number),
        Value::ULong(number) => match i64::try_from(*number) {
            Ok(number) => Json::Int(number),
            Err(_) => Json::Float(*number as f64),
        },
        Value::Float(_) | Value::Decimal(_) => Json::Float(value.to_text().parse().ok()?),
        Value::Str(text) => Json::Str(text.clone()),
        Value::Char(_) | Value::Guid(_) | Value::TimeSpan(_) | Value::Uri(_) => {
            Json::text(value.to_text())
        }
        Value::DateTime(moment) => Json::Date(*moment),
        Value::Json(json) => json.clone(),
        _ => return None,
    })
}

/// `(T)token`, Newtonsoft's explicit conversions.
fn from_json(json: &Json, named: &Type) -> Outcome {
    let refused = || {
        let target = named.full_name();
        let target = target.rsplit('.').next().unwrap_or_default();
        Fault::argument(format!("Can not convert {} to {target}.", json.kind()))
    };
    if let Json::Property(property) = json {
        return from_json(&property.value(), named);
    }
    let scalar = json.scalar();
    match (named, json) {
        (_, Json::Array(_) | Json::Object(_)) | (Type::Bool, Json::Date(_)) => Err(refused()),
        (Type::Str | Type::Uri, Json::Null) => Ok(Value::Null),
        (Type::Str, Json::Bool(bool)) => Ok(Value::text(bool_text(*bool))),
        (Type::Str, _) => Ok(Value::text(scalar.to_text())),
        (_, Json::Null) => Err(refused()),
        (Type::Bool, _) => to_bool(&scalar).map(Value::Bool),
        (Type::Double, _) => to_double(&scalar).map(Value::Double),
        (Type::Decimal, _) => to_decimal(&scalar).map(Value::Decimal),
        (Type::Float | Type::ULong, Json::Int(_) | Json::Float(_)) => cast(scalar, named),
        (named, Json::Date(_)) if numeric(named) => Err(refused()),
        (Type::Long | Type::UInt, _) => to_long(&scalar).map(Value::Long),
        (named, _) if numeric(named) => {
            to_int(&scalar).map(|number| narrow(&Value::Int(number), named))
        }
        (Type::DateTime, _) => to_date(&scalar, false),
        (Type::DateTimeOffset, _) => to_date(&scalar, true),
        (Type::Guid, Json::Str(text)) => parse_guid(text)
            .map(Value::Guid)
            .ok_or_else(|| Fault::format("Unrecognized Guid format.")),
        (Type::TimeSpan, Json::Str(text)) => TimeSpan::parse(text).map(Value::TimeSpan),
        (Type::Uri, Json::Str(text)) => Ok(Value::Uri(Arc::new(
            Uri::absolute(text).unwrap_or_else(|| Uri::relative(text)),
        ))),
        _ => Err(refused()),
    }
}

pub(super) fn to_date(value: &Value, offset: bool) -> Outcome {
    match value {
        Value::DateTime(moment) if offset => Ok(Value::DateTime(with_offset(*moment))),
        Value::DateTime(moment) => Ok(Value::DateTime(*moment)),
        Value::Str(text) => DateTime::parse(text, offset).map(Value::DateTime),
        other => Err(Fault::cast(other.type_name(), "System.DateTime")),
    }
}

pub(super) fn to_bool(value: &Value) -> Result<bool, Raise> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(bool) => Ok(*bool),
        Value::Str(text) => parse_bool(text).ok_or_else(|| {
            Fault::format(format!(
                "String '{text}' was not recognized as a valid Boolean."
            ))
        }),
        Value::Json(json) if is_instance(value, &Type::JValue) => to_bool(&json.scalar()),
        other => match other.as_f64() {
            Some(number) if !matches!(other, Value::Char(_)) => Ok(number != 0.0),
            _ => Err(Fault::cast(other.type_name(), "System.IConvertible")),
        },
    }
}

pub(super) fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}

pub(super) fn to_int(value: &Value) -> Result<i32, Raise> {
    if let Value::Str(text) = value {
        return parse_int(text);
    }
    i32::try_from(to_long(value)?).map_err(|_| Fault::overflow("an Int32"))
}

pub(super) fn to_long(value: &Value) -> Result<i64, Raise> {
    match value {
        Value::Null => Ok(0),
        Value::Bool(bool) => Ok(i64::from(*bool)),
        Value::Char(unit) => Ok(i64::from(*unit)),
        Value::Str(text) => parse_long(text),
        Value::Decimal(number) => {
            decimal::to_i64(number.round()).ok_or_else(|| Fault::overflow("an Int64"))
        }
        Value::Float(number) => to_long(&Value::Double(f64::from(*number))),
        Value::Double(number) => {
            let rounded = libm::rint(*number);
            if rounded.is_nan() || rounded.abs() >= 9.223_372_036_854_776e18 {
                return Err(Fault::overflow("an Int64"));
            }
            Ok(truncated(rounded))
        }
        Value::Json(json) if is_instance(value, &Type::JValue) => to_long(&json.scalar()),
        other => other
            .as_i64()
            .ok_or_else(|| Fault::cast(other.type_name(), "System.IConvertible")),
    }
}

pub(super) fn to_double(value: &Value) -> Result<f64, Raise> {
    match value {
        Value::Null => Ok(0.0),
        Value::Bool(bool) => Ok(f64::from(u8::from(*bool))),
        Value::Str(text) => parse_double(text).ok_or_else(not_a_number),
        Value::Json(json) if is_instance(value, &Type::JValue) => to_double(&json.scalar()),
        other => other
            .as_f64()
            .ok_or_else(|| Fault::cast(other.type_name(), "System.IConvertible")),
    }
}

pub(super) fn to_decimal(value: &Value) -> Result<Decimal, Raise> {
    match value {
        Value::Null => Ok(Decimal::ZERO),
        Value::Bool(bool) => Ok(Decimal::from(u8::from(*bool))),
        Value::Str(text) => parse_decimal(text),
        Value::Json(json) if is_instance(value, &Type::JValue) => to_decimal(&json.scalar()),
        other => match cast(other.clone(), &Type::Decimal)? {
            Value::Decimal(number) => Ok(number),
            _ => Err(Fault::cast(other.type_name(), "System.IConvertible")),
        },
    }
}

pub(super) fn parse_decimal(text: &str) -> Result<Decimal, Raise> {
    let plain = text.trim().replace(',', "");
    if parse_double(text).is_none() || plain.contains(['e', 'E', 'N', 'I']) {
        return Err(not_a_number());
    }
    decimal::parse(&plain).ok_or_else(|| Fault::overflow("a Decimal"))
}

fn not_a_number() -> Raise {
    Fault::format("Input string was not in a correct format.")
}

pub(super) fn parse_int(text: &str) -> Result<i32, Raise> {
    let number = whole(text).ok_or_else(not_a_number)?;
    i32::try_from(number).map_err(|_| Fault::overflow("an Int32"))
}

pub(super) fn parse_long(text: &str) -> Result<i64, Raise> {
    let number = whole(text).ok_or_else(not_a_number)?;
    i64::try_from(number).map_err(|_| Fault::overflow("an Int64"))
}

/// A sign and digits, blanks around; more digits than fit become a number too large.
fn whole(text: &str) -> Option<i128> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(if text.starts_with('-') {
        i128::MIN
    } else {
        i128::MAX
    }))
}

pub(super) fn parse_double(text: &str) -> Option<f64> {
    let text = text.trim();
    match text {
        "NaN" => return Some(f64::NAN),
        "Infinity" | "∞" => return Some(f64::INFINITY),
        "-Infinity" | "-∞" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.,eE".contains(&byte));
    if !plain || text.starts_with(',') {
        return None;
    }
    text.replace(',', "").parse().ok()
}
