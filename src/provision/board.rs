//! How far a deployment is: a row for each resource, nested deployments with theirs.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::id::Id;
use super::trouble::{Trouble, text, troubles};
use crate::base::Moment;

const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";

/// What is known of a deployment under way.
#[derive(Debug, Default, Clone)]
pub(crate) struct Board {
    rows: Vec<Row>,
    /// Nested deployments that have ended and were read after that.
    closed: BTreeSet<String>,
}

/// One resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) state: RowState,
    /// Nested deployments around it.
    pub(crate) depth: usize,
    /// When it was first seen.
    since: Moment,
    /// As Azure measured it, once it has ended.
    took: Option<Duration>,
    pub(crate) troubles: Vec<Trouble>,
    /// The deployment that it belongs to, in small letters.
    deployment: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowState {
    Running,
    Succeeded,
    Failed,
    Canceled,
}

impl Board {
    /// Takes the operations of a deployment, and answers with the positions of rows that are new or
    /// have moved on.
    pub(crate) fn update(
        &mut self,
        now: Moment,
        deployment: &str,
        operations: &[Value],
    ) -> Vec<usize> {
        let deployment = deployment.to_ascii_lowercase();
        let around = self.position(&deployment);
        let depth = around.map_or(0, |at| self.rows[at].depth + 1);
        let ended = around.is_some_and(|at| self.rows[at].state != RowState::Running);
        let mut moved: Vec<String> = Vec::new();
        for operation in operations {
            if let Some(row) = row(operation, now, depth, &deployment)
                && self.take(row.clone())
            {
                moved.push(row.id.to_ascii_lowercase());
            }
        }
        if ended {
            self.closed.insert(deployment);
        }
        let mut positions: Vec<usize> = moved.iter().filter_map(|id| self.position(id)).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.rows
            .iter()
            .position(|row| row.id.eq_ignore_ascii_case(id))
    }

    /// True when the row is new or has moved on.
    fn take(&mut self, row: Row) -> bool {
        if let Some(at) = self.position(&row.id) {
            let known = &mut self.rows[at];
            let moved = known.state != row.state || known.troubles != row.troubles;
            known.state = row.state;
            known.took = row.took;
            known.troubles = row.troubles;
            return moved;
        }
        // Below the rows of its own deployment, or below that deployment's row.
        let last = self.rows.iter().rposition(|known| {
            known.deployment == row.deployment || known.id.eq_ignore_ascii_case(&row.deployment)
        });
        let at = last.map_or(self.rows.len(), |mut last| {
            while self
                .rows
                .get(last + 1)
                .is_some_and(|next| next.depth > row.depth)
            {
                last += 1;
            }
            last + 1
        });
        self.rows.insert(at, row);
        true
    }

    /// Ids of nested deployments whose operations say something new: those that run, and those that
    /// have ended since they were last read.
    pub(crate) fn unread(&self) -> Vec<String> {
        let nested = self.rows.iter().filter(|row| {
            Id(&row.id).is(DEPLOYMENTS) && !self.closed.contains(&row.id.to_ascii_lowercase())
        });
        nested.map(|row| row.id.clone()).collect()
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What failed, without the deployments around it, unless nothing inside them says why.
    pub(crate) fn failures(&self) -> Vec<&Row> {
        let failed = |row: &&Row| row.state == RowState::Failed;
        let inner: Vec<&Row> = self
            .rows
            .iter()
            .filter(failed)
            .filter(|row| !Id(&row.id).is(DEPLOYMENTS))
            .collect();
        if inner.is_empty() {
            self.rows.iter().filter(failed).collect()
        } else {
            inner
        }
    }

    /// `7 of 12 done`, nested deployments not counted.
    pub(crate) fn count(&self) -> String {
        let resources = self.rows.iter().filter(|row| !Id(&row.id).is(DEPLOYMENTS));
        let done = resources
            .clone()
            .filter(|row| row.state != RowState::Running)
            .count();
        format!("{done} of {} resources begun are done", resources.count())
    }
}

impl Row {
    /// State, seconds and resource.
    pub(crate) fn line(&self, now: Moment) -> String {
        let state = match self.state {
            RowState::Running => "running",
            RowState::Succeeded => "succeeded",
            RowState::Failed => "failed",
            RowState::Canceled => "canceled",
        };
        let time = self.took.unwrap_or_else(|| now.since(self.since));
        let id = Id(&self.id);
        let shown = if id.is(DEPLOYMENTS) {
            format!("deployment `{}`", id.name())
        } else {
            id.shown()
        };
        let indent = "  ".repeat(self.depth);
        format!("{state:<9} {:>5} s  {indent}{shown}", time.as_secs())
    }
}

/// A row of an operation on a resource; outputs and the like have none.
fn row(operation: &Value, now: Moment, depth: usize, deployment: &str) -> Option<Row> {
    let properties = operation.get("properties")?;
    let id = properties.get("targetResource")?.get("id")?.as_str()?;
    let state = match text(properties, "provisioningState")
        .to_ascii_lowercase()
        .as_str()
    {
        "succeeded" => RowState::Succeeded,
        "failed" => RowState::Failed,
        "canceled" | "cancelled" => RowState::Canceled,
        _ => RowState::Running,
    };
    let failed = state == RowState::Failed;
    let told = properties.get("statusMessage").filter(|_| failed);
    Some(Row {
        id: id.to_owned(),
        state,
        depth,
        since: now,
        took: duration(text(properties, "duration")).filter(|_| state != RowState::Running),
        troubles: told.map(troubles).unwrap_or_default(),
        deployment: deployment.to_owned(),
    })
}

/// `PT1H2M3.5S`
fn duration(text: &str) -> Option<Duration> {
    let span: jiff::SignedDuration = text.parse().ok()?;
    Duration::try_from(span).ok()
}
