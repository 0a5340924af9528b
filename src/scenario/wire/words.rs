//! Words of the scenario alone.

use super::super::model::Urls;
use super::super::reaction::{Backoff, Wait};
use super::super::request::{Route, RowOrder};
use crate::yaml::Choice;

/// How a rate becomes arrivals; how bursty, another key says.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum SpacingWord {
    #[default]
    Even,
    Poisson,
    Gamma,
}

/// How closely a model looks at an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Detail {
    Low,
    High,
    Auto,
}

impl Choice for Wait {
    const WHAT: &'static str = "a reaction";
    const ALL: &'static [Wait] = &[
        Wait::Ignore,
        Wait::HonorRetryAfter,
        Wait::Exponential(Backoff::DEFAULT),
    ];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for SpacingWord {
    const WHAT: &'static str = "a spacing";
    const ALL: &'static [SpacingWord] =
        &[SpacingWord::Even, SpacingWord::Poisson, SpacingWord::Gamma];

    fn word(self) -> &'static str {
        match self {
            SpacingWord::Even => "even",
            SpacingWord::Poisson => "poisson",
            SpacingWord::Gamma => "gamma",
        }
    }
}

impl Choice for Urls {
    const WHAT: &'static str = "a kind of URLs";
    const ALL: &'static [Urls] = &[Urls::Azure, Urls::OpenAi];

    fn word(self) -> &'static str {
        match self {
            Urls::Azure => "azure",
            Urls::OpenAi => "openai",
        }
    }
}

impl Choice for Route {
    const WHAT: &'static str = "a route";
    const ALL: &'static [Route] = &[Route::ChatCompletions, Route::Responses, Route::Embeddings];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Choice for RowOrder {
    const WHAT: &'static str = "an order of rows";
    const ALL: &'static [RowOrder] = &[RowOrder::InOrder, RowOrder::Random];

    fn word(self) -> &'static str {
        match self {
            RowOrder::InOrder => "in-order",
            RowOrder::Random => "random",
        }
    }
}

impl Choice for Detail {
    const WHAT: &'static str = "a detail";
    const ALL: &'static [Detail] = &[Detail::Low, Detail::High, Detail::Auto];

    fn word(self) -> &'static str {
        match self {
            Detail::Low => "low",
            Detail::High => "high",
            Detail::Auto => "auto",
        }
    }
}
