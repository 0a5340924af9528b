//! The plan in real time over real sockets: pace, send, stream, record.
//!
//! ```text
//! plan ── pacer thread ──┬─ worker (a thread, a runtime, its connections) ─┬─ batches ── recorder
//!            ↑ retries   └─ worker ───────────────────────────────────────┘
//! ```
//!
//! Arrivals are paced from a thread of their own, because tokio's timer is a millisecond coarse;
//! latency counts from the scheduled moment, so a stalled client cannot look fast. Workers share
//! nothing while they send: each has its own connections, writes its records' lines into its own
//! buffer and counts for itself, and hands both over a few times a second. It decides nothing about
//! limits and computes no statistics beyond those counts.

mod answer;
mod batch;
mod client;
mod hlog;
mod lane;
mod link;
mod pacer;
mod requests;
mod run;
mod tally;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use batch::{Batch, Counts};
pub(crate) use client::Client;
pub(crate) use hlog::{hlog_header, hlog_lines};
pub(crate) use run::{Ended, LoadTest, Stop, run};
pub(crate) use tally::Tally;
