//! The rules as data: id, severity, title, page.

mod expressions;
mod metrics;
mod reading;
mod structure;
mod tokens;

pub(super) use expressions::EXPRESSIONS;
pub(super) use metrics::METRICS;
pub(super) use reading::READING;
pub(super) use structure::STRUCTURE;
pub(super) use tokens::TOKENS;
