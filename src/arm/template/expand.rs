use serde_json::{Map, Value};

use super::shape::Template;
use super::template_error;
use crate::arm::error::{ArmError, Fault};
use crate::arm::evaluate::{Allow, Copy, Evaluator, Frame, Known, Place, World, copy_count};
use crate::arm::value::{get, has_unknown, kind, member, same_name, shown};

/// Resources that one deployment may have: Azure's limit.
const MOST_RESOURCES: usize = 800;

/// One resource to deploy: a declaration, or one turn of its loop.
#[derive(Debug, Clone)]
pub(in crate::arm) struct Instance {
    pub(in crate::arm) symbol: Option<String>,
    pub(in crate::arm) copies: Vec<Copy>,
    /// Its own loop.
    pub(in crate::arm) turn: Option<Turn>,
    /// Where the declaration is in the template.
    pub(in crate::arm) pointer: String,
    pub(in crate::arm) resource_type: String,
    pub(in crate::arm) name: String,
    pub(in crate::arm) api_version: String,
    pub(in crate::arm) id: String,
    /// Where the resource itself goes; for a deployment, where its resources go.
    pub(in crate::arm) place: Place,
    pub(in crate::arm) deployed: bool,
    pub(in crate::arm) existing: bool,
    /// What of its name, place or condition is not known yet.
    pub(in crate::arm) open: Option<String>,
    pub(in crate::arm) raw: Map<String, Value>,
}

/// One turn of a resource loop.
#[derive(Debug, Clone)]
pub(in crate::arm) struct Turn {
    pub(in crate::arm) name: String,
    pub(in crate::arm) index: i64,
    /// How many go at once; all of them without a number.
    pub(in crate::arm) batch: Option<i64>,
}

/// The resource around a nested one.
struct Parent<'p> {
    resource_type: &'p str,
    name: &'p str,
    copies: &'p [Copy],
}

struct Expansion<'a> {
    frame: &'a Frame,
    /// Where the resources go, which is not where expressions are evaluated when a nested
    /// deployment borrows the scope of its parent.
    place: &'a Place,
    world: &'a dyn World,
    lenient: bool,
    found: Vec<Instance>,
}

/// Every resource of the template, loops expanded, nested ones after their parents.
pub(in crate::arm) fn expand(
    template: &Template,
    frame: &Frame,
    place: &Place,
    world: &dyn World,
    lenient: bool,
) -> Result<Vec<Instance>, ArmError> {
    let mut expansion = Expansion {
        frame,
        place,
        world,
        lenient,
        found: Vec::new(),
    };
    expansion.list(&template.resources, "/resources", None)?;
    duplicates(&expansion.found)?;
    Ok(expansion.found)
}

/// What expressions can name of these instances.
pub(in crate::arm) fn known(instances: &[Instance]) -> Vec<Known> {
    instances
        .iter()
        .map(|one| Known {
            symbol: one.symbol.clone(),
            index: one.turn.as_ref().map(|turn| turn.index),
            name: one.name.clone(),
            resource_type: one.resource_type.clone(),
            id: one.id.clone(),
            api_version: one.api_version.clone(),
            deployed: one.deployed,
        })
        .collect()
}

impl Expansion<'_> {
    fn list(
        &mut self,
        resources: &Value,
        pointer: &str,
        parent: Option<&Parent<'_>>,
    ) -> Result<(), ArmError> {
        let all: Vec<(Option<&str>, String, &Value)> = match resources {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (None, format!("{pointer}/{index}"), item))
                .collect(),
            Value::Object(map) => map
                .iter()
                .map(|(name, item)| (Some(name.as_str()), format!("{pointer}/{name}"), item))
                .collect(),
            _ => Vec::new(),
        };
        for (symbol, pointer, item) in all {
            let Value::Object(raw) = item else {
                return Err(ArmError::invalid_template(format!(
                    "The template resource is not an object but of type '{}'",
                    kind(item)
                ))
                .at(super::place(&pointer)));
            };
            self.declaration(symbol, &pointer, raw, parent)?;
        }
        Ok(())
    }

    fn declaration(
        &mut self,
        symbol: Option<&str>,
        pointer: &str,
        raw: &Map<String, Value>,
        parent: Option<&Parent<'_>>,
    ) -> Result<(), ArmError> {
        let around = parent.map_or(&[][..], |parent| parent.copies);
        let Some(copy) = get(raw, "copy").filter(|copy| !copy.is_null()) else {
            return self.instance(symbol, pointer, raw, parent, around.to_vec(), None);
        };
        let place = format!("{pointer}/copy");
        let broken = |fault| template_error(fault, &place);
        let name = self
            .evaluate(member(copy, "name"), around, "")
            .map_err(broken)?;
        let name = match name {
            Value::String(name) if !name.is_empty() => name,
            _ => return Err(broken(Fault::invalid("The copy loop has no name."))),
        };
        let count = self
            .evaluate(member(copy, "count"), around, "/count")
            .map_err(broken)?;
        if has_unknown(&count) {
            return Err(broken(Fault::invalid(
                "The number of resources must be known before the deployment starts.",
            )));
        }
        let count = copy_count(&count, 0).map_err(broken)?;
        let batch = self.batch(copy, around).map_err(broken)?;
        for index in 0..count {
            let mut copies = around.to_vec();
            copies.push(Copy {
                name: name.clone(),
                index,
            });
            let turn = Turn {
                name: name.clone(),
                index,
                batch,
            };
            self.instance(symbol, pointer, raw, parent, copies, Some(turn))?;
        }
        Ok(())
    }

    fn batch(&self, copy: &Value, around: &[Copy]) -> Result<Option<i64>, Fault> {
        match member(copy, "mode").and_then(Value::as_str) {
            None => return Ok(None),
            Some(mode) if same_name(mode, "parallel") => return Ok(None),
            Some(mode) if same_name(mode, "serial") => {}
            Some(mode) => {
                return Err(Fault::invalid(format!(
                    "The copy mode '{mode}' is neither 'Serial' nor 'Parallel'."
                )));
            }
        }
        let size = match member(copy, "batchSize") {
            None => return Ok(Some(1)),
            size => self.evaluate(size, around, "/batchSize")?,
        };
        size.as_i64()
            .filter(|size| *size > 0)
            .map(Some)
            .ok_or_else(|| Fault::invalid("The batch size must be a positive integer."))
    }

    fn evaluate(
        &self,
        value: Option<&Value>,
        copies: &[Copy],
        pointer: &str,
    ) -> Result<Value, Fault> {
        let mut evaluator = Evaluator::new(self.frame, self.world, Allow::NAMES).within(copies);
        if self.lenient {
            evaluator = evaluator.lenient();
        }
        evaluator.value(value.unwrap_or(&Value::Null), pointer)
    }

    fn instance(
        &mut self,
        symbol: Option<&str>,
        pointer: &str,
        raw: &Map<String, Value>,
        parent: Option<&Parent<'_>>,
        copies: Vec<Copy>,
        turn: Option<Turn>,
    ) -> Result<(), ArmError> {
        if get(raw, "@options").is_some() {
            let refused = Fault::invalid("'@options' is not supported by the local Azure.");
            return Err(template_error(refused, pointer));
        }
        let mut open = None;
        let mut text = |key: &str, needed: bool| -> Result<String, ArmError> {
            let place = format!("{pointer}/{key}");
            let value = self
                .evaluate(get(raw, key), &copies, "")
                .map_err(|fault| template_error(fault, &place))?;
            if has_unknown(&value) {
                open.get_or_insert_with(|| key.to_owned());
                return Ok(super::super::functions::to_text(&shown(&value)));
            }
            match value {
                Value::String(text) if !text.is_empty() => Ok(text),
                Value::Null if !needed => Ok(String::new()),
                other => Err(template_error(
                    Fault::invalid(format!(
                        "The '{key}' of a resource must be a string that is not empty; it is of type '{}'.",
                        kind(&other)
                    )),
                    &place,
                )),
            }
        };
        let own_type = text("type", true)?;
        let own_name = text("name", true)?;
        let api_version = text("apiVersion", true)?;
        let scope = text("scope", false)?;
        let subscription = text("subscriptionId", false)?;
        let group = text("resourceGroup", false)?;
        let (resource_type, name) = match parent {
            // A type with a namespace of its own stands for itself.
            Some(parent) if !own_type.contains('.') => (
                format!("{}/{own_type}", parent.resource_type),
                format!("{}/{own_name}", parent.name),
            ),
            _ => (own_type, own_name),
        };
        let deployment = same_name(&resource_type, "Microsoft.Resources/deployments");
        let place = self.aim(&scope, &subscription, &group, deployment);
        let id = match self.id(&resource_type, &name, &place, &scope, deployment) {
            Ok(id) => id,
            Err(_) if open.is_some() => format!("{}/providers/{resource_type}/{name}", place.id()),
            Err(reason) => {
                return Err(ArmError::invalid_template(reason).at(super::place(pointer)));
            }
        };
        let (deployed, condition_open) = self.condition(raw, &copies, pointer)?;
        let instance = Instance {
            symbol: symbol.map(str::to_owned),
            copies,
            turn,
            pointer: pointer.to_owned(),
            resource_type,
            name,
            api_version,
            id,
            place,
            deployed,
            existing: get(raw, "existing") == Some(&Value::Bool(true)),
            open: open.or(condition_open),
            raw: raw.clone(),
        };
        let nested = get(raw, "resources").filter(|inner| inner.is_array() || inner.is_object());
        self.found.push(instance.clone());
        if self.found.len() > MOST_RESOURCES {
            return Err(ArmError::invalid_template(format!(
                "The number of template resources limit exceeded. Limit: '{MOST_RESOURCES}'"
            )));
        }
        if let Some(nested) = nested {
            let parent = Parent {
                resource_type: &instance.resource_type,
                name: &instance.name,
                copies: &instance.copies,
            };
            self.list(nested, &format!("{pointer}/resources"), Some(&parent))?;
        }
        Ok(())
    }

    fn condition(
        &self,
        raw: &Map<String, Value>,
        copies: &[Copy],
        pointer: &str,
    ) -> Result<(bool, Option<String>), ArmError> {
        let place = format!("{pointer}/condition");
        let value = match get(raw, "condition") {
            None => return Ok((true, None)),
            condition => self.evaluate(condition, copies, ""),
        };
        match value.map_err(|fault| template_error(fault, &place))? {
            Value::Bool(value) => Ok((value, None)),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok((true, None)),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok((false, None)),
            value if has_unknown(&value) => Ok((true, Some("condition".to_owned()))),
            other => Err(template_error(
                Fault::invalid(format!(
                    "The condition must be a boolean, and not of type '{}'.",
                    kind(&other)
                )),
                &place,
            )),
        }
    }

    /// Where a resource goes, given the scope that it asks for.
    fn aim(&self, scope: &str, subscription: &str, group: &str, deployment: bool) -> Place {
        let here = self.place;
        if deployment && !scope.is_empty() {
            let named = Place::of_id(scope.trim_start_matches('/'));
            return named.unwrap_or_else(|| here.clone());
        }
        let home = match subscription {
            "" => here.subscription(),
            subscription => Some(subscription),
        };
        match (home, group, subscription) {
            (_, "", "") | (None, ..) => here.clone(),
            (Some(home), "", _) => Place::Subscription {
                subscription: home.to_owned(),
            },
            (Some(home), group, _) => Place::Group {
                subscription: home.to_owned(),
                group: group.to_owned(),
            },
        }
    }

    fn id(
        &self,
        resource_type: &str,
        name: &str,
        place: &Place,
        scope: &str,
        deployment: bool,
    ) -> Result<String, String> {
        let names: Vec<&str> = name.split('/').collect();
        if resource_type.split('/').count() != names.len() + 1 {
            return Err(format!(
                "The template resource '{name}' for type '{resource_type}' has incorrect segment lengths. A nested resource type must have identical number of segments as its resource name. A root resource type must have segment length one greater than its resource name. Please see https://aka.ms/arm-syntax-resources for usage details."
            ));
        }
        let place = if scope.is_empty() || deployment {
            place.clone()
        } else if let Some(named) = Place::of_id(scope) {
            named
        } else {
            // An extension of another resource.
            let tail = crate::arm::evaluate::qualified(resource_type, &names)?;
            let base = match scope.strip_prefix('/') {
                Some(_) => scope.trim_end_matches('/').to_owned(),
                None => format!("{}/providers/{scope}", self.place.id()),
            };
            return Ok(format!("{base}/providers/{tail}"));
        };
        place.resource_id(resource_type, &names)
    }
}

fn duplicates(found: &[Instance]) -> Result<(), ArmError> {
    for (index, one) in found.iter().enumerate() {
        let active = |one: &Instance| one.deployed && !one.existing && one.open.is_none();
        let twin = found[..index]
            .iter()
            .any(|other| active(other) && active(one) && same_name(&other.id, &one.id));
        if twin {
            return Err(ArmError::invalid_template(format!(
                "The resource '{}' is defined multiple times in a template. Please see https://aka.ms/arm-syntax-resources for usage details.",
                one.id.trim_start_matches('/')
            ))
            .at(super::place(&one.pointer)));
        }
    }
    Ok(())
}
