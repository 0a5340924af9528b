pub(crate) mod emulated;
mod operations;
mod refusals;
mod requests;
pub(crate) mod stub;
