//! `apimon bicep build`, and which compiler turns a template file into JSON; `deploy` asks the
//! same way.

pub(in crate::cli) mod arguments;
mod build;
pub(in crate::cli) mod compiler;
mod real;

pub(super) use arguments::BicepArguments;
pub(super) use build::run;
