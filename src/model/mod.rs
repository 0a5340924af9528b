//! The simulated gpt-4o-mini that stands behind the local gateway and in simulations: a request in,
//! an answer as Azure gives it out, with the moment of each of its pieces.
//!
//! Pure, and deterministic: everything in an answer is drawn from the settings' seed and the request
//! itself, so the same request gets the same answer whatever else goes on. It waits for nothing and
//! sends nothing; who asks keeps to the moments. What it cannot do it refuses as the service would,
//! naming the parameter; it never ignores one that would change the answer. Model deployments with
//! `embed` in their names answer with vectors, which know shared words and no meaning.

mod answer;
mod body;
mod draw;
mod embeddings;
mod headers;
mod messages;
mod orders;
mod parameters;
mod refusal;
mod responses;
mod settings;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use answer::{Answer, AnswerBody, ModelFault, ModelRequest, StreamPiece, answer};
pub(crate) use settings::ModelSettings;
