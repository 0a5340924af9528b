//! `json-to-xml`, `xml-to-json` and `redirect-content-urls` on the message under way.

use bytes::Bytes;

use super::error::Raised;
use super::exchange::Exchange;
use super::execute::truth;
use super::xml_json::{ToJson, ToXml, to_json, to_xml};
use crate::policy::content::{Content, JsonToXml, XmlToJson};
use crate::policy::context::Context;
use crate::policy::message::{Headers, Url};
use crate::policy::{SectionName, Template};

pub(super) fn run(exchange: &mut Exchange, content: &Content) -> Result<(), Raised> {
    match content {
        Content::JsonToXml(policy) => json_to_xml(exchange, policy),
        Content::XmlToJson(policy) => xml_to_json(exchange, policy),
        Content::RedirectUrls => {
            redirect(exchange);
            Ok(())
        }
    }
}

/// Headers and body of the message that the section works on; nothing before there is a response.
fn message(exchange: &mut Exchange) -> Option<(&mut Headers, &mut Option<Bytes>)> {
    let context = &mut exchange.context;
    match exchange.section {
        SectionName::Inbound | SectionName::Backend => {
            Some((&mut context.request.headers, &mut context.request.body))
        }
        SectionName::Outbound | SectionName::OnError => {
            let response = context.response.as_mut()?;
            Some((&mut response.headers, &mut response.body))
        }
    }
}

/// Whether the conversion from one kind to the other is due.
fn due(
    exchange: &mut Exchange,
    apply: &Template,
    consider_accept: &Template,
    (from, to): (&str, &str),
) -> Result<bool, Raised> {
    let apply = apply.text(&mut exchange.context)?;
    let accept = truth(consider_accept, &mut exchange.context)?;
    if accept && !accepts(&exchange.context, to, exchange.behaviour.convert_unasked) {
        return Ok(false);
    }
    if apply == "always" {
        return Ok(true);
    }
    if apply != format!("content-type-{from}") {
        return Err(Raised::evaluation(format!("apply cannot be `{apply}`")));
    }
    let kind = message(exchange).and_then(|(headers, _)| headers.first("Content-Type"));
    Ok(kind.is_some_and(|kind| kind.to_ascii_lowercase().contains(from)))
}

fn accepts(context: &Context, kind: &str, unasked: bool) -> bool {
    match context.request.headers.joined("Accept") {
        Some(accept) => {
            accept.to_ascii_lowercase().contains(kind) || (unasked && accept.contains("*/*"))
        }
        None => unasked,
    }
}

fn json_to_xml(exchange: &mut Exchange, policy: &JsonToXml) -> Result<(), Raised> {
    if !due(
        exchange,
        &policy.apply,
        &policy.consider_accept,
        ("json", "xml"),
    )? {
        return Ok(());
    }
    let mut text = |template: &Option<Template>| {
        let text = template
            .as_ref()
            .map(|template| template.text(&mut exchange.context));
        text.transpose()
    };
    let options = ToXml {
        parse_date: policy.parse_date,
        separator: text(&policy.namespace_separator)?.unwrap_or_else(|| "_".to_owned()),
        namespace_prefix: text(&policy.namespace_prefix)?.filter(|text| !text.is_empty()),
        attribute_block: text(&policy.attribute_block)?.filter(|text| !text.is_empty()),
    };
    convert(exchange, "application/xml", |body| to_xml(body, &options))
}

fn xml_to_json(exchange: &mut Exchange, policy: &XmlToJson) -> Result<(), Raised> {
    if !due(
        exchange,
        &policy.apply,
        &policy.consider_accept,
        ("xml", "json"),
    )? {
        return Ok(());
    }
    let kind = policy.kind.text(&mut exchange.context)?;
    let friendly = match kind.as_str() {
        "javascript-friendly" => exchange.behaviour.friendly_plain,
        "direct" => false,
        _ => return Err(Raised::evaluation(format!("kind cannot be `{kind}`"))),
    };
    let options = ToJson {
        friendly,
        always_arrays: truth(&policy.always_arrays, &mut exchange.context)?,
    };
    convert(exchange, "application/json", |body| to_json(body, options))
}

/// A message without a body stays without; a body that cannot be converted is a fault.
fn convert(
    exchange: &mut Exchange,
    kind: &str,
    with: impl FnOnce(&str) -> Result<String, String>,
) -> Result<(), Raised> {
    let Some((headers, body)) = message(exchange) else {
        return Ok(());
    };
    let Some(bytes) = body.as_ref().filter(|bytes| !bytes.is_empty()) else {
        return Ok(());
    };
    let fault = |what| Raised::internal("BodyConversionFailure", what);
    let text = str::from_utf8(bytes).map_err(|_| fault("the body is not text".to_owned()))?;
    let converted = with(text).map_err(fault)?;
    *body = Some(Bytes::from(converted));
    headers.set("Content-Type", kind);
    Ok(())
}

/// In a response, links to the backend become links to the gateway, in the body and in
/// `Location`; in a request it is the other way round.
fn redirect(exchange: &mut Exchange) {
    let gateway = gateway_base(exchange);
    let backend = backend_base(exchange);
    let (from, to) = match exchange.section {
        SectionName::Inbound | SectionName::Backend => (gateway, backend),
        SectionName::Outbound | SectionName::OnError => (backend, gateway),
    };
    let Some((headers, body)) = message(exchange) else {
        return;
    };
    if let Some(location) = headers
        .first("Location")
        .filter(|location| location.starts_with(&from))
    {
        let location = location.replacen(&from, &to, 1);
        headers.set("Location", location);
    }
    if let Some(text) = body.as_deref().and_then(|bytes| str::from_utf8(bytes).ok())
        && text.contains(&from)
    {
        *body = Some(Bytes::from(text.replace(&from, &to)));
    }
}

fn gateway_base(exchange: &Exchange) -> String {
    let url = Url {
        path: String::new(),
        query: String::new(),
        ..exchange.context.request.original_url.clone()
    };
    let path = &exchange.context.api.path;
    if path.is_empty() {
        url.to_string()
    } else {
        format!("{url}/{path}")
    }
}

fn backend_base(exchange: &Exchange) -> String {
    let url = Url {
        path: exchange.base_path.clone(),
        query: String::new(),
        ..exchange.context.request.url.clone()
    };
    url.to_string()
}
