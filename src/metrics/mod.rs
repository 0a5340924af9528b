//! Series that monitoring systems read: their names in one table, values that add up, and the
//! Prometheus text of them.
//!
//! The names are those of OpenTelemetry's conventions for generative AI where there is one (status
//! Development; dots become underscores and units become suffixes, as its Prometheus mapping says),
//! and our own for limits, for which there is no convention.

mod names;
mod registry;
mod text;

pub(crate) use names::{
    Buckets, CLIENT_DURATION, CLIENT_FIRST_CHUNK, CLIENT_OUTPUT_CHUNK, DECISIONS, ESTIMATE_ERROR,
    LOAD_LATENESS, LOAD_REQUESTS, LOAD_TOKENS, OVERSHOOT, REMAINING, REQUEST_DURATION, REQUESTS,
    TIME_PER_OUTPUT_TOKEN, TIME_TO_FIRST_TOKEN, TOKEN_USAGE,
};
pub(crate) use registry::Registry;
pub(crate) use text::CONTENT_TYPE;
