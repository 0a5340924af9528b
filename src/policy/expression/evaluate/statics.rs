//! Static members: which part of the interpreter knows the class, and the small classes.

use std::sync::{Arc, Mutex};

use super::convert;
use super::math::math;
use super::operator::{self, now};
use super::text_static::char_static;
use super::time::{date_static, span_static};
use super::{Eval, Interpreter};
use crate::base::Seed;
use crate::policy::expression::ast::Call;
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::{ENUMS, Type};
use crate::policy::expression::value::decimal::Decimal;
use crate::policy::expression::value::{
    DateTime, Json, Kind, TimeSpan, Uri, Value, encoding, lock,
};

type Symbol = &'static (&'static str, &'static str);

const ENCODINGS: [Symbol; 4] = [
    &("Encoding", "UTF8"),
    &("Encoding", "ASCII"),
    &("Encoding", "Unicode"),
    &("Encoding", "Default"),
];
const CULTURE: Symbol = &("CultureInfo", "InvariantCulture");

impl Interpreter<'_> {
    pub(super) fn static_member(&mut self, named: &Type, name: &str) -> Eval {
        Ok(match (named, name) {
            (Type::Str, "Empty") => Value::text(""),
            (Type::Guid, "Empty") => Value::Guid([0; 16]),
            (Type::Int, "MaxValue") => Value::Int(i32::MAX),
            (Type::Int, "MinValue") => Value::Int(i32::MIN),
            (Type::Long, "MaxValue") => Value::Long(i64::MAX),
            (Type::Long, "MinValue") => Value::Long(i64::MIN),
            (Type::ULong, "MaxValue") => Value::ULong(u64::MAX),
            (Type::ULong, "MinValue") => Value::ULong(0),
            (Type::Float, "MaxValue") => Value::Float(f32::MAX),
            (Type::Float, "MinValue") => Value::Float(f32::MIN),
            (Type::Decimal, "MaxValue") => Value::Decimal(Decimal::MAX),
            (Type::Decimal, "MinValue") => Value::Decimal(Decimal::MIN),
            (Type::Decimal, "Zero") => Value::Decimal(Decimal::ZERO),
            (Type::Decimal, "One") => Value::Decimal(Decimal::ONE),
            (Type::Double, "MaxValue") => Value::Double(f64::MAX),
            (Type::Double, "MinValue") => Value::Double(f64::MIN),
            (Type::Double, "NaN") => Value::Double(f64::NAN),
            (Type::DateTime, "UtcNow") => Value::DateTime(now(self.context, Kind::Utc)),
            (Type::DateTime, "Now") => Value::DateTime(now(self.context, Kind::Local)),
            (Type::DateTime, "Today") => Value::DateTime(now(self.context, Kind::Local).date()),
            (Type::DateTimeOffset, "UtcNow" | "Now") => {
                Value::DateTime(now(self.context, Kind::Offset(0)))
            }
            (Type::DateTime, "MinValue") => Value::DateTime(DateTime::MIN),
            (Type::DateTime, "MaxValue") => Value::DateTime(DateTime::MAX),
            (Type::DateTime, "UnixEpoch") => Value::DateTime(DateTime::from_unix(0, Kind::Utc)?),
            (Type::DateTimeOffset, "UnixEpoch") => {
                Value::DateTime(DateTime::from_unix(0, Kind::Offset(0))?)
            }
            (Type::TimeSpan, "Zero") => Value::TimeSpan(TimeSpan(0)),
            (Type::TimeSpan, "MaxValue") => Value::TimeSpan(TimeSpan(i64::MAX)),
            (Type::Static("Math"), "PI") => Value::Double(std::f64::consts::PI),
            (Type::Static("Math"), "E") => Value::Double(std::f64::consts::E),
            (Type::Static("Encoding"), _) => {
                let found = ENCODINGS.into_iter().find(|encoding| encoding.1 == name);
                Value::Enum(found.ok_or_else(|| static_unknown(named, name))?)
            }
            (Type::Static("CultureInfo"), "InvariantCulture" | "CurrentCulture") => {
                Value::Enum(CULTURE)
            }
            (Type::Enum(enumeration), _) => {
                enum_value(enumeration, name).ok_or_else(|| static_unknown(named, name))?
            }
            _ => return Err(static_unknown(named, name).into()),
        })
    }

    pub(super) fn static_call(
        &mut self,
        named: &Type,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        match named {
            Type::Str => self.string_static(name, arguments),
            Type::Static("Convert") => self.convert_static(name, arguments),
            Type::Static("Math") => math(name, arguments),
            Type::Static("Enumerable") => self.enumerable(name, types, arguments),
            Type::Static("WebUtility") => self.web_static(name, arguments),
            Type::Static("JsonConvert") => self.json_convert(name, types, arguments),
            Type::Static("BitConverter") => match (name, arguments) {
                ("ToString", [Value::Bytes(bytes)]) => {
                    let parts: Vec<String> =
                        bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                    self.new_text(parts.join("-"))
                }
                _ => Err(static_unknown(named, name).into()),
            },
            Type::Static("Encoding") => match (name, arguments) {
                ("GetEncoding", [Value::Str(wanted)]) if wanted.eq_ignore_ascii_case("utf-8") => {
                    Ok(Value::Enum(ENCODINGS[0]))
                }
                _ => Err(static_unknown(named, name).into()),
            },
            Type::JObject | Type::JArray | Type::Token => self.json_static(named, name, arguments),
            Type::DateTime | Type::DateTimeOffset => date_static(named, name, arguments),
            Type::TimeSpan => span_static(name, arguments),
            Type::Guid => match (name, arguments) {
                ("NewGuid", []) => Ok(Value::Guid(self.new_guid())),
                ("Parse", [Value::Str(text)]) => parsed(named, text),
                _ => Err(static_unknown(named, name).into()),
            },
            Type::Uri => self.uri_static(name, arguments),
            Type::Char => char_static(name, arguments),
            Type::Native(class) => self.native_static(class, name, arguments),
            Type::Int
            | Type::Long
            | Type::ULong
            | Type::Float
            | Type::Double
            | Type::Decimal
            | Type::Bool
                if name == "Parse" =>
            {
                match arguments {
                    [Value::Str(text), Value::Enum(("NumberStyles", style)), ..] => {
                        styled(named, text, style)
                    }
                    [Value::Str(text), ..] => parsed(named, text),
                    [Value::Null, ..] => Err(Fault::null_argument("s").into()),
                    _ => Err(Fault::refused("`Parse` needs a text, cast it: `(string)…`").into()),
                }
            }
            Type::Object if matches!(name, "Equals" | "ReferenceEquals") => match arguments {
                [left, right] => Ok(Value::Bool(left.equals(right))),
                _ => Err(static_unknown(named, name).into()),
            },
            _ => Err(static_unknown(named, name).into()),
        }
    }

    /// `T.TryParse(text, out …)`
    pub(super) fn try_parse(&mut self, named: &Type, call: &Call, arguments: &[Value]) -> Eval {
        let out = call
            .arguments
            .iter()
            .find_map(|argument| argument.out.as_ref());
        let supported = matches!(
            named,
            Type::Int
                | Type::Long
                | Type::ULong
                | Type::Float
                | Type::Double
                | Type::Decimal
                | Type::Bool
                | Type::DateTime
                | Type::DateTimeOffset
                | Type::TimeSpan
                | Type::Guid
                | Type::Uri
        );
        let date = matches!(named, Type::DateTime | Type::DateTimeOffset);
        let known = match &*call.method {
            "TryParse" | "TryCreate" => supported,
            "TryParseExact" => date,
            _ => false,
        };
        let (Some(out), true) = (out, known) else {
            return Err(static_unknown(named, &call.method).into());
        };
        let parsed = match arguments.first() {
            Some(Value::Str(_)) if date => {
                // The styles must be valid even where the text is not.
                super::time::styles(arguments)?;
                let method = call.method.strip_prefix("Try").unwrap_or_default();
                super::time::date_static(named, method, arguments).ok()
            }
            Some(Value::Str(text)) => match arguments.get(1) {
                Some(Value::Enum(("NumberStyles", style))) => styled(named, text, style).ok(),
                _ => parsed(named, text).ok(),
            },
            _ => None,
        };
        let found = parsed.is_some();
        self.store(out.slot, parsed.unwrap_or_else(|| convert::default(named)))?;
        Ok(Value::Bool(found))
    }

    /// Random bits in the form of version 4.
    fn new_guid(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let (low, high) = bytes.split_at_mut(8);
        low.copy_from_slice(&self.context.seed.next_u64().to_le_bytes());
        high.copy_from_slice(&self.context.seed.next_u64().to_le_bytes());
        bytes[7] = bytes[7] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        bytes
    }
}

/// `int.Parse(text, NumberStyles.…)`: what differs from without is hexadecimal.
fn styled(named: &Type, text: &str, style: &str) -> Eval {
    if !matches!(style, "HexNumber" | "AllowHexSpecifier") {
        return parsed(named, text);
    }
    let invalid = |_| Fault::format("Input string was not in a correct format.");
    let digits = text.trim();
    Ok(match named {
        Type::Int => {
            let bits = u32::from_str_radix(digits, 16).map_err(invalid)?;
            Value::Int(bits.cast_signed())
        }
        Type::Long => {
            let bits = u64::from_str_radix(digits, 16).map_err(invalid)?;
            Value::Long(bits.cast_signed())
        }
        _ => return Err(Fault::unsupported(format!("NumberStyles.{style}")).into()),
    })
}

fn parsed(named: &Type, text: &str) -> Eval {
    Ok(match named {
        Type::Int => Value::Int(convert::parse_int(text)?),
        Type::Long => Value::Long(convert::parse_long(text)?),
        Type::Double => {
            let message = "Input string was not in a correct format.";
            Value::Double(convert::parse_double(text).ok_or_else(|| Fault::format(message))?)
        }
        Type::Decimal => Value::Decimal(convert::parse_decimal(text)?),
        Type::ULong | Type::Float => {
            let number = Value::Decimal(convert::parse_decimal(text)?);
            convert::cast(number, named)?
        }
        Type::Bool => Value::Bool(convert::to_bool(&Value::text(text))?),
        Type::DateTime => Value::DateTime(DateTime::parse(text, false)?),
        Type::DateTimeOffset => Value::DateTime(DateTime::parse(text, true)?),
        Type::TimeSpan => Value::TimeSpan(TimeSpan::parse(text)?),
        Type::Uri => {
            let message = "Invalid URI: The format of the URI could not be determined.";
            let uri =
                Uri::absolute(text).ok_or_else(|| Fault::raise("UriFormatException", message))?;
            Value::Uri(Arc::new(uri))
        }
        _ => {
            let bytes = encoding::parse_guid(text)
                .ok_or_else(|| Fault::format("Unrecognized Guid format."))?;
            Value::Guid(bytes)
        }
    })
}

pub(super) fn static_unknown(named: &Type, name: &str) -> Raise {
    Fault::unsupported(format!("{}.{name}", named.full_name()))
}

fn enum_value(enumeration: &str, name: &str) -> Option<Value> {
    // Each member once for the whole program, so that a value is one pointer.
    static MEMBERS: std::sync::OnceLock<Vec<(&'static str, &'static str)>> =
        std::sync::OnceLock::new();
    let members = MEMBERS.get_or_init(|| {
        ENUMS
            .iter()
            .flat_map(|(class, members)| members.iter().map(|member| (*class, *member)))
            .collect()
    });
    members
        .iter()
        .find(|(class, member)| *class == enumeration && *member == name)
        .map(Value::Enum)
}

pub(super) fn type_of(value: &Value) -> Value {
    let named = match value {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Long(_) => Type::Long,
        Value::Double(_) => Type::Double,
        Value::ULong(_) => Type::ULong,
        Value::Float(_) => Type::Float,
        Value::Decimal(_) => Type::Decimal,
        Value::Char(_) => Type::Char,
        Value::Str(_) => Type::Str,
        Value::DateTime(moment) if matches!(moment.kind, Kind::Offset(_)) => Type::DateTimeOffset,
        Value::DateTime(_) => Type::DateTime,
        Value::TimeSpan(_) => Type::TimeSpan,
        Value::Guid(_) => Type::Guid,
        Value::Json(Json::Object(_)) => Type::JObject,
        Value::Json(Json::Array(_)) => Type::JArray,
        Value::Json(Json::Property(_)) => Type::JProperty,
        Value::Json(_) => Type::JValue,
        Value::Exception(fault) => Type::Exception(fault.exception),
        _ => return Value::text(value.type_name()),
    };
    Value::Type(Arc::new(named))
}

pub(super) fn random_call(seed: &Arc<Mutex<Seed>>, name: &str, arguments: &[Value]) -> Eval {
    let mut seed = lock(seed);
    let mut below = |low: i64, high: i64| {
        let width = u64::try_from(high - low).unwrap_or(0).max(1);
        low + i64::try_from(seed.below(width)).unwrap_or(0)
    };
    let number = match (name, arguments) {
        ("Next", []) => below(0, i64::from(i32::MAX)),
        ("Next", [Value::Int(high)]) if *high >= 0 => below(0, i64::from(*high)),
        ("Next", [Value::Int(low), Value::Int(high)]) if low <= high => {
            below(i64::from(*low), i64::from(*high))
        }
        ("Next", [Value::Int(_)]) => return Err(Fault::range("maxValue").into()),
        ("Next", [Value::Int(_), Value::Int(_)]) => {
            return Err(Fault::raise(
                "ArgumentOutOfRangeException",
                "'minValue' cannot be greater than maxValue.",
            )
            .into());
        }
        ("NextDouble", []) => return Ok(Value::Double(seed.unit())),
        _ => return Err(Fault::unsupported(format!("Random.{name}")).into()),
    };
    Ok(Value::Int(operator::wrapped(number)))
}
