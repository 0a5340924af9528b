//! A policy document as checked values: what each element says, with literals and expressions
//! told apart and every expression parsed.

use std::sync::Arc;
use std::time::Duration;

use super::Trail;
use super::access::{AuthorizationContext, BasicAuthentication, Cors, Proxy, ValidateToken};
use super::caching::Caching;
use super::content::Content;
use super::context::Context;
use super::course::Course;
use super::expression::{Expression, Fault, Value};
use super::limits::CallLimit;
use super::liquid::Liquid;
use super::safety::ContentSafety;
use super::telemetry::{EmitMetric, LogToEventHub};
use crate::base::{Source, Span, Tokens};
use crate::limiter::Period;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SectionName {
    Inbound,
    Backend,
    Outbound,
    OnError,
}

impl SectionName {
    pub(crate) const ALL: [SectionName; 4] = [
        SectionName::Inbound,
        SectionName::Backend,
        SectionName::Outbound,
        SectionName::OnError,
    ];

    /// The element name of the section, which is also `context.LastError.Section`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            SectionName::Inbound => "inbound",
            SectionName::Backend => "backend",
            SectionName::Outbound => "outbound",
            SectionName::OnError => "on-error",
        }
    }
}

/// One policy document.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) source: Source,
    sections: [Option<Section>; 4],
    /// Every element of the document, in its order: what coverage is measured against.
    pub(crate) elements: Vec<Place>,
    /// Every `when` and `otherwise`.
    pub(crate) branches: Vec<Place>,
    /// Every expression with its place.
    pub(crate) expressions: Vec<(Span, Expression)>,
}

impl Policy {
    pub(super) fn new(source: Source, sections: [Option<Section>; 4]) -> Policy {
        Policy {
            source,
            sections,
            elements: Vec::new(),
            branches: Vec::new(),
            expressions: Vec::new(),
        }
    }

    /// `None` when the document does not have the section, which then behaves as if it held
    /// nothing but `<base />`.
    pub(crate) fn section(&self, name: SectionName) -> Option<&Section> {
        self.sections[name as usize].as_ref()
    }

    /// Every element of the document that limits tokens, in document order.
    pub(crate) fn token_limits(&self) -> Vec<(&Place, &TokenLimit)> {
        let mut found = Vec::new();
        for section in self.sections.iter().flatten() {
            collect_limits(&section.items, &mut found);
        }
        found
    }
}

fn collect_limits<'a>(items: &'a [Item], found: &mut Vec<(&'a Place, &'a TokenLimit)>) {
    for item in items {
        match &item.kind {
            Kind::TokenLimit(limit) => found.push((&item.place, limit)),
            Kind::Choose(branches) => {
                for branch in branches {
                    collect_limits(&branch.items, found);
                }
            }
            Kind::Course(course) => collect_limits(course.items(), found),
            _ => {}
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) items: Vec<Item>,
}

/// An element and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Element name as written.
    pub(crate) element: Arc<str>,
    pub(crate) source: Source,
    pub(crate) span: Span,
    /// The element's `id` attribute.
    pub(crate) id: Option<Arc<str>>,
    /// How often it ran.
    pub(crate) trail: Trail,
}

impl Place {
    /// `token-limit.xml:14`
    pub(crate) fn line(&self) -> String {
        format!(
            "{}:{}",
            self.source.name,
            self.source.position(self.span.start).line
        )
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    AuthorizationContext(AuthorizationContext),
    Base,
    BasicAuthentication(BasicAuthentication),
    /// The certificate by thumbprint, id or content.
    CertificateAuthentication(Template),
    Caching(Arc<Caching>),
    Content(Content),
    ContentSafety(Arc<ContentSafety>),
    Cors(Arc<Cors>),
    ValidateToken(Arc<ValidateToken>),
    CallLimit(Arc<CallLimit>),
    Choose(Vec<Branch>),
    Course(Course),
    EmitMetric(EmitMetric),
    EmitTokenMetric(EmitTokenMetric),
    LogToEventHub(LogToEventHub),
    ForwardRequest(ForwardRequest),
    ManagedIdentity(ManagedIdentity),
    Proxy(Proxy),
    ReturnResponse(ReturnResponse),
    SetBackendService(SetBackendService),
    SetBody(SetBody),
    SetHeader(SetHeader),
    SetStatus(SetStatus),
    SetVariable(SetVariable),
    TokenLimit(Arc<TokenLimit>),
}

/// The value of an attribute or of an element's text.
#[derive(Debug, Clone)]
pub(crate) enum Template {
    Literal(Arc<str>),
    Expression(Expression),
}

impl Template {
    pub(crate) fn evaluate(&self, context: &mut Context) -> Result<Value, Fault> {
        match self {
            Template::Literal(text) => Ok(Value::from(&**text)),
            Template::Expression(expression) => expression.evaluate(context),
        }
    }

    pub(crate) fn text(&self, context: &mut Context) -> Result<String, Fault> {
        match self {
            Template::Literal(text) => Ok(text.to_string()),
            Template::Expression(expression) => {
                expression.evaluate(context).map(|value| value.to_text())
            }
        }
    }

    /// As it stands in the document, named values put in.
    pub(crate) fn written(&self) -> &str {
        match self {
            Template::Literal(text) => text,
            Template::Expression(expression) => expression.text(),
        }
    }
}

/// `when` with its condition, or `otherwise`.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    pub(crate) place: Place,
    pub(crate) condition: Condition,
    pub(crate) items: Vec<Item>,
}

#[derive(Debug, Clone)]
pub(crate) enum Condition {
    When(Template),
    Otherwise,
}

#[derive(Debug, Clone)]
pub(crate) struct EmitTokenMetric {
    pub(crate) namespace: Arc<str>,
    pub(crate) dimensions: Vec<Dimension>,
}

/// A dimension without a value takes the one that its default name stands for.
#[derive(Debug, Clone)]
pub(crate) struct Dimension {
    pub(crate) name: Template,
    pub(crate) value: Option<Template>,
}

#[derive(Debug, Clone)]
pub(crate) struct ForwardRequest {
    pub(crate) timeout: Template,
    /// `timeout-ms` instead of `timeout`.
    pub(crate) timeout_is_millis: bool,
    pub(crate) fail_on_error_status_code: bool,
    pub(crate) buffer_response: bool,
    /// `buffer-request-body` keeps it, so that a `retry` can send it again.
    pub(crate) request_body: RequestBody,
}

/// What is left of a request's body once it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestBody {
    Kept,
    Gone,
}

impl Default for ForwardRequest {
    fn default() -> ForwardRequest {
        ForwardRequest {
            timeout: Template::Literal("300".into()),
            timeout_is_millis: false,
            fail_on_error_status_code: false,
            buffer_response: true,
            request_body: RequestBody::Gone,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ManagedIdentity {
    pub(crate) resource: Template,
    pub(crate) output_variable: Option<Arc<str>>,
}

#[derive(Debug, Clone)]
pub(crate) struct ReturnResponse {
    /// A variable that holds the response to start from.
    pub(crate) variable: Option<Arc<str>>,
    pub(crate) items: Vec<Item>,
}

#[derive(Debug, Clone)]
pub(crate) enum SetBackendService {
    BaseUrl(Template),
    BackendId(Template),
}

#[derive(Debug, Clone)]
pub(crate) struct SetBody {
    pub(crate) value: Template,
    /// Writes the body instead of `value`.
    pub(crate) liquid: Option<Arc<Liquid>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExistsAction {
    Override,
    Skip,
    Append,
    Delete,
}

impl ExistsAction {
    pub(crate) fn from_name(name: &str) -> Option<ExistsAction> {
        match name {
            "override" => Some(ExistsAction::Override),
            "skip" => Some(ExistsAction::Skip),
            "append" => Some(ExistsAction::Append),
            "delete" => Some(ExistsAction::Delete),
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct SetHeader {
    pub(crate) name: Template,
    pub(crate) exists: Template,
    pub(crate) values: Vec<Template>,
}

#[derive(Debug, Clone)]
pub(crate) struct SetStatus {
    pub(crate) code: Template,
    pub(crate) reason: Template,
}

#[derive(Debug, Clone)]
pub(crate) struct SetVariable {
    pub(crate) name: Arc<str>,
    pub(crate) value: Template,
}

/// `llm-token-limit`, gateway specification 1.1. Absent names mean that nothing is reported.
#[derive(Debug, Clone)]
pub(crate) struct TokenLimit {
    pub(crate) counter_key: Template,
    pub(crate) tokens_per_minute: Option<Tokens>,
    pub(crate) quota: Option<Quota>,
    pub(crate) estimate_prompt: bool,
    pub(crate) retry_after_header: Arc<str>,
    pub(crate) retry_after_variable: Option<Arc<str>>,
    pub(crate) remaining_header: Option<Arc<str>>,
    pub(crate) remaining_variable: Option<Arc<str>>,
    pub(crate) remaining_quota_header: Option<Arc<str>>,
    pub(crate) remaining_quota_variable: Option<Arc<str>>,
    pub(crate) consumed_header: Option<Arc<str>>,
    pub(crate) consumed_variable: Option<Arc<str>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Quota {
    pub(crate) tokens: Template,
    pub(crate) period: Template,
}

impl Quota {
    /// The period when the policy names it literally.
    pub(crate) fn literal_period(&self) -> Option<Period> {
        match &self.period {
            Template::Literal(name) => Period::from_name(name),
            Template::Expression(_) => None,
        }
    }
}

/// Reads `300` or `300` milliseconds as `forward-request` means it.
pub(crate) fn timeout(text: &str, is_millis: bool) -> Option<Duration> {
    let count: u64 = text.trim().parse().ok()?;
    Some(if is_millis {
        Duration::from_millis(count)
    } else {
        Duration::from_secs(count)
    })
}

impl Policy {
    /// The header in which `on-error` reports `context.LastError.Reason`, if it does so plainly.
    pub(crate) fn reason_header(&self) -> Option<String> {
        let section = self.section(SectionName::OnError)?;
        section.items.iter().find_map(|item| match &item.kind {
            Kind::SetHeader(SetHeader {
                name: Template::Literal(name),
                values,
                ..
            }) => {
                let [Template::Expression(value)] = values.as_slice() else {
                    return None;
                };
                (value.text() == "@(context.LastError.Reason)").then(|| name.to_string())
            }
            _ => None,
        })
    }
}
