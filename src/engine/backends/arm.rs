//! A backend as Azure Resource Manager writes it: the `properties` of
//! `Microsoft.ApiManagement/service/backends`, API versions 2023-05-01-preview and later.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Backend, Backends, Member, Pool, Rule, Single};
use crate::base::Secret;
use crate::engine::forward::parse_base;
use crate::policy::NamedValues;

/// A pool may hold that many services (service limits of API Management).
const MAX_MEMBERS: usize = 30;

/// A backend, and what of it the local gateway leaves aside.
#[derive(Debug)]
pub(crate) struct NamedBackend {
    backend: Backend,
    /// One sentence each, for whoever configures the gateway.
    pub(crate) notes: Vec<String>,
}

/// Why a text is no backend for this gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("backend `{id}`: {what}")]
pub(crate) struct BackendMistake {
    pub(crate) id: String,
    pub(crate) what: String,
}

impl NamedBackend {
    /// Reads `properties` of the backend `id`. `{{name}}` in its texts stands for a named value.
    ///
    /// # Errors
    ///
    /// When they are not of that shape, or ask for what this gateway cannot do.
    pub(crate) fn from_arm(
        id: &str,
        properties: &Value,
        values: &NamedValues,
    ) -> Result<NamedBackend, BackendMistake> {
        let mistake = |what: String| BackendMistake {
            id: id.to_owned(),
            what,
        };
        let mut properties = properties.clone();
        fill(&mut properties, values).map_err(mistake)?;
        let wire = Properties::deserialize(properties).map_err(|error| mistake(error.to_string()));
        let mut notes = Vec::new();
        let backend = wire?.backend(id, &mut notes).map_err(mistake)?;
        Ok(NamedBackend { backend, notes })
    }
}

impl Backends {
    /// Adds a backend, or puts it in the place of the one with its id.
    pub(crate) fn add(&mut self, named: NamedBackend) {
        self.put(named.backend);
    }

    /// What pools refer to and is not there, or is no single backend.
    ///
    /// # Errors
    ///
    /// The first such reference.
    pub(crate) fn check(&self) -> Result<(), BackendMistake> {
        for backend in self.iter() {
            let Backend::Pool(pool) = backend else {
                continue;
            };
            for member in &pool.members {
                let what = match self.find(&member.backend).map(|found| &**found) {
                    Some(Backend::Single(_)) => continue,
                    Some(Backend::Pool(_)) => "is a pool itself",
                    None => "is not configured",
                };
                return Err(BackendMistake {
                    id: pool.id.to_string(),
                    what: format!("its service `{}` {what}", member.backend),
                });
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Properties {
    url: Option<String>,
    protocol: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    pool: Option<WirePool>,
    credentials: Option<Credentials>,
    circuit_breaker: Option<Breaker>,
    tls: Option<IgnoredAny>,
    proxy: Option<IgnoredAny>,
    // Descriptions; the gateway does not act on them.
    #[serde(rename = "title")]
    _title: Option<IgnoredAny>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "resourceId")]
    _resource: Option<IgnoredAny>,
    #[serde(rename = "azureRegion")]
    _region: Option<IgnoredAny>,
    #[serde(rename = "properties")]
    more: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WirePool {
    services: Vec<Service>,
    session_affinity: Option<IgnoredAny>,
    failure_response: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    id: String,
    #[serde(default)]
    priority: u32,
    weight: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Credentials {
    #[serde(default)]
    header: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    query: BTreeMap<String, Vec<String>>,
    authorization: Option<Authorization>,
    managed_identity: Option<Identity>,
    certificate: Option<Vec<IgnoredAny>>,
    certificate_ids: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authorization {
    scheme: String,
    #[serde(default)]
    parameter: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Identity {
    resource: String,
    #[serde(rename = "clientId")]
    _client: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Breaker {
    rules: Vec<WireRule>,
    failure_response: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireRule {
    #[serde(rename = "name")]
    _name: Option<String>,
    failure_condition: FailureCondition,
    trip_duration: String,
    #[serde(default)]
    accept_retry_after: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FailureCondition {
    count: Option<usize>,
    percentage: Option<IgnoredAny>,
    interval: String,
    #[serde(default)]
    status_code_ranges: Vec<StatusRange>,
    #[serde(default)]
    error_reasons: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusRange {
    min: u16,
    max: u16,
}

impl Properties {
    fn backend(self, id: &str, notes: &mut Vec<String>) -> Result<Backend, String> {
        if self.proxy.is_some() {
            return Err("`proxy` is not executed by this version".into());
        }
        if let Some(protocol) = self.protocol.filter(|protocol| protocol != "http") {
            return Err(format!(
                "protocol `{protocol}` is not executed, only `http`"
            ));
        }
        if self.tls.is_some() {
            notes.push("`tls` is not used: the local gateway checks no certificates".into());
        }
        if self.more.is_some() {
            notes.push("`properties` (Service Fabric) is not used".into());
        }
        let kind = self.kind.as_deref();
        match (kind.unwrap_or("Single"), self.pool, self.url) {
            ("Pool", Some(pool), None) if self.circuit_breaker.is_none() => {
                pool.pool(id).map(Backend::Pool)
            }
            ("Pool", Some(_), Some(_)) => Err("a pool has no `url`".into()),
            ("Pool", Some(_), None) => {
                Err("a pool has no `circuitBreaker`; its services do".into())
            }
            ("Pool", None, _) => Err("a pool needs `pool.services`".into()),
            ("Single", Some(_), _) => Err("`pool` needs `type: Pool`".into()),
            ("Single", None, None) => Err("a backend needs `url`".into()),
            ("Single", None, Some(url)) => {
                let base = parse_base(&url).ok_or_else(|| format!("`{url}` is not a URL"))?;
                let mut single = Single {
                    id: id.into(),
                    base,
                    headers: Vec::new(),
                    query: Vec::new(),
                    authorization: None,
                    identity: None,
                    rules: Vec::new(),
                };
                if let Some(credentials) = self.credentials {
                    credentials.put_into(&mut single)?;
                }
                if let Some(breaker) = self.circuit_breaker {
                    if breaker.failure_response.is_some() {
                        return Err("`circuitBreaker.failureResponse` is not executed".into());
                    }
                    let rules = breaker.rules.into_iter().map(|rule| rule.rule(notes));
                    single.rules = rules.collect::<Result<_, _>>()?;
                }
                Ok(Backend::Single(single))
            }
            (other, ..) => Err(format!("type `{other}` is neither `Single` nor `Pool`")),
        }
    }
}

impl WirePool {
    fn pool(self, id: &str) -> Result<Pool, String> {
        if self.session_affinity.is_some() {
            return Err("`pool.sessionAffinity` is not executed by this version".into());
        }
        if self.failure_response.is_some() {
            return Err("`pool.failureResponse` is not executed by this version".into());
        }
        if self.services.is_empty() || self.services.len() > MAX_MEMBERS {
            return Err(format!("a pool has 1 to {MAX_MEMBERS} services"));
        }
        let members = self.services.into_iter().map(|service| {
            let Service {
                id,
                priority,
                weight,
            } = service;
            let weight = weight.unwrap_or(1);
            if priority > 100 || weight > 100 {
                return Err(format!("priority and weight of `{id}` are 0 to 100"));
            }
            let backend = id.rsplit('/').next().unwrap_or(&id).to_owned();
            Ok(Member {
                backend,
                priority,
                weight,
            })
        });
        let pool = Pool {
            id: id.into(),
            members: members.collect::<Result<_, _>>()?,
        };
        if pool.members.iter().all(|member| member.weight == 0) {
            return Err("every service of the pool has weight 0".into());
        }
        Ok(pool)
    }
}

impl Credentials {
    fn put_into(self, single: &mut Single) -> Result<(), String> {
        let certificates = [&self.certificate, &self.certificate_ids];
        if certificates
            .iter()
            .any(|list| list.as_ref().is_some_and(|list| !list.is_empty()))
        {
            return Err("client certificates are not executed by this version".into());
        }
        let texts = |map: BTreeMap<String, Vec<String>>| {
            let pairs = map.into_iter().flat_map(|(name, values)| {
                let pair = move |value| (name.clone(), Secret::new(value));
                values.into_iter().map(pair)
            });
            pairs.collect()
        };
        single.headers = texts(self.header);
        single.query = texts(self.query);
        single.authorization = self
            .authorization
            .map(|Authorization { scheme, parameter }| {
                Secret::new(format!("{scheme} {parameter}").trim().to_owned())
            });
        single.identity = self.managed_identity.map(|identity| identity.resource);
        Ok(())
    }
}

impl WireRule {
    fn rule(self, notes: &mut Vec<String>) -> Result<Rule, String> {
        let condition = self.failure_condition;
        if condition.percentage.is_some() {
            return Err("`failureCondition.percentage` is not executed; use `count`".into());
        }
        let count = condition.count.filter(|count| (1..=10_000).contains(count));
        let count = count.ok_or("`failureCondition.count` is 1 to 10000")?;
        let range = |StatusRange { min, max }: StatusRange| {
            let fits = (200..=599).contains(&min) && (min..=599).contains(&max);
            fits.then_some(min..=max)
                .ok_or_else(|| format!("status codes {min} to {max} are not a range in 200 to 599"))
        };
        let statuses = condition.status_code_ranges.into_iter().map(range);
        let statuses: Vec<RangeInclusive<u16>> = statuses.collect::<Result<_, _>>()?;
        // Templates carry descriptions such as `Server errors` here, which match no reason.
        let (reasons, words): (Vec<_>, Vec<_>) = condition
            .error_reasons
            .into_iter()
            .partition(|reason| !reason.contains(' '));
        if statuses.is_empty() && reasons.is_empty() {
            return Err("a rule needs `statusCodeRanges` or `errorReasons`".into());
        }
        for words in words {
            notes.push(format!(
                "error reason `{words}` is a description and matches no error"
            ));
        }
        Ok(Rule {
            count,
            interval: duration("interval", &condition.interval)?,
            statuses,
            reasons,
            trip: duration("tripDuration", &self.trip_duration)?,
            accept_retry_after: self.accept_retry_after,
        })
    }
}

/// Puts named values into every text.
fn fill(value: &mut Value, values: &NamedValues) -> Result<(), String> {
    match value {
        Value::String(text) => {
            let mut filled = String::new();
            let mut rest = text.as_str();
            while let Some((before, after)) = rest.split_once("{{") {
                let Some((name, after)) = after.split_once("}}") else {
                    break;
                };
                let known = values.get(name.trim());
                let known = known.ok_or_else(|| format!("named value `{name}` is not known"))?;
                filled.push_str(before);
                filled.push_str(known);
                rest = after;
            }
            filled.push_str(rest);
            *text = filled;
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, values)),
        Value::Object(map) => map.values_mut().try_for_each(|item| fill(item, values)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// An ISO 8601 duration such as `PT1M`, up to days.
fn duration(name: &str, text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{name}` cannot be `{text}`; write it like `PT1M`");
    let iso = Some(text)
        .filter(|text| text.starts_with('P'))
        .ok_or_else(wrong)?;
    let span: jiff::Span = iso.parse().map_err(|_| wrong())?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours());
    let length = length
        .ok()
        .and_then(|length| Duration::try_from(length).ok());
    length.filter(|length| !length.is_zero()).ok_or_else(wrong)
}
