use serde_json::{Map, Value};

use super::shape::Template;
use super::template_error;
use super::types::{fits, kind_of, nullable, resolved, secure};
use crate::arm::error::ArmError;
use crate::arm::evaluate::{Allow, Bound, Evaluator, Frame, Source, World};
use crate::arm::language::{Kind, Meaning, meaning, parse};
use crate::arm::value::{get, has_unknown, member, same_name};

/// A value for a parameter, as a request or a parent deployment gives it.
#[derive(Clone)]
pub(in crate::arm) struct Given {
    pub(in crate::arm) name: String,
    pub(in crate::arm) value: Value,
    /// Whether it holds a secret, whatever the type says.
    pub(in crate::arm) secret: bool,
}

/// Reads `properties.parameters` of a request: `{name: {value}}`.
pub(super) fn given(parameters: &Value) -> Result<Vec<Given>, ArmError> {
    let map = match parameters {
        Value::Null => return Ok(Vec::new()),
        Value::Object(map) => map,
        _ => {
            return Err(ArmError::new(
                "InvalidRequestContent",
                "The request content was invalid: the parameters are not an object.",
            )
            .at("properties.parameters"));
        }
    };
    let mut given = Vec::new();
    for (name, one) in map {
        let place = format!("properties.parameters.{name}");
        if name.trim().is_empty() {
            return Err(ArmError::new(
                "InvalidDeploymentParameterKey",
                "One of the deployment parameters has an empty key. Please see https://aka.ms/resource-manager-parameter-files for details.",
            )
            .at("properties.parameters"));
        }
        for refused in ["reference", "expression"] {
            if member(one, refused).is_some() {
                return Err(ArmError::new(
                    "InvalidDeploymentParameterValue",
                    format!(
                        "The parameter '{name}' is given by '{refused}', which the local Azure does not support: give its 'value'."
                    ),
                )
                .at(place));
            }
        }
        let value = member(one, "value").ok_or_else(|| {
            ArmError::new(
                "InvalidDeploymentParameterValue",
                format!(
                    "The value of deployment parameter '{name}' is null. Please specify the value or use the parameter reference. See https://aka.ms/arm-create-parameter-file for details."
                ),
            )
            .at(place)
        })?;
        given.push(Given {
            name: name.clone(),
            value: value.clone(),
            secret: false,
        });
    }
    Ok(given)
}

/// Binds parameters into the frame: what is given, then defaults, each as soon as the parameters
/// that it names are there.
pub(super) fn bind(
    template: &Template,
    given: &[Given],
    frame: &mut Frame,
    world: &dyn World,
    lenient: bool,
) -> Result<(), ArmError> {
    strangers(template, given)?;
    let mut waiting = Vec::new();
    for (name, declared) in &template.parameters {
        let declared = declaration(name, declared, &template.definitions)?;
        let one = given
            .iter()
            .find(|one| same_name(&one.name, name))
            .filter(|one| !one.value.is_null() || get(&declared, "defaultValue").is_none());
        if let Some(one) = one {
            let secret = one.secret || secure(&declared, &template.definitions, 8);
            let value = one.value.clone();
            accept(
                name,
                &declared,
                template,
                value,
                (secret, Source::Given),
                frame,
            )?;
        } else if let Some(default) = get(&declared, "defaultValue") {
            waiting.push((name.clone(), declared.clone(), default.clone()));
        } else if nullable(&declared) {
            accept(
                name,
                &declared,
                template,
                Value::Null,
                (false, Source::Default),
                frame,
            )?;
        } else {
            return Err(ArmError::invalid_template(format!(
                "The value for the template parameter '{name}' is not provided. Please see https://aka.ms/arm-create-parameter-file for usage details."
            ))
            .target(name)
            .at(format!("properties.template.parameters.{name}")));
        }
    }
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|(_, _, default)| {
            waiting
                .iter()
                .all(|(name, _, _)| !names_parameter(default, name))
        });
        let Some(ready) = ready else {
            let names: Vec<&str> = waiting.iter().map(|(name, _, _)| name.as_str()).collect();
            return Err(ArmError::invalid_template(format!(
                "The default values of the template parameters '{}' depend on one another in a circle",
                names.join(", ")
            )));
        };
        let (name, declared, default) = waiting.remove(ready);
        let mut evaluator = Evaluator::new(frame, world, Allow::DEFAULTS);
        if lenient {
            evaluator = evaluator.lenient();
        }
        let pointer = format!("/parameters/{name}/defaultValue");
        let value = evaluator
            .value(&default, "")
            .map_err(|fault| template_error(fault, &pointer))?;
        let secret = !evaluator.secrets().is_empty() || secure(&declared, &template.definitions, 8);
        accept(
            &name,
            &declared,
            template,
            value,
            (secret, Source::Default),
            frame,
        )?;
    }
    Ok(())
}

fn declaration(
    name: &str,
    declared: &Value,
    definitions: &Map<String, Value>,
) -> Result<Map<String, Value>, ArmError> {
    let wrong = |reason: String| {
        ArmError::invalid_template(format!(
            "The template parameter '{name}' is not valid. {reason} Please see https://aka.ms/arm-syntax-parameters for usage details."
        ))
        .at(format!("properties.template.parameters.{name}"))
    };
    let Value::Object(map) = declared else {
        return Err(wrong("It is not an object.".to_owned()));
    };
    let map = resolved(map, definitions).map_err(wrong)?;
    kind_of(&map).map_err(wrong)?;
    Ok(map)
}

/// Names in the request that the template does not declare.
fn strangers(template: &Template, given: &[Given]) -> Result<(), ArmError> {
    let strange: Vec<&str> = given
        .iter()
        .filter(|one| get(&template.parameters, &one.name).is_none())
        .map(|one| one.name.as_str())
        .collect();
    if strange.is_empty() {
        return Ok(());
    }
    let known: Vec<&str> = template.parameters.keys().map(String::as_str).collect();
    let hint = crate::base::nearest(strange[0], known.iter().copied())
        .map(|near| format!(" Did you mean '{near}'?"))
        .unwrap_or_default();
    Err(ArmError::invalid_template(format!(
        "The template parameters '{}' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time. The only supported parameters for this template are '{}'. Please see https://aka.ms/arm-pass-parameter-values for usage details.{hint}",
        strange.join(", "),
        known.join(", ")
    ))
    .target(strange[0])
    .at(format!("properties.parameters.{}", strange[0])))
}

fn accept(
    name: &str,
    declared: &Map<String, Value>,
    template: &Template,
    value: Value,
    (secret, source): (bool, Source),
    frame: &mut Frame,
) -> Result<(), ArmError> {
    let kind = kind_of(declared).unwrap_or("Object");
    if !has_unknown(&value) {
        fits(&value, declared, &template.definitions, name).map_err(|misfit| {
            let place = match source {
                Source::Given => format!("properties.parameters.{name}"),
                Source::Default => format!("properties.template.parameters.{name}"),
            };
            let inside = if misfit.path == name {
                String::new()
            } else {
                format!(" (at '{}')", misfit.path)
            };
            ArmError::invalid_template(format!(
                "The provided value for the template parameter '{name}'{inside} is not valid. {} Please see https://aka.ms/arm-create-parameter-file for usage details.",
                misfit.reason
            ))
            .target(name)
            .at(place)
        })?;
    }
    frame.parameters.push(Bound {
        name: name.to_owned(),
        kind,
        value,
        secret,
    });
    Ok(())
}

/// Whether an expression inside the value names the parameter.
fn names_parameter(value: &Value, parameter: &str) -> bool {
    match value {
        Value::String(text) => {
            let Meaning::Code(code) = meaning(text) else {
                return false;
            };
            let Ok(expr) = parse(code) else {
                return false;
            };
            let mut found = false;
            expr.walk(&mut |part| {
                if let Kind::Call { name, args, .. } = &part.kind
                    && same_name(name, "parameters")
                    && let [arg] = args.as_slice()
                    && let Kind::Text(text) = &arg.kind
                {
                    found |= same_name(text, parameter);
                }
            });
            found
        }
        Value::Array(items) => items.iter().any(|item| names_parameter(item, parameter)),
        Value::Object(map) => map.iter().any(|(key, item)| {
            names_parameter(item, parameter)
                || names_parameter(&Value::String(key.clone()), parameter)
        }),
        _ => false,
    }
}
