//! Counting tokens: the estimate made from a prompt, the usage that an answer or a stream reports,
//! and the estimate made from a stream that reports none.
//!
//! Pure. Two counts are never mixed: what we counted is an *estimate*, what the model's answer says
//! is *reported*. Everything is counted with `o200k_base`, the vocabulary of the gpt-4o family
//! (gateway specification, section 7).

mod chunk;
mod count;
mod estimate;
mod lines;
mod stream;
#[cfg(test)]
mod tests;
mod usage;
pub(crate) mod words;

pub(crate) use count::{count, load};
pub(crate) use estimate::prompt_estimate;
pub(crate) use stream::StreamReader;
pub(crate) use usage::Usage;
pub(crate) use words::pieces;
