//! The tables: which columns they have, and their rows from calls.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::Problem;
use super::table::Table;
use super::value::{Type, Value};
use crate::monitor::call::Call;
use crate::monitor::store::Store;
use crate::monitor::{Dialect, Sources};

/// What queries see.
#[derive(Debug, Clone, Copy)]
pub(in crate::monitor) struct Tables<'a> {
    pub(in crate::monitor) store: &'a Store,
    pub(in crate::monitor) sources: &'a Sources,
    pub(in crate::monitor) dialect: Dialect,
    /// From and to.
    pub(in crate::monitor) span: (Timestamp, Timestamp),
    pub(in crate::monitor) now: Timestamp,
}

type Column = (&'static str, Type);

/// Columns, and the rows that a call has.
type Source = (&'static [Column], fn(&Call) -> Vec<Vec<Value>>);

const GATEWAY: [Column; 20] = [
    ("TimeGenerated", Type::Time),
    ("CorrelationId", Type::Text),
    ("ApiId", Type::Text),
    ("OperationId", Type::Text),
    ("ProductId", Type::Text),
    ("ApimSubscriptionId", Type::Text),
    ("Method", Type::Text),
    ("CallerIpAddress", Type::Text),
    ("ResponseCode", Type::Long),
    ("BackendResponseCode", Type::Long),
    ("TotalTime", Type::Long),
    ("BackendTime", Type::Long),
    ("IsRequestSuccess", Type::Bool),
    ("LastErrorReason", Type::Text),
    ("LastErrorMessage", Type::Text),
    ("LastErrorSource", Type::Text),
    ("LastErrorSection", Type::Text),
    ("Region", Type::Text),
    ("OperationName", Type::Text),
    ("Category", Type::Text),
];

const LLM: [Column; 11] = [
    ("TimeGenerated", Type::Time),
    ("CorrelationId", Type::Text),
    ("OperationName", Type::Text),
    ("DeploymentName", Type::Text),
    ("ModelName", Type::Text),
    ("PromptTokens", Type::Long),
    ("CompletionTokens", Type::Long),
    ("TotalTokens", Type::Long),
    ("IsStreamCompletion", Type::Bool),
    ("SequenceNumber", Type::Long),
    ("Region", Type::Text),
];

const APP_METRICS: [Column; 7] = [
    ("TimeGenerated", Type::Time),
    ("Name", Type::Text),
    ("Sum", Type::Real),
    ("ItemCount", Type::Long),
    ("Min", Type::Real),
    ("Max", Type::Real),
    ("Properties", Type::Dynamic),
];

const CUSTOM_METRICS: [Column; 8] = [
    ("timestamp", Type::Time),
    ("name", Type::Text),
    ("value", Type::Real),
    ("valueSum", Type::Real),
    ("valueCount", Type::Long),
    ("valueMin", Type::Real),
    ("valueMax", Type::Real),
    ("customDimensions", Type::Dynamic),
];

impl Tables<'_> {
    pub(super) fn open(&self, name: &str) -> Result<Table, Problem> {
        let (columns, rows): Source = match (self.dialect, name) {
            (Dialect::Workspace, "ApiManagementGatewayLogs") => (&GATEWAY, gateway),
            (Dialect::Workspace, "ApiManagementGatewayLlmLog") => (&LLM, llm),
            (Dialect::Workspace, "AppMetrics") => (&APP_METRICS, app_metrics),
            (Dialect::Component, "customMetrics") => (&CUSTOM_METRICS, custom_metrics),
            (dialect, name) => {
                let known: &[&str] = match dialect {
                    Dialect::Workspace => &[
                        "ApiManagementGatewayLogs",
                        "ApiManagementGatewayLlmLog",
                        "AppMetrics",
                    ],
                    Dialect::Component => &["customMetrics"],
                };
                return Err(Problem::unsupported("the table", name, known));
            }
        };
        let (from, to) = self.span;
        let services = match name {
            "ApiManagementGatewayLogs" => &self.sources.gateway,
            "ApiManagementGatewayLlmLog" => &self.sources.llm,
            _ => &self.sources.metrics,
        };
        let seen = self.store.calls().filter(|call| {
            let ours = |name: &String| name.eq_ignore_ascii_case(&call.service);
            from <= call.at && call.at <= to && services.iter().any(ours)
        });
        Ok(Table {
            columns: columns
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), *kind))
                .collect(),
            rows: seen.flat_map(rows).collect(),
        })
    }
}

fn whole(count: u64) -> Value {
    Value::Long(i64::try_from(count).unwrap_or(i64::MAX))
}

fn whole_milliseconds(span: std::time::Duration) -> Value {
    whole(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

fn gateway(call: &Call) -> Vec<Vec<Value>> {
    let error = call.error.as_ref();
    let backend = call.backend.as_ref();
    let text = |text: &str| Value::Text(text.to_owned());
    vec![vec![
        Value::Time(call.at),
        text(&call.correlation),
        text(&call.api),
        text(&call.operation),
        Value::text(call.product.as_deref()),
        Value::text(call.subscription.as_deref()),
        text(&call.method),
        text(&call.caller),
        Value::Long(call.status.into()),
        backend
            .and_then(|backend| backend.status)
            .map_or(Value::Null, |status| Value::Long(status.into())),
        whole_milliseconds(call.took),
        backend.map_or(Value::Null, |backend| whole_milliseconds(backend.took)),
        Value::Bool(call.status < 400),
        Value::text(error.map(|error| error.reason.as_str())),
        Value::text(error.map(|error| error.message.as_str())),
        Value::text(error.map(|error| error.source.as_str())),
        Value::text(error.map(|error| error.section.as_str())),
        text(&call.region),
        text("Microsoft.ApiManagement/GatewayLogs"),
        text("GatewayLogs"),
    ]]
}

/// One row for each answer of a model. Messages are not kept here, so their columns are missing.
fn llm(call: &Call) -> Vec<Vec<Value>> {
    let Some(model) = &call.model else {
        return Vec::new();
    };
    let (prompt, completion) = model.tokens.unwrap_or_default();
    let text = |text: &str| Value::Text(text.to_owned());
    vec![vec![
        Value::Time(call.at),
        text(&call.correlation),
        text("Microsoft.ApiManagement/GatewayLlmLogs"),
        text(&model.deployment),
        text(&model.deployment),
        whole(prompt),
        whole(completion),
        whole(prompt + completion),
        Value::Bool(model.stream),
        Value::Long(0),
        text(&call.region),
    ]]
}

fn app_metrics(call: &Call) -> Vec<Vec<Value>> {
    let rows = call.metrics.iter().map(|metric| {
        vec![
            Value::Time(call.at),
            Value::Text(metric.name.to_string()),
            Value::Real(metric.amount),
            Value::Long(1),
            Value::Real(metric.amount),
            Value::Real(metric.amount),
            dynamic(&metric.dimensions),
        ]
    });
    rows.collect()
}

fn custom_metrics(call: &Call) -> Vec<Vec<Value>> {
    let rows = call.metrics.iter().map(|metric| {
        vec![
            Value::Time(call.at),
            Value::Text(metric.name.to_string()),
            Value::Real(metric.amount),
            Value::Real(metric.amount),
            Value::Long(1),
            Value::Real(metric.amount),
            Value::Real(metric.amount),
            dynamic(&metric.dimensions),
        ]
    });
    rows.collect()
}

fn dynamic(dimensions: &[(String, String)]) -> Value {
    let pairs = dimensions.iter();
    let map: Map<String, Json> = pairs
        .map(|(name, value)| (name.clone(), Json::from(value.as_str())))
        .collect();
    Value::Dynamic(Json::Object(map))
}
