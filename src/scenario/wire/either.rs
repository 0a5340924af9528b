//! Values that are one text, or a mapping that says more.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::super::amount::MOST_TOKENS;
use super::super::reaction::Wait;
use super::{
    EitherVisitor, Field, Format, PositiveTime, Prose, Rule, ScalarVisitor, Text, Time, Whole,
    WireReaction, WireTrace,
};

/// Tokens of one text.
type Count = Whole<1, MOST_TOKENS>;

/// A number of tokens, or how it is drawn.
pub(in super::super) enum AmountEntry {
    One(Text<Count>),
    Drawn(WireAmount),
}

/// Tokens drawn for each arrival: `from` and `to`, or `median` and `p95`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Amount")]
pub(in super::super) struct WireAmount {
    pub(in super::super) from: Field<Count>,
    pub(in super::super) to: Field<Count>,
    /// Half of all are shorter.
    pub(in super::super) median: Field<Count>,
    /// Five of a hundred are longer; lengths are log-normal.
    pub(in super::super) p95: Field<Count>,
}

/// A time, or how it is drawn.
pub(in super::super) enum PauseEntry {
    One(Text<Time>),
    Drawn(WirePause),
}

/// A time drawn each time: `from` and `to`, or `mean`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Pause")]
pub(in super::super) struct WirePause {
    pub(in super::super) from: Field<Time>,
    pub(in super::super) to: Field<Time>,
    /// Exponentially distributed.
    pub(in super::super) mean: Field<PositiveTime>,
}

/// What to do, in a word or in detail.
pub(in super::super) enum ReactionEntry {
    Word(Text<Wait>),
    Whole(Box<WireReaction>),
}

/// A file, or a file and how it is replayed.
pub(in super::super) enum TraceEntry {
    File(Text<Prose>),
    Whole(WireTrace),
}

/// A URL or file, or that and how closely to look.
pub(in super::super) enum ImageEntry {
    Source(Text<Prose>),
    Whole(WireImage),
}

/// An image.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Image")]
pub(in super::super) struct WireImage {
    /// `https://…`, `data:…`, or a file relative to this file.
    #[schemars(required)]
    pub(in super::super) source: Field<Prose>,
    /// `low`, `high` or `auto`.
    pub(in super::super) detail: Field<super::words::Detail>,
}

/// A rule, or a rule that ends the run.
pub(in super::super) enum RuleEntry {
    Rule(Text<Rule>),
    Whole(WireRule),
}

/// A rule that may end the run as soon as it is broken.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Rule")]
pub(in super::super) struct WireRule {
    #[schemars(required)]
    pub(in super::super) rule: Field<Rule>,
    /// End the run when the rule is broken; default false.
    pub(in super::super) abort_early: Option<bool>,
    /// With `abort-early`: the rule is not judged before; default 0s.
    pub(in super::super) after: Field<Time>,
}

macro_rules! either {
    ($name:ident, $expected:literal, $scalar:ident($format:ty), $mapping:ty => $whole:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                deserializer.deserialize_any(ScalarVisitor(EitherVisitor {
                    expected: $expected,
                    scalar: |text| $name::$scalar(Text::new(text)),
                    mapping: $whole,
                }))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let mapping = generator.subschema_for::<$mapping>();
                json_schema!({ "anyOf": [<$format>::schema(), mapping] })
            }
        }
    };
}

either!(
    AmountEntry,
    "a number of tokens, or `from` and `to`, or `median` and `p95`",
    One(Count),
    WireAmount => AmountEntry::Drawn
);
either!(
    PauseEntry,
    "a time, or `from` and `to`, or `mean`",
    One(Time),
    WirePause => PauseEntry::Drawn
);
either!(
    ReactionEntry,
    "a reaction, or a mapping with `wait`",
    Word(Wait),
    WireReaction => |whole| ReactionEntry::Whole(Box::new(whole))
);
either!(
    TraceEntry,
    "a file, or a mapping with `file`",
    File(Prose),
    WireTrace => TraceEntry::Whole
);
either!(
    ImageEntry,
    "a URL or file, or a mapping with `source`",
    Source(Prose),
    WireImage => ImageEntry::Whole
);
either!(
    RuleEntry,
    "a rule, or a mapping with `rule`",
    Rule(Rule),
    WireRule => RuleEntry::Whole
);
