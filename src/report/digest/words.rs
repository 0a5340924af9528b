//! What a reader must know of a digest before believing it.

use super::Digest;
use crate::base::number;
use crate::report::chart::clock;
use crate::report::verdict::plural;

impl Digest {
    /// What is not exact, and by how much.
    pub(in crate::report) fn estimates(&self) -> Vec<String> {
        let mut words = vec![format!(
            "read in bounded memory: quantiles of times are within 0.2 %, tokens over time are known in steps \
             of {}; counts and sums are exact",
            clock(self.step_us())
        )];
        if self.forgotten() > 0 {
            words.push(format!(
                "{} waited for their next attempt at once; of {} it is not known whether they were tried again",
                "more than 1,048,576 requests",
                number(self.forgotten() as f64, 0),
            ));
        }
        words
    }

    /// What cannot be right in a run.
    pub(in crate::report) fn oddities(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.steps_back > 0 {
            words.push(format!(
                "{} done a second or more before the one above: a clock stepped back, so times near there are wrong",
                were(self.steps_back)
            ));
        }
        if self.beyond > 0 {
            words.push(format!(
                "{} done after the end of the run and drawn at its end: a clock jumped",
                were(self.beyond)
            ));
        }
        words
    }
}

fn were(requests: u64) -> String {
    let verb = if requests == 1 { "was" } else { "were" };
    format!("{} {verb}", plural(requests, "request"))
}
