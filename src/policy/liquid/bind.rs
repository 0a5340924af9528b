//! What a template can name: `body` and `context`.

use liquid_core::model::KString;
use liquid_core::{Object, Value};
use roxmltree::{Document, Node};
use serde_json::Value as Json;

use super::super::context::Context;
use super::super::expression::json_date;
use super::super::message::{Headers, Url};
use super::Liquid;

/// Deepest nesting of a body that templates can read.
const MAX_DEPTH: usize = 128;
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What becomes of an element with `xsi:nil="true"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum XsiNil {
    Blank,
    Null,
}

/// The body that `body` stands for, with the headers of its message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BoundBody<'a> {
    pub(crate) headers: &'a Headers,
    pub(crate) bytes: &'a [u8],
}

pub(super) fn globals(
    context: &Context,
    body: Option<&BoundBody<'_>>,
    template: &Liquid,
) -> Result<Object, String> {
    let body = match body {
        Some(body) => read(body, template)?,
        None => Value::Nil,
    };
    let fields = [("body", body), ("context", described(context))];
    Ok(object(fields))
}

/// A body of JSON or XML by its `Content-Type`; templates see nothing of any other.
fn read(body: &BoundBody<'_>, template: &Liquid) -> Result<Value, String> {
    let kind = body.headers.first("Content-Type").unwrap_or_default();
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let text = str::from_utf8(body.bytes).map_err(|_| "the body is not text".to_owned())?;
    if text.trim().is_empty() {
        return Ok(Value::Nil);
    }
    let is = |name: &str| {
        kind == format!("application/{name}")
            || kind == format!("text/{name}")
            || kind.ends_with(&format!("+{name}"))
    };
    if is("json") {
        let json =
            serde_json::from_str(text).map_err(|error| format!("the body is no JSON: {error}"))?;
        Ok(from_json(json, template.parse_date))
    } else if is("xml") {
        let document =
            Document::parse(text).map_err(|error| format!("the body is no XML: {error}"))?;
        let root = document.root_element();
        let value = from_xml(root, template, 0)?;
        let mut fields = Object::new();
        fields.insert(KString::from_ref(root.tag_name().name()), value);
        Ok(Value::Object(fields))
    } else {
        Ok(Value::Nil)
    }
}

fn from_json(json: Json, parse_date: bool) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(bool) => Value::scalar(bool),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::scalar(number),
            None => Value::scalar(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => scalar(text, parse_date),
        Json::Array(items) => {
            let items = items.into_iter().map(|item| from_json(item, parse_date));
            Value::Array(items.collect())
        }
        Json::Object(fields) => {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, value)| (name.into(), from_json(value, parse_date)));
            Value::Object(fields.collect())
        }
    }
}

fn scalar(text: String, parse_date: bool) -> Value {
    let date = if parse_date { json_date(&text) } else { None };
    Value::scalar(date.unwrap_or(text))
}

/// Elements by their local names, attributes beside them; repeated ones are lists.
fn from_xml(node: Node<'_, '_>, template: &Liquid, depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err(format!(
            "the body is nested deeper than {MAX_DEPTH} elements"
        ));
    }
    if node.attribute((XSI, "nil")) == Some("true") {
        return Ok(match template.xsi_nil {
            XsiNil::Blank => Value::scalar(""),
            XsiNil::Null => Value::Nil,
        });
    }
    let mut fields = Object::new();
    for attribute in node.attributes() {
        let value = scalar(attribute.value().to_owned(), template.parse_date);
        fields.insert(KString::from_ref(attribute.name()), value);
    }
    for child in node.children().filter(Node::is_element) {
        let value = from_xml(child, template, depth + 1)?;
        let name = child.tag_name().name();
        match fields.get_mut(name) {
            Some(Value::Array(items)) => items.push(value),
            Some(known) => *known = Value::Array(vec![known.clone(), value]),
            None => {
                fields.insert(KString::from_ref(name), value);
            }
        }
    }
    if fields.is_empty() {
        let text = node.text().unwrap_or_default().to_owned();
        return Ok(scalar(text, template.parse_date));
    }
    if let Some(text) = node.text().filter(|text| !text.trim().is_empty()) {
        fields.insert(
            KString::from_static("#text"),
            Value::scalar(text.to_owned()),
        );
    }
    Ok(Value::Object(fields))
}

fn described(context: &Context) -> Value {
    let request = &context.request;
    let parameters = request.matched_parameters.iter();
    let parameters = parameters.map(|(name, value)| (name.as_str(), text(value)));
    let request = object([
        ("Url", url(&request.url)),
        ("Method", text(&request.method)),
        ("OriginalMethod", text(&request.method)),
        ("OriginalUrl", url(&request.original_url)),
        ("IpAddress", text(&request.ip_address)),
        ("MatchedParameters", Value::Object(object(parameters))),
        ("HasBody", Value::scalar(request.body.is_some())),
        ("ClientCertificates", Value::Array(Vec::new())),
        ("Headers", headers(&request.headers)),
    ]);
    let response = context.response.as_ref().map_or(Value::Nil, |response| {
        Value::Object(object([
            ("StatusCode", Value::scalar(i64::from(response.status))),
            ("Method", text(&context.request.method)),
            ("Headers", headers(&response.headers)),
        ]))
    });
    let variables = context.variables.iter().map(|(name, value)| {
        let value = match (value.as_bool(), value.as_i64()) {
            (Some(bool), _) => Value::scalar(bool),
            (_, Some(number)) => Value::scalar(number),
            _ => text(&value.to_text()),
        };
        (name.as_str(), value)
    });
    Value::Object(object([
        ("Request", Value::Object(request)),
        ("Response", response),
        ("Variables", Value::Object(object(variables))),
    ]))
}

fn url(url: &Url) -> Value {
    let query: Vec<(String, String)> = url.query_pairs().collect();
    let query = query
        .iter()
        .map(|(name, value)| (name.as_str(), text(value)));
    Value::Object(object([
        ("Scheme", text(&url.scheme)),
        ("Host", text(&url.host)),
        ("Port", Value::scalar(i64::from(url.port))),
        ("IsDefaultPort", Value::scalar(url.default_port())),
        ("Path", text(&url.path)),
        ("Query", Value::Object(object(query))),
        ("QueryString", text(&url.query_string())),
        ("ToUri", text(&url.to_string())),
        ("ToString", text(&url.to_string())),
    ]))
}

fn headers(headers: &Headers) -> Value {
    let values = headers.iter().map(|(name, _)| {
        let joined = headers.joined(name).unwrap_or_default();
        (name, text(&joined))
    });
    Value::Object(object(values))
}

fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Object {
    let fields = fields.into_iter();
    fields
        .map(|(name, value)| (KString::from_ref(name), value))
        .collect()
}

fn text(text: &str) -> Value {
    Value::scalar(text.to_owned())
}
