//! The level of a token bucket, worked out from what the gateway said of it.
//!
//! Told are: what is left after an answer, or before it when it is streamed; what is left when an
//! estimate does not fit; and, by the seconds of Retry-After, the second in which a bucket in debt
//! is above zero again. Below zero the header says no more than zero, so there the level follows
//! from what answers cost and from what was told next. In between the bucket refills evenly.

mod level;

pub(super) use level::Bucket;

#[cfg(test)]
mod tests;
