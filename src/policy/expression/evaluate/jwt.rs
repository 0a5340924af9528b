//! `AsJwt()`, `AsBasic()`: reading credentials. Nothing here checks a signature; that is what
//! `validate-jwt` is for.

use std::sync::Arc;

use super::{Eval, Interpreter};
use crate::policy::expression::value::{
    DateTime, Dictionary, Json, Kind, Record, Value, encoding, read_json,
};

const JWT: &str = "Jwt";
const BASIC: &str = "BasicAuthCredentials";

/// Claims of the standard that have a member of their own and are no text.
const DATES: [(&str, &str); 3] = [
    ("ExpirationTime", "exp"),
    ("IssuedAt", "iat"),
    ("NotBefore", "nbf"),
];

impl Interpreter<'_> {
    /// The token, with or without `Bearer` before it; null when the text is none.
    pub(super) fn as_jwt(&mut self, text: &str) -> Eval {
        self.allocate(text.len() * 4)?;
        Ok(read_jwt(text).unwrap_or(Value::Null))
    }

    /// User and password of `Basic …`; null when the text is something else.
    pub(super) fn as_basic(&mut self, text: &str) -> Eval {
        self.allocate(text.len())?;
        let read = || {
            let encoded = text.trim().strip_prefix("Basic ")?;
            let bytes = encoding::from_base64(encoded.trim()).ok()?;
            let plain = String::from_utf8(bytes).ok()?;
            let (user, password) = plain.split_once(':')?;
            Some(record(
                BASIC,
                [
                    ("UserId", Value::text(user)),
                    ("Password", Value::text(password)),
                ]
                .into(),
            ))
        };
        Ok(read().unwrap_or(Value::Null))
    }
}

fn record(type_name: &'static str, fields: Vec<(&'static str, Value)>) -> Value {
    let fields = fields
        .into_iter()
        .map(|(name, value)| (Arc::from(name), value))
        .collect();
    Value::Record(Arc::new(Record { type_name, fields }))
}

/// The `Jwt` that expressions see, with or without `Bearer` before the text; `None` when it is no token.
pub(crate) fn read_jwt(text: &str) -> Option<Value> {
    let text = text.trim();
    let token = text
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map_or(text, |(_, token)| token.trim());
    let mut parts = token.split('.');
    let (header, payload) = (part(parts.next()?)?, part(parts.next()?)?);
    parts.next()?;
    if parts.next().is_some() {
        return None;
    }
    let header = fields(&header)?;
    let claims = fields(&payload)?;
    let text_of = |from: &[(Arc<str>, Json)], name: &str| {
        let found = from.iter().find(|(known, _)| &**known == name);
        found.map_or(Value::Null, |(_, json)| Value::text(claim(json)))
    };
    let mut members = vec![
        ("Algorithm", text_of(&header, "alg")),
        ("Type", text_of(&header, "typ")),
        ("Id", text_of(&claims, "jti")),
        ("Issuer", text_of(&claims, "iss")),
        ("Subject", text_of(&claims, "sub")),
        ("Audiences", Value::list(values(&claims, "aud"))),
    ];
    for (member, name) in DATES {
        let seconds = claims.iter().find_map(|(known, json)| match json {
            Json::Int(seconds) if &**known == name => Some(*seconds),
            _ => None,
        });
        let date = seconds.and_then(|seconds| DateTime::from_unix(seconds, Kind::Utc).ok());
        members.push((member, date.map_or(Value::Null, Value::DateTime)));
    }
    let entries = claims
        .iter()
        .map(|(name, _)| {
            (
                Value::Str(name.clone()),
                Value::array(values(&claims, name)),
            )
        })
        .collect();
    let dictionary = Dictionary::joining(entries);
    members.push(("Claims", Value::Dictionary(Arc::new(dictionary))));
    Some(record(JWT, members))
}

fn part(text: &str) -> Option<Json> {
    let mut base64 = text.replace('-', "+").replace('_', "/");
    while !base64.len().is_multiple_of(4) {
        base64.push('=');
    }
    let bytes = encoding::from_base64(&base64).ok()?;
    read_json(std::str::from_utf8(&bytes).ok()?).ok()
}

fn fields(json: &Json) -> Option<Vec<(Arc<str>, Json)>> {
    match json {
        Json::Object(object) => Some(object.fields()),
        _ => None,
    }
}

fn claim(json: &Json) -> String {
    match json {
        Json::Bool(bool) => bool.to_string(),
        json => Value::Json(json.clone()).to_text(),
    }
}

/// Values of a claim: one, or those of its array.
fn values(claims: &[(Arc<str>, Json)], name: &str) -> Vec<Value> {
    let found = claims.iter().find(|(known, _)| &**known == name);
    match found.map(|(_, json)| json) {
        None => Vec::new(),
        Some(Json::Array(array)) => array
            .items()
            .iter()
            .map(|item| Value::text(claim(item)))
            .collect(),
        Some(json) => vec![Value::text(claim(json))],
    }
}
