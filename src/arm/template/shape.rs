use serde_json::{Map, Value};

use crate::arm::error::ArmError;
use crate::arm::evaluate::UserFunction;
use crate::arm::value::{get, member, same_name};

/// Members that a template may have; `metadata` and what follows it are for people and tools.
const MEMBERS: [&str; 12] = [
    "$schema",
    "contentVersion",
    "languageVersion",
    "apiProfile",
    "definitions",
    "parameters",
    "variables",
    "functions",
    "resources",
    "outputs",
    "metadata",
    "asserts",
];

/// The parts of a template, each of the right kind.
#[derive(Debug, Clone)]
pub(in crate::arm) struct Template {
    pub(in crate::arm) definitions: Map<String, Value>,
    pub(in crate::arm) parameters: Map<String, Value>,
    pub(in crate::arm) variables: Map<String, Value>,
    pub(in crate::arm) functions: Vec<UserFunction>,
    pub(in crate::arm) resources: Value,
    pub(in crate::arm) outputs: Map<String, Value>,
    pub(in crate::arm) whole: Value,
}

/// Reads the outer shape of a template.
pub(in crate::arm) fn read(template: &Value) -> Result<Template, ArmError> {
    let Some(map) = template.as_object() else {
        return Err(ArmError::new(
            "InvalidRequestContent",
            "The request content was invalid: the template is not an object.",
        )
        .at("properties.template"));
    };
    for key in map.keys() {
        if ["extensions", "imports"]
            .iter()
            .any(|name| same_name(name, key))
        {
            return Err(ArmError::invalid_template(format!(
                "The template member '{key}' is not supported by the local Azure"
            ))
            .at(format!("properties.template.{key}")));
        }
        if !MEMBERS.iter().any(|name| same_name(name, key)) {
            return Err(ArmError::new(
                "InvalidRequestContent",
                format!(
                    "The request content was invalid and could not be deserialized: 'Could not find member '{key}' on object of type 'Template'. Path 'properties.template.{key}'.'."
                ),
            )
            .at(format!("properties.template.{key}")));
        }
    }
    for key in ["$schema", "contentVersion", "resources"] {
        if get(map, key).is_none() {
            return Err(ArmError::new(
                "InvalidRequestContent",
                format!(
                    "The request content was invalid and could not be deserialized: 'Required property '{key}' not found in JSON. Path 'properties.template'.'."
                ),
            )
            .at("properties.template"));
        }
    }
    let resources = get(map, "resources").cloned().unwrap_or_default();
    if !resources.is_array() && !resources.is_object() {
        return Err(wrong_kind("resources", "an array or an object"));
    }
    Ok(Template {
        definitions: section(map, "definitions")?,
        parameters: section(map, "parameters")?,
        variables: section(map, "variables")?,
        functions: functions(get(map, "functions"))?,
        resources,
        outputs: section(map, "outputs")?,
        whole: template.clone(),
    })
}

fn section(map: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, ArmError> {
    match get(map, name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(section)) => Ok(section.clone()),
        Some(_) => Err(wrong_kind(name, "an object")),
    }
}

fn wrong_kind(name: &str, wanted: &str) -> ArmError {
    ArmError::new(
        "InvalidRequestContent",
        format!(
            "The request content was invalid and could not be deserialized: 'properties.template.{name}' must be {wanted}."
        ),
    )
    .at(format!("properties.template.{name}"))
}

/// `[{namespace, members: {name: {parameters: [{name, type}], output: {type, value}}}}]`
fn functions(value: Option<&Value>) -> Result<Vec<UserFunction>, ArmError> {
    let mut found: Vec<UserFunction> = Vec::new();
    let Some(value) = value else {
        return Ok(found);
    };
    let wrong = || wrong_kind("functions", "an array of namespaces with members");
    for space in value.as_array().ok_or_else(wrong)? {
        let namespace = member(space, "namespace")
            .and_then(Value::as_str)
            .ok_or_else(wrong)?;
        let members = member(space, "members")
            .and_then(Value::as_object)
            .ok_or_else(wrong)?;
        for (name, function) in members {
            let mut parameters = Vec::new();
            if let Some(list) = member(function, "parameters") {
                for parameter in list.as_array().ok_or_else(wrong)? {
                    let name = member(parameter, "name").and_then(Value::as_str);
                    parameters.push(name.ok_or_else(wrong)?.to_owned());
                }
            }
            let body = member(function, "output")
                .and_then(|output| member(output, "value"))
                .ok_or_else(wrong)?;
            found.push(UserFunction {
                namespace: namespace.to_owned(),
                name: name.clone(),
                parameters,
                body: body.clone(),
            });
        }
    }
    Ok(found)
}
