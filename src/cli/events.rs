//! `emulate --events`: what policies send to event hubs, as lines of JSON.

use std::path::Path;

use serde_json::{Value, json};

use super::failure::Failure;
use crate::engine::LogEvent;
use crate::files::Appender;
use crate::gateway::Served;

pub(super) struct Events(Appender);

impl Events {
    pub(super) fn open(path: &Path) -> Result<Events, Failure> {
        Ok(Events(Appender::open(path)?))
    }

    /// One line: seconds since the gateway started, logger, partition and body, which is parsed
    /// where it is JSON, so that other tools need not parse twice.
    pub(super) fn append(&mut self, served: &Served, event: &LogEvent) -> Result<(), Failure> {
        let body: Value =
            serde_json::from_str(&event.text).unwrap_or_else(|_| Value::from(event.text.as_str()));
        let line = json!({
            "at_s": served.at.since_start().as_secs_f64(),
            "logger": *event.logger,
            "partition": event.partition,
            "subscription": served.subscription,
            "body": body,
        });
        Ok(self.0.line(&line.to_string())?)
    }
}
