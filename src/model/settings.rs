use std::time::Duration;

use crate::base::Seed;

/// How the simulated model behaves.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelSettings {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) seed: Seed,
    /// Mean time from the request to the first token.
    pub(crate) time_to_first_token: Duration,
    /// Mean speed after the first token; a speed of zero never gets to a second one.
    pub(crate) tokens_per_second: f64,
    /// Mean length of an answer that nothing cuts short.
    pub(crate) completion_tokens: u64,
    /// How far single answers stray: with 0.2, lengths and speeds lie evenly within 20 % around
    /// their means.
    pub(crate) spread: f64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum ModelSettingsError {
    #[error("`{speed}` tokens per second is not a speed above zero")]
    Speed { speed: f64 },
    #[error("a spread of `{spread}` is not between 0 and 1")]
    Spread { spread: f64 },
}

impl Default for ModelSettings {
    fn default() -> ModelSettings {
        ModelSettings {
            name: "gpt-4o-mini".to_owned(),
            version: "2024-07-18".to_owned(),
            seed: Seed::new(0),
            time_to_first_token: Duration::from_millis(300),
            tokens_per_second: 100.0,
            completion_tokens: 60,
            spread: 0.2,
        }
    }
}

impl ModelSettings {
    /// To be called once on settings that somebody wrote.
    pub(crate) fn check(&self) -> Result<(), ModelSettingsError> {
        if self.tokens_per_second.is_nan() || self.tokens_per_second <= 0.0 {
            return Err(ModelSettingsError::Speed {
                speed: self.tokens_per_second,
            });
        }
        if !(0.0..=1.0).contains(&self.spread) {
            return Err(ModelSettingsError::Spread {
                spread: self.spread,
            });
        }
        Ok(())
    }

    /// The model as answers name it: `gpt-4o-mini-2024-07-18`.
    pub(super) fn full_name(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}
