use serde_json::Value;

use super::evaluator::Evaluator;
use super::{Allow, Place, lambda, resource};
use crate::arm::error::Fault;
use crate::arm::functions::{
    Args, Body, Special, default_stamp, find, from_end, is_list, no_such, random_guid, stamp,
};
use crate::arm::language::Expr;
use crate::arm::value::{get, has_unknown, kind, member, same_name};

impl Evaluator<'_> {
    /// A call of one of Azure's functions.
    pub(super) fn call(&self, name: &str, args: &[Expr]) -> Result<Value, Fault> {
        let Some(function) = find(name) else {
            if is_list(name) {
                return resource::list(self, name, args);
            }
            return Err(no_such(name));
        };
        function.accepts(args.len())?;
        let of = match function.body {
            Body::Special(which) => return self.special(which, function.name, args),
            Body::Sure(of) => return Ok(of(&self.values(args)?)),
            Body::Pure(of) => of,
        };
        let values = self.values(args)?;
        of(&Args {
            name: function.name,
            values: &values,
        })
    }

    /// Evaluated arguments; one that is not known yet leaves the call open as well.
    pub(super) fn values(&self, args: &[Expr]) -> Result<Vec<Value>, Fault> {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            let value = self.expr(arg)?;
            if has_unknown(&value) {
                return Err(Fault::Deferred);
            }
            values.push(value);
        }
        Ok(values)
    }

    fn special(&self, which: Special, name: &'static str, args: &[Expr]) -> Result<Value, Fault> {
        match which {
            Special::If => {
                let chosen = if self.truth(&args[0])? { 1 } else { 2 };
                self.expr(&args[chosen])
            }
            Special::And => Ok(self.all(args, true)?.into()),
            Special::Or => Ok((!self.all(args, false)?).into()),
            Special::Coalesce => self.coalesce(args),
            Special::TryGet => self.try_get(args),
            Special::TryIndexFromEnd => {
                let values = self.values(args)?;
                let args = Args {
                    name,
                    values: &values,
                };
                Ok(from_end(&args)?.unwrap_or(Value::Null))
            }
            Special::Lambda => Err(Fault::invalid(
                "A lambda may only be an argument of a function that takes one.",
            )),
            Special::LambdaVariables => lambda::variable(self, &self.text(&args[0])?),
            Special::Filter
            | Special::Map
            | Special::MapValues
            | Special::Reduce
            | Special::Sort
            | Special::ToObject
            | Special::GroupBy => lambda::call(self, which, args),
            Special::Reference => resource::reference(self, args),
            Special::References => resource::references(self, args),
            Special::ResourceId
            | Special::SubscriptionResourceId
            | Special::TenantResourceId
            | Special::ManagementGroupResourceId => resource::id(self, which, name, args),
            _ => self.context(which, name, args),
        }
    }

    /// What the deployment itself knows.
    fn context(&self, which: Special, name: &'static str, args: &[Expr]) -> Result<Value, Fault> {
        match which {
            Special::Parameters => self.parameter(&self.text(&args[0])?),
            Special::Variables => self.variable(&self.text(&args[0])?),
            Special::CopyIndex => self.copy_index(args),
            Special::ResourceGroup => self.resource_group(),
            Special::Subscription => match self.frame.place.subscription() {
                Some(id) => self.world.subscription(id),
                None => Err(misplaced(name)),
            },
            Special::ManagementGroup => match &self.frame.place {
                Place::ManagementGroup { name } => Ok(serde_json::json!({
                    "id": self.frame.place.id(),
                    "name": name,
                    "type": "Microsoft.Management/managementGroups",
                    "properties": {"displayName": name, "tenantId": self.frame.facts.tenant},
                })),
                _ => Err(misplaced(name)),
            },
            Special::Tenant => Ok(serde_json::json!({
                "tenantId": self.frame.facts.tenant,
                "id": format!("/tenants/{}", self.frame.facts.tenant),
            })),
            Special::Environment => Ok(self.frame.facts.cloud.clone()),
            Special::Deployer => Ok(self.frame.facts.deployer.clone()),
            Special::Deployment => Ok(self.frame.deployment.clone()),
            Special::UtcNow if self.allow.clock => self.utc_now(args),
            Special::NewGuid if self.allow.clock => {
                Ok(random_guid(&mut self.frame.facts.seed.borrow_mut()).into())
            }
            _ => Err(misplaced(name)),
        }
    }

    pub(super) fn truth(&self, arg: &Expr) -> Result<bool, Fault> {
        match self.known(arg)? {
            Value::Bool(value) => Ok(value),
            other => Err(Fault::invalid(format!(
                "A boolean is expected here, and not a value of type '{}'.",
                kind(&other)
            ))
            .column(arg.at)),
        }
    }

    /// Whether all are as wanted, asking no further than needed.
    fn all(&self, args: &[Expr], wanted: bool) -> Result<bool, Fault> {
        for arg in args {
            if self.truth(arg)? != wanted {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn coalesce(&self, args: &[Expr]) -> Result<Value, Fault> {
        for arg in args {
            let value = self.expr(arg)?;
            if has_unknown(&value) {
                return Err(Fault::Deferred);
            }
            if !value.is_null() {
                return Ok(value);
            }
        }
        Ok(Value::Null)
    }

    /// Steps into a value as far as it goes; null when it does not go so far.
    fn try_get(&self, args: &[Expr]) -> Result<Value, Fault> {
        let mut value = self.known(&args[0])?;
        for arg in &args[1..] {
            let step = self.known(arg)?;
            let next = match (&value, &step) {
                (Value::Object(map), Value::String(name)) => get(map, name).cloned(),
                (Value::Array(items), Value::Number(number)) => number
                    .as_u64()
                    .and_then(|at| usize::try_from(at).ok())
                    .and_then(|at| items.get(at).cloned()),
                (Value::Null, _) => None,
                _ => {
                    return Err(Fault::invalid(format!(
                        "A value of type '{}' has no element of type '{}'.",
                        kind(&value),
                        kind(&step)
                    ))
                    .column(arg.at));
                }
            };
            match next {
                Some(next) => value = next,
                None => return Ok(Value::Null),
            }
        }
        Ok(value)
    }

    fn parameter(&self, name: &str) -> Result<Value, Fault> {
        if let Some(call) = self.calls.borrow().last() {
            return call
                .iter()
                .find(|(parameter, _)| same_name(parameter, name))
                .map(|(_, value)| value.clone())
                .ok_or_else(|| no_parameter(name));
        }
        let bound = self
            .frame
            .parameter(name)
            .ok_or_else(|| no_parameter(name))?;
        if bound.secret {
            self.secret.set(true);
            self.secure.set(true);
        }
        Ok(bound.value.clone())
    }

    /// A variable cannot use `list*`, so a secret in one is a secure parameter.
    fn taint(&self, secret: bool) {
        if secret {
            self.secret.set(true);
            self.secure.set(true);
        }
    }

    fn variable(&self, name: &str) -> Result<Value, Fault> {
        let missing = || {
            Fault::invalid(format!(
                "The template variable '{name}' is not found. Please see https://aka.ms/arm-syntax-variables for usage details."
            ))
        };
        if !self.calls.borrow().is_empty() {
            return Err(Fault::invalid(
                "A function of the template cannot use variables.",
            ));
        }
        let variables = &self.frame.variables;
        let key = name.to_lowercase();
        if let Some((value, secret)) = variables.known.borrow().get(&key) {
            self.taint(*secret);
            return Ok(value.clone());
        }
        let raw = get(&variables.raw, name).ok_or_else(missing)?;
        if variables.busy.borrow().contains(&key) {
            return Err(Fault::invalid(format!(
                "The template variable '{name}' is defined by itself, in a circle."
            )));
        }
        let mut inner = Evaluator::new(self.frame, self.world, Allow::NAMES).deeper_than(self);
        inner.lenient = self.lenient;
        variables.busy.borrow_mut().push(key.clone());
        let value = inner.value(raw, &format!("/variables/{name}"));
        variables.busy.borrow_mut().pop();
        let mut value = value?;
        if variables.loops.iter().any(|one| same_name(one, name)) {
            value = member(&value, name).cloned().unwrap_or(Value::Null);
        }
        let secret = !inner.secrets().is_empty();
        self.taint(secret);
        let known = (value.clone(), secret);
        variables.known.borrow_mut().insert(key, known);
        Ok(value)
    }

    /// `copyIndex()`, `copyIndex(offset)`, `copyIndex('loop')`, `copyIndex('loop', offset)`.
    fn copy_index(&self, args: &[Expr]) -> Result<Value, Fault> {
        let values = self.values(args)?;
        let (name, offset) = match values.as_slice() {
            [] => (None, 0),
            [Value::Number(offset)] => (None, offset.as_i64().unwrap_or(0)),
            [Value::String(name)] => (Some(name), 0),
            [Value::String(name), Value::Number(offset)] => {
                (Some(name), offset.as_i64().unwrap_or(0))
            }
            _ => {
                return Err(Fault::invalid(
                    "The template function 'copyIndex' takes the name of a loop and an integer offset.",
                ));
            }
        };
        let copies = self.copies.borrow();
        let mut found = copies.iter().rev();
        let copy = match name {
            Some(name) => found.find(|copy| same_name(&copy.name, name)),
            None => found.next(),
        };
        match (copy, name) {
            (Some(copy), _) => Ok(copy.index.saturating_add(offset).into()),
            (None, Some(name)) => Err(Fault::invalid(format!(
                "The template function 'copyIndex' names the loop '{name}', which is not around it. Please see https://aka.ms/arm-resource-loops for usage details."
            ))),
            (None, None) => Err(Fault::invalid(
                "The template function 'copyIndex' is not expected at this location. The function can only be used in a resource with copy specified. Please see https://aka.ms/arm-functions for usage details.",
            )),
        }
    }

    fn resource_group(&self) -> Result<Value, Fault> {
        match &self.frame.place {
            Place::Group {
                subscription,
                group,
            } => self.world.group(subscription, group),
            _ => Err(misplaced("resourceGroup")),
        }
    }

    fn utc_now(&self, args: &[Expr]) -> Result<Value, Fault> {
        let now = self.frame.facts.now;
        let Some(spec) = args.first() else {
            return Ok(default_stamp(now).into());
        };
        let spec = self.text(spec)?;
        stamp(now, &spec).map(Value::from).ok_or_else(|| {
            Fault::invalid(format!("The date format '{spec}' is not supported here."))
        })
    }
}

fn no_parameter(name: &str) -> Fault {
    Fault::invalid(format!(
        "The template parameter '{name}' is not found. Please see https://aka.ms/arm-syntax-parameters for usage details."
    ))
}

/// A function that has its places, and this is none of them.
pub(super) fn misplaced(name: &str) -> Fault {
    Fault::invalid(format!(
        "The template function '{name}' is not expected at this location. Please see https://aka.ms/arm-functions for usage details."
    ))
}
