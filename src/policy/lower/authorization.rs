//! `get-authorization-context` and `proxy`.

use super::super::access::{AuthorizationContext, Proxy};
use super::super::model::Kind;
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::Lowering;
use super::elements::empty;

pub(super) fn context(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let provider = attributes.required(lowering, "provider-id");
    let authorization = attributes.required(lowering, "authorization-id");
    let variable = attributes.required(lowering, "context-variable-name");
    // Whose identity asks makes no difference to a token that is configured.
    attributes.template(lowering, "identity-type");
    attributes.template(lowering, "identity");
    let ignore_error = attributes.template_or(lowering, "ignore-error", "false");
    attributes.finish(lowering);
    empty(lowering, element);
    Some(Kind::AuthorizationContext(AuthorizationContext {
        provider: provider?,
        authorization: authorization?,
        variable: variable?,
        ignore_error: ignore_error?,
    }))
}

pub(super) fn proxy(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let url = attributes.required(lowering, "url");
    let username = attributes.template(lowering, "username");
    let password = attributes.template(lowering, "password");
    attributes.finish(lowering);
    empty(lowering, element);
    Some(Kind::Proxy(Proxy {
        url: url?,
        username,
        password,
    }))
}
