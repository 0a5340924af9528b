//! Everything that is said of one run: what pages, tables and files are made of.

use super::chart::{Chart, charts};
use super::cost::{Cost, Tag};
use super::digest::Digest;
use super::summary::{Summary, summary};
use crate::results::{Run, RunInfo};

/// A report before it has a form.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) info: &'a RunInfo,
    pub(crate) summary: Summary,
    pub(crate) charts: Vec<Chart>,
    pub(super) digest: Digest,
    /// What makes the numbers less than they seem.
    pub(super) cautions: Vec<String>,
}

impl<'a> Report<'a> {
    /// Of a run in memory: all numbers are exact.
    pub(crate) fn of(run: &'a Run) -> Report<'a> {
        let digest = Digest::of(run);
        let summary = summary(run);
        let charts = charts(&run.info, &summary, &digest, Some(run));
        Report::new(&run.info, summary, charts, digest, Vec::new())
    }

    /// Of a run that was read into a digest; `torn` when its last line was left out.
    pub(crate) fn streamed(info: &'a RunInfo, torn: bool, digest: Digest) -> Report<'a> {
        let summary = digest.summary(info, torn);
        let charts = charts(info, &summary, &digest, None);
        let cautions = digest.estimates();
        Report::new(info, summary, charts, digest, cautions)
    }

    fn new(
        info: &'a RunInfo,
        summary: Summary,
        charts: Vec<Chart>,
        digest: Digest,
        mut cautions: Vec<String>,
    ) -> Report<'a> {
        cautions.extend(digest.oddities());
        Report {
            info,
            summary,
            charts,
            digest,
            cautions,
        }
    }

    /// With what its tokens cost, when the price of its model is known.
    pub(crate) fn priced(mut self, tag: Option<&Tag>) -> Report<'a> {
        let accounts = &self.digest.accounts;
        self.summary.cost = tag.map(|tag| Cost::of(accounts, tag));
        self
    }

    /// Requests that have a status.
    pub(crate) fn answered(&self) -> u64 {
        self.digest.answered
    }
}
