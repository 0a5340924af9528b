//! A template read against what it is given: parameters bound and checked, variables and
//! functions named, resources expanded with their loops and dependencies.

mod bind;
mod check;
mod depend;
mod expand;
mod nested;
mod outputs;
mod parameters;
mod shape;
#[cfg(test)]
mod tests;
mod types;

pub(super) use bind::frame;
pub(super) use bind::{Identity, Values};
pub(super) use check::check;
pub(super) use depend::depend;
pub(super) use expand::{Instance, expand, known};
pub(super) use nested::{Nested, base, nested};
pub(super) use outputs::{Output, outputs};
pub(super) use shape::{Template, read};

use super::error::{ArmError, Fault};
use super::value::dotted;

/// Where a pointer into the template is, as the body of a request has it.
fn place(pointer: &str) -> String {
    dotted("properties.template", pointer)
}

/// The error for a fault met at a pointer into the template; `inside` continues from there,
/// unless the fault lies in a variable.
pub(super) fn template_error(fault: Fault, pointer: &str) -> ArmError {
    let inside = match &fault {
        Fault::Invalid {
            path: Some(path), ..
        } if path.starts_with("/variables/") => path.clone(),
        Fault::Invalid {
            path: Some(path), ..
        } => format!("{pointer}{path}"),
        _ => pointer.to_owned(),
    };
    let error = fault.into_error("InvalidTemplate", |message| {
        format!(
            "Unable to process template language expressions at '{}': '{message}'",
            place(&inside)
        )
    });
    error.place(place(&inside))
}
