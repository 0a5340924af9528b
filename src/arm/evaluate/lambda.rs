use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::evaluator::Evaluator;
use crate::arm::error::Fault;
use crate::arm::functions::{Special, to_text};
use crate::arm::language::{Expr, Kind};
use crate::arm::value::{kind, same_name};

/// `lambda('a', 'b', body)` taken apart.
struct Lambda<'e> {
    names: Vec<&'e str>,
    body: &'e Expr,
}

impl<'e> Lambda<'e> {
    fn of(expr: &'e Expr, least: usize, most: usize) -> Result<Lambda<'e>, Fault> {
        let wrong = || {
            Fault::invalid(format!(
                "A lambda of {least} to {most} parameter(s) is expected here."
            ))
            .column(expr.at)
        };
        let Kind::Call {
            namespace: None,
            name,
            args,
        } = &expr.kind
        else {
            return Err(wrong());
        };
        let Some((body, names)) = args.split_last() else {
            return Err(wrong());
        };
        let names: Option<Vec<&str>> = names
            .iter()
            .map(|name| match &name.kind {
                Kind::Text(name) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let names = names.filter(|names| (least..=most).contains(&names.len()));
        if !same_name(name, "lambda") {
            return Err(wrong());
        }
        Ok(Lambda {
            names: names.ok_or_else(wrong)?,
            body,
        })
    }

    fn apply(&self, evaluator: &Evaluator<'_>, values: &[&Value]) -> Result<Value, Fault> {
        let before = evaluator.locals.borrow().len();
        for (name, value) in self.names.iter().zip(values) {
            let local = ((*name).to_owned(), (*value).clone());
            evaluator.locals.borrow_mut().push(local);
        }
        let value = evaluator.known(self.body);
        evaluator.locals.borrow_mut().truncate(before);
        value
    }

    fn test(&self, evaluator: &Evaluator<'_>, values: &[&Value]) -> Result<bool, Fault> {
        match self.apply(evaluator, values)? {
            Value::Bool(answer) => Ok(answer),
            other => Err(Fault::invalid(format!(
                "The lambda must answer with a boolean, and not with a value of type '{}'.",
                kind(&other)
            ))),
        }
    }

    fn text(&self, evaluator: &Evaluator<'_>, values: &[&Value]) -> Result<String, Fault> {
        match self.apply(evaluator, values)? {
            Value::String(text) => Ok(text),
            other => Err(Fault::invalid(format!(
                "The lambda must answer with a string, and not with a value of type '{}'.",
                kind(&other)
            ))),
        }
    }
}

/// The variable of a lambda around.
pub(super) fn variable(evaluator: &Evaluator<'_>, name: &str) -> Result<Value, Fault> {
    evaluator
        .locals
        .borrow()
        .iter()
        .rev()
        .find(|(local, _)| same_name(local, name))
        .map(|(_, value)| value.clone())
        .ok_or_else(|| Fault::invalid(format!("There is no lambda variable '{name}' here.")))
}

/// The functions that take a lambda.
pub(super) fn call(
    evaluator: &Evaluator<'_>,
    which: Special,
    args: &[Expr],
) -> Result<Value, Fault> {
    let input = evaluator.known(&args[0])?;
    if which == Special::MapValues {
        return map_values(evaluator, &input, &args[1]);
    }
    let Value::Array(items) = &input else {
        return Err(Fault::invalid(format!(
            "An array is expected here, and not a value of type '{}'.",
            kind(&input)
        ))
        .column(args[0].at));
    };
    match which {
        Special::Filter => filter(evaluator, items, &args[1]),
        Special::Map => map(evaluator, items, &args[1]),
        Special::Reduce => reduce(evaluator, items, &args[1], &args[2]),
        Special::Sort => sort(evaluator, items, &args[1]),
        Special::GroupBy => group_by(evaluator, items, &args[1]),
        _ => to_object(evaluator, items, &args[1], args.get(2)),
    }
}

fn filter(evaluator: &Evaluator<'_>, items: &[Value], lambda: &Expr) -> Result<Value, Fault> {
    let lambda = Lambda::of(lambda, 1, 2)?;
    let mut kept = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if lambda.test(evaluator, &[item, &index.into()])? {
            kept.push(item.clone());
        }
    }
    Ok(Value::Array(kept))
}

fn map(evaluator: &Evaluator<'_>, items: &[Value], lambda: &Expr) -> Result<Value, Fault> {
    let lambda = Lambda::of(lambda, 1, 2)?;
    let mut mapped = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        mapped.push(lambda.apply(evaluator, &[item, &index.into()])?);
    }
    Ok(Value::Array(mapped))
}

fn map_values(evaluator: &Evaluator<'_>, input: &Value, lambda: &Expr) -> Result<Value, Fault> {
    let lambda = Lambda::of(lambda, 1, 1)?;
    let Value::Object(object) = input else {
        return Err(Fault::invalid(format!(
            "An object is expected here, and not a value of type '{}'.",
            kind(input)
        )));
    };
    let mut mapped = Map::new();
    for (key, value) in object {
        mapped.insert(key.clone(), lambda.apply(evaluator, &[value])?);
    }
    Ok(Value::Object(mapped))
}

fn reduce(
    evaluator: &Evaluator<'_>,
    items: &[Value],
    initial: &Expr,
    lambda: &Expr,
) -> Result<Value, Fault> {
    let lambda = Lambda::of(lambda, 2, 3)?;
    let mut value = evaluator.known(initial)?;
    for (index, item) in items.iter().enumerate() {
        value = lambda.apply(evaluator, &[&value, item, &index.into()])?;
    }
    Ok(value)
}

/// Insertion by binary search: stable, and a lambda that contradicts itself does no harm.
fn sort(evaluator: &Evaluator<'_>, items: &[Value], lambda: &Expr) -> Result<Value, Fault> {
    let lambda = Lambda::of(lambda, 2, 2)?;
    let mut sorted: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        let mut fault = None;
        let at = sorted
            .binary_search_by(|known| match lambda.test(evaluator, &[item, known]) {
                Ok(true) => Ordering::Greater,
                Ok(false) => Ordering::Less,
                Err(error) => {
                    fault.get_or_insert(error);
                    Ordering::Less
                }
            })
            .unwrap_or_else(|at| at);
        if let Some(fault) = fault {
            return Err(fault);
        }
        sorted.insert(at, item.clone());
    }
    Ok(Value::Array(sorted))
}

fn group_by(evaluator: &Evaluator<'_>, items: &[Value], lambda: &Expr) -> Result<Value, Fault> {
    let lambda = Lambda::of(lambda, 1, 1)?;
    let mut groups = Map::new();
    for item in items {
        let key = lambda.text(evaluator, &[item])?;
        let group = groups
            .entry(key)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(group) = group {
            group.push(item.clone());
        }
    }
    Ok(Value::Object(groups))
}

fn to_object(
    evaluator: &Evaluator<'_>,
    items: &[Value],
    key: &Expr,
    value: Option<&Expr>,
) -> Result<Value, Fault> {
    let key = Lambda::of(key, 1, 1)?;
    let value = value.map(|value| Lambda::of(value, 1, 1)).transpose()?;
    let mut object = Map::new();
    for item in items {
        let name = match key.apply(evaluator, &[item])? {
            name @ (Value::String(_) | Value::Number(_)) => to_text(&name),
            _ => key.text(evaluator, &[item])?,
        };
        let made = match &value {
            Some(value) => value.apply(evaluator, &[item])?,
            None => item.clone(),
        };
        object.insert(name, made);
    }
    Ok(Value::Object(object))
}
