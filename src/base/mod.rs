//! Words that every module shares: moments, amounts, places in files, diagnostics.
//!
//! Pure, and at the bottom: it names no other module, reads no clock, no disk and no environment.

mod amount;
mod diagnostic;
mod duration;
mod moment;
mod money;
mod nearest;
mod number;
mod secret;
mod seed;
mod shard;
mod source;
mod threshold;
mod tier;

pub(crate) use amount::Tokens;
pub(crate) use diagnostic::{Diagnostic, Severity, render};
pub(crate) use duration::{format_duration, parse_duration};
pub(crate) use moment::Moment;
pub(crate) use money::{Money, TokenPrice};
pub(crate) use nearest::{nearest, nearest_hint};
pub(crate) use number::{number, percent};
pub(crate) use secret::Secret;
pub(crate) use seed::Seed;
pub(crate) use shard::Shard;
pub(crate) use source::{Position, Source, Span};
pub(crate) use threshold::{
    Bound, Ended, Grace, Live, Measure, Metric, Scope, Seen, Statistic, Threshold, Timing,
};
pub(crate) use tier::Tier;
