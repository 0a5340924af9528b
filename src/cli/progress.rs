use std::collections::VecDeque;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::Terminal;
use crate::base::{Moment, number};
use crate::loadtest::Counts;

const MINUTE_US: u64 = 60_000_000;
/// How often somebody who is not at a terminal hears of a run.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Running counts while a plan is played.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    planned: u64,
    passed: u64,
    throttled: u64,
    failed: u64,
    /// When answers of the last minute were done, and what they used together.
    minute: VecDeque<(u64, u64)>,
    next_plain: Moment,
}

impl Progress {
    pub(super) fn new(terminal: &Terminal, planned: u64) -> Progress {
        let target = if terminal.live() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(planned), target);
        let style = ProgressStyle::with_template("{elapsed:>4} {bar:24.blue} {pos}/{len}  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(250));
        Progress {
            bar,
            planned,
            passed: 0,
            throttled: 0,
            failed: 0,
            minute: VecDeque::new(),
            next_plain: Moment::at(PLAIN_EVERY),
        }
    }

    /// Takes what was done since the last call.
    pub(super) fn add(&mut self, counts: &Counts, now: Moment) {
        self.passed += counts.passed;
        self.throttled += counts.throttled + counts.quota_exceeded;
        self.failed += counts.failed;
        if counts.passed > 0 {
            self.minute.push_back((now.as_micros(), counts.tokens()));
        }
        self.forget(now.as_micros());
        self.bar.inc(counts.arrivals);
        self.bar.set_message(self.counts());
    }

    /// When [`tick`](Self::tick) wants to be called next.
    pub(super) fn next_tick(&self) -> Moment {
        self.next_plain
    }

    /// Lets the last minute move on, and writes a plain line where nobody sees the bar.
    pub(super) fn tick(&mut self, terminal: &Terminal, now: Moment) {
        self.forget(now.as_micros());
        self.bar.set_message(self.counts());
        if !terminal.live() {
            let seconds = now.since_start().as_secs();
            terminal.note(&format!(
                "{seconds:>4} s  {}/{}  {}",
                self.bar.position(),
                self.planned,
                self.counts()
            ));
        }
        self.next_plain = now + PLAIN_EVERY;
    }

    fn forget(&mut self, now_us: u64) {
        while self
            .minute
            .front()
            .is_some_and(|(done, _)| done + MINUTE_US < now_us)
        {
            self.minute.pop_front();
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn counts(&self) -> String {
        let tokens: u64 = self.minute.iter().map(|(_, tokens)| tokens).sum();
        format!(
            "{} passed · {} throttled · {} failed · {} tokens this minute",
            self.passed,
            self.throttled,
            self.failed,
            number(tokens as f64, 0)
        )
    }
}
