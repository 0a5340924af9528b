//! ARM templates: the language, a deployment as a graph of steps, and what-if.
//!
//! Pure: values in, values out. The moment, the seed and the resources that exist are handed in;
//! nothing is waited for and nothing is sent. A name that is no function, a type that does not
//! fit, a dependency that leads nowhere is an error with Azure's code, never a guess.

mod error;
mod evaluate;
#[cfg(test)]
mod fixtures;
mod functions;
mod language;
mod run;
mod template;
mod value;
mod whatif;

pub(crate) use error::ArmError;
pub(crate) use evaluate::Place;
pub(crate) use run::{
    Event, Mode, Outcome, Request, Run, Step, StepId, Store, public_cloud, validate,
};
pub(crate) use whatif::{Format, Planned, what_if};
