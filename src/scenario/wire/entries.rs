//! Shapes that serde's derive has no place-keeping form for.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::{EitherVisitor, Entries, Format, Name, Placed, Text, Whole, WireSubscription};

/// An entry of `subscriptions`: an id alone, or a mapping.
pub(in super::super) enum SubscriptionEntry {
    Id(Text<Name>),
    Whole(Box<WireSubscription>),
}

/// The `subscription` of a caller: an id, or ids with weights.
pub(in super::super) enum Target {
    One(String),
    Weighted(Entries<Name, Placed<Text<Weight>>>),
}

/// How often one subscription is picked beside others.
pub(in super::super) type Weight = Whole<1, 1_000_000>;

impl<'de> Deserialize<'de> for SubscriptionEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SubscriptionEntry, D::Error> {
        deserializer.deserialize_any(EitherVisitor {
            expected: "an id, or a mapping with `id`",
            scalar: |text| SubscriptionEntry::Id(Text::new(text)),
            mapping: |whole| SubscriptionEntry::Whole(Box::new(whole)),
        })
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Target, D::Error> {
        deserializer.deserialize_any(EitherVisitor {
            expected: "the id of a subscription, or a mapping of ids to weights",
            scalar: Target::One,
            mapping: Target::Weighted,
        })
    }
}

impl JsonSchema for SubscriptionEntry {
    fn schema_name() -> Cow<'static, str> {
        "SubscriptionEntry".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        either(
            &Name::schema(),
            &generator.subschema_for::<WireSubscription>(),
        )
    }
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "Target".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let weights = generator.subschema_for::<Entries<Name, Placed<Text<Weight>>>>();
        either(&Name::schema(), &weights)
    }
}

fn either(scalar: &Schema, mapping: &Schema) -> Schema {
    json_schema!({ "anyOf": [scalar, mapping] })
}
