use serde_json::Value;

use super::context::misplaced;
use super::evaluator::Evaluator;
use super::{Known, Place, qualified};
use crate::arm::error::Fault;
use crate::arm::functions::Special;
use crate::arm::language::Expr;
use crate::arm::value::{has_unknown, kind, member, same_name};

/// The `resourceId` family: optional scope, type, one name for each segment of the type.
pub(super) fn id(
    evaluator: &Evaluator<'_>,
    which: Special,
    function: &'static str,
    args: &[Expr],
) -> Result<Value, Fault> {
    let mut texts = Vec::with_capacity(args.len());
    for arg in args {
        texts.push(evaluator.text(arg)?);
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let wrong = |reason: String| {
        Fault::invalid(format!(
            "Unable to evaluate template language function '{function}': {reason}"
        ))
    };
    // Types have a slash, and what may stand before them has none.
    let at = texts
        .iter()
        .position(|text| text.contains('/'))
        .ok_or_else(|| wrong("no argument is a fully qualified resource type.".to_owned()))?;
    let (scope, rest) = texts.split_at(at);
    let here = &evaluator.frame.place;
    let place = match (which, scope) {
        (Special::ResourceId, []) => here.clone(),
        (Special::ResourceId, [group]) => Place::Group {
            subscription: subscription(here).ok_or_else(|| misplaced(function))?,
            group: (*group).to_owned(),
        },
        (Special::ResourceId, [subscription, group]) => Place::Group {
            subscription: (*subscription).to_owned(),
            group: (*group).to_owned(),
        },
        (Special::SubscriptionResourceId, []) => Place::Subscription {
            subscription: subscription(here).ok_or_else(|| misplaced(function))?,
        },
        (Special::SubscriptionResourceId, [subscription]) => Place::Subscription {
            subscription: (*subscription).to_owned(),
        },
        (Special::TenantResourceId, []) => Place::Tenant,
        (Special::ManagementGroupResourceId, []) => match here {
            Place::ManagementGroup { .. } => here.clone(),
            _ => return Err(misplaced(function)),
        },
        (Special::ManagementGroupResourceId, [name]) => Place::ManagementGroup {
            name: (*name).to_owned(),
        },
        _ => {
            return Err(wrong(
                "there are too many arguments before the resource type.".to_owned(),
            ));
        }
    };
    let made = place.resource_id(rest[0], &rest[1..]).map_err(wrong)?;
    Ok(made.into())
}

fn subscription(place: &Place) -> Option<String> {
    place.subscription().map(str::to_owned)
}

/// `reference(name or id, apiVersion?, 'Full'?)`: the properties of a resource, or all of it.
pub(super) fn reference(evaluator: &Evaluator<'_>, args: &[Expr]) -> Result<Value, Fault> {
    if !evaluator.allow.runtime {
        return Err(misplaced("reference"));
    }
    let named = evaluator.text(&args[0])?;
    let mut api_version = match args.get(1) {
        Some(arg) => Some(evaluator.text(arg)?),
        None => None,
    };
    let full = match args.get(2) {
        Some(arg) => {
            let word = evaluator.text(arg)?;
            if !same_name(&word, "Full") {
                return Err(Fault::invalid(format!(
                    "The third argument of the template function 'reference' can only be 'Full', and not '{word}'."
                ))
                .column(arg.at));
            }
            true
        }
        None => false,
    };
    let known = resolve(evaluator, &named)?;
    if api_version.is_none() {
        api_version = known.map(|known| known.api_version.clone());
    }
    let id = match known {
        Some(known) if !known.deployed => return Err(not_deployed(&named)),
        Some(known) => known.id.clone(),
        None if named.starts_with('/') && api_version.is_some() => named,
        None if named.starts_with('/') => {
            return Err(Fault::invalid(format!(
                "The reference to '{named}' requires an API version. Please see https://aka.ms/arm-syntax-resources for usage details."
            )));
        }
        None => {
            return Err(Fault::invalid(format!(
                "The resource '{named}' is not defined in the template. Please see https://aka.ms/arm-syntax for usage details."
            )));
        }
    };
    answer(evaluator, &id, api_version.as_deref(), full)
}

/// `references('loop', 'Full'?)`: what `reference` says of each resource of a symbolic loop.
pub(super) fn references(evaluator: &Evaluator<'_>, args: &[Expr]) -> Result<Value, Fault> {
    if !evaluator.allow.runtime {
        return Err(misplaced("references"));
    }
    let named = evaluator.text(&args[0])?;
    let full = match args.get(1) {
        Some(arg) => same_name(&evaluator.text(arg)?, "Full"),
        None => false,
    };
    let mut all = Vec::new();
    for known in evaluator
        .frame
        .named(&named)
        .filter(|known| known.index.is_some())
    {
        if known.deployed {
            all.push(answer(
                evaluator,
                &known.id,
                Some(&known.api_version),
                full,
            )?);
        }
    }
    Ok(Value::Array(all))
}

fn answer(
    evaluator: &Evaluator<'_>,
    id: &str,
    api_version: Option<&str>,
    full: bool,
) -> Result<Value, Fault> {
    evaluator.looked.set(true);
    let whole = evaluator.world.resource(id, api_version)?;
    if full {
        return Ok(whole);
    }
    Ok(member(&whole, "properties")
        .cloned()
        .unwrap_or_else(|| Value::Object(serde_json::Map::new())))
}

/// The resource of this template that a text names. An id may well name none of them.
fn resolve<'f>(evaluator: &'f Evaluator<'_>, named: &str) -> Result<Option<&'f Known>, Fault> {
    let mut found = evaluator
        .frame
        .resources
        .iter()
        .filter(|known| known.is(named));
    match (found.next(), found.next()) {
        // A whole loop under one name, and no index to choose by.
        (Some(first), Some(_)) if first.index.is_some() && !named.starts_with('/') => {
            Err(Fault::invalid(format!(
                "The name '{named}' is that of a copy loop: name one of its resources."
            )))
        }
        (first, _) => Ok(first),
    }
}

fn not_deployed(named: &str) -> Fault {
    Fault::invalid(format!(
        "The resource '{named}' is not deployed, because its condition is false. Please see https://aka.ms/arm-syntax-resources for usage details."
    ))
}

/// `listKeys(id or name, apiVersion, body?)` and the rest of its family.
pub(super) fn list(evaluator: &Evaluator<'_>, action: &str, args: &[Expr]) -> Result<Value, Fault> {
    if !evaluator.allow.runtime {
        return Err(misplaced(action));
    }
    if !(2..=3).contains(&args.len()) {
        return Err(Fault::invalid(format!(
            "Unable to evaluate template language function '{action}': function requires '2' to '3' argument(s) while '{}' were provided.",
            args.len()
        )));
    }
    let named = evaluator.text(&args[0])?;
    let api_version = evaluator.text(&args[1])?;
    let body = match args.get(2) {
        Some(arg) => Some(evaluator.known(arg)?),
        None => None,
    };
    if let Some(body) = &body {
        if has_unknown(body) {
            return Err(Fault::Deferred);
        }
        if !body.is_object() {
            return Err(Fault::invalid(format!(
                "The body for '{action}' must be an object, and not of type '{}'.",
                kind(body)
            )));
        }
    }
    let id = match resolve(evaluator, &named)? {
        Some(known) if !known.deployed => return Err(not_deployed(&named)),
        Some(known) => known.id.clone(),
        None if named.starts_with('/') => named,
        None => relative(evaluator, &named)?,
    };
    // What services list are keys: what-if and messages must not show them.
    evaluator.secret.set(true);
    if same_name(action, "listOutputsWithSecureValues") {
        evaluator.secure.set(true);
    }
    evaluator.looked.set(true);
    evaluator
        .world
        .list(&id, action, &api_version, body.as_ref())
}

/// `Microsoft.X/type/name`, which `list*` takes for a resource of the same place.
fn relative(evaluator: &Evaluator<'_>, named: &str) -> Result<String, Fault> {
    let parts: Vec<&str> = named.split('/').collect();
    let kinds: Vec<&str> = parts.iter().skip(1).step_by(2).copied().collect();
    let segments: Vec<&str> = parts.iter().skip(2).step_by(2).copied().collect();
    let resource_type = format!("{}/{}", parts[0], kinds.join("/"));
    qualified(&resource_type, &segments)
        .map(|tail| format!("{}/providers/{tail}", evaluator.frame.place.id()))
        .map_err(|_| {
            Fault::invalid(format!(
                "The resource '{named}' is not defined in the template. Please see https://aka.ms/arm-syntax for usage details."
            ))
        })
}
