//! What an answer says it cost.

use serde::Deserialize;

use crate::base::Tokens;

/// Tokens as the model reported them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) prompt: Tokens,
    pub(crate) completion: Tokens,
    /// Part of `prompt` that came from the model's cache; `None` when the answer does not say.
    pub(crate) cached_prompt: Option<Tokens>,
    /// Part of `completion` that was reasoning; `None` when the answer does not say.
    pub(crate) reasoning: Option<Tokens>,
}

impl Usage {
    /// Reads `usage` from a whole answer: chat completions, completions, embeddings, responses.
    /// `None` when the body is not JSON or reports nothing.
    pub(crate) fn of_body(body: &[u8]) -> Option<Usage> {
        if let Some(usage) = at_the_end(body) {
            return usage.into_usage();
        }
        let answer: WireAnswer = serde_json::from_slice(body).ok()?;
        answer.usage.and_then(WireUsage::into_usage)
    }

    pub(crate) fn total(&self) -> Tokens {
        self.prompt + self.completion
    }
}

/// Most answers end with `"usage":{…}` or nearly so, and reading the text before it costs more than
/// everything else that is done with an answer. `None` when it is not as plain as that: no such key,
/// more than one, or deeper than the top level.
fn at_the_end(body: &[u8]) -> Option<WireUsage> {
    const KEY: &[u8] = b"\"usage\"";
    if body.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let mut places = memchr::memmem::find_iter(body, KEY);
    let (place, None) = (places.next()?, places.next()) else {
        return None;
    };
    let value = body[place + KEY.len()..].trim_ascii_start();
    let value = value.strip_prefix(b":")?;
    let mut values = serde_json::Deserializer::from_slice(value).into_iter::<WireUsage>();
    let usage = values.next()?.ok()?;
    // What follows closes the one object that is open, further plain members in between: anything
    // with an opening bracket or a text of its own is read as a whole.
    let rest = &value[values.byte_offset()..];
    let (last, members) = rest.trim_ascii().split_last()?;
    let plain = members
        .iter()
        .all(|byte| !matches!(byte, b'{' | b'}' | b'[' | b']' | b'\\'));
    (*last == b'}' && plain).then_some(usage)
}

#[derive(Deserialize)]
struct WireAnswer {
    usage: Option<WireUsage>,
}

/// Both spellings, because some gateways send both at once, which an alias would refuse.
#[derive(Deserialize)]
pub(super) struct WireUsage {
    prompt_tokens: Option<u64>,
    input_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    output_tokens: Option<u64>,
    prompt_tokens_details: Option<WireDetails>,
    input_tokens_details: Option<WireDetails>,
    completion_tokens_details: Option<WireDetails>,
    output_tokens_details: Option<WireDetails>,
}

#[derive(Deserialize)]
struct WireDetails {
    cached_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
}

impl WireUsage {
    pub(super) fn into_usage(self) -> Option<Usage> {
        let prompt_details = self.prompt_tokens_details.or(self.input_tokens_details);
        let completion_details = self
            .completion_tokens_details
            .or(self.output_tokens_details);
        Some(Usage {
            prompt: Tokens(self.prompt_tokens.or(self.input_tokens)?),
            // Embeddings have no completion and say nothing about it.
            completion: Tokens(self.completion_tokens.or(self.output_tokens).unwrap_or(0)),
            cached_prompt: prompt_details
                .and_then(|details| details.cached_tokens)
                .map(Tokens),
            reasoning: completion_details
                .and_then(|details| details.reasoning_tokens)
                .map(Tokens),
        })
    }
}
