//! One request through a policy: key check, inbound, backend, outbound, on-error.
//!
//! Pure. The engine is handed the request and the time and answers with what to do next
//! ([`Step`]): forward to the backend, send requests of the policy's own, wait until a moment, or
//! answer the caller. Whoever drives it (the gateway over sockets, `simulate` in virtual time)
//! brings back what came of it. It never waits, reads no
//! clock and opens no connection, so both drivers get the same decisions.

mod authorization;
mod backends;
mod begin;
mod behaviour;
mod block;
mod cache;
mod call_limit;
mod configuration;
mod content;
mod cors;
mod counters;
mod course;
mod credentials;
mod dispatch;
mod error;
mod event_log;
mod exchange;
mod execute;
mod forward;
mod jwt;
mod message;
mod metrics;
mod program;
mod reshape;
mod response_cache;
mod routing;
mod run;
mod safety;
mod semantic;
mod send;
mod service;
#[cfg(test)]
mod tests;
mod token_limit;
mod trace;
mod usage;
mod validate_token;
mod xml_json;

pub(crate) use backends::{Backends, NamedBackend};
pub(crate) use behaviour::SWITCHES;
pub(crate) use configuration::Configuration;
pub(crate) use counters::CounterState;
pub(crate) use credentials::Credentials;
pub(crate) use error::BackendFailure;
pub(crate) use event_log::LogEvent;
pub(crate) use exchange::{
    Answer, BackendAnswer, BackendBody, Decision, Exchange, Facts, Incoming, Settlement, Step,
};
pub(crate) use forward::Forward;
pub(crate) use metrics::{Metric, MetricTotals};
pub(crate) use run::Engine;
pub(crate) use send::{MODEL_HOST, Outcome, Sends, Until};
pub(crate) use service::{ApiConfig, Behaviour, OperationConfig, ProductConfig, Service};
