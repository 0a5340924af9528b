/// API Management tiers, as scenarios and policy tests name them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    #[default]
    BasicV2,
    StandardV2,
    PremiumV2,
    Developer,
    Basic,
    Standard,
    Premium,
}

impl Tier {
    pub(crate) const ALL: [Tier; 7] = [
        Tier::BasicV2,
        Tier::StandardV2,
        Tier::PremiumV2,
        Tier::Developer,
        Tier::Basic,
        Tier::Standard,
        Tier::Premium,
    ];

    pub(crate) fn from_name(name: &str) -> Option<Tier> {
        Tier::ALL.into_iter().find(|tier| tier.as_str() == name)
    }

    /// As written in scenarios, policy tests and `run.json`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Tier::BasicV2 => "basicv2",
            Tier::StandardV2 => "standardv2",
            Tier::PremiumV2 => "premiumv2",
            Tier::Developer => "developer",
            Tier::Basic => "basic",
            Tier::Standard => "standard",
            Tier::Premium => "premium",
        }
    }

    /// True for the v2 tiers, which count tokens in a bucket; the classic ones use a window.
    pub(crate) fn is_v2(self) -> bool {
        matches!(self, Tier::BasicV2 | Tier::StandardV2 | Tier::PremiumV2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tier_is_found_by_its_name() {
        for tier in Tier::ALL {
            assert_eq!(Tier::from_name(tier.as_str()), Some(tier));
        }
        assert_eq!(Tier::from_name("BasicV3"), None);
    }
}
