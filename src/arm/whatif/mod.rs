//! What a deployment would change, found without doing it.
//!
//! Every body is evaluated as far as it can be; what needs a resource that does not exist yet is
//! shown as the expression it is. Only what the template names is compared, because everything
//! else is a default of the service or none of the template's business.

mod changes;
mod delta;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use changes::{Format, what_if};
pub(crate) use walk::Planned;
pub(super) use walk::walk;
