use serde_json::{Map, Value};

use super::bind::{Identity, Values, frame};
use super::expand::Instance;
use super::parameters::Given;
use super::shape::{Template, read};
use super::template_error;
use crate::arm::error::{ArmError, Fault};
use crate::arm::evaluate::{Allow, Evaluator, Frame, World};
use crate::arm::value::{get, member, same_name, step, text};

/// A nested deployment ready to be expanded.
pub(in crate::arm) struct Nested {
    pub(in crate::arm) template: Template,
    pub(in crate::arm) frame: Frame,
    pub(in crate::arm) mode: &'static str,
}

/// Reads a nested deployment: its template as it stands, its parameters evaluated by the parent,
/// and the scope that its expressions have.
pub(in crate::arm) fn nested(
    one: &Instance,
    parent: &Frame,
    world: &dyn World,
    lenient: bool,
) -> Result<Nested, ArmError> {
    let properties = get(&one.raw, "properties")
        .and_then(Value::as_object)
        .ok_or_else(|| refused(one, "it has no properties"))?;
    for link in ["templateLink", "parametersLink"] {
        if get(properties, link).is_some() {
            return Err(refused(
                one,
                &format!("'{link}' is not supported by the local Azure: write the template inline"),
            ));
        }
    }
    let template = get(properties, "template").ok_or_else(|| refused(one, "it has no template"))?;
    let base = base(one);
    let below = |error: ArmError| error.below(&base);
    let mut template = read(template).map_err(below)?;
    let mode = match get(properties, "mode").and_then(Value::as_str) {
        Some(mode) if same_name(mode, "Complete") => "Complete",
        Some(mode) if same_name(mode, "Incremental") => "Incremental",
        _ => {
            return Err(refused(
                one,
                "its mode is neither 'Incremental' nor 'Complete'",
            ));
        }
    };
    let scope = get(properties, "expressionEvaluationOptions")
        .map_or("outer", |options| text(options, "scope"));
    if !same_name(scope, "inner") {
        template.functions.clone_from(&parent.functions);
        super::check(&template).map_err(below)?;
        let mut frame = parent.clone();
        frame.copies.extend_from_slice(&one.copies);
        return Ok(Nested {
            template,
            frame,
            mode,
        });
    }
    super::check(&template).map_err(below)?;
    let identity = Identity {
        name: one.name.clone(),
        place: one.place.clone(),
        location: location(one, parent, world)?,
        mode,
    };
    let given = evaluated(properties, one, parent, world, lenient)?;
    let frame = frame(
        &template,
        &identity,
        &Values::Evaluated(given),
        &parent.facts,
        world,
        lenient,
    )
    .map_err(below)?;
    Ok(Nested {
        template,
        frame,
        mode,
    })
}

/// Where the request of a nested deployment stands in the template around it.
pub(in crate::arm) fn base(one: &Instance) -> String {
    super::place(&one.pointer)
}

fn location(one: &Instance, parent: &Frame, world: &dyn World) -> Result<Option<String>, ArmError> {
    let Some(raw) = get(&one.raw, "location") else {
        return Ok(None);
    };
    let value = Evaluator::new(parent, world, Allow::NAMES)
        .within(&one.copies)
        .value(raw, "")
        .map_err(|fault| template_error(fault, &format!("{}/location", one.pointer)))?;
    Ok(value.as_str().map(str::to_owned))
}

/// The parameters of a nested deployment, with their secrets marked.
fn evaluated(
    properties: &Map<String, Value>,
    one: &Instance,
    parent: &Frame,
    world: &dyn World,
    lenient: bool,
) -> Result<Vec<Given>, ArmError> {
    let parameters = match get(properties, "parameters") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(parameters)) => parameters,
        Some(_) => return Err(refused(one, "its parameters are not an object")),
    };
    let mut given = Vec::new();
    for (name, parameter) in parameters {
        let pointer = step(&format!("{}/properties/parameters", one.pointer), name);
        let mut evaluator = Evaluator::new(parent, world, Allow::BODIES).within(&one.copies);
        if lenient {
            evaluator = evaluator.lenient();
        }
        let whole = evaluator
            .value(parameter, "")
            .map_err(|fault| template_error(fault, &pointer))?;
        let value = member(&whole, "value").cloned().ok_or_else(|| {
            template_error(
                Fault::invalid("A parameter of a nested deployment must have a 'value'."),
                &pointer,
            )
        })?;
        given.push(Given {
            name: name.clone(),
            value,
            secret: !evaluator.secrets().is_empty(),
        });
    }
    Ok(given)
}

fn refused(one: &Instance, reason: &str) -> ArmError {
    ArmError::invalid_template(format!(
        "The nested deployment '{}' is not valid: {reason}",
        one.name
    ))
    .target(&one.id)
    .at(super::place(&one.pointer))
}
