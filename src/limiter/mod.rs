//! Limits as API Management keeps them, of tokens, calls or bytes: token bucket (v2 tiers), sliding
//! window (classic tiers), quota period (all tiers). Gateway specification, sections 1.2 to 1.5.
//!
//! Pure and told the time. Each counter answers two questions: may this request pass (`admit`),
//! and what did it really use (`settle`). A counter knows no request, no header and no text.

mod bucket;
mod quota;
mod rate;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use bucket::TokenBucket;
pub(crate) use quota::{Period, QuotaCounter, QuotaRefusal, QuotaReservation};
pub(crate) use rate::{Algorithm, Limit, RateCounter, Refusal, WILL_EXCEED_WAIT};
pub(crate) use window::SlidingWindow;
