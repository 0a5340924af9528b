//! Thresholds that are looked at while the run goes on, so that a hopeless one ends early.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::super::Moment;
use super::{Bound, Metric, Scope, Statistic, Threshold, Timing};

/// How often rules are judged at most.
const EVERY: Duration = Duration::from_millis(100);

const MINUTE: Duration = Duration::from_mins(1);

/// A rule that ends the run once it is broken.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grace {
    pub(crate) rule: Threshold,
    /// Not judged before.
    pub(crate) after: Duration,
}

/// How a request ended, as thresholds count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Passed,
    Throttled,
    QuotaExceeded,
    Failed,
}

/// What rules look at in one finished request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) caller: &'a str,
    pub(crate) subscription: &'a str,
    pub(crate) done: Moment,
    pub(crate) ended: Ended,
    /// Of passed requests, from when they were due.
    pub(crate) latency: Option<Duration>,
    /// Of passed streams, from when they were due.
    pub(crate) ttft: Option<Duration>,
    /// Of passed requests.
    pub(crate) tokens: u64,
    /// Whether a wait that was asked for was kept; `None` when none was.
    pub(crate) honoured: Option<bool>,
}

/// A rule that does not hold any more.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Broken {
    /// The rule as written.
    pub(crate) text: String,
    /// In the unit of its metric, for people.
    pub(crate) actual: String,
}

/// Judges rules while requests are done.
///
/// Whoever plays a scenario with [`aborts`](crate::base::Grace) tells it every finished request
/// that is no warm-up with [`observe`](Self::observe), in any order, and asks
/// [`check`](Self::check) after each, or several times a second. A broken rule ends the run: what
/// is under way is waited for, nothing more is sent.
///
/// Counts and shares are exact. Quantiles are taken from buckets and are at most one part in 128
/// too high. A rule over no requests is not judged.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    rules: Vec<Running>,
    next: Moment,
}

#[derive(Debug, Clone)]
struct Running {
    grace: Grace,
    bound: Option<f64>,
    counts: [u64; 4],
    waits: (u64, u64),
    times: Times,
    minutes: BTreeMap<String, Minute>,
    /// Each subscription has a counter of its own.
    apart: bool,
}

/// Tokens of the last sixty seconds, and the most that they ever were.
#[derive(Debug, Default, Clone)]
struct Minute {
    spent: VecDeque<(Moment, u64)>,
    sum: u64,
    most: u64,
}

impl Live {
    /// `tpm` is the tightest tokens-per-minute of the policy, where it is known; `apart` says that
    /// it counts each subscription by itself.
    pub(crate) fn new(rules: &[Grace], tpm: Option<u64>, apart: bool) -> Live {
        let running = |grace: &Grace| Running {
            bound: match grace.rule.bound {
                Bound::Number(bound) => Some(bound),
                Bound::TimesTpm(factor) => tpm.map(|tpm| factor * tpm as f64),
                Bound::OfBase { .. } => None,
            },
            grace: grace.clone(),
            counts: [0; 4],
            waits: (0, 0),
            times: Times::default(),
            minutes: BTreeMap::new(),
            apart,
        };
        Live {
            rules: rules.iter().map(running).collect(),
            next: Moment::ZERO,
        }
    }

    pub(crate) fn observe(&mut self, seen: &Seen<'_>) {
        for rule in &mut self.rules {
            rule.observe(seen);
        }
    }

    /// The first rule, in the order of the scenario, that is broken at `now`.
    pub(crate) fn check(&mut self, now: Moment) -> Option<Broken> {
        if self.rules.is_empty() || now < self.next {
            return None;
        }
        self.next = now + EVERY;
        self.rules.iter().find_map(|rule| rule.broken(now))
    }
}

impl Running {
    fn observe(&mut self, seen: &Seen<'_>) {
        let counts = match &self.grace.rule.scope {
            None => true,
            Some(Scope::Caller(name)) => seen.caller == name,
            Some(Scope::Subscription(name)) => seen.subscription == name,
        };
        if !counts {
            return;
        }
        self.counts[seen.ended as usize] += 1;
        if let Some(honoured) = seen.honoured {
            self.waits.0 += 1;
            self.waits.1 += u64::from(honoured);
        }
        let time = match self.grace.rule.metric {
            Metric::Time(_, Timing::Ttft) => seen.ttft,
            Metric::Time(_, Timing::Latency) => seen.latency,
            _ => None,
        };
        if let Some(time) = time {
            self.times.add(time);
        }
        if self.grace.rule.metric == Metric::TokensAdmittedPerMinute && seen.ended == Ended::Passed
        {
            let counter = if self.apart { seen.subscription } else { "" };
            let minute = self.minutes.entry(counter.to_owned()).or_default();
            minute.add(seen.done, seen.tokens);
        }
    }

    fn broken(&self, now: Moment) -> Option<Broken> {
        if now.since_start() < self.grace.after {
            return None;
        }
        let (actual, bound) = (self.actual()?, self.bound?);
        let rule = &self.grace.rule;
        (!rule.comparison.holds(actual, bound)).then(|| Broken {
            text: rule.text.clone(),
            actual: rule.metric.measure().show(actual),
        })
    }

    /// `None` over nothing.
    fn actual(&self) -> Option<f64> {
        let [passed, throttled, quota, failed] = self.counts;
        let all: u64 = self.counts.iter().sum();
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let count = |part: u64| (all > 0).then_some(part as f64);
        match self.grace.rule.metric {
            Metric::PassedRatio => share(passed, all),
            Metric::ThrottledRatio => share(throttled, all),
            Metric::QuotaExceededRatio => share(quota, all),
            Metric::FailedRatio => share(failed, all),
            Metric::Passed => count(passed),
            Metric::Throttled => count(throttled),
            Metric::QuotaExceeded => count(quota),
            Metric::Failed => count(failed),
            Metric::Requests => count(all),
            Metric::Time(statistic, _) => self.times.value(statistic),
            Metric::RetryAfterHonoured => share(self.waits.1, self.waits.0),
            Metric::TokensAdmittedPerMinute => {
                let most = self.minutes.values().map(|minute| minute.most).max();
                most.map(|most| most as f64)
            }
        }
    }
}

impl Minute {
    fn add(&mut self, done: Moment, tokens: u64) {
        // Requests are done nearly in order; one that comes late counts where it comes.
        self.spent.push_back((done, tokens));
        self.sum += tokens;
        while let Some((oldest, spent)) = self.spent.front().copied()
            && oldest + MINUTE <= done
        {
            self.sum -= spent;
            self.spent.pop_front();
        }
        self.most = self.most.max(self.sum);
    }
}

/// Buckets that grow with the time: 128 for each power of two of microseconds.
#[derive(Debug, Default, Clone)]
struct Times {
    buckets: BTreeMap<u64, u64>,
    count: u64,
    sum: f64,
    most: u64,
}

impl Times {
    fn add(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        *self.buckets.entry(bucket_end(micros)).or_default() += 1;
        self.count += 1;
        self.sum += micros as f64;
        self.most = self.most.max(micros);
    }

    /// In milliseconds; nearest rank.
    fn value(&self, statistic: Statistic) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let thousandths = match statistic {
            Statistic::P50 => 500,
            Statistic::P90 => 900,
            Statistic::P95 => 950,
            Statistic::P99 => 990,
            Statistic::Max => return Some(self.most as f64 / 1e3),
            Statistic::Mean => return Some(self.sum / self.count as f64 / 1e3),
        };
        let rank = (self.count * thousandths).div_ceil(1_000).max(1);
        let mut below = 0;
        let reached = self.buckets.iter().find(|(_, count)| {
            below += **count;
            below >= rank
        });
        reached.map(|(end, _)| (*end).min(self.most) as f64 / 1e3)
    }
}

/// The largest value of the bucket that a value is in.
fn bucket_end(micros: u64) -> u64 {
    let shift = (64 - micros.leading_zeros()).saturating_sub(8);
    micros | ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grace(rule: &str, after: u64) -> Grace {
        Grace {
            rule: Threshold::parse(rule).unwrap(),
            after: Duration::from_secs(after),
        }
    }

    fn seen(second: u64, ended: Ended) -> Seen<'static> {
        let latency = (ended == Ended::Passed).then(|| Duration::from_millis(100 * second));
        Seen {
            caller: "a",
            subscription: "s",
            done: Moment::from_micros(second * 1_000_000),
            ended,
            latency,
            ttft: None,
            tokens: 100,
            honoured: None,
        }
    }

    /// Second at which a rule is broken, with what it was then, when requests end like this.
    fn broken(rule: &str, after: u64, endings: &[Ended]) -> Option<(u64, String)> {
        let mut live = Live::new(&[grace(rule, after)], Some(250), true);
        for (second, ended) in (1..).zip(endings) {
            live.observe(&seen(second, *ended));
            let now = Moment::from_micros(second * 1_000_000);
            if let Some(broken) = live.check(now) {
                assert_eq!(broken.text, rule);
                return Some((second, broken.actual));
            }
        }
        None
    }

    #[test]
    fn rules_break_as_soon_as_they_do_not_hold_and_not_within_their_grace() {
        use Ended::{Failed, Passed, Throttled};
        let mixed = [Passed, Failed, Passed, Passed, Throttled, Passed];
        for (rule, after, expected) in [
            ("failed_ratio == 0%", 0, Some((2, "50 %"))),
            ("failed_ratio < 30%", 4, None),
            ("failed_ratio < 20%", 4, Some((4, "25 %"))),
            ("throttled <= 0", 0, Some((5, "1"))),
            ("p95(latency) < 350ms", 0, Some((4, "400 ms"))),
            ("max(latency) <= 600ms", 0, None),
            ("p50(ttft) < 1ms", 0, None),
            ("requests < 6", 0, Some((6, "6"))),
            ("failed == 0{callers=b}", 0, None),
            (
                "tokens_admitted_per_minute <= 1 * tpm",
                0,
                Some((4, "300 tokens")),
            ),
            ("retry_after_honoured == 100%", 0, None),
        ] {
            let rule = if rule.ends_with("{callers=b}") {
                "failed{callers=b} == 0"
            } else {
                rule
            };
            let expected = expected.map(|(second, actual)| (second, actual.to_owned()));
            assert_eq!(broken(rule, after, &mixed), expected, "{rule}");
        }
    }

    #[test]
    fn a_minute_forgets_and_remembers_its_most() {
        let mut minute = Minute::default();
        for (second, tokens, sum, most) in
            [(0, 100, 100, 100), (59, 50, 150, 150), (60, 10, 60, 150)]
        {
            minute.add(Moment::from_micros(second * 1_000_000), tokens);
            assert_eq!((minute.sum, minute.most), (sum, most));
        }
    }

    #[test]
    fn buckets_are_never_below_and_hardly_above() {
        for micros in [0, 1, 127, 128, 255, 256, 1_000, 999_999, 123_456_789] {
            let end = bucket_end(micros);
            assert!(
                end >= micros && end - micros <= micros / 128,
                "{micros} {end}"
            );
        }
    }
}
