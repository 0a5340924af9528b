use serde_json::{Map, Value};

use super::expand::{Instance, known};
use super::template_error;
use crate::arm::error::{ArmError, Fault};
use crate::arm::evaluate::{Allow, Evaluator, Frame, Known, World};
use crate::arm::functions::is_list;
use crate::arm::language::{Expr, Kind, Meaning, meaning, parse};
use crate::arm::value::{get, has_unknown, same_name};

/// For each instance, those that must be done before it: named in `dependsOn`, named by
/// `reference`, or earlier in a serial loop. A circle is an error.
pub(in crate::arm) fn depend(
    instances: &[Instance],
    frame: &Frame,
    world: &dyn World,
) -> Result<Vec<Vec<usize>>, ArmError> {
    let known_as = known(instances);
    let mut edges = Vec::with_capacity(instances.len());
    for (index, one) in instances.iter().enumerate() {
        let mut before = explicit(one, instances, &known_as, frame, world)?;
        before.extend(implicit(one, &known_as, instances, frame, world));
        before.extend(batched(one, instances));
        before.sort_unstable();
        before.dedup();
        before.retain(|other| *other != index);
        edges.push(before);
    }
    circle(instances, &edges)?;
    Ok(edges)
}

fn explicit(
    one: &Instance,
    instances: &[Instance],
    known_as: &[Known],
    frame: &Frame,
    world: &dyn World,
) -> Result<Vec<usize>, ArmError> {
    let pointer = format!("{}/dependsOn", one.pointer);
    let raw = match get(&one.raw, "dependsOn") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(raw) => raw,
    };
    let broken = |fault| template_error(fault, &pointer);
    // What-if meets names that are not known yet: they order nothing.
    let named = Evaluator::new(frame, world, Allow::NAMES)
        .lenient()
        .within(&one.copies)
        .value(raw, "")
        .map_err(broken)?;
    let Value::Array(named) = named else {
        return Err(broken(Fault::invalid("It must be an array of strings.")));
    };
    let mut before = Vec::new();
    for name in named.iter().filter(|name| !has_unknown(name)) {
        let Value::String(name) = name else {
            return Err(broken(Fault::invalid("It must be an array of strings.")));
        };
        let mut found = meant(name, known_as, instances);
        // Resources of different types may share a name; then another one is meant.
        if found.len() > 1 {
            found.retain(|other| !std::ptr::eq(&raw const instances[*other], one));
        }
        if found.is_empty() {
            return Err(ArmError::invalid_template(format!(
                "The resource '{name}' is not defined in the template. Please see https://aka.ms/arm-syntax for usage details."
            ))
            .target(&one.id)
            .at(super::place(&pointer)));
        }
        if found
            .iter()
            .any(|other| std::ptr::eq(&raw const instances[*other], one))
        {
            return Err(ArmError::invalid_template(format!(
                "Circular dependency detected on resource: '{}'. Please see https://aka.ms/arm-syntax-resources for usage details.",
                one.id
            ))
            .target(&one.id)
            .at(super::place(&pointer)));
        }
        before.extend(found);
    }
    Ok(before)
}

/// The instances that a text names: a loop as a whole, or by symbol, name, type and name, id.
fn meant(name: &str, known_as: &[Known], instances: &[Instance]) -> Vec<usize> {
    instances
        .iter()
        .enumerate()
        .filter(|(index, one)| {
            one.turn
                .as_ref()
                .is_some_and(|turn| same_name(&turn.name, name))
                || known_as[*index].is(name)
        })
        .map(|(index, _)| index)
        .collect()
}

/// What the body refers to by a name of this template; an id makes no dependency, as in Azure.
fn implicit(
    one: &Instance,
    known_as: &[Known],
    instances: &[Instance],
    frame: &Frame,
    world: &dyn World,
) -> Vec<usize> {
    let mut before = Vec::new();
    for (key, value) in &one.raw {
        if !["condition", "dependsOn", "name", "type", "resources"]
            .iter()
            .any(|other| same_name(other, key))
        {
            scan(value, &mut |expr| {
                let Some(arg) = referred(expr) else {
                    return;
                };
                let text = Evaluator::new(frame, world, Allow::NAMES)
                    .within(&one.copies)
                    .name_of(arg);
                match text {
                    Some(name) if !name.starts_with('/') => {
                        before.extend(meant(&name, known_as, instances));
                    }
                    _ => {}
                }
            });
        }
    }
    before
}

/// The first argument of a function that looks at another resource.
fn referred(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        Kind::Call {
            namespace: None,
            name,
            args,
        } if same_name(name, "reference") || same_name(name, "references") || is_list(name) => {
            args.first()
        }
        _ => None,
    }
}

/// Calls `see` for each expression in the value; templates of nested deployments have their own.
fn scan(value: &Value, see: &mut dyn FnMut(&Expr)) {
    match value {
        Value::String(text) => {
            if let Meaning::Code(code) = meaning(text)
                && let Ok(expr) = parse(code)
            {
                expr.walk(&mut |part| see(part));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| scan(item, see)),
        Value::Object(map) => scan_object(map, see),
        _ => {}
    }
}

fn scan_object(map: &Map<String, Value>, see: &mut dyn FnMut(&Expr)) {
    for (key, item) in map {
        if !(same_name(key, "template") && item.is_object()) {
            scan(item, see);
        }
    }
}

/// In a serial loop, the whole batch before.
fn batched(one: &Instance, instances: &[Instance]) -> Vec<usize> {
    let Some(turn) = &one.turn else {
        return Vec::new();
    };
    let Some(batch) = turn.batch else {
        return Vec::new();
    };
    let mine = turn.index / batch;
    let before = |other: &Instance| {
        other.pointer == one.pointer
            && other
                .turn
                .as_ref()
                .is_some_and(|other| other.index / batch + 1 == mine)
    };
    instances
        .iter()
        .enumerate()
        .filter(|(_, other)| before(other))
        .map(|(index, _)| index)
        .collect()
}

/// Takes away what waits for nothing, again and again; what remains is in a circle or behind one.
fn circle(instances: &[Instance], edges: &[Vec<usize>]) -> Result<(), ArmError> {
    let mut done = vec![false; edges.len()];
    loop {
        let free: Vec<usize> = (0..edges.len())
            .filter(|index| !done[*index] && edges[*index].iter().all(|other| done[*other]))
            .collect();
        if free.is_empty() {
            break;
        }
        for index in free {
            done[index] = true;
        }
    }
    let Some(mut at) = done.iter().position(|done| !done) else {
        return Ok(());
    };
    // Walk back until a resource is met again: that one is in the circle.
    let mut met = vec![false; edges.len()];
    while !met[at] {
        met[at] = true;
        at = edges[at]
            .iter()
            .copied()
            .find(|other| !done[*other])
            .unwrap_or(at);
    }
    let one = &instances[at];
    Err(ArmError::invalid_template(format!(
        "Circular dependency detected on resource: '{}'. Please see https://aka.ms/arm-syntax-resources for usage details.",
        one.id
    ))
    .target(&one.id)
    .at(super::place(&one.pointer)))
}
