use super::request::{Request, Store};
use crate::arm::error::ArmError;
use crate::arm::whatif::walk;

/// What a validation found: the ids that the deployment would write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Validated {
    pub(crate) resources: Vec<String>,
}

/// Checks a deployment without doing it: every expression that needs no deployed resource is
/// evaluated, in nested deployments too. The error is as `PUT` and `validate` answer it.
pub(crate) fn validate(request: &Request, store: &dyn Store) -> Result<Validated, ArmError> {
    let planned = walk(request, store)?;
    Ok(Validated {
        resources: planned.into_iter().map(|one| one.id).collect(),
    })
}
