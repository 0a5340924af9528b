//! `cors`, `validate-jwt`, `validate-azure-ad-token` and the elements that sign a call in at its
//! backend.

use std::sync::Arc;

use super::super::access::{
    BasicAuthentication, Cors, KeyMaterial, RequiredClaim, TokenKey, TokenPlace, ValidateToken,
};
use super::super::model::{Kind, Template};
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::Lowering;
use super::elements::empty;

pub(super) fn cors(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let allow_credentials = attributes.template_or(lowering, "allow-credentials", "false");
    let terminate = attributes.template_or(lowering, "terminate-unmatched-request", "false");
    attributes.finish(lowering);
    lowering.no_text(element);
    let mut max_age = Some(literal("0"));
    let (mut origins, mut methods, mut headers, mut expose) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for child in element.elements() {
        let (list, name) = match child.name.as_str() {
            "allowed-origins" => (&mut origins, "origin"),
            "allowed-methods" => (&mut methods, "method"),
            "allowed-headers" => (&mut headers, "header"),
            "expose-headers" => (&mut expose, "header"),
            _ => {
                misplaced(lowering, element, child);
                continue;
            }
        };
        let mut attributes = Attributes::of(child);
        if name == "method" {
            max_age = attributes.template_or(lowering, "preflight-result-max-age", "0");
        }
        attributes.finish(lowering);
        *list = texts(lowering, child, name);
    }
    for (list, name) in [(&origins, "allowed-origins"), (&headers, "allowed-headers")] {
        // The reference asks for headers as well, and its own examples go without.
        if list.is_empty() && name == "allowed-origins" {
            let message = format!("`cors` needs `{name}`");
            lowering.error(element.name_span, message).code = "S01";
        }
    }
    if methods.is_empty() {
        methods = vec![literal("GET"), literal("POST")];
    }
    Some(Kind::Cors(Arc::new(Cors {
        allow_credentials: allow_credentials?,
        terminate_unmatched: terminate?,
        origins,
        methods,
        max_age: max_age?,
        headers,
        expose,
    })))
}

pub(super) fn validate_jwt(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let place = place(lowering, element, &mut attributes, None);
    let expiration = attributes.template_or(lowering, "require-expiration-time", "true");
    let require_scheme = attributes.template(lowering, "require-scheme");
    let signed = attributes.template_or(lowering, "require-signed-tokens", "true");
    let clock_skew = attributes.template_or(lowering, "clock-skew", "0");
    let mut validate = common(lowering, &mut attributes, place?)?;
    validate.require_expiration = expiration?;
    validate.require_scheme = require_scheme;
    validate.require_signed = signed?;
    validate.clock_skew = clock_skew?;
    attributes.finish(lowering);
    lowering.no_text(element);
    for child in element.elements() {
        match child.name.as_str() {
            "openid-config" => {
                let mut attributes = Attributes::of(child);
                let url = attributes.required(lowering, "url");
                validate.openid_configs.extend(url);
                attributes.finish(lowering);
                empty(lowering, child);
            }
            "issuer-signing-keys" => validate.keys = keys(lowering, child),
            "audiences" => validate.audiences = texts(lowering, child, "audience"),
            "issuers" => validate.issuers = texts(lowering, child, "issuer"),
            "required-claims" => validate.claims = claims(lowering, child),
            "decryption-keys" => unable(lowering, child),
            _ => misplaced(lowering, element, child),
        }
    }
    Some(Kind::ValidateToken(Arc::new(validate)))
}

pub(super) fn validate_azure_ad_token(
    lowering: &mut Lowering<'_>,
    element: &Element,
) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let tenant = attributes.required(lowering, "tenant-id");
    let place = place(lowering, element, &mut attributes, Some("Authorization"));
    // The endpoint only moves the address of the keys, which the local gateway never asks.
    attributes.literal(lowering, "authentication-endpoint");
    let mut validate = common(lowering, &mut attributes, place?)?;
    validate.tenant = Some(tenant?);
    attributes.finish(lowering);
    lowering.no_text(element);
    for child in element.elements() {
        match child.name.as_str() {
            "client-application-ids" => {
                validate.application_ids = texts(lowering, child, "application-id");
            }
            "backend-application-ids" | "decryption-keys" => unable(lowering, child),
            "audiences" => validate.audiences = texts(lowering, child, "audience"),
            "required-claims" => validate.claims = claims(lowering, child),
            _ => misplaced(lowering, element, child),
        }
    }
    Some(Kind::ValidateToken(Arc::new(validate)))
}

fn place(
    lowering: &mut Lowering<'_>,
    element: &Element,
    attributes: &mut Attributes<'_>,
    default: Option<&str>,
) -> Option<TokenPlace> {
    let header = attributes.template(lowering, "header-name");
    let query = attributes.template(lowering, "query-parameter-name");
    let value = attributes.template(lowering, "token-value");
    let names = ["header-name", "query-parameter-name", "token-value"];
    let given = names
        .iter()
        .filter(|name| element.attribute(name).is_some())
        .count();
    if given > 1 || (given == 0 && default.is_none()) {
        let message = format!("`{}` needs one of {}", element.name, names.join(", "));
        lowering.error(element.name_span, message).code = "S01";
    }
    header
        .map(TokenPlace::Header)
        .or(query.map(TokenPlace::Query))
        .or(value.map(TokenPlace::Value))
        .or_else(|| {
            let default = default.filter(|_| given == 0)?;
            Some(TokenPlace::Header(literal(default)))
        })
}

/// What both elements say alike; the rest as `validate-azure-ad-token` has it.
fn common(
    lowering: &mut Lowering<'_>,
    attributes: &mut Attributes<'_>,
    place: TokenPlace,
) -> Option<ValidateToken> {
    Some(ValidateToken {
        place,
        failed_status: attributes.template_or(lowering, "failed-validation-httpcode", "401")?,
        failed_message: attributes.template(lowering, "failed-validation-error-message"),
        output_variable: attributes.name(lowering, "output-token-variable-name"),
        require_expiration: literal("true"),
        require_scheme: None,
        require_signed: literal("true"),
        clock_skew: literal("0"),
        openid_configs: Vec::new(),
        tenant: None,
        keys: Vec::new(),
        audiences: Vec::new(),
        issuers: Vec::new(),
        application_ids: Vec::new(),
        claims: Vec::new(),
    })
}

fn keys(lowering: &mut Lowering<'_>, element: &Element) -> Vec<TokenKey> {
    Attributes::of(element).finish(lowering);
    lowering.no_text(element);
    let mut keys = Vec::new();
    for child in element.elements() {
        if child.name != "key" {
            misplaced(lowering, element, child);
            continue;
        }
        let id = child
            .attribute("id")
            .map(|id| id.value.value.as_str().into());
        let mut attributes = Attributes::of(child);
        attributes.refuse(lowering, "certificate-id");
        let rsa = (
            attributes.name(lowering, "n"),
            attributes.name(lowering, "e"),
        );
        attributes.finish(lowering);
        let material = match (rsa, child.texts().next()) {
            ((Some(modulus), Some(exponent)), None) => Some(KeyMaterial::Rsa { modulus, exponent }),
            ((None, None), Some(text)) => lowering
                .template(text)
                .map(trimmed)
                .map(KeyMaterial::Secret),
            _ => {
                let message = "`key` holds base64 text, or has attributes `n` and `e`";
                lowering.error(child.name_span, message).code = "S01";
                None
            }
        };
        keys.extend(material.map(|material| TokenKey { id, material }));
    }
    keys
}

fn claims(lowering: &mut Lowering<'_>, element: &Element) -> Vec<RequiredClaim> {
    Attributes::of(element).finish(lowering);
    lowering.no_text(element);
    let mut claims = Vec::new();
    for child in element.elements() {
        if child.name != "claim" {
            misplaced(lowering, element, child);
            continue;
        }
        let mut attributes = Attributes::of(child);
        let name = attributes.required(lowering, "name");
        let matching = attributes.literal(lowering, "match");
        // Not trimmed: a blank is the usual separator.
        let separator = attributes.attribute("separator");
        let separator = separator.map(|given| lowering.resolve(&given.value).value);
        attributes.finish(lowering);
        let any = match matching.as_ref().map(|(text, _)| &**text) {
            None | Some("all") => false,
            Some("any") => true,
            Some(other) => {
                let message = format!("`match` is `all` or `any`, not `{other}`");
                lowering.error(child.name_span, message).code = "S01";
                false
            }
        };
        let values = texts(lowering, child, "value");
        claims.extend(name.map(|name| RequiredClaim {
            name,
            any,
            separator: separator.map(Into::into),
            values,
        }));
    }
    claims
}

pub(super) fn basic(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let username = attributes.required(lowering, "username");
    let password = attributes.required(lowering, "password");
    attributes.finish(lowering);
    empty(lowering, element);
    Some(Kind::BasicAuthentication(BasicAuthentication {
        username: username?,
        password: password?,
    }))
}

/// Read whole, so that its mistakes show; the local gateway has no certificates.
pub(super) fn certificate(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let thumbprint = attributes.template(lowering, "thumbprint");
    let id = attributes.template(lowering, "certificate-id");
    let body = attributes.template(lowering, "body");
    attributes.template(lowering, "password");
    attributes.finish(lowering);
    empty(lowering, element);
    let Some(name) = thumbprint.or(id).or(body) else {
        let message = format!("`{}` needs `thumbprint` or `certificate-id`", element.name);
        lowering.error(element.name_span, message).code = "S01";
        return None;
    };
    Some(Kind::CertificateAuthentication(name))
}

/// The texts of children of one name.
fn texts(lowering: &mut Lowering<'_>, element: &Element, name: &str) -> Vec<Template> {
    lowering.no_text(element);
    let mut found = Vec::new();
    for child in element.elements() {
        if child.name != name {
            misplaced(lowering, element, child);
            continue;
        }
        Attributes::of(child).finish(lowering);
        match child.texts().next() {
            Some(text) => found.extend(lowering.template(text).map(trimmed)),
            None => {
                let message = format!("`{name}` is empty");
                lowering.error(child.name_span, message).code = "S01";
            }
        }
    }
    found
}

fn trimmed(template: Template) -> Template {
    match template {
        Template::Literal(text) => literal(text.trim()),
        expression @ Template::Expression(_) => expression,
    }
}

fn literal(text: &str) -> Template {
    Template::Literal(text.into())
}

pub(super) fn misplaced(lowering: &mut Lowering<'_>, parent: &Element, child: &Element) {
    let message = format!("`{}` cannot stand in `{}`", child.name, parent.name);
    lowering.error(child.name_span, message).code = "S01";
}

fn unable(lowering: &mut Lowering<'_>, child: &Element) {
    let message = format!("`{}` is not executed by this version", child.name);
    lowering.error(child.name_span, message);
}
