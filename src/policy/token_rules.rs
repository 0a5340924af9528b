//! What makes one token limit or one token metric wrong: rules T01, T03, T07, M01 and M02, in one
//! place for the linter and for lowering.

use super::lower::{DEFAULT_DIMENSIONS, MAX_DIMENSIONS};
use super::xml::Element;
use crate::base::{Diagnostic, Severity, Source, Span};
use crate::limiter::Period;

/// A rule that is broken, before anybody reports it.
pub(in crate::policy) struct Mistake {
    pub(in crate::policy) rule: &'static str,
    pub(in crate::policy) severity: Severity,
    pub(in crate::policy) span: Span,
    pub(in crate::policy) message: String,
    pub(in crate::policy) hint: Option<String>,
}

impl Mistake {
    fn error(rule: &'static str, span: Span, message: String) -> Mistake {
        Mistake {
            rule,
            severity: Severity::Error,
            span,
            message,
            hint: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Mistake {
        self.hint = Some(hint.into());
        self
    }

    pub(in crate::policy) fn diagnostic(self, source: &Source) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(source, self.span, self.message);
        diagnostic.code = self.rule;
        diagnostic.severity = self.severity;
        diagnostic.hints.extend(self.hint);
        diagnostic
    }
}

/// Mistakes of one `llm-token-limit`. `literal` gives the text of an attribute, named values put
/// in; `None` for one that is absent, is an expression or is not known yet.
pub(in crate::policy) fn of_limit(
    element: &Element,
    literal: &dyn Fn(&str) -> Option<String>,
) -> Vec<Mistake> {
    let given = |name| element.attribute(name).is_some();
    let name = &element.name;
    let mut found = Vec::new();
    if !given("tokens-per-minute") && !given("token-quota") && !given("token-quota-period") {
        let message = format!("`{name}` limits nothing");
        found.push(
            Mistake::error("T01", element.name_span, message)
                .hint("give `tokens-per-minute`, or `token-quota` with `token-quota-period`"),
        );
    }
    for (one, other) in [
        ("token-quota", "token-quota-period"),
        ("token-quota-period", "token-quota"),
    ] {
        if let (Some(attribute), None) = (element.attribute(one), element.attribute(other)) {
            let message = format!("`{one}` needs `{other}` beside it");
            found.push(Mistake::error("T01", attribute.name_span, message));
        }
    }
    for (number, most) in [
        ("tokens-per-minute", i64::from(u32::MAX)),
        ("token-quota", i64::MAX),
    ] {
        let Some((attribute, text)) = element.attribute(number).zip(literal(number)) else {
            continue;
        };
        let text = text.trim();
        if !text
            .parse::<i64>()
            .is_ok_and(|count| (1..=most).contains(&count))
        {
            let message = format!("`{number}` is a whole number above zero, not `{text}`");
            found.push(Mistake::error("T01", attribute.value.span, message));
        }
    }
    found.extend(period(element, literal));
    found.extend(estimate(element));
    found
}

fn period(element: &Element, literal: &dyn Fn(&str) -> Option<String>) -> Option<Mistake> {
    let attribute = element.attribute("token-quota-period")?;
    let text = literal("token-quota-period")?;
    if Period::from_name(text.trim()).is_some() {
        return None;
    }
    let names = Period::ALL.map(|(name, _)| name).join(", ");
    let message = format!("`{}` is not a quota period", text.trim());
    Some(Mistake::error("T07", attribute.value.span, message).hint(format!("it is one of {names}")))
}

fn estimate(element: &Element) -> Option<Mistake> {
    // The misspelled attribute is told by T04; one mistake, one message.
    let told = ["estimate-prompt-tokens", "estimate-prompt-token"];
    if told.iter().any(|name| element.attribute(name).is_some()) {
        return None;
    }
    let message = format!("`{}` does not say `estimate-prompt-tokens`", element.name);
    Some(Mistake {
        severity: Severity::Warning,
        ..Mistake::error("T03", element.name_span, message)
            .hint("the reference calls it required; the local gateway takes `false`")
    })
}

/// M01: the metric has more dimensions than Azure Monitor has room for.
pub(in crate::policy) fn of_metric(element: &Element) -> Option<Mistake> {
    let dimensions = element.elements().filter(|child| child.name == "dimension");
    let count = dimensions.count();
    (count > MAX_DIMENSIONS).then(|| {
        let message = format!(
            "`{}` has {count} dimensions, {MAX_DIMENSIONS} are allowed",
            element.name
        );
        Mistake::error("M01", element.name_span, message)
    })
}

/// M02: the dimension of that literal name has no value of its own.
pub(in crate::policy) fn of_dimension(element: &Element, name: &str) -> Option<Mistake> {
    let known = DEFAULT_DIMENSIONS.contains(&name) || element.attribute("value").is_some();
    (!known).then(|| {
        let message = format!("dimension `{name}` needs a value");
        Mistake::error("M02", element.name_span, message)
            .hint(format!("only {} go without", DEFAULT_DIMENSIONS.join(", ")))
    })
}
