//! What a run leaves behind: record types, format version, encoding and decoding of one line.
//!
//! Pure: it never touches disk (that is `files`) and never computes statistics (that is `report`).
//! The format is marked unstable for now: [`FORMAT`] names it, and a reader refuses any other.

mod line;
mod merge;
mod record;
mod run;
mod seen;

pub(crate) use line::{encode_line, write_line};
pub(crate) use merge::merge;
#[cfg(test)]
pub(crate) use record::TokensBy;
pub(crate) use record::{Failure, HeaderNames, Outcome, Record};
pub(crate) use run::{
    CallerInfo, ClientInfo, Environment, FORMAT, LimitInfo, Origin, Run, RunError, RunInfo,
    TargetInfo,
};
