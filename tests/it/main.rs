//! The binary as a user runs it, and rules that no compiler checks.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests read and write the folders they make"
)]

mod agreement;
mod architecture;
mod bicep;
mod builder;
mod commands;
mod compare;
mod config;
mod course_simulated;
mod gateway;
mod gateway_course;
mod hardship;
mod interrupt;
mod lint;
mod reload;
mod scenarios;
mod sending;
mod shards;
mod test_policy;
mod traces;
