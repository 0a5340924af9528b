use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use crate::base::Span;

/// How one kind of value is written.
pub(in super::super) trait Format {
    type Value;

    /// # Errors
    ///
    /// What is wrong with the text, and what to write instead.
    fn parse(text: &str) -> Result<Self::Value, Mistake>;

    fn schema() -> Schema;
}

/// Why a text has not the format it should have.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Mistake {
    pub(in super::super) message: String,
    pub(in super::super) hint: String,
    /// The part of the text that is wrong; `None` for all of it.
    pub(in super::super) within: Option<Span>,
}

impl Mistake {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Mistake {
        Mistake {
            message: message.into(),
            hint: hint.into(),
            within: None,
        }
    }
}

/// A scalar as written, to be read by its format later.
pub(in super::super) struct Text<F> {
    pub(in super::super) text: String,
    format: PhantomData<F>,
}

impl<F> Text<F> {
    pub(super) fn new(text: String) -> Text<F> {
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
    pub(in super::super) fn parse(&self) -> Result<F::Value, Mistake> {
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
