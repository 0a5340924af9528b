use serde_json::{Map, Value};

use super::shape::Template;
use super::template_error;
use crate::arm::error::{ArmError, Fault};
use crate::arm::functions::{find, is_list, no_such};
use crate::arm::language::{Expr, Kind, Meaning, meaning, parse};
use crate::arm::value::{same_name, step, text};

/// Reads every expression of the template, those that no deployment would reach included, and
/// refuses functions that do not exist and arguments that are too few or too many. Templates of
/// nested deployments are checked when it is their turn, in their own scope.
pub(in crate::arm) fn check(template: &Template) -> Result<(), ArmError> {
    visit(&template.whole, "", template)
}

fn visit(value: &Value, pointer: &str, template: &Template) -> Result<(), ArmError> {
    match value {
        Value::String(text) => string(text, pointer, template),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
            visit(item, &step(pointer, &index.to_string()), template)
        }),
        Value::Object(map) => map.iter().try_for_each(|(key, item)| {
            let place = step(pointer, key);
            string(key, &place, template)?;
            let words = same_name(key, "metadata")
                || pointer.is_empty() && !evaluated(key)
                || same_name(key, "template") && is_nested(map, item);
            if words {
                Ok(())
            } else {
                visit(item, &place, template)
            }
        }),
        _ => Ok(()),
    }
}

/// The sections of a template that hold expressions.
fn evaluated(section: &str) -> bool {
    [
        "parameters",
        "variables",
        "functions",
        "resources",
        "outputs",
    ]
    .iter()
    .any(|name| same_name(name, section))
}

/// Whether a member named `template` is that of a nested deployment.
fn is_nested(properties: &Map<String, Value>, item: &Value) -> bool {
    item.is_object()
        && (properties.contains_key("mode")
            || text(item, "$schema").contains("deploymentTemplate.json"))
}

fn string(text: &str, pointer: &str, template: &Template) -> Result<(), ArmError> {
    let Meaning::Code(code) = meaning(text) else {
        return Ok(());
    };
    let expr = parse(code).map_err(|fault| template_error(fault, pointer))?;
    let mut wrong = None;
    expr.walk(&mut |part| {
        if wrong.is_none()
            && let Err(fault) = call(part, template)
        {
            wrong = Some(fault.column(part.at));
        }
    });
    match wrong {
        Some(fault) => Err(template_error(fault, pointer)),
        None => Ok(()),
    }
}

fn call(expr: &Expr, template: &Template) -> Result<(), Fault> {
    let Kind::Call {
        namespace,
        name,
        args,
    } = &expr.kind
    else {
        return Ok(());
    };
    if let Some(namespace) = namespace {
        let known = template.functions.iter().any(|function| {
            same_name(&function.namespace, namespace) && same_name(&function.name, name)
        });
        return if known {
            Ok(())
        } else {
            Err(Fault::invalid(format!(
                "The template function '{namespace}.{name}' is not valid. Please see https://aka.ms/arm-functions for usage details."
            )))
        };
    }
    match find(name) {
        Some(function) => function.accepts(args.len()),
        None if is_list(name) => Ok(()),
        None => Err(no_such(name)),
    }
}
