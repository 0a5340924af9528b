//! What a deployed gateway did, from Azure Monitor: the questions to ask, their answers decoded, and
//! the usage that they add up to.
//!
//! Pure: it builds paths, parameters and queries, and reads JSON; who asks is the command line's
//! business. An answer that is not there is a sentence of the report, never a zero.

mod answer;
mod collect;
mod logs;
mod model;
mod question;
mod window;

#[cfg(test)]
mod tests;

pub(crate) use answer::{AnswerError, Metrics};
pub(crate) use collect::collect;
pub(crate) use logs::Rows;
pub(crate) use model::{Amounts, Level, Missing, SubscriptionUsage, TokenSource, Usage};
pub(crate) use question::{LogQuestion, MetricsQuestion, Places, Topic, questions};
pub(crate) use window::{Window, WindowError};
