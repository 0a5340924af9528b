use std::cell::{Cell, RefCell};

use serde_json::{Map, Value};

use super::frame::{Copy, Frame};
use super::{World, leaf};
use crate::arm::error::Fault;
use crate::arm::language::{Expr, Kind, parse};
use crate::arm::value::{get, kind, same_name, step, unknown_text, weight};

/// Bytes of values that one body, variable or output may compute, all steps counted.
const WORK: usize = 64 << 20;
/// Bytes of one value: Azure's limit for a template.
const LARGEST: usize = 4 << 20;
/// Calls inside calls, variables and functions of the template's own included.
const DEEPEST: usize = 150;

/// Which functions may be used where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::arm) struct Allow {
    /// `utcNow` and `newGuid`: defaults of parameters only.
    pub(in crate::arm) clock: bool,
    /// `reference` and `list*`: bodies and outputs only.
    pub(in crate::arm) runtime: bool,
}

impl Allow {
    pub(in crate::arm) const NAMES: Allow = Allow {
        clock: false,
        runtime: false,
    };
    pub(in crate::arm) const DEFAULTS: Allow = Allow {
        clock: true,
        runtime: false,
    };
    pub(in crate::arm) const BODIES: Allow = Allow {
        clock: false,
        runtime: true,
    };
}

/// Evaluates the expressions of one value.
pub(in crate::arm) struct Evaluator<'a> {
    pub(super) frame: &'a Frame,
    pub(super) world: &'a dyn World,
    pub(super) allow: Allow,
    /// Whether a value that is not known yet is left as it stands and not an error.
    pub(super) lenient: bool,
    /// Copy loops around, innermost last.
    pub(super) copies: RefCell<Vec<Copy>>,
    /// Variables of lambdas, innermost last.
    pub(super) locals: RefCell<Vec<(String, Value)>>,
    /// Arguments of functions of the template's own, innermost last.
    pub(super) calls: RefCell<Vec<Vec<(String, Value)>>>,
    /// Whether the present string met a secret.
    pub(super) secret: Cell<bool>,
    /// Whether any string met a secure parameter.
    pub(super) secure: Cell<bool>,
    /// Whether the present string asked for a resource as it is now.
    pub(super) looked: Cell<bool>,
    /// JSON pointers of strings that hold secrets.
    secrets: RefCell<Vec<String>>,
    work: Cell<usize>,
    depth: Cell<usize>,
}

impl<'a> Evaluator<'a> {
    pub(in crate::arm) fn new(frame: &'a Frame, world: &'a dyn World, allow: Allow) -> Self {
        Evaluator {
            frame,
            world,
            allow,
            lenient: false,
            copies: RefCell::new(frame.copies.clone()),
            locals: RefCell::default(),
            calls: RefCell::default(),
            secret: Cell::new(false),
            secure: Cell::new(false),
            looked: Cell::new(false),
            secrets: RefCell::default(),
            work: Cell::new(0),
            depth: Cell::new(0),
        }
    }

    /// Leaves what is not known yet as it stands.
    pub(in crate::arm) fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// Inside these copy loops.
    pub(in crate::arm) fn within(self, copies: &[Copy]) -> Self {
        self.copies.borrow_mut().extend_from_slice(copies);
        self
    }

    /// As deep already as another one, for which this one works.
    pub(super) fn deeper_than(self, other: &Evaluator<'_>) -> Self {
        self.depth.set(other.depth.get());
        self
    }

    /// The JSON pointers of the strings that hold secrets.
    pub(in crate::arm) fn secrets(&self) -> Vec<String> {
        self.secrets.borrow().clone()
    }

    /// Whether any string held a secure parameter. What `list*` answers is a secret in what-if and
    /// in messages, but an output of it is shown, as Azure does.
    pub(in crate::arm) fn holds_parameter_secret(&self) -> bool {
        self.secure.get()
    }

    /// The text of an expression, when it has one without anything being deployed.
    pub(in crate::arm) fn name_of(&self, expr: &Expr) -> Option<String> {
        self.text(expr).ok()
    }

    /// A JSON value with its expressions evaluated; `pointer` is where it stands in the value
    /// that secrets are noted for.
    pub(in crate::arm) fn value(&self, value: &Value, pointer: &str) -> Result<Value, Fault> {
        match value {
            Value::String(text) => self.string(text, pointer),
            Value::Array(items) => {
                let mut out = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    out.push(self.value(item, &step(pointer, &index.to_string()))?);
                }
                Ok(Value::Array(out))
            }
            Value::Object(map) => self.object(map, pointer),
            other => Ok(other.clone()),
        }
    }

    fn string(&self, text: &str, pointer: &str) -> Result<Value, Fault> {
        self.secret.set(false);
        self.looked.set(false);
        let value = leaf::evaluate(self, text).map_err(|fault| fault.path(pointer));
        if self.secret.get() {
            self.secrets.borrow_mut().push(pointer.to_owned());
        }
        value
    }

    fn object(&self, map: &Map<String, Value>, pointer: &str) -> Result<Value, Fault> {
        let mut out = Map::new();
        for (key, item) in map {
            if same_name(key, "copy")
                && let Some(loops) = leaf::property_loops(item)
            {
                for (index, one) in loops.iter().enumerate() {
                    let place = step(&step(pointer, key), &index.to_string());
                    let (name, items) = self.property_copy(one, pointer, &place)?;
                    out.insert(name, items);
                }
                continue;
            }
            let name = leaf::key(self, key).map_err(|fault| fault.path(&step(pointer, key)))?;
            let value = self.value(item, &step(pointer, &name))?;
            out.insert(name, value);
        }
        Ok(Value::Object(out))
    }

    /// One loop of a `copy` array inside an object: its name and the array it makes.
    fn property_copy(
        &self,
        one: &Map<String, Value>,
        pointer: &str,
        place: &str,
    ) -> Result<(String, Value), Fault> {
        let name = self.value(get(one, "name").unwrap_or(&Value::Null), place)?;
        let count = self.value(get(one, "count").unwrap_or(&Value::Null), place)?;
        let name = name
            .as_str()
            .ok_or_else(|| Fault::invalid("A copy loop has no name.").path(place))?
            .to_owned();
        if unknown_text(&count).is_some() {
            return Ok((name, count));
        }
        let count = leaf::copy_count(&count, 0).map_err(|fault| fault.path(place))?;
        let input = get(one, "input").unwrap_or(&Value::Null);
        let mut items = Vec::new();
        for index in 0..count {
            self.copies.borrow_mut().push(Copy {
                name: name.clone(),
                index,
            });
            let at = step(&step(pointer, &name), &index.to_string());
            let item = self.value(input, &at);
            self.copies.borrow_mut().pop();
            items.push(item?);
        }
        Ok((name, Value::Array(items)))
    }

    /// The value of an expression in brackets.
    pub(super) fn code(&self, text: &str) -> Result<Value, Fault> {
        self.expr(&parse(text)?)
    }

    pub(super) fn expr(&self, expr: &Expr) -> Result<Value, Fault> {
        let depth = self.depth.get();
        if depth > DEEPEST {
            return Err(Fault::invalid(format!(
                "The evaluation is nested deeper than '{DEEPEST}' levels."
            )));
        }
        self.depth.set(depth + 1);
        let value = self
            .expr_inside(expr)
            .map_err(|fault| fault.column(expr.at));
        self.depth.set(depth);
        let value = value?;
        let size = weight(&value)
            .filter(|size| *size <= LARGEST)
            .ok_or_else(|| Fault::invalid("The value of the expression is too large."))?;
        self.work.set(self.work.get() + size);
        if self.work.get() > WORK {
            return Err(Fault::invalid("The expressions take too much work."));
        }
        Ok(value)
    }

    fn expr_inside(&self, expr: &Expr) -> Result<Value, Fault> {
        match &expr.kind {
            Kind::Text(text) => Ok(text.clone().into()),
            Kind::Int(value) => Ok((*value).into()),
            Kind::Float(value) => Ok((*value).into()),
            Kind::Call {
                namespace: Some(namespace),
                name,
                args,
            } => self.user_function(namespace, name, args),
            Kind::Call { name, args, .. } => self.call(name, args),
            Kind::Property(base, name) => {
                let base = self.known(base)?;
                property(&base, name)
            }
            Kind::Index(base, index) => {
                let base = self.known(base)?;
                let index = self.known(index)?;
                element(&base, &index)
            }
        }
    }

    /// A value that is known: what is not cannot be looked into.
    pub(super) fn known(&self, expr: &Expr) -> Result<Value, Fault> {
        let value = self.expr(expr)?;
        if unknown_text(&value).is_some() {
            return Err(Fault::Deferred);
        }
        Ok(value)
    }

    pub(super) fn text(&self, expr: &Expr) -> Result<String, Fault> {
        match self.known(expr)? {
            Value::String(text) => Ok(text),
            other => Err(Fault::invalid(format!(
                "A string is expected here, and not a value of type '{}'.",
                kind(&other)
            ))
            .column(expr.at)),
        }
    }

    fn user_function(&self, namespace: &str, name: &str, args: &[Expr]) -> Result<Value, Fault> {
        let Some(function) = self.frame.function(namespace, name) else {
            return Err(Fault::invalid(format!(
                "The template function '{namespace}.{name}' is not valid. Please see https://aka.ms/arm-functions for usage details."
            )));
        };
        if function.parameters.len() != args.len() {
            return Err(Fault::invalid(format!(
                "The template function '{namespace}.{name}' requires '{}' argument(s) while '{}' were provided.",
                function.parameters.len(),
                args.len()
            )));
        }
        let mut given = Vec::with_capacity(args.len());
        for (parameter, arg) in function.parameters.iter().zip(args) {
            given.push((parameter.clone(), self.known(arg)?));
        }
        self.calls.borrow_mut().push(given);
        let lenient = self.nested_value(&function.body);
        self.calls.borrow_mut().pop();
        lenient
    }

    /// A value whose strings belong to the present string: a secret or unknown in it is one of
    /// the whole.
    pub(super) fn nested_value(&self, value: &Value) -> Result<Value, Fault> {
        match value {
            Value::String(text) => match crate::arm::language::meaning(text) {
                crate::arm::language::Meaning::Literal(text) => Ok(text.into()),
                crate::arm::language::Meaning::Code(text) => self.code(text),
            },
            Value::Array(items) => items.iter().map(|item| self.nested_value(item)).collect(),
            Value::Object(map) => {
                let mut out = Map::new();
                for (key, item) in map {
                    out.insert(leaf::key(self, key)?, self.nested_value(item)?);
                }
                Ok(Value::Object(out))
            }
            other => Ok(other.clone()),
        }
    }
}

/// `value.name`, without regard to letter case.
fn property(base: &Value, name: &str) -> Result<Value, Fault> {
    let Value::Object(map) = base else {
        return Err(Fault::invalid(format!(
            "The language expression property '{name}' can't be evaluated: the value is of type '{}' and has no properties.",
            kind(base)
        )));
    };
    get(map, name).cloned().ok_or_else(|| {
        let names: Vec<&str> = map.keys().map(String::as_str).collect();
        Fault::invalid(format!(
            "The language expression property '{name}' doesn't exist, available properties are '{}'.",
            names.join(", ")
        ))
    })
}

/// `value[index]`: an element of an array, or a property by its name.
fn element(base: &Value, index: &Value) -> Result<Value, Fault> {
    match (base, index) {
        (_, Value::String(name)) => property(base, name),
        (Value::Array(items), Value::Number(number)) => number
            .as_u64()
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| items.get(at))
            .cloned()
            .ok_or_else(|| {
                Fault::invalid(format!(
                    "The language expression property array index '{number}' is out of bounds."
                ))
            }),
        _ => Err(Fault::invalid(format!(
            "The language expression property can't be evaluated: a value of type '{}' has no element '{}'.",
            kind(base),
            crate::arm::functions::to_text(index)
        ))),
    }
}
