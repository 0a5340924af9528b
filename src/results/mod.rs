//! What a run leaves behind: record types, format version, encoding and decoding of one line.
//!
//! Pure: it never touches disk (that is `files`) and never computes statistics (that is `report`).
//! The format is marked unstable for now: [`FORMAT`] names it, and a reader refuses any other.

mod merge;
mod record;
mod run;
mod scan;
mod seen;

pub(crate) use merge::merge;
pub(crate) use record::{Failure, HeaderNames, Line, Outcome, Record, encode_line};
pub(crate) use run::{
    CallerInfo, Environment, FORMAT, LimitInfo, Origin, Run, RunError, RunInfo, TargetInfo,
};
pub(crate) use scan::read_line;
