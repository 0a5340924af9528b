//! What a deployment needs to know and to say: what would change, which parameters it takes, how
//! far it is, why it failed and what to do, what it leaves behind.
//!
//! Pure: answers of Azure come in as JSON, texts and values go out. Nothing here sends, waits or
//! reads a clock, and no secret gets into a text: secure values are left out or refused.

mod advice;
mod board;
mod change;
mod given;
mod id;
mod look;
mod outputs;
mod parameters;
mod preflight;
mod state;
#[cfg(test)]
mod tests;
mod tree;
mod trouble;
mod wanted;

pub(crate) use advice::advice;
pub(crate) use board::{Board, RowState};
pub(crate) use change::Changes;
pub(crate) use given::{Assignment, Given, read_file};
pub(crate) use id::Id;
pub(crate) use look::{Ink, Look};
pub(crate) use outputs::output_lines;
pub(crate) use parameters::{ParameterProblem, bind, digest_of, holds_secrets};
pub(crate) use preflight::{Check, Grade, Model, Quota, check_model, check_quota, missing_actions};
pub(crate) use state::{Phase, STATE_FORMAT, State};
pub(crate) use trouble::{Trouble, troubles};
pub(crate) use wanted::{Account, ModelDeployment, Service, Wanted, wanted};
