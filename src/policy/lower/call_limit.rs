//! `rate-limit`, `quota` and their by-key forms: gateway specification 3.2, lint rule S08.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::limits::{Allowance, CallLimit, CallLimitKind, CounterKey, Named, Target};
use super::super::model::{Kind, Template};
use super::super::xml::Element;
use super::attributes::Attributes;
use super::document::Lowering;
use super::elements::empty;

/// Longest period of a rate and shortest one of a quota, in seconds.
const BORDER_SECONDS: u64 = 300;

pub(super) fn lower(lowering: &mut Lowering<'_>, element: &Element) -> Option<Kind> {
    let (kind, by_key) = match element.name.as_str() {
        "rate-limit" => (CallLimitKind::Rate, false),
        "rate-limit-by-key" => (CallLimitKind::Rate, true),
        "quota" => (CallLimitKind::Quota, false),
        _ => (CallLimitKind::Quota, true),
    };
    let mut attributes = Attributes::of(element);
    let key = if by_key {
        attributes
            .required(lowering, "counter-key")
            .map(CounterKey::Given)
    } else {
        let (source, start) = (lowering.source, element.name_span.start);
        let name = format!("{}:{start} of {}", source.name, source.text.len());
        Some(CounterKey::Subscription(name.into()))
    };
    let computed = by_key && kind == CallLimitKind::Rate;
    let own = allowance(
        lowering,
        element,
        &mut attributes,
        kind,
        computed,
        Target::All,
    );
    let (mut condition, mut count, mut first_period) = (None, None, None);
    if by_key {
        condition = attributes.template(lowering, "increment-condition");
        count = attributes.template(lowering, "increment-count");
    }
    if by_key && kind == CallLimitKind::Quota {
        first_period = Some(first_period_start(lowering, &mut attributes));
    }
    let mut limit = CallLimit {
        kind,
        key: key?,
        allowances: own.into_iter().collect(),
        first_period,
        increment_condition: condition,
        increment_count: count,
        retry_after_header: "Retry-After".into(),
        retry_after_variable: None,
        remaining_header: None,
        remaining_variable: None,
        total_header: None,
    };
    if kind == CallLimitKind::Rate {
        if let Some(name) = attributes.name(lowering, "retry-after-header-name") {
            limit.retry_after_header = name;
        }
        limit.retry_after_variable = attributes.name(lowering, "retry-after-variable-name");
        limit.remaining_header = attributes.name(lowering, "remaining-calls-header-name");
        limit.remaining_variable = attributes.name(lowering, "remaining-calls-variable-name");
        limit.total_header = attributes.name(lowering, "total-calls-header-name");
    }
    attributes.finish(lowering);
    if by_key {
        empty(lowering, element);
    } else {
        narrower(lowering, element, &mut limit);
    }
    Some(Kind::CallLimit(Arc::new(limit)))
}

fn allowance(
    lowering: &mut Lowering<'_>,
    element: &Element,
    attributes: &mut Attributes<'_>,
    kind: CallLimitKind,
    computed: bool,
    target: Target,
) -> Option<Allowance> {
    let mut amount = |lowering: &mut Lowering<'_>, name: &'static str| {
        let value = if computed {
            attributes.template(lowering, name)
        } else {
            let literal = attributes.literal(lowering, name);
            literal.map(|(text, _)| Template::Literal(text))
        };
        if let Some(Template::Literal(text)) = &value
            && text.trim().parse::<u32>().is_err()
            && !text.contains("{{")
        {
            let message = format!("`{name}` is a whole number, not `{text}`");
            lowering.error(element.name_span, message).code = "S01";
        }
        value
    };
    let calls = amount(lowering, "calls");
    let period = amount(lowering, "renewal-period");
    let bandwidth = match kind {
        CallLimitKind::Rate => None,
        CallLimitKind::Quota => amount(lowering, "bandwidth"),
    };
    let given = |name| element.attribute(name).is_some();
    let limits = given("calls") || (kind == CallLimitKind::Quota && given("bandwidth"));
    for (missing, what) in [
        (!limits, "calls"),
        (!given("renewal-period"), "renewal-period"),
    ] {
        if missing {
            let message = format!("`{}` needs attribute `{what}`", element.name);
            lowering.error(element.name_span, message).code = "S01";
        }
    }
    check_period(lowering, element, kind, period.as_ref());
    Some(Allowance {
        target,
        calls,
        bandwidth,
        period: period?,
    })
}

fn check_period(
    lowering: &mut Lowering<'_>,
    element: &Element,
    kind: CallLimitKind,
    period: Option<&Template>,
) {
    let Some(Template::Literal(text)) = period else {
        return;
    };
    let Ok(seconds) = text.trim().parse::<u64>() else {
        return;
    };
    let message = match kind {
        CallLimitKind::Rate if seconds == 0 || seconds > BORDER_SECONDS => {
            format!("`renewal-period` of a rate is 1 to {BORDER_SECONDS} seconds, not `{seconds}`")
        }
        CallLimitKind::Quota if seconds != 0 && seconds < BORDER_SECONDS => {
            format!(
                "`renewal-period` of a quota is {BORDER_SECONDS} seconds or more, not `{seconds}`"
            )
        }
        _ => return,
    };
    let problem = lowering.error(element.name_span, message);
    problem.code = "S08";
    if kind == CallLimitKind::Quota {
        problem
            .hints
            .push("`0` stands for a quota that never renews".to_owned());
    }
}

fn first_period_start(lowering: &mut Lowering<'_>, attributes: &mut Attributes<'_>) -> Timestamp {
    let default = "0001-01-01T00:00:00Z";
    let (text, span) = attributes
        .literal(lowering, "first-period-start")
        .map_or((default.into(), None), |(text, span)| (text, Some(span)));
    if let Ok(start) = text.parse() {
        return start;
    }
    if let Some(span) = span {
        let message = format!("`first-period-start` is not a moment: `{text}`");
        lowering
            .error(span, message)
            .hints
            .push(format!("write it as `{default}`"));
    }
    Timestamp::UNIX_EPOCH
}

/// `api` children, and their `operation` children.
fn narrower(lowering: &mut Lowering<'_>, element: &Element, limit: &mut CallLimit) {
    lowering.no_text(element);
    for api in element.elements() {
        let Some((named, allowance)) = child(lowering, api, "api", limit.kind, Target::Api) else {
            continue;
        };
        limit.allowances.extend(allowance);
        lowering.no_text(api);
        for operation in api.elements() {
            let target = |operation| Target::Operation {
                api: named.clone(),
                operation,
            };
            let found = child(lowering, operation, "operation", limit.kind, target);
            if let Some((_, allowance)) = found {
                limit.allowances.extend(allowance);
            }
            empty(lowering, operation);
        }
    }
}

fn child(
    lowering: &mut Lowering<'_>,
    element: &Element,
    expected: &str,
    kind: CallLimitKind,
    target: impl Fn(Named) -> Target,
) -> Option<(Named, Option<Allowance>)> {
    if element.name != expected {
        let message = format!("`{}` cannot stand here, only `{expected}`", element.name);
        lowering.error(element.name_span, message).code = "S01";
        return None;
    }
    let mut attributes = Attributes::of(element);
    let named = Named {
        id: attributes.name(lowering, "id"),
        name: attributes.name(lowering, "name"),
    };
    if named.id.is_none() && named.name.is_none() {
        let message = format!("`{expected}` needs attribute `id` or `name`");
        lowering.error(element.name_span, message).code = "S01";
    }
    let target = target(named.clone());
    let allowance = allowance(lowering, element, &mut attributes, kind, false, target);
    attributes.finish(lowering);
    Some((named, allowance))
}
