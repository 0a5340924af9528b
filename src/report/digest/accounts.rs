use super::Sketch;
use crate::results::{Line, Outcome};

/// Tokens by who counted them. Sums are over passed requests.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::report) struct Accounts {
    pub(in crate::report) planned_prompt: u64,
    pub(in crate::report) prompt: u64,
    pub(in crate::report) completion: u64,
    /// As the gateway's consumed header said, and how many answers said so.
    pub(in crate::report) consumed: u64,
    pub(in crate::report) consumed_answers: u64,
    /// Tokens of the answers that carried that header, to hold against it.
    pub(in crate::report) of_consumed: u64,
    /// Streamed answers, and those of them without tokens.
    pub(in crate::report) streamed: u64,
    pub(in crate::report) streamed_without_usage: u64,
    /// Planned prompt tokens of requests that did not pass.
    pub(in crate::report) in_vain: u64,
    /// Of each passed request whose answer reported them.
    pub(in crate::report) prompts: Sketch<5>,
    pub(in crate::report) completions: Sketch<5>,
}

impl Accounts {
    pub(super) fn add(&mut self, line: &Line<'_>) {
        if line.outcome() != Outcome::Passed {
            self.in_vain += line.planned_prompt_tokens;
            return;
        }
        self.planned_prompt += line.planned_prompt_tokens;
        self.prompt += line.prompt_tokens.unwrap_or(0);
        self.completion += line.completion_tokens.unwrap_or(0);
        if let Some(tokens) = line.prompt_tokens {
            self.prompts.add(tokens);
        }
        if let Some(tokens) = line.completion_tokens {
            self.completions.add(tokens);
        }
        if let Some(consumed) = line.consumed_tokens {
            self.consumed += consumed;
            self.consumed_answers += 1;
            self.of_consumed += line.total_tokens().unwrap_or(0);
        }
        if line.stream {
            self.streamed += 1;
            self.streamed_without_usage += u64::from(line.total_tokens().is_none());
        }
    }

    pub(super) fn merge(&mut self, other: &Accounts) {
        self.planned_prompt += other.planned_prompt;
        self.prompt += other.prompt;
        self.completion += other.completion;
        self.consumed += other.consumed;
        self.consumed_answers += other.consumed_answers;
        self.of_consumed += other.of_consumed;
        self.streamed += other.streamed;
        self.streamed_without_usage += other.streamed_without_usage;
        self.in_vain += other.in_vain;
        self.prompts.merge(&other.prompts);
        self.completions.merge(&other.completions);
    }
}
