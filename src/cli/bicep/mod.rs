//! `apimon bicep build`, and which compiler turns a template file into JSON; `deploy` asks the
//! same way.

mod arguments;
mod build;
mod compiler;
mod real;

pub(super) use arguments::{BicepArguments, Choice};
pub(super) use build::run;
pub(super) use compiler::template;
