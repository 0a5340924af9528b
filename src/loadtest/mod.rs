//! The plan in real time over real sockets: send, stream, record.
//!
//! Arrivals are paced from a thread of their own, because tokio's timer is a millisecond coarse;
//! latency counts from the scheduled moment, so a stalled client cannot look fast. It decides
//! nothing about limits and computes no statistics.

mod exchange;
mod pacer;
mod pool;
mod run;
#[cfg(test)]
mod tests;

pub(crate) use run::{Ended, LoadTest, run};
