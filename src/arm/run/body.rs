use serde_json::{Map, Value};

use crate::arm::error::Fault;
use crate::arm::evaluate::{Allow, Evaluator, Frame, World};
use crate::arm::template::Instance;
use crate::arm::value::{HIDDEN, same_name};

/// Members of a resource that speak to the deployment and not to the resource's provider.
const OURS: [&str; 14] = [
    "type",
    "apiVersion",
    "name",
    "condition",
    "dependsOn",
    "copy",
    "scope",
    "subscriptionId",
    "resourceGroup",
    "resources",
    "existing",
    "comments",
    "metadata",
    "asserts",
];

/// The body of the PUT, and the JSON pointers in it that hold secrets.
pub(in crate::arm) fn body(
    one: &Instance,
    frame: &Frame,
    world: &dyn World,
    lenient: bool,
) -> Result<(Value, Vec<String>), Fault> {
    let mut evaluator = Evaluator::new(frame, world, Allow::BODIES).within(&one.copies);
    if lenient {
        evaluator = evaluator.lenient();
    }
    let mut raw = Map::new();
    for (key, value) in &one.raw {
        if !OURS.iter().any(|ours| same_name(ours, key)) {
            raw.insert(key.clone(), value.clone());
        }
    }
    let body = evaluator.value(&Value::Object(raw), "")?;
    Ok((body, evaluator.secrets()))
}

/// The value with what the pointers lead to hidden.
pub(in crate::arm) fn redacted(value: &Value, secrets: &[String]) -> Value {
    let mut value = value.clone();
    for pointer in secrets {
        if let Some(slot) = value.pointer_mut(pointer) {
            *slot = HIDDEN.into();
        }
    }
    value
}
