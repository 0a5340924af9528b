//! The same plan through the same engine in virtual time: minutes of traffic in milliseconds.
//!
//! Pure. Time is an agenda of events; the network takes none and callers are never late, which is
//! what sets a simulated run apart from a measured one. Events of one moment run in a fixed order:
//! first what answers, then what arrives, each by number.

mod agenda;
mod backend;
mod run;

pub(crate) use run::{Simulation, simulate};
