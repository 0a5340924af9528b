//! Azure Monitor, from what gateways served: a bounded store, and its answers as the metrics API
//! and Log Analytics give them.
//!
//! Pure: the time is handed in, and nothing is answered that was not seen. What the store does not
//! know has no data; what the query language does not know here is refused by name.

mod call;
mod definitions;
mod filter;
mod kql;
mod logs;
mod metrics;
mod now;
mod reply;
mod resource;
mod series;
mod store;
mod time;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use call::{BackendPart, Call, Emitted, ErrorPart, ModelPart};
pub(crate) use definitions::{definitions, namespaces};
pub(crate) use logs::{Dialect, Sources, query};
pub(crate) use metrics::{batch, list};
pub(crate) use now::{CodeNow, CounterNow, ErrorNow, LatencyNow, Now, SubscriptionNow, now};
pub(crate) use reply::Reply;
pub(crate) use resource::{Kind, Resource};
pub(crate) use store::Store;
