//! Values that are one of a few words.

use schemars::{Schema, json_schema};

use super::{Format, Mistake};
use crate::base::Tier;
use crate::base::nearest_hint;

pub(crate) trait Choice: Copy + 'static {
    /// With its article: `a tier`.
    const WHAT: &'static str;
    const ALL: &'static [Self];

    fn word(self) -> &'static str;
}

impl<C: Choice> Format for C {
    type Value = C;

    fn parse(text: &str) -> Result<C, Mistake> {
        let words = C::ALL.iter().map(|choice| choice.word());
        C::ALL
            .iter()
            .copied()
            .find(|choice| choice.word() == text)
            .ok_or_else(|| {
                Mistake::new(
                    format!("`{text}` is not {}", C::WHAT),
                    nearest_hint(text, words),
                )
            })
    }

    fn schema() -> Schema {
        let words: Vec<&str> = C::ALL.iter().map(|choice| choice.word()).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}

impl Choice for Tier {
    const WHAT: &'static str = "a tier with a token limit";
    const ALL: &'static [Tier] = &Tier::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }
}
