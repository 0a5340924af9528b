//! `log-to-eventhub`: events are collected with the answer; who drives the engine decides where
//! they go.

use std::sync::Arc;

use super::error::Raised;
use super::exchange::Exchange;
use crate::policy::LogToEventHub;

/// Longest text of an event; what is longer is cut without a word, as the gateway does.
const MAX_BYTES: usize = 200 * 1024;

/// One event for an event hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogEvent {
    pub(crate) logger: Arc<str>,
    pub(crate) partition: Option<String>,
    pub(crate) text: String,
}

pub(super) fn run(exchange: &mut Exchange, policy: &LogToEventHub) -> Result<(), Raised> {
    let context = &mut exchange.context;
    let mut text = policy.body.text(context)?;
    if text.len() > MAX_BYTES {
        let mut end = MAX_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    let partition = policy.partition.as_ref();
    let partition = partition
        .map(|partition| partition.text(context))
        .transpose()?;
    exchange.log.push(LogEvent {
        logger: Arc::clone(&policy.logger),
        partition,
        text,
    });
    Ok(())
}
