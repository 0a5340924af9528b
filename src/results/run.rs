use serde::{Deserialize, Serialize};

use super::record::{Record, decode_line};
use crate::base::Shard;

/// Name and version of the run format; unstable, so a reader accepts exactly this one.
pub(crate) const FORMAT: &str = "apimon-run/0-unstable";

/// A run as read back from its directory.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) info: RunInfo,
    /// In the order in which the requests were done.
    pub(crate) records: Vec<Record>,
    /// True when the last line of `requests.jsonl` was torn and left out.
    pub(crate) torn: bool,
}

/// `run.json`: everything about a run that is not a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunInfo {
    pub(crate) format: String,
    pub(crate) tool_version: String,
    pub(crate) scenario: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) origin: Origin,
    pub(crate) seed: u64,
    /// UTC time of moment zero, RFC 3339. Simulated runs start when the scenario says.
    pub(crate) started: String,
    /// How long the run took, or was simulated to take; absent while it runs, so a run that was
    /// killed has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) duration_us: Option<u64>,
    /// True when Ctrl-C or a broken rule ended the run before its plan did.
    pub(crate) interrupted: bool,
    /// Why a budget or a broken rule ended the run; absent when neither did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stopped: Option<String>,
    /// Arrivals in the plan; retries come on top. What closed-loop callers send until their time
    /// is over is counted when the run is over.
    pub(crate) planned: u64,
    pub(crate) target: TargetInfo,
    /// The token limits of the policy, in document order.
    pub(crate) limits: Vec<LimitInfo>,
    pub(crate) callers: Vec<CallerInfo>,
    /// Threshold expressions of the scenario, as written.
    pub(crate) thresholds: Vec<String>,
    /// What flags and environment changed in the scenario, such as `tpm=600`.
    pub(crate) overrides: Vec<String>,
    /// SHA-256 of `scenario.yaml`, hexadecimal.
    pub(crate) scenario_sha256: String,
    /// SHA-256 of `policy.xml`, hexadecimal; absent when the target's policy is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy_sha256: Option<String>,
    pub(crate) environment: Environment,
    /// The part of the plan that this run played; absent when it played all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shard: Option<Shard>,
    /// The runs that were merged into this one, by shard; absent in a run that was played.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) merged: Vec<MergedInfo>,
    /// What the load generator says of itself; absent when simulated, merged or killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client: Option<ClientInfo>,
}

/// How the load generator itself did: whether it, and not the server, was the limit.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientInfo {
    /// Threads that sent.
    pub(crate) workers: u64,
    /// From when a request was due to when the client began with it, opening a connection not
    /// included.
    pub(crate) lateness_p50_us: u64,
    pub(crate) lateness_p99_us: u64,
    pub(crate) lateness_max_us: u64,
    /// Arrivals that the plan had up to the end of the run, and how many of them were sent.
    pub(crate) asked: u64,
    pub(crate) sent: u64,
    /// Not sent because as many connections as the client may open were busy.
    pub(crate) refused: u64,
    /// Connections opened, and how many were open at once at most.
    pub(crate) connections: u64,
    pub(crate) connections_at_once: u64,
    /// Processor time of the sending and pacing threads; absent where the system does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cpu_us: Option<u64>,
    /// That time over what the sending threads could have had, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cpu_share: Option<f64>,
    /// Why the client was the limit, for people; absent when it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limited: Option<String>,
}

/// A run that became part of a merged one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergedInfo {
    pub(crate) shard: Shard,
    /// UTC time of its moment zero by its own machine's clock, RFC 3339.
    pub(crate) started: String,
    /// How much later than the first shard it started; its records were moved by as much.
    pub(crate) moved_us: u64,
    pub(crate) requests: u64,
    /// False when it was interrupted or killed.
    pub(crate) complete: bool,
    pub(crate) environment: Environment,
}

/// Where the numbers come from; every table and chart says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Origin {
    Measured,
    Simulated,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetInfo {
    /// `local`, or the name of a configured target.
    pub(crate) name: String,
    /// Base URL of the gateway; absent for simulated runs. Never with a key in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// APIM tier whose limiter decided, such as `basicv2`; absent when not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tier: Option<String>,
    /// Model behind the gateway, as the answers called it.
    pub(crate) model: String,
}

/// One token-limit element of the policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitInfo {
    /// `token-limit.xml:14`.
    pub(crate) place: String,
    /// The counter-key as written, such as `@(context.Subscription.Id)`.
    pub(crate) counter_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokens_per_minute: Option<u64>,
    /// Quota with its period, such as `10000 Daily`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quota: Option<String>,
}

/// One group of callers of the scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallerInfo {
    pub(crate) name: String,
    pub(crate) subscription: String,
    /// Arrivals that the plan has for this group.
    pub(crate) planned: u64,
    pub(crate) stream: bool,
    /// How it reacts to 429: `ignore`, `honor-retry-after` or `exponential`.
    pub(crate) on_429: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Environment {
    pub(crate) os: String,
    pub(crate) architecture: String,
    pub(crate) cores: u64,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("`run.json` is not valid: {0}")]
    Info(serde_json::Error),
    #[error("the run has format `{found}`, this version reads `{FORMAT}` only")]
    Format { found: String },
    #[error("`requests.jsonl` line {line} is not valid: {cause}")]
    Line {
        line: usize,
        cause: serde_json::Error,
    },
}

#[derive(Deserialize)]
struct FormatOnly {
    format: String,
}

impl Run {
    /// Reads `run.json` and `requests.jsonl`. A torn last line is left out and remembered.
    ///
    /// # Errors
    ///
    /// When the format is another one, or anything but the last line is not a record.
    pub(crate) fn decode(info: &str, lines: &str) -> Result<Run, RunError> {
        // The version comes first: another format may not even have our fields.
        let FormatOnly { format } = serde_json::from_str(info).map_err(RunError::Info)?;
        if format != FORMAT {
            return Err(RunError::Format { found: format });
        }
        let info = serde_json::from_str(info).map_err(RunError::Info)?;
        let whole = lines.rfind('\n').map_or(0, |newline| newline + 1);
        let mut records = Vec::new();
        for (index, line) in lines[..whole].lines().enumerate() {
            let record = decode_line(line).map_err(|cause| RunError::Line {
                line: index + 1,
                cause,
            })?;
            records.push(record);
        }
        Ok(Run {
            info,
            records,
            torn: whole < lines.len(),
        })
    }
}

impl Run {
    /// Leaves out what was sent to warm up, for statistics.
    pub(crate) fn without_warm_up(mut self) -> Run {
        self.records.retain(|record| !record.warm_up);
        self
    }
}

impl RunInfo {
    /// Thresholds that this run can be judged by. They are about the whole scenario, so a shard
    /// alone has none.
    pub(crate) fn judged_by(&self) -> &[String] {
        match self.shard {
            Some(_) => &[],
            None => &self.thresholds,
        }
    }

    /// `run.json` as written to disk.
    pub(crate) fn encode(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("a run info holds plain values only");
        text.push('\n');
        text
    }
}
