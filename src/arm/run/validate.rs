use super::request::{Request, Store};
use crate::arm::error::ArmError;
use crate::arm::whatif::{Planned, walk};

/// What a validation found: what the deployment would write, in an order in which it could.
#[derive(Debug, Clone)]
pub(crate) struct Validated {
    pub(crate) resources: Vec<Planned>,
}

/// Checks a deployment without doing it: every expression that needs no deployed resource is
/// evaluated, in nested deployments too. The error is as `PUT` and `validate` answer it.
pub(crate) fn validate(request: &Request, store: &dyn Store) -> Result<Validated, ArmError> {
    Ok(Validated {
        resources: walk(request, store)?,
    })
}
