//! Everything in an answer that is left to chance.

use std::time::Duration;

use super::body::{self, Finish, Identity, Pace};
use super::orders::Orders;
use super::parameters::{MAX_COMPLETION, Parameters};
use super::settings::ModelSettings;
use super::words;
use crate::base::Seed;
use crate::tokens;

/// Moment from which `created` counts, 2026-01-01 in UTC. The model has no clock; each answer draws
/// its second of the day that begins there.
const CREATED_FROM: u64 = 1_767_225_600;
const CREATED_WITHIN: u64 = 86_400;

/// The text of the answer, and why it ends where it ends.
pub(super) fn text(
    settings: &ModelSettings,
    seed: &Seed,
    orders: &Orders,
    parameters: &Parameters,
) -> (Vec<&'static str>, Finish) {
    let (mean, spread) = (settings.completion_tokens, settings.spread);
    let drawn = || stray(&mut seed.derive("length"), mean, spread);
    let wanted = orders.completion_tokens.unwrap_or_else(drawn);
    let limit = parameters
        .max_tokens
        .unwrap_or(MAX_COMPLETION)
        .min(MAX_COMPLETION);
    let cut = wanted > limit;
    let mut pieces = tokens::pieces(&mut seed.derive("words"), wanted.min(limit), cut);
    let stopped = words::stop_at(&mut pieces, &parameters.stop);
    if let Some(after) = orders.stream_error_after {
        pieces.truncate(usize::try_from(after).unwrap_or(usize::MAX));
    }
    let finish = if cut && !stopped {
        Finish::Length
    } else {
        Finish::Stop
    };
    (pieces, finish)
}

/// A whole number that strays evenly around its mean, at least 1.
fn stray(seed: &mut Seed, mean: u64, spread: f64) -> u64 {
    let mean = mean.min(MAX_COMPLETION) as f64;
    let drawn = (mean * factor(seed, spread)).round().max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 1 to twice the longest answer"
    )]
    let whole = drawn as u64;
    whole
}

/// Between `1 - spread` and `1 + spread`, evenly.
fn factor(seed: &mut Seed, spread: f64) -> f64 {
    1.0 + spread * (2.0 * seed.unit() - 1.0)
}

/// When the tokens come. An ordered latency is the moment of the last one.
pub(super) fn pace(
    settings: &ModelSettings,
    seed: &Seed,
    latency: Option<Duration>,
    tokens: usize,
) -> Pace {
    let mut seed = seed.derive("pace");
    // Whole nanoseconds; what is too long to be told lasts for ever.
    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    let first =
        seconds(settings.time_to_first_token.as_secs_f64() * factor(&mut seed, settings.spread));
    let step = seconds(1.0 / (settings.tokens_per_second * factor(&mut seed, settings.spread)));
    let Some(latency) = latency else {
        return Pace { first, step };
    };
    let steps = u32::try_from(tokens.saturating_sub(1)).unwrap_or(u32::MAX);
    let step = latency
        .saturating_sub(first)
        .checked_div(steps)
        .unwrap_or_default();
    // The division rounds down and a single token has no step: the first token takes the rest, so
    // that the last one is in time.
    Pace {
        first: latency.saturating_sub(step * steps),
        step,
    }
}

/// Id, time and fingerprint. The fingerprint is the model's and not the answer's.
pub(super) fn identity(settings: &ModelSettings, seed: &Seed) -> Identity {
    let mut draws = seed.derive("identity");
    let created = CREATED_FROM + draws.below(CREATED_WITHIN);
    let id = format!("chatcmpl-{}", letters(&mut draws, 29));
    let fingerprint = format!(
        "fp_{:010x}",
        settings.seed.derive("fingerprint").next_u64() >> 24
    );
    Identity {
        id,
        created,
        model_json: body::json(&settings.full_name()),
        fingerprint,
    }
}

fn letters(seed: &mut Seed, length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let letter = |_| {
        let index = usize::try_from(seed.below(62)).expect("a number below 62");
        char::from(ALPHABET[index])
    };
    (0..length).map(letter).collect()
}
