//! What our YAML files have in common: values that keep their places, formats that say what is
//! wrong and what to write instead, and the reader's errors in our words.
//!
//! Pure, and knows nothing of what a file is about: that is said by wire types elsewhere
//! (scenarios, policy tests), which read a file with [`read`] and judge it with [`Checks`], so
//! that all mistakes are reported together. No `untagged` and no `flatten`: they lose places.

mod check;
mod entries;
mod format;
mod names;
mod placed;
mod quantity;
mod read;
mod schema;
mod words;

pub(crate) use check::{Checks, Findings};
pub(crate) use entries::{Document, EitherVisitor, Entries, ScalarVisitor};
pub(crate) use format::{Field, Format, Mistake, Text};
pub(crate) use names::{EnvName, Name, NamedValueName, Prose, Rule, Scalar};
pub(crate) use placed::Placed;
pub(crate) use quantity::{Percent, PositiveTime, Rate, Speed, Start, Time, Whole};
pub(crate) use read::read;
pub(crate) use schema::schema;
pub(crate) use words::Choice;
