//! Shapes that serde's derive has no place-keeping form for.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::WireSubscription;
use crate::yaml::{EitherVisitor, Format as _, Name, Placed, Text};

/// Any YAML, as JSON.
pub(in super::super) struct Json(pub(in super::super) Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
        Value::deserialize(deserializer).map(Json)
    }
}

impl JsonSchema for Json {
    fn schema_name() -> Cow<'static, str> {
        "Json".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}

/// An entry of `subscriptions`: an id alone, or a mapping.
pub(in super::super) enum SubscriptionEntry {
    Id(Text<Name>),
    Whole(WireSubscription),
}

impl<'de> Deserialize<'de> for SubscriptionEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SubscriptionEntry, D::Error> {
        deserializer.deserialize_any(EitherVisitor {
            expected: "an id, or a mapping with `id`",
            scalar: |text| SubscriptionEntry::Id(Text::new(text)),
            mapping: SubscriptionEntry::Whole,
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
        let whole = generator.subschema_for::<WireSubscription>();
        json_schema!({ "anyOf": [Name::schema(), whole] })
    }
}

/// Whose key a step sends.
#[derive(Default)]
pub(in super::super) enum Sender {
    #[default]
    First,
    Nobody,
    Subscription(String),
    Key(String),
}

impl Default for Placed<Sender> {
    fn default() -> Placed<Sender> {
        Placed {
            value: Sender::First,
            span: crate::base::Span::default(),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawKey {
    key: String,
}

impl<'de> Deserialize<'de> for Sender {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sender, D::Error> {
        struct SenderVisitor;

        impl<'de> Visitor<'de> for SenderVisitor {
            type Value = Sender;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of a subscription, `null`, or `{ key: text }`")
            }

            fn visit_unit<E>(self) -> Result<Sender, E> {
                Ok(Sender::Nobody)
            }

            fn visit_none<E>(self) -> Result<Sender, E> {
                Ok(Sender::Nobody)
            }

            fn visit_str<E>(self, id: &str) -> Result<Sender, E> {
                Ok(Sender::Subscription(id.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Sender, A::Error> {
                let raw = RawKey::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Sender::Key(raw.key))
            }
        }

        deserializer.deserialize_any(SenderVisitor)
    }
}

impl JsonSchema for Sender {
    fn schema_name() -> Cow<'static, str> {
        "Sender".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let key = generator.subschema_for::<RawKey>();
        json_schema!({ "anyOf": [{ "type": "null" }, Name::schema(), key] })
    }
}
