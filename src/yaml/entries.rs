//! Shapes that serde's derive has no place-keeping form for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Placed, Text};

/// A kind of file that has a schema of its own.
pub(crate) trait Document: for<'de> Deserialize<'de> {
    /// Without an article: `scenario`.
    const WHAT: &'static str;
}

/// The whole file: a document beside keys that begin with `x-`, which hold anchors for reuse.
pub(super) struct File<D>(pub(super) D);

impl<'de, D: Document> Deserialize<'de> for File<D> {
    fn deserialize<R: Deserializer<'de>>(deserializer: R) -> Result<File<D>, R::Error> {
        struct FileVisitor<D>(PhantomData<D>);

        impl<'de, D: Document> Visitor<'de> for FileVisitor<D> {
            type Value = File<D>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a {}", D::WHAT)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<File<D>, A::Error> {
                D::deserialize(MapAccessDeserializer::new(WithoutExtensions(map))).map(File)
            }
        }

        deserializer.deserialize_map(FileVisitor(PhantomData))
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
pub(crate) struct Entries<K, V>(pub(crate) Vec<(Placed<Text<K>>, V)>);

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

/// Reads a text as one thing and a mapping as another.
pub(crate) struct EitherVisitor<T, M> {
    pub(crate) expected: &'static str,
    pub(crate) scalar: fn(String) -> T,
    pub(crate) mapping: fn(M) -> T,
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

/// The same, where the text may look like a number, or like true or false.
pub(crate) struct ScalarVisitor<T, M>(pub(crate) EitherVisitor<T, M>);

impl<'de, T, M: Deserialize<'de>> Visitor<'de> for ScalarVisitor<T, M> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok((self.0.scalar)(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<T, E> {
        Ok((self.0.scalar)(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<T, E> {
        Ok((self.0.scalar)(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<T, E> {
        Ok((self.0.scalar)(number.to_string()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<T, E> {
        Ok((self.0.scalar)(value.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        self.0.visit_map(map)
    }
}
