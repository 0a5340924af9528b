use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use super::Placed;
use crate::base::Span;

/// How one kind of value is written.
pub(crate) trait Format {
    type Value;

    /// # Errors
    ///
    /// What is wrong with the text, and what to write instead.
    fn parse(text: &str) -> Result<Self::Value, Mistake>;

    fn schema() -> Schema;
}

/// Why a text has not the format it should have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) message: String,
    pub(crate) hint: String,
    /// The part of the text that is wrong; `None` for all of it.
    pub(crate) within: Option<Span>,
}

impl Mistake {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Mistake {
        Mistake {
            message: message.into(),
            hint: hint.into(),
            within: None,
        }
    }
}

/// An optional value of one format.
pub(crate) type Field<F> = Option<Placed<Text<F>>>;

/// A scalar as written, to be read by its format later.
pub(crate) struct Text<F> {
    pub(crate) text: String,
    format: PhantomData<F>,
}

impl<F> Text<F> {
    pub(crate) fn new(text: String) -> Text<F> {
        Text {
            text,
            format: PhantomData,
        }
    }
}

impl<F: Format> Text<F> {
    /// # Errors
    ///
    /// When the text has not this format.
    pub(crate) fn parse(&self) -> Result<F::Value, Mistake> {
        F::parse(&self.text)
    }
}

impl<'de, F> Deserialize<'de> for Text<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<F>, D::Error> {
        String::deserialize(deserializer).map(Text::new)
    }
}

impl<F: Format> JsonSchema for Text<F> {
    fn schema_name() -> Cow<'static, str> {
        std::any::type_name::<F>().into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        F::schema()
    }
}
