//! `llm-emit-token-metric`: dimensions are read when the policy runs, values when the answer is
//! known (gateway specification, section 2).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::Raised;
use super::exchange::Exchange;
use crate::base::number;
use crate::policy::{Dimension, EmitMetric, EmitTokenMetric};
use crate::tokens::Usage;

/// One value sent to Application Insights.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Metric {
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Cow<'static, str>,
    /// Names and values; the metrics of one element share them.
    pub(crate) dimensions: Arc<[(String, String)]>,
    pub(crate) value: f64,
}

/// What Application Insights would show: number of answers and sum of each metric, by namespace
/// and dimensions.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct MetricTotals(BTreeMap<Series, BTreeMap<Cow<'static, str>, (u64, f64)>>);

/// Namespace and dimensions.
type Series = (Arc<str>, Arc<[(String, String)]>);

impl MetricTotals {
    pub(crate) fn add(&mut self, metrics: Vec<Metric>) {
        for metric in metrics {
            let series = self
                .0
                .entry((metric.namespace, metric.dimensions))
                .or_default();
            let (count, sum) = series.entry(metric.name).or_default();
            *count += 1;
            *sum += metric.value;
        }
    }

    /// One line for each namespace and dimensions: sums, then where they belong.
    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.0.iter().map(|((namespace, dimensions), values)| {
            let sums = values
                .iter()
                .map(|(name, (_, sum))| format!("{name} {}", number(*sum, 3)));
            let sums: Vec<String> = sums.collect();
            let answers = values.values().map(|(count, _)| *count).max().unwrap_or(0);
            let dimensions = dimensions
                .iter()
                .map(|(name, value)| format!("{name} {value}"));
            let dimensions: Vec<String> = dimensions.collect();
            format!(
                "{} in {answers} answers; {namespace}: {}",
                sums.join(", "),
                dimensions.join(", ")
            )
        });
        lines.collect()
    }
}

/// A metric whose value is not known yet.
#[derive(Debug, Clone)]
pub(super) struct PendingMetric {
    namespace: Arc<str>,
    dimensions: Arc<[(String, String)]>,
}

pub(super) fn prepare(exchange: &mut Exchange, policy: &EmitTokenMetric) -> Result<(), Raised> {
    let dimensions = dimensions(exchange, &policy.dimensions)?;
    exchange.pending_metrics.push(PendingMetric {
        namespace: Arc::clone(&policy.namespace),
        dimensions,
    });
    Ok(())
}

/// `emit-metric`: a number that the policy names, with or without decimals.
pub(super) fn emit(exchange: &mut Exchange, policy: &EmitMetric) -> Result<(), Raised> {
    let value = policy.value.evaluate(&mut exchange.context)?;
    let text = value.to_text();
    let number: Option<f64> = text.trim().parse().ok();
    let number = number.filter(|number| number.is_finite()).ok_or_else(|| {
        let message = format!("a metric is a number, not `{text}`");
        Raised::evaluation(message)
    })?;
    let metric = Metric {
        namespace: Arc::clone(&policy.namespace),
        name: Cow::Owned(policy.name.to_string()),
        dimensions: dimensions(exchange, &policy.dimensions)?,
        value: number,
    };
    exchange.metrics.push(metric);
    Ok(())
}

fn dimensions(
    exchange: &mut Exchange,
    templates: &[Dimension],
) -> Result<Arc<[(String, String)]>, Raised> {
    let mut dimensions = Vec::with_capacity(templates.len());
    for Dimension { name, value } in templates {
        let name = name.text(&mut exchange.context)?;
        let value = match value {
            Some(value) => value.text(&mut exchange.context)?,
            None => known(exchange, &name),
        };
        dimensions.push((name, value));
    }
    Ok(dimensions.into())
}

/// What the gateway itself knows under a default name; empty where it does not apply.
fn known(exchange: &Exchange, name: &str) -> String {
    let context = &exchange.context;
    match name {
        "API ID" => context.api.id.clone(),
        "Operation ID" => context.operation.id.clone(),
        "Product ID" => context
            .product
            .as_ref()
            .map(|product| product.id.clone())
            .unwrap_or_default(),
        "User ID" => context
            .user
            .as_ref()
            .map(|user| user.id.clone())
            .unwrap_or_default(),
        "Subscription ID" => context
            .subscription
            .as_ref()
            .map(|subscription| subscription.id.clone())
            .unwrap_or_default(),
        "Location" => context.deployment.region.clone(),
        "Gateway ID" => context.deployment.gateway_id.clone(),
        "Backend ID" => exchange.backend_id.clone().unwrap_or_default(),
        _ => String::new(),
    }
}

/// The metrics of an answer that used so much.
pub(super) fn emitted(pending: &[PendingMetric], usage: &Usage) -> Vec<Metric> {
    let values = [
        ("Prompt Tokens", usage.prompt),
        ("Completion Tokens", usage.completion),
        ("Total Tokens", usage.total()),
    ];
    let mut metrics = Vec::with_capacity(pending.len() * values.len());
    for metric in pending {
        metrics.extend(values.map(|(name, value)| Metric {
            namespace: Arc::clone(&metric.namespace),
            name: Cow::Borrowed(name),
            dimensions: Arc::clone(&metric.dimensions),
            value: value.0 as f64,
        }));
    }
    metrics
}
