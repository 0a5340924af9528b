//! `apimon report --since`: what Azure Monitor says of a deployed gateway.

mod arguments;
mod ask;
mod places;
mod run;

pub(super) use arguments::{DataArguments, SinceArguments};
pub(super) use ask::usage;
pub(super) use places::{Found, find};
pub(super) use run::run;
