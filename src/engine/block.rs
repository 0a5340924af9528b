//! Blocks that a request is inside of: `retry`, `limit-concurrency` and `wait`, innermost last.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::backends::Circuits;
use super::cache::Cache;
use super::error::Raised;
use super::exchange::Exchange;
use super::execute::{Flow, truth};
use super::forward::Forward;
use super::semantic::Semantic;
use super::send::{Awaited, Sends, Until};
use crate::base::Seed;
use crate::policy::Template;
use crate::policy::context::Context;
use crate::policy::course::{Course, LimitConcurrency, Retry, Wait};

/// What a gateway shares between requests beside its counters.
#[derive(Debug, Default)]
pub(super) struct Stores {
    pub(super) cache: Cache,
    pub(super) circuits: Circuits,
    pub(super) semantic: Semantic,
    /// A clone of the key's entry stands for each request inside its block.
    slots: BTreeMap<String, Arc<()>>,
}

/// One block that the request is inside of.
#[derive(Debug)]
pub(super) enum Block {
    Retry(Attempts),
    /// Held while the block runs. It is freed by being dropped, so no way out of a block can
    /// forget it, a caller who leaves included.
    Slot {
        _held: Arc<()>,
    },
    Gather {
        any: bool,
        sends: Vec<(Forward, Awaited)>,
        /// How many of them earlier children sent.
        before: usize,
        /// A child that needs no answer is done.
        one_done: bool,
    },
}

/// How often and how fast a `retry` still repeats its children.
#[derive(Debug)]
pub(super) struct Attempts {
    policy: Arc<Retry>,
    /// Retries made so far.
    made: u32,
    count: u32,
    interval: f64,
    max_interval: Option<f64>,
    delta: Option<f64>,
    first_fast: bool,
}

/// Begins the block that `course` is.
pub(super) fn enter(
    exchange: &mut Exchange,
    course: &Course,
    stores: &mut Stores,
) -> Result<(), Raised> {
    let context = &mut exchange.context;
    let block = match course {
        Course::Retry(policy) => Block::Retry(attempts(context, policy)?),
        Course::LimitConcurrency(policy) => slot(context, policy, stores)?,
        Course::Wait(policy) => gather(context, policy)?,
        _ => return Ok(()),
    };
    exchange.blocks.push(block);
    Ok(())
}

/// Ends the innermost block, or sends it back to `body`.
pub(super) fn leave(exchange: &mut Exchange, body: usize) -> Result<Flow, Raised> {
    match exchange.blocks.pop() {
        Some(Block::Retry(mut attempts)) => {
            let again = attempts.made < attempts.count
                && truth(&attempts.policy.condition, &mut exchange.context)?;
            if !again {
                return Ok(Flow::Next);
            }
            attempts.made += 1;
            let wait = attempts.wait(&mut exchange.context.seed);
            exchange.blocks.push(Block::Retry(attempts));
            exchange.next = body;
            Ok(Flow::Sleep(wait))
        }
        Some(Block::Gather {
            any,
            sends,
            one_done,
            ..
        }) => Ok(gathered(exchange, any, sends, one_done)),
        Some(Block::Slot { .. }) | None => Ok(Flow::Next),
    }
}

/// Sends what the children of a `wait` want to send, all at once.
fn gathered(
    exchange: &mut Exchange,
    any: bool,
    sends: Vec<(Forward, Awaited)>,
    one_done: bool,
) -> Flow {
    if sends.is_empty() {
        return Flow::Next;
    }
    let (calls, awaited) = sends.into_iter().unzip();
    exchange.awaited = awaited;
    let until = match (any, one_done) {
        // The requests go out, yet nobody waits for their answers.
        (true, true) => Until::Never,
        (true, false) => Until::Any,
        (false, _) => Until::All,
    };
    Flow::Send(Sends { calls, until })
}

fn attempts(context: &mut Context, policy: &Arc<Retry>) -> Result<Attempts, Raised> {
    let text = policy.count.text(context)?;
    let count = text
        .trim()
        .parse()
        .ok()
        .filter(|count| (1..=50).contains(count));
    let count = count.ok_or_else(|| Raised::evaluation(format!("count cannot be `{text}`")))?;
    let mut optional = |name: &str, template: &Option<Template>| {
        template
            .as_ref()
            .map(|template| seconds(context, name, template))
            .transpose()
    };
    let max_interval = optional("max-interval", &policy.max_interval)?;
    let delta = optional("delta", &policy.delta)?;
    Ok(Attempts {
        made: 0,
        count,
        interval: seconds(context, "interval", &policy.interval)?,
        max_interval,
        delta,
        first_fast: truth(&policy.first_fast, context)?,
        policy: Arc::clone(policy),
    })
}

fn seconds(context: &mut Context, name: &str, template: &Template) -> Result<f64, Raised> {
    let text = template.text(context)?;
    let seconds = text.trim().parse().ok();
    // A day is longer than any request lives; the bound keeps durations representable.
    let seconds = seconds.filter(|seconds: &f64| (0.0..=86_400.0).contains(seconds));
    seconds.ok_or_else(|| Raised::evaluation(format!("{name} cannot be `{text}`")))
}

impl Attempts {
    /// How long to wait before the retry that `made` counts: fixed, linear with `delta`,
    /// exponential with `delta` and `max-interval`.
    fn wait(&self, seed: &mut Seed) -> Duration {
        if self.first_fast && self.made == 1 {
            return Duration::ZERO;
        }
        let earlier = self.made.saturating_sub(1);
        let wait = match (self.delta, self.max_interval) {
            (None, _) => self.interval,
            (Some(delta), None) => self.interval + f64::from(earlier) * delta,
            (Some(delta), Some(_)) => {
                let jitter = delta * (0.8 + 0.4 * seed.unit());
                self.interval + f64::from(1_u32 << earlier.min(30)) * jitter
            }
        };
        let most = self.max_interval.unwrap_or(86_400.0);
        // Whole microseconds, the grain of all recorded moments.
        let micros = (wait.min(most) * 1e6).round();
        Duration::from_secs_f64(micros / 1e6)
    }
}

/// A place for this request among those that may be inside the block at once. The reference
/// names the status; reason and message are inferred.
fn slot(
    context: &mut Context,
    policy: &LimitConcurrency,
    stores: &mut Stores,
) -> Result<Block, Raised> {
    let key = policy.key.text(context)?;
    // Keys without a request inside are not kept.
    stores.slots.retain(|_, slot| Arc::strong_count(slot) > 1);
    let slot = stores.slots.entry(key).or_default();
    if Arc::strong_count(slot) > policy.max_count {
        let message = "Concurrency limit is exceeded.";
        return Err(Raised::refusal(
            429,
            "limit-concurrency",
            "ConcurrencyLimitExceeded",
            message,
        ));
    }
    Ok(Block::Slot {
        _held: Arc::clone(slot),
    })
}

fn gather(context: &mut Context, policy: &Wait) -> Result<Block, Raised> {
    let until = policy.until.text(context)?;
    let any = match until.as_str() {
        "any" => true,
        "all" => false,
        other => return Err(Raised::evaluation(format!("for cannot be `{other}`"))),
    };
    Ok(Block::Gather {
        any,
        sends: Vec::new(),
        before: 0,
        one_done: false,
    })
}

/// A child of a `wait` has run: unless it sent something, it is done already.
pub(super) fn child_done(exchange: &mut Exchange) {
    if let Some(Block::Gather {
        sends,
        before,
        one_done,
        ..
    }) = exchange.blocks.last_mut()
    {
        *one_done |= sends.len() == *before;
        *before = sends.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attempts(made: u32, delta: Option<f64>, max_interval: Option<f64>) -> Attempts {
        let text = |text: &str| Template::Literal(text.into());
        let policy = Retry {
            condition: text("true"),
            count: text("50"),
            interval: text("1"),
            max_interval: None,
            delta: None,
            first_fast: text("false"),
            items: Vec::new(),
        };
        Attempts {
            policy: Arc::new(policy),
            made,
            count: 50,
            interval: 1.0,
            max_interval,
            delta,
            first_fast: false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn exponential_waits_stay_within_their_jitter_and_cap(made in 1_u32..=50, seed: u64, delta in 0.0..20.0_f64) {
            let wait = attempts(made, Some(delta), Some(300.0)).wait(&mut Seed::new(seed)).as_secs_f64();
            let factor = 2_f64.powi(i32::try_from(made).unwrap() - 1) * delta;
            let (least, most) = (1.0 + factor * 0.8, 1.0 + factor * 1.2);
            prop_assert!(wait >= least.min(300.0) - 1e-6 && wait <= most.min(300.0) + 1e-6, "{wait}");
        }
    }

    #[test]
    fn jitter_comes_from_the_seed() {
        let wait = |seed| attempts(3, Some(10.0), Some(300.0)).wait(&mut Seed::new(seed));
        assert_eq!(wait(1), wait(1));
        assert_ne!(wait(1), wait(2));
    }

    #[test]
    fn without_a_cap_waits_grow_in_steps_and_without_a_delta_not_at_all() {
        let waits =
            |delta| [1, 2, 50].map(|made| attempts(made, delta, None).wait(&mut Seed::new(1)));
        assert_eq!(
            waits(Some(2.5)),
            [1000, 3500, 123_500].map(Duration::from_millis)
        );
        assert_eq!(waits(None), [1000; 3].map(Duration::from_millis));
    }
}
