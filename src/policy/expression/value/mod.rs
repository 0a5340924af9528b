//! Values of expressions, and how they become text. What changes a value is in `evaluate`.

mod collection;
mod date;
mod date_format;
mod date_parse;
pub(super) mod decimal;
pub(super) mod encoding;
mod json;
mod json_read;
mod json_write;
mod native;
mod number;
mod uri;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use collection::{Dictionary, List, ListKind, Record};
pub(super) use date::{DateTime, Fields, Kind, TICKS_PER_SECOND, TimeSpan, days_in_month, leap};
pub(super) use date_parse::Styles;
pub(super) use json::{Array, Json, Object, Property};
pub(super) use json_read::read as read_json;
pub(super) use json_write::write as write_json;
pub(super) use native::{Capture, Found, Hasher, Native};
pub(super) use number::{double_text, float_text, format_decimal, format_double, format_integer};
pub(super) use uri::{Uri, authority};

use super::ast::Lambda;
use super::fault::Fault;
use super::types::Type;
use crate::base::Seed;
use crate::policy::message::{Response, Url};

/// What an expression computes with: C#'s values as far as policies can see them. Cheap to clone;
/// what C# passes by reference is shared.
#[derive(Clone)]
#[expect(
    private_interfaces,
    reason = "other modules make, keep and print values; only expressions look inside"
)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    ULong(u64),
    Float(f32),
    Double(f64),
    Decimal(decimal::Decimal),
    /// A UTF-16 unit, as in C#.
    Char(u16),
    Str(Arc<str>),
    DateTime(DateTime),
    TimeSpan(TimeSpan),
    Guid([u8; 16]),
    Bytes(Arc<[u8]>),
    Json(Json),
    List(Arc<List>),
    Dictionary(Arc<Dictionary>),
    /// An object of read-only fields: anonymous, or a key with its value.
    Record(Arc<Record>),
    Builder(Arc<Mutex<String>>),
    Random(Arc<Mutex<Seed>>),
    Uri(Arc<Uri>),
    Exception(Arc<Fault>),
    /// An object of a class that is only asked: a hash, a regular expression, a match.
    Native(Arc<Native>),
    /// A member of an enumeration, or a named singleton such as `Encoding.UTF8`.
    Enum(&'static (&'static str, &'static str)),
    Type(Arc<Type>),
    Function(Arc<Lambda>),
    Place(Place),
}

/// A part of `context`, read when something asks for it, so that a path copies nothing.
#[derive(Clone)]
pub(crate) enum Place {
    Context,
    Api,
    Operation,
    Product,
    User,
    Subscription,
    Deployment,
    Gateway,
    Request,
    LastError,
    Variables,
    MatchedParameters,
    Response(Source),
    Headers(Source),
    Body(Source),
    Url(UrlSource),
    Query(UrlSource),
}

/// Which message a part belongs to.
#[derive(Clone)]
pub(crate) enum Source {
    Request,
    Response,
    /// A response that a variable holds.
    Own(Arc<Mutex<Response>>),
}

#[derive(Clone)]
pub(crate) enum UrlSource {
    Request,
    Original,
    Own(Arc<Url>),
}

/// A date in any form that .NET reads, written by a pattern of .NET's; `None` for what is no date.
pub(crate) fn format_date(text: &str, pattern: &str) -> Option<Result<String, String>> {
    let moment = DateTime::parse(text, false).ok()?;
    let text = moment.format(pattern);
    Some(text.map_err(|raised| raised.into_fault().message))
}

/// The default text of a date that Newtonsoft would take for one while it reads JSON.
pub(crate) fn json_date(text: &str) -> Option<String> {
    let millis = text
        .strip_prefix("/Date(")
        .and_then(|rest| rest.strip_suffix(")/"));
    if let Some(millis) = millis {
        let moment = jiff::Timestamp::from_millisecond(millis.parse().ok()?).ok()?;
        return Some(DateTime::from_timestamp(moment, Kind::Utc).to_text());
    }
    DateTime::from_json(text).map(DateTime::to_text)
}

/// A lock that no panic can poison for good: these values hold no broken state.
pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Value {
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// An integer of any width.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(i64::from(*number)),
            Value::Long(number) => Some(*number),
            Value::ULong(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// A value of its own that later changes do not reach, as a cache keeps it. `None` for a part
    /// of `context`, which means something else in every request.
    pub(crate) fn snapshot(&self) -> Option<Value> {
        match self {
            Value::Json(json) => json.copy(0).ok().map(Value::Json),
            Value::Place(_) => self.as_response().map(Value::from),
            value => Some(value.clone()),
        }
    }

    /// What `get-authorization-context` leaves: an object with `AccessToken` and `Claims`.
    pub(crate) fn authorization(token: &str, claims: &BTreeMap<String, String>) -> Value {
        let claims = claims
            .iter()
            .map(|(name, value)| (Value::text(name), Value::text(value)));
        let claims = Dictionary::new(claims.collect(), false);
        let fields = vec![
            (Arc::from("AccessToken"), Value::text(token)),
            (Arc::from("Claims"), Value::Dictionary(Arc::new(claims))),
        ];
        Value::Record(Arc::new(Record {
            type_name: "Authorization",
            fields,
        }))
    }

    /// The response that a variable holds.
    pub(crate) fn as_response(&self) -> Option<Response> {
        match self {
            Value::Place(Place::Response(Source::Own(response))) => Some(lock(response).clone()),
            _ => None,
        }
    }

    /// What C#'s `ToString()` gives, and nothing for `null`: what a policy attribute or a header
    /// becomes.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Bool(bool) => bool_text(*bool).to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Long(number) => number.to_string(),
            Value::ULong(number) => number.to_string(),
            Value::Float(number) => float_text(*number),
            Value::Double(number) => double_text(*number),
            Value::Decimal(number) => number.to_string(),
            Value::Native(native) => native.to_text(),
            Value::Char(unit) => String::from_utf16_lossy(&[*unit]),
            Value::Str(text) => text.to_string(),
            Value::DateTime(moment) => moment.to_text(),
            Value::TimeSpan(span) => span.to_text(),
            Value::Guid(bytes) => encoding::guid_text(bytes),
            Value::Json(json) => json.to_text(),
            Value::Record(record) => record.to_text(),
            Value::Builder(text) => lock(text).clone(),
            Value::Uri(uri) => uri.to_string(),
            Value::Exception(fault) => format!("{}: {}", fault.full_name(), fault.message),
            Value::Enum((_, member)) => (*member).to_owned(),
            Value::Type(named) => named.full_name().into_owned(),
            Value::Place(Place::Url(UrlSource::Own(url))) => url.to_string(),
            Value::Bytes(_)
            | Value::List(_)
            | Value::Dictionary(_)
            | Value::Random(_)
            | Value::Function(_)
            | Value::Place(_) => self.type_name().to_owned(),
        }
    }

    /// The name of the value's type, as .NET's messages give it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "System.Boolean",
            Value::Int(_) => "System.Int32",
            Value::Long(_) => "System.Int64",
            Value::ULong(_) => "System.UInt64",
            Value::Float(_) => "System.Single",
            Value::Double(_) => "System.Double",
            Value::Decimal(_) => "System.Decimal",
            Value::Native(native) => native.type_name(),
            Value::Char(_) => "System.Char",
            Value::Str(_) => "System.String",
            Value::DateTime(moment) => moment.type_name(),
            Value::TimeSpan(_) => "System.TimeSpan",
            Value::Guid(_) => "System.Guid",
            Value::Bytes(_) => "System.Byte[]",
            Value::Json(json) => json.type_name(),
            Value::List(list) => list.type_name(),
            Value::Dictionary(_) => "System.Collections.Generic.Dictionary",
            Value::Record(record) => record.type_name,
            Value::Builder(_) => "System.Text.StringBuilder",
            Value::Random(_) => "System.Random",
            Value::Uri(_) => "System.Uri",
            Value::Exception(fault) => fault.exception,
            Value::Enum((name, _)) => name,
            Value::Type(_) => "System.Type",
            Value::Function(_) => "System.Func",
            Value::Place(place) => place.type_name(),
        }
    }

    /// Equality as `Equals` and, for values of one type, `==` see it.
    pub(super) fn equals(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Char(left), Value::Char(right)) => left == right,
            (Value::Str(left), Value::Str(right)) => left == right,
            (Value::DateTime(left), Value::DateTime(right)) => left.instant() == right.instant(),
            (Value::TimeSpan(left), Value::TimeSpan(right)) => left == right,
            (Value::Guid(left), Value::Guid(right)) => left == right,
            (Value::Uri(left), Value::Uri(right)) => left == right,
            (Value::Enum(left), Value::Enum(right)) => left == right,
            (Value::Type(left), Value::Type(right)) => left == right,
            (Value::Json(left), Value::Json(right)) => left.same(right),
            (Value::Record(left), Value::Record(right)) => {
                Arc::ptr_eq(left, right) || left.equals(right)
            }
            (Value::List(left), Value::List(right)) => Arc::ptr_eq(left, right),
            (Value::Dictionary(left), Value::Dictionary(right)) => Arc::ptr_eq(left, right),
            (Value::Bytes(left), Value::Bytes(right)) => Arc::ptr_eq(left, right),
            (Value::Builder(left), Value::Builder(right)) => Arc::ptr_eq(left, right),
            (Value::Random(left), Value::Random(right)) => Arc::ptr_eq(left, right),
            (Value::Exception(left), Value::Exception(right)) => Arc::ptr_eq(left, right),
            (Value::Function(left), Value::Function(right)) => Arc::ptr_eq(left, right),
            (Value::Native(left), Value::Native(right)) => Arc::ptr_eq(left, right),
            (Value::Place(left), Value::Place(right)) => left == right,
            (Value::Decimal(left), Value::Decimal(right)) => left == right,
            (Value::ULong(left), Value::ULong(right)) => left == right,
            (left, right) => match (left.as_i64(), right.as_i64()) {
                (Some(left), Some(right)) => left == right,
                _ => {
                    matches!((left.as_f64(), right.as_f64()), (Some(left), Some(right)) if same_number(left, right))
                }
            },
        }
    }

    /// A number of any kind, or a character, as C# promotes it to `double`.
    pub(super) fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(number) => Some(f64::from(*number)),
            Value::Long(number) => Some(*number as f64),
            Value::ULong(number) => Some(*number as f64),
            Value::Float(number) => Some(f64::from(*number)),
            Value::Double(number) => Some(*number),
            Value::Decimal(number) => Some(decimal::to_f64(*number)),
            Value::Char(unit) => Some(f64::from(*unit)),
            _ => None,
        }
    }

    /// What `using` may hold.
    pub(super) fn is_disposable(&self) -> bool {
        match self {
            Value::Native(native) => matches!(**native, Native::Hasher(_)),
            other => matches!(other, Value::Null),
        }
    }

    pub(super) fn text(text: impl AsRef<str>) -> Value {
        Value::Str(Arc::from(text.as_ref()))
    }

    pub(super) fn array(items: Vec<Value>) -> Value {
        Value::List(Arc::new(List::new(ListKind::Array, items)))
    }

    pub(super) fn list(items: Vec<Value>) -> Value {
        Value::List(Arc::new(List::new(ListKind::List, items)))
    }
}

#[expect(clippy::float_cmp, reason = "C# compares doubles exactly")]
fn same_number(left: f64, right: f64) -> bool {
    left == right
}

pub(super) fn bool_text(bool: bool) -> &'static str {
    if bool { "True" } else { "False" }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.equals(other)
    }
}

impl fmt::Debug for Value {
    /// Not the fields: a list may hold itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Str(text) => write!(f, "{text:?}"),
            _ => write!(f, "{} {}", self.type_name(), self.to_text()),
        }
    }
}

impl Place {
    pub(super) fn is_dictionary(&self) -> bool {
        matches!(
            self,
            Place::Variables | Place::MatchedParameters | Place::Headers(_) | Place::Query(_)
        )
    }

    fn type_name(&self) -> &'static str {
        match self {
            Place::Context => "IProxyRequestContext",
            Place::Api => "IApi",
            Place::Operation => "IOperation",
            Place::Product => "IProduct",
            Place::User => "IUser",
            Place::Subscription => "ISubscription",
            Place::Deployment => "IDeployment",
            Place::Gateway => "IGateway",
            Place::Request => "IRequest",
            Place::LastError => "ILastError",
            Place::Variables | Place::MatchedParameters | Place::Headers(_) | Place::Query(_) => {
                "System.Collections.Generic.Dictionary"
            }
            Place::Response(_) => "IResponse",
            Place::Body(_) => "IMessageBody",
            Place::Url(_) => "IUrl",
        }
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Place) -> bool {
        match (self, other) {
            (Place::Response(left), Place::Response(right))
            | (Place::Headers(left), Place::Headers(right))
            | (Place::Body(left), Place::Body(right)) => left.same(right),
            (Place::Url(left), Place::Url(right)) | (Place::Query(left), Place::Query(right)) => {
                left.same(right)
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Source {
    fn same(&self, other: &Source) -> bool {
        match (self, other) {
            (Source::Own(left), Source::Own(right)) => Arc::ptr_eq(left, right),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl UrlSource {
    fn same(&self, other: &UrlSource) -> bool {
        match (self, other) {
            (UrlSource::Own(left), UrlSource::Own(right)) => left == right,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Value {
        Value::Bool(bool)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Value {
        Value::Int(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Long(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Double(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Str(text.into())
    }
}

impl From<Response> for Value {
    /// What `send-request` leaves in its variable.
    fn from(response: Response) -> Value {
        Value::Place(Place::Response(Source::Own(Arc::new(Mutex::new(response)))))
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Value {
        Value::Json(json)
    }
}
