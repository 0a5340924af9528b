//! Bodies of requests and responses.

use std::sync::Arc;

use super::convert;
use super::{Eval, Interpreter};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{Json, Source, Value, lock, read_json};
use crate::policy::message::Url;

impl Interpreter<'_> {
    /// `Body.AsFormUrlEncodedContent(preserveContent)`: names with all their values.
    pub(super) fn body_as_form(&mut self, source: &Source, arguments: &[Value]) -> Eval {
        let Value::Str(text) = self.body_as(source, &[Type::Str], arguments)? else {
            return Err(Fault::null().into());
        };
        let url = Url {
            query: text.to_string(),
            ..Url::default()
        };
        let mut entries: Vec<(Value, Vec<Value>)> = Vec::new();
        for (name, value) in url.query_pairs() {
            self.pay_for_items(2)?;
            self.spend(entries.len() / 8)?;
            let name = Value::from(name);
            match entries.iter_mut().find(|(known, _)| known.equals(&name)) {
                Some((_, values)) => values.push(Value::from(value)),
                None => entries.push((name, vec![Value::from(value)])),
            }
        }
        let entries = entries
            .into_iter()
            .map(|(name, values)| (name, Value::list(values)));
        Ok(super::dictionary::of(entries.collect()))
    }

    /// `Body.As<T>(preserveContent)`; without `preserveContent` the body is gone afterwards.
    pub(super) fn body_as(&mut self, source: &Source, types: &[Type], arguments: &[Value]) -> Eval {
        let preserve = match arguments {
            [] => false,
            [Value::Bool(preserve)] => *preserve,
            _ => return Err(Fault::refused("`As` takes `preserveContent`, a `bool`").into()),
        };
        let body = match source {
            Source::Request => self.context.request.body.clone(),
            Source::Response => self
                .context
                .response
                .as_ref()
                .and_then(|response| response.body.clone()),
            Source::Own(response) => lock(response).body.clone(),
        };
        let Some(bytes) = body else {
            return Err(Fault::null().into());
        };
        let named = types.first().unwrap_or(&Type::Str);
        self.allocate(bytes.len())?;
        self.spend(bytes.len() / 64)?;
        let value = match named {
            Type::Array(item) if **item == Type::Byte => Value::Bytes(Arc::from(&bytes[..])),
            Type::Str => Value::text(decoded(&bytes)),
            Type::Token | Type::JObject | Type::JArray | Type::JValue => {
                self.allocate(bytes.len().saturating_mul(2))?;
                let json = read_json(&decoded(&bytes))?;
                expect_json(json, named)?
            }
            other => {
                return Err(Fault::unsupported(format!("Body.As<{}>", other.full_name())).into());
            }
        };
        if !preserve {
            match source {
                Source::Request => self.context.request.body = None,
                Source::Response => {
                    if let Some(response) = &mut self.context.response {
                        response.body = None;
                    }
                }
                Source::Own(response) => lock(response).body = None,
            }
        }
        Ok(value)
    }
}

/// JSON as the kind of node that was asked for.
pub(super) fn expect_json(json: Json, named: &Type) -> Result<Value, Raise> {
    let value = Value::Json(json);
    if *named == Type::Object || convert::is_instance(&value, named) {
        return Ok(value);
    }
    let (wanted, Value::Json(json)) = (named.full_name(), &value) else {
        return Ok(value);
    };
    let wanted = wanted.rsplit('.').next().unwrap_or_default().to_owned();
    let message = format!(
        "Error reading {wanted} from JsonReader. Current JsonReader item is not {}: {}. Path '', line 1, position 1.",
        if wanted == "JArray" {
            "an array"
        } else {
            "an object"
        },
        match json {
            Json::Array(_) => "StartArray",
            Json::Object(_) => "StartObject",
            other => other.kind(),
        }
    );
    Err(Fault::raise("JsonReaderException", message))
}

/// Text of a body, without the mark that some put in front of UTF-8.
fn decoded(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.strip_prefix('\u{feff}')
        .map_or_else(|| text.to_string(), str::to_owned)
}
