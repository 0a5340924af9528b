use super::super::matrix;
use super::super::model::{
    Branch, Condition, Dimension, EmitTokenMetric, ForwardRequest, Kind, ManagedIdentity,
    RequestBody, SetBackendService, SetVariable, Template, timeout,
};
use super::super::token_rules;
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::{Lowering, Parent};
use super::{
    access, authorization, caching, call_limit, content, course, response, safety, telemetry,
    token_limit,
};

/// More custom dimensions than Application Insights leaves room for (specification 2).
pub(in crate::policy) const MAX_DIMENSIONS: usize = 5;

/// Dimension names that need no value: the gateway knows it.
pub(in crate::policy) const DEFAULT_DIMENSIONS: [&str; 8] = [
    "API ID",
    "Operation ID",
    "Product ID",
    "User ID",
    "Subscription ID",
    "Location",
    "Gateway ID",
    "Backend ID",
];

/// Elements that the engine runs: the arms of [`lower`], by canonical name. The linter tells
/// about the others; a test holds this list against what lowering does.
pub(super) const EXECUTED: [&str; 50] = [
    "authentication-basic",
    "authentication-certificate",
    "authentication-managed-identity",
    "base",
    "cache-lookup",
    "cache-lookup-value",
    "cache-remove-value",
    "cache-store",
    "cache-store-value",
    "check-header",
    "choose",
    "cors",
    "emit-metric",
    "find-and-replace",
    "forward-request",
    "get-authorization-context",
    "include-fragment",
    "ip-filter",
    "json-to-xml",
    "limit-concurrency",
    "llm-content-safety",
    "llm-emit-token-metric",
    "llm-semantic-cache-lookup",
    "llm-semantic-cache-store",
    "llm-token-limit",
    "log-to-eventhub",
    "mock-response",
    "proxy",
    "quota",
    "quota-by-key",
    "rate-limit",
    "rate-limit-by-key",
    "redirect-content-urls",
    "retry",
    "return-response",
    "rewrite-uri",
    "send-one-way-request",
    "send-request",
    "set-backend-service",
    "set-body",
    "set-header",
    "set-method",
    "set-query-parameter",
    "set-status",
    "set-variable",
    "trace",
    "validate-azure-ad-token",
    "validate-jwt",
    "wait",
    "xml-to-json",
];

/// The meaning of one element. `None` when it has none that can be executed; that is reported.
pub(super) fn lower(
    lowering: &mut Lowering<'_>,
    element: &Element,
    within: Parent,
) -> Option<Kind> {
    if within == Parent::ReturnResponse
        && !matches!(
            element.name.as_str(),
            "set-status" | "set-header" | "set-body"
        )
    {
        lowering
            .error(
                element.name_span,
                format!("`{}` cannot stand in `return-response`", element.name),
            )
            .hints
            .push("it takes set-status, set-header and set-body".to_owned());
        return None;
    }
    if within == Parent::SendRequest && !lowering.part_of_send(element) {
        return None;
    }
    match matrix::canonical(&element.name) {
        "base" => Some(base(lowering, element)),
        "choose" => Some(choose(lowering, element, within)),
        "rate-limit" | "rate-limit-by-key" | "quota" | "quota-by-key" => {
            call_limit::lower(lowering, element)
        }
        "authentication-basic" => access::basic(lowering, element),
        "authentication-certificate" => access::certificate(lowering, element),
        "cors" => access::cors(lowering, element),
        "validate-jwt" => access::validate_jwt(lowering, element),
        "validate-azure-ad-token" => access::validate_azure_ad_token(lowering, element),
        "emit-metric" => telemetry::emit_metric(lowering, element),
        "log-to-eventhub" => telemetry::log_to_eventhub(lowering, element),
        "get-authorization-context" => authorization::context(lowering, element),
        "proxy" => authorization::proxy(lowering, element),
        "json-to-xml" | "xml-to-json" | "redirect-content-urls" => {
            content::lower(lowering, element)
        }
        "cache-lookup"
        | "cache-store"
        | "llm-semantic-cache-lookup"
        | "llm-semantic-cache-store" => caching::lower(lowering, element),
        "llm-content-safety" => safety::lower(lowering, element),
        "forward-request" => Some(forward_request(lowering, element)),
        "authentication-managed-identity" => managed_identity(lowering, element),
        "llm-emit-token-metric" => Some(emit_token_metric(lowering, element)),
        "llm-token-limit" => Some(token_limit::lower(lowering, element)),
        "return-response" => Some(response::return_response(lowering, element)),
        "set-backend-service" => set_backend_service(lowering, element),
        "set-body" => response::set_body(lowering, element),
        "set-header" => response::set_header(lowering, element),
        "set-status" => response::set_status(lowering, element),
        "set-variable" => set_variable(lowering, element),
        "cache-lookup-value"
        | "cache-remove-value"
        | "cache-store-value"
        | "check-header"
        | "find-and-replace"
        | "ip-filter"
        | "limit-concurrency"
        | "mock-response"
        | "retry"
        | "rewrite-uri"
        | "send-one-way-request"
        | "send-request"
        | "set-method"
        | "set-query-parameter"
        | "trace"
        | "wait" => course::lower(lowering, element, within),
        _ => lowering.not_executed(element),
    }
}

fn base(lowering: &mut Lowering<'_>, element: &Element) -> Kind {
    if lowering.in_fragment() {
        lowering
            .error(element.name_span, "`base` cannot stand in a fragment")
            .code = "S03";
    }
    Attributes::of(element).finish(lowering);
    empty(lowering, element);
    Kind::Base
}

fn choose(lowering: &mut Lowering<'_>, element: &Element, within: Parent) -> Kind {
    Attributes::of(element).finish(lowering);
    lowering.no_text(element);
    let mut branches: Vec<Branch> = Vec::new();
    for child in element.elements() {
        let last = branches
            .last()
            .is_some_and(|branch| matches!(branch.condition, Condition::Otherwise));
        if last {
            lowering.error(
                child.name_span,
                format!("`{}` stands after `otherwise`", child.name),
            );
        }
        let mut attributes = Attributes::of(child);
        let condition = match child.name.as_str() {
            "when" => attributes
                .required(lowering, "condition")
                .map(Condition::When),
            "otherwise" => Some(Condition::Otherwise),
            _ => {
                lowering
                    .error(
                        child.name_span,
                        format!("`{}` cannot stand in `choose`", child.name),
                    )
                    .hints
                    .push("it takes `when` and one `otherwise`".to_owned());
                continue;
            }
        };
        attributes.finish(lowering);
        let items = lowering.items(child, within);
        if let Some(condition) = condition {
            let place = lowering.place(child);
            lowering.branches.push(place.clone());
            branches.push(Branch {
                place,
                condition,
                items,
            });
        }
    }
    if !element.elements().any(|child| child.name == "when") {
        lowering
            .error(element.name_span, "`choose` needs at least one `when`")
            .code = "S01";
    }
    Kind::Choose(branches)
}

fn forward_request(lowering: &mut Lowering<'_>, element: &Element) -> Kind {
    let mut attributes = Attributes::of(element);
    let seconds = attributes.template(lowering, "timeout");
    let millis = attributes.template(lowering, "timeout-ms");
    if seconds.is_some() && millis.is_some() {
        lowering
            .error(
                element.name_span,
                "`timeout` and `timeout-ms` exclude each other",
            )
            .code = "S08";
    }
    let default = ForwardRequest::default();
    let timeout_is_millis = millis.is_some();
    let wait = millis.or(seconds).unwrap_or(default.timeout);
    if let Template::Literal(text) = &wait
        && timeout(text, timeout_is_millis).is_none()
    {
        lowering.error(
            element.name_span,
            format!("timeout `{text}` is not a whole number"),
        );
    }
    let forward = ForwardRequest {
        timeout: wait,
        timeout_is_millis,
        fail_on_error_status_code: attributes.boolean(lowering, "fail-on-error-status-code", false),
        buffer_response: attributes.boolean(lowering, "buffer-response", default.buffer_response),
        request_body: if attributes.boolean(lowering, "buffer-request-body", false) {
            RequestBody::Kept
        } else {
            RequestBody::Gone
        },
    };
    // The local gateway speaks HTTP/1.1 to its backend.
    attributes.literal(lowering, "http-version");
    if attributes.boolean(lowering, "follow-redirects", false) {
        lowering.error(
            element.name_span,
            "`follow-redirects=\"true\"` is not executed by this version",
        );
    }
    attributes.finish(lowering);
    empty(lowering, element);
    Kind::ForwardRequest(forward)
}

fn managed_identity(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let resource = attributes.required(lowering, "resource");
    let output_variable = attributes.name(lowering, "output-token-variable-name");
    // The local gateway's identity never fails and is always the same one.
    attributes.literal(lowering, "client-id");
    attributes.boolean(lowering, "ignore-error", false);
    attributes.finish(lowering);
    empty(lowering, element);
    Some(Kind::ManagedIdentity(ManagedIdentity {
        resource: resource?,
        output_variable,
    }))
}

fn emit_token_metric(lowering: &mut Lowering<'_>, element: &Element) -> Kind {
    let mut attributes = Attributes::of(element);
    let namespace = attributes
        .name(lowering, "namespace")
        .unwrap_or_else(|| "API Management".into());
    attributes.finish(lowering);
    lowering.no_text(element);
    let dimensions = dimensions(lowering, element);
    Kind::EmitTokenMetric(EmitTokenMetric {
        namespace,
        dimensions,
    })
}

/// The `dimension` children of a metric.
pub(super) fn dimensions(lowering: &mut Lowering<'_>, element: &Element) -> Vec<Dimension> {
    let mut dimensions = Vec::new();
    for child in element.elements() {
        if child.name == "dimension" {
            dimensions.extend(dimension(lowering, child));
        } else {
            lowering
                .error(
                    child.name_span,
                    format!("`{}` cannot stand in `{}`", child.name, element.name),
                )
                .code = "S01";
        }
    }
    if element.elements().next().is_none() {
        let message = format!("`{}` needs a `dimension`", element.name);
        lowering.error(element.name_span, message).code = "S01";
    }
    lowering.mistakes(token_rules::of_metric(element));
    dimensions
}

fn dimension(lowering: &mut Lowering<'_>, element: &Element) -> Option<Dimension> {
    let mut attributes = Attributes::of(element);
    let name = attributes.required(lowering, "name");
    let value = attributes.template(lowering, "value");
    if let Some(Template::Literal(name)) = &name {
        lowering.mistakes(token_rules::of_dimension(element, name));
    }
    attributes.finish(lowering);
    Some(Dimension { name: name?, value })
}

fn set_backend_service(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let base_url = attributes.template(lowering, "base-url");
    let backend_id = attributes.template(lowering, "backend-id");
    let given = [
        element.attribute("base-url"),
        element.attribute("backend-id"),
    ]
    .iter()
    .flatten()
    .count();
    if given != 1 {
        let message = "`set-backend-service` needs one of `base-url` and `backend-id`";
        lowering.error(element.name_span, message).code = "S01";
    }
    attributes.finish(lowering);
    empty(lowering, element);
    let service = base_url
        .map(SetBackendService::BaseUrl)
        .or(backend_id.map(SetBackendService::BackendId));
    service.map(Kind::SetBackendService)
}

fn set_variable(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let mut attributes = Attributes::of(element);
    let name = attributes.required_name(lowering, "name");
    let value = attributes.required(lowering, "value");
    attributes.finish(lowering);
    empty(lowering, element);
    Some(Kind::SetVariable(SetVariable {
        name: name?,
        value: value?,
    }))
}

/// Reports anything inside an element that takes nothing.
pub(super) fn empty(lowering: &mut Lowering<'_>, element: &Element) {
    lowering.no_text(element);
    if let Some(child) = element.elements().next() {
        lowering
            .error(
                child.name_span,
                format!("`{}` cannot stand in `{}`", child.name, element.name),
            )
            .code = "S01";
    }
}
