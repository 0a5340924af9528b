use serde_json::{Map, Value, json};

use super::parameters::{Given, bind, given};
use super::shape::Template;
use super::template_error;
use crate::arm::error::ArmError;
use crate::arm::evaluate::{Allow, Evaluator, Facts, Frame, Place, Variables, World};
use crate::arm::value::{member, same_name};

/// Who a deployment is: what `deployment()` answers.
#[derive(Debug, Clone)]
pub(in crate::arm) struct Identity {
    pub(in crate::arm) name: String,
    pub(in crate::arm) place: Place,
    pub(in crate::arm) location: Option<String>,
    pub(in crate::arm) mode: &'static str,
}

/// What a deployment of its own scope is given.
#[derive(Clone)]
pub(in crate::arm) enum Values {
    /// As a request has it.
    Request(Value),
    /// Evaluated by a parent.
    Evaluated(Vec<Given>),
}

/// The frame of a deployment that evaluates in its own scope: parameters bound and checked, all
/// variables evaluated once, so that a mistake in any is found.
pub(in crate::arm) fn frame(
    template: &Template,
    identity: &Identity,
    values: &Values,
    facts: &Facts,
    world: &dyn World,
    lenient: bool,
) -> Result<Frame, ArmError> {
    let given = match values {
        Values::Request(parameters) => given(parameters)?,
        Values::Evaluated(given) => given.clone(),
    };
    let mut frame = Frame {
        facts: facts.clone(),
        place: identity.place.clone(),
        deployment: deployment(template, identity),
        parameters: Vec::new(),
        variables: variables(&template.variables),
        functions: template.functions.clone(),
        copies: Vec::new(),
        resources: Vec::new(),
    };
    bind(template, &given, &mut frame, world, lenient)
        .map_err(|error| error.without(&frame.secrets()))?;
    for name in frame.variables.raw.keys() {
        let call = Value::String(format!("[variables('{}')]", name.replace('\'', "''")));
        let mut evaluator = Evaluator::new(&frame, world, Allow::NAMES);
        if lenient {
            evaluator = evaluator.lenient();
        }
        evaluator
            .value(&call, "")
            .map_err(|fault| template_error(fault, &format!("/variables/{name}")))
            .map_err(|error| error.without(&frame.secrets()))?;
    }
    Ok(frame)
}

/// A variable of a `copy` loop is kept as an object with that loop in it.
fn variables(raw: &Map<String, Value>) -> Variables {
    let mut variables = Variables::default();
    for (name, value) in raw {
        let loops = match value {
            Value::Array(loops) if same_name(name, "copy") => loops,
            _ => {
                variables.raw.insert(name.clone(), value.clone());
                continue;
            }
        };
        for one in loops {
            if let Some(name) = member(one, "name").and_then(Value::as_str) {
                variables.loops.push(name.to_owned());
                variables
                    .raw
                    .insert(name.to_owned(), json!({"copy": [one.clone()]}));
            }
        }
    }
    variables
}

fn deployment(template: &Template, identity: &Identity) -> Value {
    let mut answer = json!({"name": identity.name});
    if let Some(location) = &identity.location {
        answer["location"] = json!(location);
    }
    let version = member(&template.whole, "contentVersion").cloned();
    answer["properties"] = json!({
        "template": template.whole,
        "parameters": {},
        "mode": identity.mode,
        "provisioningState": "Accepted",
        "contentVersion": version,
    });
    answer
}
