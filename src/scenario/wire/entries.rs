//! Shapes that serde's derive has no place-keeping form for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Format, Name, Placed, Text, Whole, WireScenario, WireSubscription};

/// The whole file: a scenario beside keys that begin with `x-`, which hold anchors for reuse.
pub(in super::super) struct File(pub(in super::super) WireScenario);

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<File, D::Error> {
        struct FileVisitor;

        impl<'de> Visitor<'de> for FileVisitor {
            type Value = File;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a scenario")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<File, A::Error> {
                WireScenario::deserialize(MapAccessDeserializer::new(WithoutExtensions(map)))
                    .map(File)
            }
        }

        deserializer.deserialize_map(FileVisitor)
    }
}

/// Passes a map on without its `x-` keys.
struct WithoutExtensions<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutExtensions<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.0.next_key::<String>()? {
            if key.starts_with("x-") {
                self.0.next_value::<IgnoredAny>()?;
            } else {
                return seed.deserialize(StringDeserializer::new(key)).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}

/// A mapping whose keys the user chooses, in the order of the file.
pub(in super::super) struct Entries<K, V>(pub(in super::super) Vec<(Placed<Text<K>>, V)>);

impl<'de, K, V: Deserialize<'de>> Deserialize<'de> for Entries<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entries<K, V>, D::Error> {
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K, V: Deserialize<'de>> Visitor<'de> for EntriesVisitor<K, V> {
    type Value = Entries<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<K, V>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

impl<K, V: JsonSchema> JsonSchema for Entries<K, V> {
    fn schema_name() -> Cow<'static, str> {
        BTreeMap::<String, V>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, V>::json_schema(generator)
    }
}

/// An entry of `subscriptions`: an id alone, or a mapping.
pub(in super::super) enum SubscriptionEntry {
    Id(Text<Name>),
    Whole(WireSubscription),
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
            mapping: SubscriptionEntry::Whole,
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

/// Reads a text as one thing and a mapping as another.
struct EitherVisitor<T, M> {
    expected: &'static str,
    scalar: fn(String) -> T,
    mapping: fn(M) -> T,
}

impl<'de, T, M: Deserialize<'de>> Visitor<'de> for EitherVisitor<T, M> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok((self.scalar)(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        M::deserialize(MapAccessDeserializer::new(map)).map(self.mapping)
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
