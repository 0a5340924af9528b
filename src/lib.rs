//! `apimon` proves where an Azure API Management token limit bites: it reads the real policy XML,
//! executes it in a local gateway or in virtual time, plays scenarios against it or against a
//! deployed gateway, and draws what happened.
//!
//! # The flow
//!
//! ```text
//! scenario.yaml → Scenario → Plan ─┬─ loadtest (real time) ──┐
//! policy.xml → Policy → engine ────┼─ gateway (sockets)      ├→ Record… → requests.jsonl → Report → SVG, tables, HTML
//!                  └→ diagnostics  └─ simulate (virtual time)┘
//! ```
//!
//! One engine decides in all of them, so one scenario gets the same decisions everywhere. Data
//! flows one way, and a report sees records only, never live state; every record says whether it
//! was measured or simulated.
//!
//! # The map
//!
//! A module is either *pure* (values in, values out: no clock, no disk, no sockets, no
//! environment) or an *edge*. Pure code never asks what time it is; it is told a [`base::Moment`].
//! Modules in reading order:
//!
//! | module | kind | for |
//! | --- | --- | --- |
//! | `base` | pure | words that all share: moments, tokens, places in files, diagnostics, thresholds |
//! | `tokens` | pure | counting: estimates of prompts and streams, usage that answers report |
//! | `limiter` | pure | token bucket, sliding window, quota period: admit, settle |
//! | `policy` | pure | policy XML: lenient reader, checked model, C# expressions |
//! | `engine` | pure | one request through a policy: key, inbound, backend, outbound, on-error |
//! | `model` | pure | the simulated gpt-4o-mini: a request in, an answer with its moments out |
//! | `yaml` | pure | what our YAML files share: values with places, formats, the reader's errors in our words |
//! | `scenario` | pure | the YAML as checked types; the plan that lists every arrival |
//! | `prices` | pure | what tokens cost: a dated table, replaceable |
//! | `results` | pure | records, run information, format version |
//! | `report` | pure | statistics, SVG charts, tables, HTML |
//! | `simulate` | pure | the plan through the engine in virtual time |
//! | `settings` | pure | flags, environment, `apimon.toml`, defaults: the target, and where each value came from |
//! | `bicep` | pure | Bicep files to ARM templates as the real compiler writes them; the template that ships in the binary |
//! | `policytest` | pure | policy tests: requests in virtual time, expectations, coverage of the policy |
//! | `arm` | pure | ARM templates: the language, a deployment as a graph of steps, what-if |
//! | `kubernetes` | pure | the manifest of a Job that plays a scenario in shards |
//! | `metrics` | pure | series for monitoring systems: names, values, Prometheus text |
//! | `clock` `files` `http` | edge | the only readers of time and disk, the only opener of connections |
//! | `gateway` | edge | HTTP server around the engine |
//! | `loadtest` | edge | the plan in real time: pace, send, stream, record |
//! | `cli` | edge | arguments, a file per command, terminal, failures; the only wiring |
//!
//! Who may name whom is a table in `tests/it/architecture.rs`. `gateway` and `loadtest` never name
//! each other; only `cli` wires.
//!
//! # What never happens
//!
//! - The engine never waits, reads a clock or opens a connection: it answers with what to do next
//!   and is told how that went. A request is a position in a flat list of instructions (scopes and
//!   branches resolved when policies are compiled), so it can stop at any element.
//! - A policy element or expression that cannot be executed is never skipped: it is a diagnostic
//!   when the policy is read, or a failure when it runs.
//! - Inferred gateway behaviour is never buried: it is a field of [`engine::Behaviour`], or marked
//!   as inferred where it stands.
//! - A key never reaches a record, a report, a message or an argument: it is a [`base::Secret`].
//! - Same input, same bytes: seeds instead of chance, ordered maps, one function that prints
//!   numbers, no date that did not come from the results.

// The map above links to private modules on purpose: it is read by whoever works on them.
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the crate documentation is the architecture text"
)]

#[allow(
    dead_code,
    unused_imports,
    reason = "the local Azure is its only user and comes with the management plane"
)]
mod arm;
mod base;
mod bicep;
mod cli;
mod clock;
mod engine;
mod files;
mod gateway;
mod http;
mod kubernetes;
mod limiter;
mod loadtest;
mod metrics;
mod model;
mod policy;
mod policytest;
mod prices;
mod report;
mod results;
mod scenario;
mod settings;
mod simulate;
mod tokens;
mod yaml;

#[cfg(feature = "bench")]
pub mod bench;
#[cfg(feature = "fuzz")]
pub mod fuzz;

use std::process::ExitCode;

/// Runs the command line of this process and answers with its exit code.
pub fn run() -> ExitCode {
    cli::run()
}
