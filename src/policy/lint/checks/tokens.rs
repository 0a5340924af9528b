//! T01 to T08 and T11 to T14: one token limit by itself. T02, T04 and T05 are with the attributes.

use super::super::document::{Content, Document, Site};
use super::super::finding::Report;
use super::super::options::{Platform, PolicyScope};
use crate::base::Severity;
use crate::policy::expression::Outcome;
use crate::policy::token_rules;

const HEADERS: [&str; 4] = [
    "retry-after-header-name",
    "remaining-tokens-header-name",
    "remaining-quota-tokens-header-name",
    "tokens-consumed-header-name",
];

/// Headers in which Azure OpenAI reports limits of its own; `*` stands for any ending.
const BACKEND_HEADERS: [&str; 4] = [
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-limit-*",
    "retry-after-ms",
];

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    for (_, site) in document
        .own()
        .filter(|(_, site)| site.policy && site.name() == "llm-token-limit")
    {
        limits(site, report);
        quota(site, report);
        estimate(site, report);
        headers(document, site, report);
        fits(document, site, report);
        platform(document, site, report);
    }
}

fn limits(site: &Site<'_>, report: &mut Report<'_>) {
    let literal = |name: &str| {
        let value = site.value(name).filter(|value| value.missing.is_empty())?;
        value.literal().map(ToOwned::to_owned)
    };
    report.mistakes(token_rules::of_limit(site.element, &literal));
    if let Some(value) = site
        .value("tokens-per-minute")
        .filter(|value| value.is_expression())
    {
        report
            .add(
                "T05",
                value.written.span,
                "attribute `tokens-per-minute` cannot be an expression",
            )
            .hints
            .push("use a number or a named value such as `{{tpm}}`".to_owned());
    }
}

fn quota(site: &Site<'_>, report: &mut Report<'_>) {
    if let Some(value) = site.value("token-quota")
        && let Content::Expression(parsed) = &value.content
    {
        let outcome = parsed.0.outcome();
        if !matches!(outcome, Outcome::Long | Outcome::Unknown) {
            let wording = match outcome {
                Outcome::Text => "Cannot implicitly convert type 'string' to 'long'".to_owned(),
                other => format!(
                    "Expression return type '{}' is not allowed.",
                    other.as_str()
                ),
            };
            let message = format!(
                "the expression of `token-quota` gives `{}`, not `long`",
                outcome.as_str()
            );
            report
                .worded("T06", value.written.span, message, wording)
                .hints
                .push("write `50000L`, or cast: `(long)…`".to_owned());
        }
    }
}

fn estimate(site: &Site<'_>, report: &mut Report<'_>) {
    match site.value("estimate-prompt-tokens") {
        None => {}
        Some(value) => match value.literal().map(str::to_ascii_lowercase).as_deref() {
            Some("false") => {
                let message = "without an estimate every request in flight may overshoot the limit by its whole answer";
                report.add("T13", value.written.span, message).hints.push(
                    "`true` refuses prompts that do not fit before they reach the model".to_owned(),
                );
            }
            Some("true") | None => {}
            Some(_) if !value.missing.is_empty() => {}
            Some(other) => {
                let message = format!(
                    "attribute `estimate-prompt-tokens` is `true` or `false`, not `{other}`"
                );
                let problem = report.add("T03", value.written.span, message);
                problem.severity = Severity::Error;
            }
        },
    }
}

fn headers(document: &Document<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let scope = document.options.scope;
    for attribute in HEADERS {
        let Some(value) = site.value(attribute) else {
            continue;
        };
        let severity = match scope {
            PolicyScope::Fragment => Some(Severity::Error),
            PolicyScope::Global | PolicyScope::Product => Some(Severity::Warning),
            _ => None,
        };
        if let Some(severity) = severity {
            let wording = format!(
                "The '{attribute}' attribute is unavailable for websocket APIs and global/product policies."
            );
            let place = if scope == PolicyScope::Fragment {
                "in a fragment"
            } else {
                "at global and product scope"
            };
            let problem = report.worded(
                "T08",
                value.written.span,
                format!("attribute `{attribute}` is not available {place}"),
                wording,
            );
            problem.severity = severity;
            problem.hints.push(
                "use the attribute that ends in `-variable-name` and a `set-header`".to_owned(),
            );
        }
        if let Some(name) = value.literal().filter(|name| of_the_backend(name)) {
            report
                .add(
                    "T11",
                    value.written.span,
                    format!("Azure OpenAI itself answers with the header `{name}`"),
                )
                .hints
                .push(
                    "callers cannot tell the two limits apart; choose a name of your own"
                        .to_owned(),
                );
        }
    }
}

fn of_the_backend(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    BACKEND_HEADERS.iter().any(|known| {
        known
            .strip_suffix('*')
            .map_or(*known == name, |start| name.starts_with(start))
    })
}

fn fits(document: &Document<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let Some((scale, value)) = document.options.scale.zip(site.value("tokens-per-minute")) else {
        return;
    };
    let Some(limit) = value.literal().and_then(|text| text.parse::<u64>().ok()) else {
        return;
    };
    let estimates = site.literal("estimate-prompt-tokens") == Some("true");
    let (prompt, completion) = (
        scale.prompt.0,
        scale.completion.map_or(0, |tokens| tokens.0),
    );
    let message = if prompt > limit {
        format!("the largest prompt has {prompt} tokens, the limit is {limit} a minute")
    } else if completion > limit {
        format!("`max_tokens` is {completion}, the limit is {limit} a minute")
    } else {
        return;
    };
    let hint = if estimates && prompt > limit {
        "such a request is refused however long the caller waits"
    } else {
        "one such answer leaves a debt that blocks the callers after it for minutes"
    };
    report
        .add("T12", value.written.span, message)
        .hints
        .push(hint.to_owned());
}

fn platform(document: &Document<'_>, site: &Site<'_>, report: &mut Report<'_>) {
    let name = &site.element.name;
    let platform = document.options.platform;
    if platform == Platform::Consumption {
        let message = format!("`{name}` does not exist on the Consumption tier");
        report.add("T14", site.name_span(), message);
    }
    if platform.is_classic() && document.sites.iter().any(names_anthropic) {
        report
            .add(
                "T14",
                site.name_span(),
                format!("`{name}` does not count Anthropic messages on classic tiers"),
            )
            .hints
            .push("the Messages API is counted on v2 tiers only".to_owned());
    }
}

/// The document itself says that its backend speaks Anthropic's API.
fn names_anthropic(site: &Site<'_>) -> bool {
    site.values
        .iter()
        .filter_map(|value| value.literal())
        .any(|text| {
            let text = text.to_ascii_lowercase();
            text == "anthropic-version"
                || text.contains("api.anthropic.com")
                || text.contains("/anthropic/")
                || text.ends_with("/v1/messages")
        })
}
