//! Which metrics a resource has.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{ACCOUNT, SERVICE};
use super::reply::Reply;
use super::resource::{Kind, Resource};
use super::store::Store;
use super::time::GRAINS;

/// One metric: what answers and messages say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) unit: &'static str,
    /// The first one is what is meant when none is asked for.
    pub(super) aggregations: &'static [&'static str],
    pub(super) dimensions: Vec<String>,
    pub(super) description: &'static str,
}

const COUNTED: &[&str] = &["Total", "Maximum", "Minimum"];
const TIMED: &[&str] = &["Average", "Maximum", "Minimum"];
const LEVEL: &[&str] = &["Average", "Maximum"];
const CUSTOM: &[&str] = &["Average", "Total", "Count", "Maximum", "Minimum"];

type Row = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

/// Name, unit, aggregations, dimensions, description. The load of a gateway's machines is listed as
/// Azure lists it, and has no data here: a gateway on this machine has no machines of its own.
const OF_SERVICE: [Row; 5] = [
    (
        "Requests",
        "Count",
        COUNTED,
        "Location Hostname LastErrorReason BackendResponseCode GatewayResponseCode \
         BackendResponseCodeCategory GatewayResponseCodeCategory ApiId",
        "Gateway request metrics with multiple dimensions",
    ),
    (
        "Duration",
        "MilliSeconds",
        TIMED,
        "Location Hostname ApiId",
        "Overall duration of gateway requests in milliseconds",
    ),
    (
        "BackendDuration",
        "MilliSeconds",
        TIMED,
        "Location Hostname ApiId",
        "Duration of backend requests in milliseconds",
    ),
    (
        "CpuPercent_Gateway",
        "Percent",
        LEVEL,
        "",
        "CPU of the gateway in percent",
    ),
    (
        "MemoryPercent_Gateway",
        "Percent",
        LEVEL,
        "",
        "Memory of the gateway in percent",
    ),
];

const ASKED: &str = "ApiName Region ModelDeploymentName OperationName StreamType StatusCode";

const OF_ACCOUNT: [Row; 7] = [
    (
        "AzureOpenAIRequests",
        "Count",
        &["Total"],
        ASKED,
        "Calls of the Azure OpenAI API",
    ),
    (
        "ProcessedPromptTokens",
        "Count",
        &["Total"],
        "ApiName Region ModelDeploymentName",
        "Prompt tokens processed",
    ),
    (
        "GeneratedTokens",
        "Count",
        &["Total"],
        "ApiName Region ModelDeploymentName",
        "Completion tokens generated",
    ),
    (
        "TokenTransaction",
        "Count",
        &["Total"],
        "ApiName Region ModelDeploymentName",
        "Prompt and completion tokens",
    ),
    (
        "AzureOpenAITimeToResponse",
        "MilliSeconds",
        TIMED,
        ASKED,
        "Until the first content of a stream",
    ),
    (
        "AzureOpenAITTLTInMS",
        "MilliSeconds",
        TIMED,
        ASKED,
        "Until the last byte of an answer",
    ),
    (
        "AzureOpenAITokenPerSecond",
        "Count",
        TIMED,
        ASKED,
        "Speed of generation of a stream",
    ),
];

impl Definition {
    fn of((name, unit, aggregations, dimensions, description): Row) -> Definition {
        let dimensions = dimensions.split_whitespace();
        Definition {
            name: name.to_owned(),
            unit,
            aggregations,
            dimensions: dimensions.map(str::to_owned).collect(),
            description,
        }
    }

    pub(super) fn aggregation(&self) -> &'static str {
        self.aggregations[0]
    }
}

/// Metrics of a namespace. Custom ones exist once a value was sent.
pub(super) fn known(store: &Store, resource: &Resource, namespace: &str) -> Vec<Definition> {
    match resource.kind {
        Kind::Service(_) if namespace.eq_ignore_ascii_case(SERVICE) => {
            OF_SERVICE.map(Definition::of).into()
        }
        Kind::Account(_) if namespace.eq_ignore_ascii_case(ACCOUNT) => {
            OF_ACCOUNT.map(Definition::of).into()
        }
        Kind::Component { .. } => custom(store, resource, namespace),
        _ => Vec::new(),
    }
}

fn custom(store: &Store, resource: &Resource, namespace: &str) -> Vec<Definition> {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for series in store.series().filter(|series| resource.owns(series)) {
        if !series.namespace.eq_ignore_ascii_case(namespace) {
            continue;
        }
        let dimensions = found.entry(&series.metric).or_default();
        for (name, _) in resource.seen(series).dimensions.iter() {
            if !dimensions.contains(name) {
                dimensions.push(name.clone());
            }
        }
    }
    let definitions = found.into_iter().map(|(name, dimensions)| Definition {
        name: name.to_owned(),
        unit: "Unspecified",
        aggregations: CUSTOM,
        dimensions,
        description: "",
    });
    definitions.collect()
}

/// `GET …/providers/Microsoft.Insights/metricDefinitions`
pub(crate) fn definitions(
    store: &Store,
    resource: &Resource,
    parameters: &[(String, String)],
) -> Reply {
    let wanted = super::metrics::parameter(parameters, "metricnamespace");
    let namespace = wanted.unwrap_or(resource.namespace());
    let known = known(store, resource, namespace);
    let value: Vec<Value> = known
        .iter()
        .map(|definition| write(resource, namespace, definition))
        .collect();
    Reply::ok(json!({ "value": value }))
}

fn write(resource: &Resource, namespace: &str, definition: &Definition) -> Value {
    let availabilities = GRAINS
        .iter()
        .map(|(grain, _)| json!({ "timeGrain": grain, "retention": "P93D" }));
    let dimensions = definition.dimensions.iter();
    json!({
        "id": format!(
            "{}/providers/microsoft.insights/metricdefinitions/{}", resource.id, definition.name
        ),
        "resourceId": resource.id,
        "namespace": namespace,
        "name": name(&definition.name),
        "displayDescription": definition.description,
        "isDimensionRequired": false,
        "unit": definition.unit,
        "primaryAggregationType": definition.aggregation(),
        "supportedAggregationTypes": definition.aggregations,
        "metricAvailabilities": availabilities.collect::<Vec<_>>(),
        "dimensions": dimensions.map(|dimension| name(dimension)).collect::<Vec<_>>(),
    })
}

/// `GET …/providers/Microsoft.Insights/metricNamespaces`
pub(crate) fn namespaces(store: &Store, resource: &Resource) -> Reply {
    let mut found: BTreeMap<String, &str> = BTreeMap::new();
    if !matches!(resource.kind, Kind::Component { .. }) {
        found.insert(resource.namespace().to_owned(), "Platform");
    }
    let custom = store.series().filter(|series| resource.owns(series));
    for series in custom.filter(|_| matches!(resource.kind, Kind::Component { .. })) {
        found.insert(series.namespace.to_string(), "Custom");
    }
    let value = found.iter().map(|(namespace, class)| {
        json!({
            "id": format!("{}/providers/microsoft.insights/metricNamespaces/{namespace}", resource.id),
            "type": "Microsoft.Insights/metricNamespaces",
            "name": namespace,
            "classification": class,
            "properties": { "metricNamespaceName": namespace },
        })
    });
    Reply::ok(json!({ "value": value.collect::<Vec<_>>() }))
}

/// A name and how it is shown.
pub(super) fn name(text: &str) -> Value {
    json!({ "value": text, "localizedValue": text })
}
