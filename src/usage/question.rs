//! What is asked, as paths, parameters and queries.

use super::window::Window;

/// Series of one answer: without it Azure gives ten and says nothing.
pub(super) const TOP: usize = 1_000;

pub(super) const METRICS_API: &str = "2024-02-01";

/// Where the data is. What is absent is not asked.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// Resource ids.
    pub(crate) service: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) component: Option<String>,
    /// Customer id of the Log Analytics workspace, a GUID.
    pub(crate) workspace: Option<String>,
    /// Namespace that the policy gives its token metrics.
    pub(crate) namespace: String,
}

/// What an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    Codes,
    Reasons,
    Apis,
    Durations,
    Load,
    ModelTokens,
    ModelRequests,
    ModelTimes,
    CustomTokens,
    LogTokens,
    LogRequests,
}

/// A GET of the metrics API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MetricsQuestion {
    pub(crate) topic: Topic,
    /// From the management endpoint's root.
    pub(crate) path: String,
    pub(crate) parameters: Vec<(&'static str, String)>,
}

/// A POST to a Log Analytics workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogQuestion {
    pub(crate) topic: Topic,
    pub(crate) workspace: String,
    pub(crate) query: String,
    pub(crate) timespan: String,
}

impl Topic {
    /// The source in words, as sentences about it begin.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Topic::Codes | Topic::Reasons | Topic::Apis | Topic::Durations => {
                "metrics of API Management"
            }
            Topic::Load => "load of the gateway",
            Topic::ModelTokens | Topic::ModelRequests | Topic::ModelTimes => {
                "metrics of Azure OpenAI"
            }
            Topic::CustomTokens => "token metrics in Application Insights",
            Topic::LogTokens | Topic::LogRequests => "logs in Log Analytics",
        }
    }
}

struct Asked {
    topic: Topic,
    names: &'static str,
    aggregations: &'static str,
    filter: &'static str,
    whole: bool,
}

const OF_SERVICE: [Asked; 5] = [
    asked(
        Topic::Codes,
        "Requests",
        "total",
        "GatewayResponseCode eq '*'",
    ),
    whole(Topic::Reasons, "Requests", "LastErrorReason eq '*'"),
    whole(Topic::Apis, "Requests", "ApiId eq '*'"),
    asked(
        Topic::Durations,
        "Duration,BackendDuration",
        "average,maximum",
        "",
    ),
    asked(
        Topic::Load,
        "CpuPercent_Gateway,MemoryPercent_Gateway",
        "average,maximum",
        "",
    ),
];

const OF_ACCOUNT: [Asked; 3] = [
    asked(
        Topic::ModelTokens,
        "ProcessedPromptTokens,GeneratedTokens",
        "total",
        "ModelDeploymentName eq '*'",
    ),
    asked(
        Topic::ModelRequests,
        "AzureOpenAIRequests",
        "total",
        "StatusCode eq '*'",
    ),
    asked(
        Topic::ModelTimes,
        "AzureOpenAITimeToResponse,AzureOpenAITokenPerSecond",
        "average,maximum",
        "",
    ),
];

const OF_COMPONENT: Asked = asked(
    Topic::CustomTokens,
    "Prompt Tokens,Completion Tokens,Total Tokens",
    "total,count",
    "'Subscription ID' eq '*'",
);

const fn asked(
    topic: Topic,
    names: &'static str,
    aggregations: &'static str,
    filter: &'static str,
) -> Asked {
    Asked {
        topic,
        names,
        aggregations,
        filter,
        whole: false,
    }
}

const fn whole(topic: Topic, names: &'static str, filter: &'static str) -> Asked {
    Asked {
        whole: true,
        ..asked(topic, names, "total", filter)
    }
}

/// Everything that is asked of these places.
pub(crate) fn questions(
    places: &Places,
    window: &Window,
) -> (Vec<MetricsQuestion>, Vec<LogQuestion>) {
    let mut metrics = Vec::new();
    for (resource, asked) in [
        (&places.service, &OF_SERVICE[..]),
        (&places.account, &OF_ACCOUNT),
    ] {
        let resource = resource.iter();
        metrics.extend(
            resource.flat_map(|id| asked.iter().map(|asked| question(id, asked, None, window))),
        );
    }
    let component = places.component.iter();
    metrics
        .extend(component.map(|id| question(id, &OF_COMPONENT, Some(&places.namespace), window)));
    let logs = places.workspace.iter().flat_map(|workspace| {
        [Topic::LogTokens, Topic::LogRequests].map(|topic| LogQuestion {
            topic,
            workspace: workspace.clone(),
            query: query(topic, window),
            timespan: window.timespan(),
        })
    });
    (metrics, logs.collect())
}

fn question(
    resource: &str,
    asked: &Asked,
    namespace: Option<&str>,
    window: &Window,
) -> MetricsQuestion {
    let interval = if asked.whole { "FULL" } else { window.grain() };
    let mut parameters = vec![
        ("api-version", METRICS_API.to_owned()),
        ("metricnames", asked.names.to_owned()),
        ("timespan", window.timespan()),
        ("interval", interval.to_owned()),
        ("aggregation", asked.aggregations.to_owned()),
        ("AutoAdjustTimegrain", "true".to_owned()),
    ];
    if !asked.filter.is_empty() {
        parameters.push(("$filter", asked.filter.to_owned()));
        parameters.push(("top", TOP.to_string()));
    }
    if let Some(namespace) = namespace {
        parameters.push(("metricnamespace", namespace.to_owned()));
    }
    MetricsQuestion {
        topic: asked.topic,
        path: format!("{resource}/providers/Microsoft.Insights/metrics"),
        parameters,
    }
}

/// Bins of logs are counted from midnight, so they are minutes, or as long as the window's
/// intervals where those are longer; they are sorted into the window's intervals when they come.
fn query(topic: Topic, window: &Window) -> String {
    let bin = format!("bin(TimeGenerated, {}m)", window.interval / 60);
    match topic {
        Topic::LogTokens => format!(
            "ApiManagementGatewayLlmLog | where TotalTokens > 0 \
             | join kind=inner (ApiManagementGatewayLogs | project CorrelationId, ApimSubscriptionId) on CorrelationId \
             | summarize Prompt=sum(PromptTokens), Completion=sum(CompletionTokens), Total=sum(TotalTokens), \
             Requests=count() by ApimSubscriptionId, {bin}"
        ),
        _ => format!(
            "ApiManagementGatewayLogs | summarize Requests=count(), Throttled=countif(ResponseCode == 429) \
             by ApimSubscriptionId, {bin}"
        ),
    }
}
