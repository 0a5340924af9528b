mod operations;
mod refusals;
mod requests;
pub(in crate::azure) mod stub;
