//! The binary as a user runs it, and rules that no compiler checks.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read and write the folders they make"
)]

mod agreement;
mod apply_policy;
mod architecture;
mod azure_local;
mod bicep;
mod builder;
mod commands;
mod compare;
mod config;
mod course_simulated;
mod deploy;
mod gateway;
mod gateway_course;
mod hardship;
mod interrupt;
mod lint;
mod pressure;
mod reload;
mod report;
mod scenarios;
mod shards;
mod test_policy;
mod traces;
mod watch;
