//! Azure Resource Manager: resources, groups, deployments, operations that take their time.

mod client;
mod deployments;
mod operation;

pub(crate) use client::{ArmClient, segment};
pub(crate) use deployments::{GroupId, RESOURCES};
pub(crate) use operation::{LongRunning, Progress};
