use super::super::Span;
use super::metric::Metric;
use super::reader;

/// One rule that a run has to keep.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Threshold {
    /// As written, without the spaces around it.
    pub(crate) text: String,
    pub(crate) metric: Metric,
    /// Which requests count; `None` for all of them.
    pub(crate) scope: Option<Scope>,
    pub(crate) comparison: Comparison,
    pub(crate) bound: Bound,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// `{callers=quiet}`: a group of callers by its name in the scenario.
    Caller(String),
    /// `{subscriptions=team-a}`.
    Subscription(String),
}

impl Scope {
    /// Whether requests of a caller with a subscription are meant.
    pub(crate) fn holds(&self, caller: &str, subscription: &str) -> bool {
        match self {
            Scope::Caller(name) => name == caller,
            Scope::Subscription(name) => name == subscription,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    AtMost,
    Greater,
    AtLeast,
    Equal,
    NotEqual,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    /// In the unit of the metric's [`Measure`]: a share from 0 to 1, a count, milliseconds, tokens.
    Number(f64),
    /// That many times the tokens per minute of the policy's limit.
    TimesTpm(f64),
    /// `1.1 * base + 20ms`: from what the same metric was in the run that is compared with.
    OfBase { factor: f64, plus: f64 },
}

/// Why a text is not a threshold, and where in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ThresholdError {
    pub(crate) span: Span,
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) hint: String,
}

impl Threshold {
    /// # Errors
    ///
    /// The first place at which the text stops being a threshold, with what was expected there.
    pub(crate) fn parse(text: &str) -> Result<Threshold, ThresholdError> {
        reader::read(text, false)
    }

    /// A rule about two runs, whose bound may name `base`: the metric's value in the first.
    ///
    /// # Errors
    ///
    /// As for [`parse`](Self::parse).
    pub(crate) fn parse_with_base(text: &str) -> Result<Threshold, ThresholdError> {
        reader::read(text, true)
    }
}

impl Comparison {
    pub(super) const ALL: [Comparison; 6] = [
        // Longest signs first: `<=` must not be read as `<`.
        Comparison::AtMost,
        Comparison::AtLeast,
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::Greater,
    ];

    pub(crate) fn sign(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Greater => ">",
            Comparison::AtLeast => ">=",
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
        }
    }

    /// Whether `actual` keeps the rule. Values closer than a billionth are equal, because `12.1%`
    /// and 121 of 1,000 are the same share to people but not to binary fractions.
    pub(crate) fn holds(self, actual: f64, bound: f64) -> bool {
        let equal = (actual - bound).abs() <= 1e-9 * actual.abs().max(bound.abs()).max(1e-3);
        match self {
            Comparison::Less => actual < bound && !equal,
            Comparison::AtMost => actual < bound || equal,
            Comparison::Greater => actual > bound && !equal,
            Comparison::AtLeast => actual > bound || equal,
            Comparison::Equal => equal,
            Comparison::NotEqual => !equal,
        }
    }
}
