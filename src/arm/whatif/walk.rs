use std::fmt;

use serde_json::Value;

use crate::arm::error::ArmError;
use crate::arm::evaluate::Place;
use crate::arm::run::{
    Answers, Dry, Request, SECURE, Store, answer, body, redacted, secure_outputs,
};
use crate::arm::template::{
    Instance, Nested, Values, base, check, depend, expand, frame, known, nested, outputs, read,
    template_error,
};
use crate::arm::value::{same_name, shown};

/// Deployments inside deployments: Azure's limit.
const DEEPEST: usize = 5;

/// A resource that a deployment would write.
#[derive(Clone)]
pub(crate) struct Planned {
    pub(crate) id: String,
    pub(crate) resource_type: String,
    pub(crate) name: String,
    pub(crate) api_version: String,
    /// As far as it is known; the rest is marked, see [`Planned::shown`].
    pub(in crate::arm) body: Value,
    /// JSON pointers into the body that hold secrets.
    pub(in crate::arm) secrets: Vec<String>,
    /// What of name, place or condition is not known before the deployment.
    pub(crate) open: Option<String>,
}

impl Planned {
    /// The body with secrets hidden, and with expressions where values are not known yet.
    pub(crate) fn shown(&self) -> Value {
        shown(&redacted(&self.body, &self.secrets))
    }
}

impl fmt::Debug for Planned {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planned")
            .field("id", &self.id)
            .field("api_version", &self.api_version)
            .field("body", &self.shown())
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

struct Walk<'a> {
    store: &'a dyn Store,
    answers: Answers,
    found: Vec<Planned>,
}

/// Everything that the deployment would write, nested deployments opened, in an order in which it
/// could be written.
pub(in crate::arm) fn walk(request: &Request, store: &dyn Store) -> Result<Vec<Planned>, ArmError> {
    let mut walk = Walk {
        store,
        answers: Answers::new(),
        found: Vec::new(),
    };
    let template = read(&request.template)?;
    check(&template)?;
    let frame = {
        let world = Dry {
            store,
            answers: &walk.answers,
        };
        frame(
            &template,
            &request.identity(),
            &Values::Request(request.parameters.clone()),
            &request.facts(),
            &world,
            true,
        )?
    };
    let secrets = frame.secrets();
    let first = Nested {
        template,
        frame,
        mode: request.mode.as_str(),
    };
    let id = format!(
        "{}/providers/Microsoft.Resources/deployments/{}",
        request.place.id(),
        request.name
    );
    walk.deployment(first, (&id, &request.name), &request.place, 0)
        .map_err(|error| error.without(&secrets))?;
    Ok(walk.found)
}

impl Walk<'_> {
    fn deployment(
        &mut self,
        nested: Nested,
        (id, name): (&str, &str),
        place: &Place,
        depth: usize,
    ) -> Result<(), ArmError> {
        let Nested {
            template,
            mut frame,
            mode,
        } = nested;
        let (instances, order) = {
            let world = Dry {
                store: self.store,
                answers: &self.answers,
            };
            let instances = expand(&template, &frame, place, &world, true)?;
            let mut names = known(&instances);
            names.append(&mut frame.resources);
            frame.resources = names;
            let before = depend(&instances, &frame, &world)?;
            (instances, ordered(&before))
        };
        for index in order {
            let one = &instances[index];
            if one.deployed && !one.existing {
                self.resource(one, &frame, depth)?;
            }
        }
        let world = Dry {
            store: self.store,
            answers: &self.answers,
        };
        let outputs = outputs(&template, &frame, &world, true)?;
        let key = id.to_lowercase();
        let secure = secure_outputs(&outputs);
        self.answers.insert(format!("{key}{SECURE}"), secure);
        let answer = answer(id, name, mode, "Succeeded", &outputs);
        self.answers.insert(key, answer);
        Ok(())
    }

    fn resource(
        &mut self,
        one: &Instance,
        frame: &crate::arm::evaluate::Frame,
        depth: usize,
    ) -> Result<(), ArmError> {
        let world = Dry {
            store: self.store,
            answers: &self.answers,
        };
        let deployment = same_name(&one.resource_type, "Microsoft.Resources/deployments");
        if deployment && one.open.is_none() {
            if depth >= DEEPEST {
                return Err(ArmError::invalid_template(format!(
                    "The nested deployment '{}' exceeds the maximum nesting depth of '{DEEPEST}'",
                    one.name
                ))
                .target(&one.id));
            }
            let inner = nested(one, frame, &world, true)?;
            return self
                .deployment(inner, (&one.id, &one.name), &one.place, depth + 1)
                .map_err(|error| error.below(&base(one)));
        }
        let (body, secrets) = body(one, frame, &world, true)
            .map_err(|fault| template_error(fault, &one.pointer).target(&one.id))?;
        self.found.push(Planned {
            id: one.id.clone(),
            resource_type: one.resource_type.clone(),
            name: one.name.clone(),
            api_version: one.api_version.clone(),
            body,
            secrets,
            open: one.open.clone(),
        });
        Ok(())
    }
}

/// Each after those that it waits for, otherwise as the template has them. There is no circle:
/// that was checked.
fn ordered(before: &[Vec<usize>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(before.len());
    let mut done = vec![false; before.len()];
    while order.len() < before.len() {
        let next = (0..before.len())
            .find(|index| !done[*index] && before[*index].iter().all(|other| done[*other]));
        let Some(next) = next else {
            break;
        };
        done[next] = true;
        order.push(next);
    }
    order
}
