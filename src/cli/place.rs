//! Which part of a plan this machine plays, and from when.

use super::args::PlaceArguments;
use super::failure::Failure;
use super::terminal::variable;
use crate::base::Shard;
use crate::clock::Clock;

/// Number of a pod of an Indexed Job, from 0; Kubernetes sets it.
const INDEX: &str = "JOB_COMPLETION_INDEX";

impl PlaceArguments {
    /// The part to play of the plan that goes to `target`; `None` stands for all of it.
    pub(super) fn shard(&self, local: bool) -> Result<Option<Shard>, Failure> {
        let shard = match (self.shard, self.shards) {
            (Some(shard), _) => shard,
            (None, Some(of)) => numbered(variable(INDEX).as_deref(), of)?,
            (None, None) => return Ok(None),
        };
        if local {
            let failure = Failure::input("shards on gateways of their own do not share a limit");
            return Err(failure.hint(
                "give all of them one `--target URL`; `apimon emulate` is one on this machine",
            ));
        }
        Ok(Some(shard))
    }

    pub(super) fn clock(&self) -> Result<Clock, Failure> {
        let Some(at) = self.start_at else {
            return Ok(Clock::start());
        };
        Clock::start_at(at).ok_or_else(|| {
            Failure::input(format!("`--start-at {at}` has passed"))
                .hint("give a time that all shards have yet to reach, such as two minutes from now")
        })
    }
}

fn numbered(index: Option<&str>, of: u64) -> Result<Shard, Failure> {
    let Some(index) = index else {
        let failure = Failure::input(format!("environment variable `{INDEX}` is not set"));
        return Err(failure.hint(
            "Kubernetes sets it in the pods of an Indexed Job; elsewhere use `--shard I/N`",
        ));
    };
    let number = index.trim().parse().ok();
    number
        .and_then(|index| Shard::new(index, of))
        .ok_or_else(|| {
            Failure::input(format!(
                "`{INDEX}` is `{index}`, which is not a shard of {of}"
            ))
            .hint("`--shards` is the number of completions of the Job")
        })
}
