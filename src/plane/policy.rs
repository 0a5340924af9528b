//! Policy documents and fragments: what API Management checks when they come, and the forms in
//! which it answers them.

use serde_json::json;

use super::apim::service_id;
use super::id::Target;
use super::provider::Draft;
use super::render::render;
use super::service::{self, invalid};
use super::state::{Entry, State};
use super::wire::Refusal;
use crate::arm::ArmError;
use crate::base::{Severity, Source};
use crate::policy::lint::{self, Options, Platform, PolicyFormat, PolicyScope};
use crate::policy::xml::{self, Element};
use crate::policy::{Fragments, NamedValues, Policy, parse_with};

/// How a text is sent and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Expressions are XML as everything else.
    Xml,
    /// Expressions stand as they are.
    Raw,
}

/// All that the texts of a service can name.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) values: NamedValues,
    pub(super) fragments: Fragments,
    backends: Vec<String>,
    platform: Platform,
}

impl Surroundings {
    pub(super) fn of(state: &State, service: &str) -> Surroundings {
        let values = state.children(service, "namedValues").into_iter();
        let values = values.map(|entry| {
            let hidden = entry.secret("value");
            let value = if hidden.is_empty() {
                entry.text("value")
            } else {
                hidden
            };
            (entry.text("displayName").to_owned(), value.to_owned())
        });
        let fragments = state.children(service, "policyFragments").into_iter();
        let fragments = fragments.map(|entry| (entry.name().to_owned(), source(entry)));
        let backends = state.children(service, "backends").into_iter();
        let sku = state
            .find(service)
            .map(|entry| entry.value.clone())
            .unwrap_or_default();
        let platform = match sku["sku"]["name"].as_str() {
            Some("Consumption") => Platform::Consumption,
            _ => Platform::Tier(service::tier(&sku)),
        };
        Surroundings {
            values: values.collect(),
            fragments: fragments.collect(),
            backends: backends.map(|entry| entry.name().to_owned()).collect(),
            platform,
        }
    }
}

/// The text of a kept document, under the name of its resource.
pub(super) fn source(entry: &Entry) -> Source {
    let parts: Vec<&str> = entry.id.split('/').skip(9).collect();
    Source::new(parts.join("/"), entry.secret("value"))
}

/// A policy document of any scope.
pub(super) fn document(state: &State, draft: &mut Draft) -> Result<(), Refusal> {
    if draft.target.name() != "policy" {
        return Err(invalid("policyId", "The policy's name must be 'policy'."));
    }
    let (text, form) = sent(draft)?;
    let service = service_id(&draft.target);
    let surroundings = Surroundings::of(state, &service);
    let kind = draft.target.types[1..].join("/");
    let scope = match kind.as_str() {
        "policies" => PolicyScope::Global,
        "products/policies" => PolicyScope::Product,
        "apis/policies" => PolicyScope::Api,
        _ => PolicyScope::Operation,
    };
    let source = Source::new(draft.target.id(), text.as_str());
    examine(&source, form, scope, &surroundings)?;
    compile(&source, &surroundings)?;
    keep(draft, &text, form);
    Ok(())
}

/// A policy fragment.
pub(super) fn fragment(draft: &mut Draft) -> Result<(), Refusal> {
    let (text, form) = sent(draft)?;
    let source = Source::new(draft.target.id(), text.as_str());
    let (root, problems) = xml::read(&source);
    if let Some(problem) = problems.first() {
        return Err(refused(vec![(
            "fragment".to_owned(),
            worded(&source, "fragment", problem.span.start, &problem.message),
        )]));
    }
    if root.is_none_or(|root| root.name != "fragment") {
        return Err(invalid(
            "value",
            "A policy fragment must have the root element 'fragment'.",
        ));
    }
    keep(draft, &text, form);
    Ok(())
}

/// Text and format of a body.
fn sent(draft: &Draft) -> Result<(String, Form), Refusal> {
    let form = match draft.property("format").as_str().unwrap_or("xml") {
        "rawxml" => Form::Raw,
        "xml" => Form::Xml,
        other @ ("xml-link" | "rawxml-link") => {
            let message = format!(
                "The local Azure follows no links: send the text itself instead of format '{other}'."
            );
            return Err(invalid("format", &message));
        }
        other => {
            return Err(invalid(
                "format",
                &format!("Format '{other}' is not known."),
            ));
        }
    };
    let Some(text) = draft
        .property("value")
        .as_str()
        .filter(|text| !text.trim().is_empty())
    else {
        return Err(invalid("value", "Policy content is required."));
    };
    if form == Form::Xml
        && let Err(error) = roxmltree::Document::parse(text.trim_start_matches('\u{feff}'))
    {
        let place = error.pos();
        let message = format!("{error} Line {}, position {}.", place.row, place.col);
        return Err(invalid("representation", &message));
    }
    Ok((text.to_owned(), form))
}

fn keep(draft: &mut Draft, text: &str, form: Form) {
    draft.hidden.insert("value".into(), text.into());
    let word = match form {
        Form::Raw => "rawxml",
        Form::Xml => "xml",
    };
    draft.hidden.insert("format".into(), word.into());
    // As it was sent, so that what-if finds no change in the same again; a GET chooses its form.
    let mut properties = json!({"format": word, "value": text});
    if !draft.property("description").is_null() {
        properties["description"] = draft.property("description").clone();
    }
    draft.value["properties"] = properties;
}

/// The kept document in the form that a caller asks for.
pub(super) fn shown(entry: &Entry, form: Form) -> String {
    let sent = match entry.secret("format") {
        "rawxml" => Form::Raw,
        _ => Form::Xml,
    };
    answered(&source(entry), sent, form)
}

/// What came raw goes raw as it came; everything else is indented anew.
fn answered(source: &Source, sent: Form, wanted: Form) -> String {
    if sent == Form::Raw && wanted == Form::Raw {
        return source.text.to_string();
    }
    match xml::read(source) {
        (Some(root), _) => render(source, &root, wanted),
        (None, _) => source.text.to_string(),
    }
}

/// What API Management refuses, in its words.
fn examine(
    source: &Source,
    form: Form,
    scope: PolicyScope,
    surroundings: &Surroundings,
) -> Result<(), Refusal> {
    let mut fragments = lint::Fragments::default();
    for (id, text) in &surroundings.fragments {
        fragments.insert(id.clone(), text.clone());
    }
    let options = Options {
        scope,
        platform: surroundings.platform,
        format: match form {
            Form::Raw => PolicyFormat::RawXml,
            Form::Xml => PolicyFormat::Xml,
        },
        named_values: surroundings.values.clone(),
        fragments: Some(fragments),
        ..Options::default()
    };
    let mut details: Vec<(String, String)> = lint::lint(source, &options)
        .into_iter()
        .filter_map(|finding| finding.deployment)
        .map(|text| (element(&text), text))
        .collect();
    if details.is_empty()
        && let (Some(root), _) = xml::read(source)
    {
        unknown_backends(source, &root, surroundings, &mut details);
    }
    if details.is_empty() {
        return Ok(());
    }
    Err(refused(details))
}

/// Backends that a text names and the service does not have.
fn unknown_backends(
    source: &Source,
    element: &Element,
    surroundings: &Surroundings,
    details: &mut Vec<(String, String)>,
) {
    if element.name == "set-backend-service"
        && let Some(id) = element.attribute("backend-id")
    {
        let (text, _) = id
            .value
            .with_named_values(|name| surroundings.values.get(name).cloned());
        let id = text.value.trim();
        let known = surroundings
            .backends
            .iter()
            .any(|known| known.eq_ignore_ascii_case(id));
        if !known && !id.starts_with('@') {
            let message = format!("Backend with id '{id}' could not be found.");
            let text = worded(source, &element.name, element.name_span.start, &message);
            details.push((element.name.clone(), text));
        }
    }
    for child in element.elements() {
        unknown_backends(source, child, surroundings, details);
    }
}

/// The executable policy.
///
/// # Errors
///
/// When the local gateway cannot execute something in it: better now than when requests come.
pub(super) fn compile(source: &Source, surroundings: &Surroundings) -> Result<Policy, Refusal> {
    let (policy, diagnostics) = parse_with(source, &surroundings.values, &surroundings.fragments);
    policy.ok_or_else(|| {
        let errors = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error);
        let details = errors.map(|error| {
            let (root, _) = xml::read(&error.source);
            let found = root.as_ref().map(|root| innermost(root, error.span.start));
            let (name, at) = found.map_or(("policies", error.span.start), |element| {
                (element.name.as_str(), element.name_span.start)
            });
            let text = worded(&error.source, name, at, &error.message);
            (name.to_owned(), text)
        });
        refused(details.collect())
    })
}

fn worded(source: &Source, element: &str, at: usize, message: &str) -> String {
    let place = source.position(at);
    let message = message.replace('`', "'");
    let message = message.trim_end_matches('.');
    format!(
        "Error in element '{element}' on line {}, column {}: {message}.",
        place.line, place.column
    )
}

/// The element that a place lies in.
fn innermost(element: &Element, at: usize) -> &Element {
    let mut found = element;
    while let Some(child) = found
        .elements()
        .find(|child| (child.span.start..child.span.end).contains(&at))
    {
        found = child;
    }
    found
}

/// The element that a message of a refused deployment names.
fn element(text: &str) -> String {
    text.split('\'').nth(1).unwrap_or("policies").to_owned()
}

fn refused(details: Vec<(String, String)>) -> Refusal {
    let mut error = ArmError::new(
        "ValidationError",
        "One or more fields contain incorrect values:",
    );
    for (target, message) in details {
        error = error.detail(ArmError::new("ValidationError", message).target(target));
    }
    Refusal::of(400, error)
}

/// The form that a request asks for.
pub(super) fn form(format: Option<&str>) -> Form {
    match format {
        Some(text) if text.eq_ignore_ascii_case("rawxml") => Form::Raw,
        _ => Form::Xml,
    }
}

/// Whether the resource is a document that is answered in forms.
pub(super) fn is_document(target: &Target) -> bool {
    target.namespace == "Microsoft.ApiManagement"
        && target
            .types
            .last()
            .is_some_and(|kind| kind == "policies" || kind == "policyFragments")
}
