//! `apimon doctor`: a line for each thing that must be right before anything is deployed.

mod ask;
mod offer;
mod run;

pub(super) use run::{DoctorArguments, run};
