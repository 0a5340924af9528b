//! `apimon deploy`: what would change, and then the change, followed to its end.

mod arguments;
mod ask;
mod check;
mod interrupt;
mod job;
mod outcome;
mod plan;
mod run;
mod state;
mod watch;

pub(super) use arguments::{DEPLOYMENT, DeployArguments};
pub(super) use ask::{Consent, consent};
pub(super) use run::run;
pub(super) use state::StateFile;
pub(super) use watch::Watch;
