use super::super::reaction::{Backoff, Reaction, Reactions, Wait};
use super::super::wire::{Field, Placed, ReactionEntry, Text, Whole, WireReaction};
use super::Checker;
use crate::base::Span;
use crate::yaml::Checks as _;

const DEFAULT_ATTEMPTS: u64 = 5;

/// The reactions of one group, as read.
pub(super) struct WireReactions {
    pub(super) attempts: Field<Whole<1, 1_000>>,
    pub(super) on_429: Option<Placed<ReactionEntry>>,
    pub(super) on_403: Option<Placed<ReactionEntry>>,
    pub(super) on_5xx: Option<Placed<ReactionEntry>>,
    pub(super) on_failure: Option<Placed<ReactionEntry>>,
}

impl Checker {
    pub(super) fn reactions(&mut self, wire: WireReactions) -> Option<Reactions> {
        let place = wire.attempts.as_ref().map(|attempts| attempts.span);
        let attempts = self.or(wire.attempts, || DEFAULT_ATTEMPTS).map(narrow);
        // A number that is wrong was reported; the reactions can be looked at all the same.
        let default = attempts.unwrap_or(1);
        let on_429 = self.reaction(wire.on_429, default, true);
        let on_403 = self.reaction(wire.on_403, default, true);
        let on_5xx = self.reaction(wire.on_5xx, default, true);
        let on_failure = self.reaction(wire.on_failure, default, false);
        let reactions = Reactions {
            on_429: on_429?,
            on_403: on_403?,
            on_5xx: on_5xx?,
            on_failure: on_failure?,
        };
        let all = [
            reactions.on_429,
            reactions.on_403,
            reactions.on_5xx,
            reactions.on_failure,
        ];
        let ignored = all.iter().all(|reaction| reaction.wait == Wait::Ignore);
        if let (Some(place), true) = (place, ignored) {
            self.error(
                place,
                "without retries there is one attempt",
                "add `on-429: honor-retry-after`, or leave `max-attempts` out",
            );
        }
        attempts?;
        Some(reactions)
    }

    /// `answered` says that there is an answer whose headers may ask for a wait.
    fn reaction(
        &mut self,
        wire: Option<Placed<ReactionEntry>>,
        attempts: u32,
        answered: bool,
    ) -> Option<Reaction> {
        let Some(Placed { value, span }) = wire else {
            return Some(Reaction {
                max_attempts: 1,
                ..Reaction::default()
            });
        };
        let (word, whole) = match value {
            ReactionEntry::Word(value) => (Some(Placed { value, span }), WireReaction::default()),
            ReactionEntry::Whole(mut whole) => (whole.wait.take(), *whole),
        };
        let place = word.as_ref().map_or(span, |word| word.span);
        let wait = self.required(word, span, "a reaction", "wait");
        if !answered && wait == Some(Wait::HonorRetryAfter) {
            self.error(
                place,
                "without an answer there is no Retry-After",
                "write `exponential` or `ignore`",
            );
        }
        self.fits_wait(&whole, wait);
        let max_attempts = self.optional(whole.max_attempts.as_ref());
        let give_up_after = self.optional(whole.give_up_after.as_ref());
        let backoff = self.backoff(whole);
        let wait = match wait? {
            Wait::Exponential(_) => Wait::Exponential(backoff?),
            wait => wait,
        };
        Some(Reaction {
            wait,
            max_attempts: match wait {
                Wait::Ignore => 1,
                _ => max_attempts?.map_or(attempts, narrow),
            },
            give_up_after: give_up_after?,
        })
    }

    fn backoff(&mut self, wire: WireReaction) -> Option<Backoff> {
        let default = Backoff::DEFAULT;
        let first = self.or(wire.first, || default.first);
        let factor = self.or(wire.factor, || default.factor);
        let most = self.or(wire.most, || default.most);
        let jitter = self.or(wire.jitter, || default.jitter);
        Some(Backoff {
            first: first?,
            factor: factor?,
            most: most?,
            jitter: jitter?,
        })
    }

    /// What only one kind of wait has belongs to no other.
    fn fits_wait(&mut self, wire: &WireReaction, wait: Option<Wait>) {
        fn place<F>(field: Option<&Placed<Text<F>>>) -> Option<Span> {
            field.map(|field| field.span)
        }
        let grown = [
            ("first", place(wire.first.as_ref())),
            ("factor", place(wire.factor.as_ref())),
            ("most", place(wire.most.as_ref())),
            ("jitter", place(wire.jitter.as_ref())),
        ];
        let retried = [
            ("max-attempts", place(wire.max_attempts.as_ref())),
            ("give-up-after", place(wire.give_up_after.as_ref())),
        ];
        let idle: Vec<(&str, Option<Span>)> = match wait {
            None | Some(Wait::Exponential(_)) => Vec::new(),
            Some(Wait::HonorRetryAfter) => grown.to_vec(),
            Some(Wait::Ignore) => grown.into_iter().chain(retried).collect(),
        };
        let word = wait.map_or("", Wait::as_str);
        for (key, place) in idle {
            if let Some(place) = place {
                self.error(
                    place,
                    format!("`{word}` has no `{key}`"),
                    format!("write `wait: exponential`, or leave `{key}` out"),
                );
            }
        }
    }
}

fn narrow(attempts: u64) -> u32 {
    u32::try_from(attempts).expect("the format keeps attempts small")
}
