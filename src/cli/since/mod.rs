//! `apimon report --since`: what Azure Monitor says of a deployed gateway.

mod arguments;
mod ask;
mod places;
mod run;

pub(super) use arguments::SinceArguments;
pub(super) use run::run;
