use serde_json::{Map, Value, json};

use super::shape::Template;
use super::types::{fits, kind_of, resolved};
use crate::arm::error::{ArmError, Fault};
use crate::arm::evaluate::{Allow, Copy, Evaluator, Frame, World, copy_count};
use crate::arm::value::{get, has_unknown, kind, member};

/// An output with its value.
#[derive(Clone)]
pub(in crate::arm) struct Output {
    pub(in crate::arm) name: String,
    pub(in crate::arm) kind: &'static str,
    pub(in crate::arm) value: Value,
    /// A secure parameter is in it, or its type is secure.
    pub(in crate::arm) secret: bool,
}

impl Output {
    /// As a GET of the deployment shows it.
    pub(in crate::arm) fn wire(&self) -> Value {
        if self.secret {
            return json!({"type": self.kind});
        }
        json!({"type": self.kind, "value": self.value})
    }
}

/// The outputs whose conditions hold; all that fail are in one error.
pub(in crate::arm) fn outputs(
    template: &Template,
    frame: &Frame,
    world: &dyn World,
    lenient: bool,
) -> Result<Vec<Output>, ArmError> {
    let mut made = Vec::new();
    let mut wrong: Vec<ArmError> = Vec::new();
    for (name, declared) in &template.outputs {
        match output(name, declared, template, frame, world, lenient) {
            Ok(Some(output)) => made.push(output),
            Ok(None) => {}
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() {
        return Ok(made);
    }
    let names: Vec<&str> = wrong
        .iter()
        .filter_map(|error| error.target.as_deref())
        .collect();
    let mut error = ArmError::new(
        "DeploymentOutputEvaluationFailed",
        format!(
            "Unable to evaluate template outputs: '{}'. Please see error details and deployment operations. Please see https://aka.ms/arm-common-errors for usage details.",
            names.join(",")
        ),
    );
    error.details = wrong;
    Err(error)
}

fn output(
    name: &str,
    declared: &Value,
    template: &Template,
    frame: &Frame,
    world: &dyn World,
    lenient: bool,
) -> Result<Option<Output>, ArmError> {
    let broken = |fault: Fault| {
        let pointer = format!("/outputs/{name}");
        let error = fault.into_error("DeploymentOutputEvaluationFailed", |message| {
            format!("The template output '{name}' is not valid: {message}.")
        });
        error.place(super::place(&pointer)).target(name)
    };
    let Value::Object(declared) = declared else {
        return Err(broken(Fault::invalid("it is not an object")));
    };
    let invalid = |reason: String| broken(Fault::invalid(reason));
    let declared = resolved(declared, &template.definitions).map_err(invalid)?;
    let kind_name = kind_of(&declared).map_err(invalid)?;
    let evaluator = |allow: Allow, copies: &[Copy]| {
        let evaluator = Evaluator::new(frame, world, allow).within(copies);
        if lenient {
            evaluator.lenient()
        } else {
            evaluator
        }
    };
    if let Some(condition) = get(&declared, "condition") {
        match evaluator(Allow::NAMES, &[])
            .value(condition, "")
            .map_err(broken)?
        {
            Value::Bool(false) => return Ok(None),
            Value::Bool(true) => {}
            value if has_unknown(&value) => {}
            other => {
                return Err(broken(Fault::invalid(format!(
                    "the condition must be a boolean, and not of type '{}'",
                    kind(&other)
                ))));
            }
        }
    }
    let mut secret = kind_name.starts_with("Secure");
    let value = if let Some(copy) = get(&declared, "copy") {
        let counter = evaluator(Allow::NAMES, &[]);
        let count = member(copy, "count").unwrap_or(&Value::Null);
        let count = counter.value(count, "").map_err(broken)?;
        let count = copy_count(&count, 0).map_err(broken)?;
        let input = member(copy, "input").unwrap_or(&Value::Null);
        let mut items = Vec::new();
        for index in 0..count {
            // An output's loop has no name; `copyIndex()` needs none.
            let turn = Copy {
                name: name.to_owned(),
                index,
            };
            let one = evaluator(Allow::BODIES, &[turn]);
            items.push(one.value(input, "").map_err(broken)?);
            secret |= one.holds_parameter_secret();
        }
        Value::Array(items)
    } else {
        let one = evaluator(Allow::BODIES, &[]);
        let raw = get(&declared, "value").unwrap_or(&Value::Null);
        let value = one.value(raw, "").map_err(broken)?;
        secret |= one.holds_parameter_secret();
        value
    };
    checked(&value, &declared, &template.definitions)
        .map_err(|reason| broken(Fault::invalid(reason)))?;
    Ok(Some(Output {
        name: name.to_owned(),
        kind: kind_name,
        value,
        secret,
    }))
}

fn checked(
    value: &Value,
    declared: &Map<String, Value>,
    definitions: &Map<String, Value>,
) -> Result<(), String> {
    if has_unknown(value) {
        return Ok(());
    }
    fits(value, declared, definitions, "")
        .map_err(|misfit| match misfit.path.as_str() {
            "" => misfit.reason,
            path => format!("at '{path}': {}", misfit.reason),
        })
        .map_err(|reason| reason.trim_end_matches('.').to_owned())
}
