//! What one arrival says: drawn when the plan is made, turned into text when it is sent.

use std::sync::Arc;

use crate::base::{Seed, Tokens};
use crate::tokens;

use super::model::{Caller, Scenario, Share};
use super::request::{Prompts, Route, RowOrder};

/// Everything about an arrival's request that is not the same for its whole group.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Content {
    /// Which of the group's prompts.
    pub(super) prompt: u32,
    /// Which row of the dataset.
    pub(super) row: u32,
    /// Tokens of a text that is generated.
    pub(super) words: u32,
    /// Where this arrival's own draws begin; 0 when it has none.
    pub(super) lot: u64,
    pub(crate) max_tokens: Option<u32>,
    /// The planned length of the answer, where the scenario or its trace says one.
    pub(super) completion_tokens: Option<u32>,
    /// Which of the group's models: 0 is its own, further ones are its trace's.
    pub(super) model: u32,
    pub(crate) stream: bool,
}

impl Content {
    /// True when every arrival of the group with an equal content sends the same body, so that it
    /// may be kept; false when its text is its own.
    #[allow(dead_code, reason = "for the sending path of load tests")]
    pub(crate) fn repeats(&self) -> bool {
        self.lot == 0
    }

    pub(super) fn model_index(&self) -> usize {
        at(self.model)
    }
}

/// What one row of a trace wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traced {
    pub(super) prompt_tokens: u64,
    pub(super) completion_tokens: u64,
    pub(super) subscription: Option<usize>,
    pub(super) model: u32,
    pub(super) stream: Option<bool>,
}

/// One drawn arrival, without its moment.
pub(super) struct Composed {
    pub(super) subscription: usize,
    pub(super) content: Content,
    pub(super) prompt_tokens: Tokens,
    pub(super) completion_tokens: Tokens,
}

/// Draws what the arrivals of one group, or of one closed-loop caller of it, say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Composer {
    caller: usize,
    lots: Lots,
    counted: Arc<Counted>,
    next_row: u64,
    /// How far callers of one loop are from row to row, so that they share a dataset.
    row_step: u64,
}

/// Token counts that all arrivals of a group share; counting is what takes time in a plan.
#[derive(Debug, PartialEq)]
pub(super) struct Counted {
    /// Prompts that are the same every time; empty when they are not.
    fixed: Vec<Tokens>,
    /// A prompt whose text is empty: what a generated text comes on top of.
    wrapping: Tokens,
}

/// One generator for each kind of choice.
#[derive(Debug, Clone, PartialEq)]
struct Lots {
    subscriptions: Seed,
    prompts: Seed,
    rows: Seed,
    texts: Seed,
    lengths: Seed,
    streams: Seed,
}

impl Lots {
    fn new(seed: &Seed, owner: &str) -> Lots {
        let of = |kind: &str| seed.derive(&format!("{kind}/{owner}"));
        Lots {
            subscriptions: of("subscriptions"),
            prompts: of("prompts"),
            rows: of("rows"),
            texts: of("texts"),
            lengths: of("lengths"),
            streams: of("streams"),
        }
    }
}

impl Counted {
    pub(super) fn of(scenario: &Scenario, caller: usize) -> Counted {
        let request = &scenario.callers[caller].request;
        let count = |prompt| {
            let content = Content {
                prompt,
                ..Content::default()
            };
            scenario.estimate(caller, &content)
        };
        let fixed = if request.has_own_texts() {
            Vec::new()
        } else {
            (0..request.prompt_count()).map(count).collect()
        };
        let wrapping = match request.prompts {
            // No words: the estimate is that of everything around them.
            Prompts::Generated(_) | Prompts::Traced => count(0),
            Prompts::Texts(_) | Prompts::Rows => Tokens::ZERO,
        };
        Counted { fixed, wrapping }
    }
}

impl Composer {
    /// `owner` names whose draws these are: a group, or one caller of it.
    pub(super) fn new(
        scenario: &Scenario,
        caller: usize,
        owner: &str,
        counted: Arc<Counted>,
    ) -> Composer {
        Composer {
            caller,
            lots: Lots::new(&scenario.seed, owner),
            counted,
            next_row: 0,
            row_step: 1,
        }
    }

    /// Takes every row whose turn it is for this one of so many callers.
    pub(super) fn sharing_rows(self, first: u64, callers: u64) -> Composer {
        Composer {
            next_row: first,
            row_step: callers,
            ..self
        }
    }

    /// The next arrival; `traced` says what a trace fixes of it.
    pub(super) fn next(&mut self, scenario: &Scenario, traced: Option<Traced>) -> Composed {
        let caller = &scenario.callers[self.caller];
        let content = self.content(caller, traced);
        let prompt_tokens = match self.counted.fixed.get(at(content.prompt)) {
            Some(counted) => *counted,
            None if content.words > 0 => self.counted.wrapping + Tokens(u64::from(content.words)),
            None => scenario.estimate(self.caller, &content),
        };
        let chosen = traced.and_then(|traced| traced.subscription);
        Composed {
            subscription: chosen.unwrap_or_else(|| {
                pick_by_weight(&mut self.lots.subscriptions, &caller.subscriptions)
            }),
            content,
            prompt_tokens,
            completion_tokens: scenario.expected_completion(self.caller, &content),
        }
    }

    fn content(&mut self, caller: &Caller, traced: Option<Traced>) -> Content {
        let request = &caller.request;
        let lots = &mut self.lots;
        let wrapping = self.counted.wrapping.0;
        // At least one: a prompt without any text is none.
        let words = |prompt: u64| narrow(prompt.saturating_sub(wrapping).max(1));
        let amount = |amount: super::amount::Amount, lots: &mut Seed| narrow(amount.draw(lots));
        let words = match request.prompts {
            Prompts::Generated(wanted) => words(wanted.draw(&mut lots.lengths)),
            Prompts::Traced => words(traced.map_or(0, |traced| traced.prompt_tokens)),
            Prompts::Texts(_) | Prompts::Rows => 0,
        };
        let completion_tokens = match traced {
            Some(traced) => Some(narrow(traced.completion_tokens)),
            None => request
                .completion_tokens
                .map(|wanted| amount(wanted, &mut lots.lengths)),
        };
        let max_tokens = request
            .max_tokens
            .map(|wanted| amount(wanted, &mut lots.lengths));
        let row = match &request.dataset {
            None => 0,
            Some(dataset) => {
                let rows = dataset.rows.len() as u64;
                let row = match dataset.order {
                    RowOrder::InOrder => self.next_row % rows.max(1),
                    RowOrder::Random => lots.rows.below(rows),
                };
                self.next_row += self.row_step;
                narrow(row)
            }
        };
        // Zero means that there are none.
        let own = words > 0 || !request.variables.is_empty();
        let lot = if own { lots.texts.next_u64().max(1) } else { 0 };
        Content {
            prompt: narrow(lots.prompts.below(u64::from(request.prompt_count()))),
            row,
            words,
            lot,
            // What a trace recorded is also the most that a model should write.
            max_tokens: max_tokens.or_else(|| {
                let traced = traced.map(|traced| narrow(traced.completion_tokens));
                traced.filter(|most| *most > 0 && request.route != Route::Embeddings)
            }),
            completion_tokens,
            model: traced.map_or(0, |traced| traced.model),
            stream: traced
                .and_then(|traced| traced.stream)
                .unwrap_or_else(|| share(&mut lots.streams, request.stream)),
        }
    }
}

impl Scenario {
    /// How long the answer is planned to be.
    fn expected_completion(&self, caller: usize, content: &Content) -> Tokens {
        if self.callers[caller].request.route == Route::Embeddings {
            return Tokens::ZERO;
        }
        let wanted = content
            .completion_tokens
            .map_or(self.model.completion_tokens, u64::from);
        let most = content.max_tokens.map_or(u64::MAX, u64::from);
        Tokens(wanted.min(most))
    }

    /// What a gateway estimates for the prompt.
    fn estimate(&self, caller: usize, content: &Content) -> Tokens {
        tokens::prompt_estimate(&self.body_value(caller, content))
    }
}

/// Draws only where there is something to draw, so that a share of all or nothing costs nothing.
fn share(lots: &mut Seed, share: f64) -> bool {
    share >= 1.0 || (share > 0.0 && lots.unit() < share)
}

fn pick_by_weight(seed: &mut Seed, shares: &[Share]) -> usize {
    let mut drawn = seed.below(shares.iter().map(|share| share.weight).sum());
    for share in shares {
        if drawn < share.weight {
            return share.subscription;
        }
        drawn -= share.weight;
    }
    unreachable!("a draw lies below the sum of all weights")
}

/// Numbers of prompts, rows and tokens have bounds far below this one.
pub(super) fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(super) fn at(index: u32) -> usize {
    usize::try_from(index).expect("an index has at most as many bits as an address")
}
