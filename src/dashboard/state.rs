use std::collections::VecDeque;

use crate::monitor::Now;

/// Refreshes that are kept for the little chart.
const MOST_SAMPLES: usize = 240;

/// Where the numbers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// In words: `local gateway at http://127.0.0.1:4000`.
    pub(crate) name: String,
    /// How old the newest numbers may be, in words; absent when they are of this moment.
    pub(crate) delay: Option<String>,
    /// Between two refreshes, in words.
    pub(crate) interval: String,
}

/// What is known so far.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) source: Source,
    pub(super) now: Now,
    /// Tokens of the last minute at every refresh.
    pub(super) tokens: VecDeque<u64>,
    /// Why the last refresh brought nothing.
    pub(super) silence: Option<String>,
}

impl State {
    pub(crate) fn new(source: Source) -> State {
        State {
            source,
            now: Now::default(),
            tokens: VecDeque::new(),
            silence: None,
        }
    }

    pub(crate) fn refresh(&mut self, now: Now) {
        if self.tokens.len() == MOST_SAMPLES {
            self.tokens.pop_front();
        }
        self.now = now;
        self.silence = None;
        self.tokens.push_back(self.used());
    }

    /// Nothing came; what was known stays on the screen and is called old.
    pub(crate) fn silent(&mut self, why: String) {
        self.silence = Some(why);
    }

    /// What the gateway said last.
    pub(crate) fn now(&self) -> &Now {
        &self.now
    }

    /// Tokens of all subscriptions.
    pub(super) fn used(&self) -> u64 {
        self.now.subscriptions.iter().map(|row| row.tokens).sum()
    }

    pub(super) fn requests(&self) -> u64 {
        self.now.codes.iter().map(|code| code.requests).sum()
    }

    pub(super) fn throttled(&self) -> u64 {
        let codes = self.now.codes.iter();
        codes
            .filter(|code| code.status == 429)
            .map(|code| code.requests)
            .sum()
    }
}
