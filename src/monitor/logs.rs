//! Log queries: the body of a request, and tables as the answer.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::kql::{self, Tables};
use super::reply::Reply;
use super::store::Store;
use super::time::timespan;

/// Whose tables a query sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A Log Analytics workspace: `AppMetrics`, `ApiManagementGatewayLogs`.
    Workspace,
    /// An Application Insights component: `customMetrics`.
    Component,
}

/// How far back a query looks when nothing says.
const DAY: Duration = Duration::from_hours(24);

/// Names of the API Management services whose records go to one place, by kind of record.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Sources {
    pub(crate) gateway: Vec<String>,
    pub(crate) llm: Vec<String>,
    pub(crate) metrics: Vec<String>,
}

/// `POST /v1/workspaces/ID/query` and `POST /v1/apps/ID/query`.
pub(crate) fn query(
    store: &Store,
    sources: &Sources,
    dialect: Dialect,
    body: &Value,
    now: Timestamp,
) -> Reply {
    let Some(text) = body["query"]
        .as_str()
        .filter(|text| !text.trim().is_empty())
    else {
        return refusal("BadArgumentError", "The request has no `query`");
    };
    let span = match body["timespan"].as_str() {
        Some(text) => match timespan(text, now) {
            Some(span) => span,
            None => return refusal("BadArgumentError", &format!("Invalid timespan: {text}")),
        },
        None => (now.checked_sub(DAY).unwrap_or(Timestamp::MIN), now),
    };
    let tables = Tables {
        store,
        sources,
        dialect,
        span,
        now,
    };
    match kql::run(text, &tables) {
        Ok(table) => Reply::ok(json!({ "tables": [table.json()] })),
        Err(problem) => refusal(problem.code(), &problem.to_string()),
    }
}

/// As Log Analytics refuses: the reason is the inner error.
fn refusal(code: &str, message: &str) -> Reply {
    Reply {
        status: 400,
        body: json!({ "error": {
            "message": "The request had some invalid properties",
            "code": "BadArgumentError",
            "innererror": { "code": code, "message": message },
        } }),
    }
}
