//! Walks the tree. Deterministic and bounded: it reads time and randomness from the context, and
//! counts its steps, its memory and its depth.

mod body;
mod call;
mod collections;
mod construct;
mod convert;
mod dictionary;
mod expression;
mod json;
mod json_filter;
mod json_merge;
mod json_path;
mod json_static;
mod jwt;
mod list;
mod math;
mod native;
mod numbers;
mod operator;
mod place;
mod place_dictionary;
mod regex;
mod sequence;
mod statement;
mod statics;
mod text;
mod text_static;
mod time;

pub(crate) use jwt::read_jwt;

use std::sync::Arc;

use super::ast::{Body, Lambda, LambdaBody};
use super::fault::{Fault, LIMIT, Raise};
use super::types::Type;
use super::value::{Place, Source, UrlSource, Value};
use crate::base::Span;
use crate::policy::context::Context;

/// Steps of one evaluation: nodes visited, items looked at, and text by the quarter kilobyte.
const MAX_STEPS: usize = 1_000_000;
/// Bytes that one evaluation may make, freed ones included.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Levels of expressions, statements and lambda calls; what the stack of a thread holds.
const MAX_DEPTH: usize = 400;

/// What ends an evaluation before its value.
enum Interrupt {
    Fault(Raise),
    /// The target of a `?.` was null: the rest of the chain is not evaluated.
    Null,
}

type Eval<T = Value> = Result<T, Interrupt>;

impl From<Raise> for Interrupt {
    fn from(fault: Raise) -> Interrupt {
        Interrupt::Fault(fault)
    }
}

impl Interrupt {
    fn at(self, span: Span) -> Interrupt {
        match self {
            Interrupt::Fault(fault) => Interrupt::Fault(fault.at(span)),
            Interrupt::Null => Interrupt::Null,
        }
    }
}

struct Interpreter<'a> {
    context: &'a mut Context,
    /// One value for each slot that the resolver gave out.
    frame: Vec<Value>,
    slots: &'a [Option<Type>],
    steps: usize,
    bytes: usize,
    depth: usize,
    /// Integers that overflow are an error here.
    checked: bool,
    /// Faults whose `catch` is running, innermost last.
    caught: Vec<Arc<Fault>>,
}

/// The value of `body`.
pub(super) fn run(
    body: &Body,
    slots: &[Option<Type>],
    context: &mut Context,
) -> Result<Value, Raise> {
    let mut interpreter = Interpreter {
        context,
        frame: vec![Value::Null; slots.len()],
        slots,
        steps: 0,
        bytes: 0,
        depth: 0,
        checked: false,
        caught: Vec::new(),
    };
    let result = match body {
        Body::Expression(expr) => interpreter.eval(expr),
        Body::Statements(statements) => interpreter.body(statements),
        Body::Unsupported(what, span) => {
            return Err(Fault::outside(what).at(*span));
        }
    };
    match result {
        Ok(value) => Ok(interpreter.kept(value)),
        Err(Interrupt::Null) => Ok(Value::Null),
        Err(Interrupt::Fault(fault)) => Err(fault),
    }
}

impl Interpreter<'_> {
    /// The value as it outlives the evaluation: a URL of the request and the
    /// response may change later.
    fn kept(&self, value: Value) -> Value {
        match value {
            Value::Place(Place::Url(source)) => {
                let url = self.with_url(&source, Clone::clone);
                Value::Place(Place::Url(UrlSource::Own(Arc::new(url))))
            }
            Value::Place(Place::Response(Source::Response)) => {
                let response = self.context.response.clone();
                response.map_or(Value::Null, Value::from)
            }
            value => value,
        }
    }

    fn spend(&mut self, steps: usize) -> Result<(), Raise> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > MAX_STEPS {
            return Err(Fault::raise(
                LIMIT,
                format!("the expression needs more than {MAX_STEPS} steps"),
            ));
        }
        Ok(())
    }

    fn allocate(&mut self, bytes: usize) -> Result<(), Raise> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            let megabytes = MAX_BYTES / (1024 * 1024);
            return Err(Fault::raise(
                LIMIT,
                format!("the expression makes more than {megabytes} MiB of values"),
            ));
        }
        Ok(())
    }

    /// The cost of looking at all of a text.
    fn read(&mut self, text: &str) -> Result<(), Raise> {
        self.spend(text.len() / 256)
    }

    fn new_text(&mut self, text: impl AsRef<str>) -> Eval {
        let text = text.as_ref();
        self.allocate(text.len())?;
        Ok(Value::text(text))
    }

    fn new_list(&mut self, items: Vec<Value>) -> Eval {
        self.pay_for_items(items.len())?;
        Ok(Value::list(items))
    }

    fn new_array(&mut self, items: Vec<Value>) -> Eval {
        self.pay_for_items(items.len())?;
        Ok(Value::array(items))
    }

    fn pay_for_items(&mut self, count: usize) -> Result<(), Raise> {
        self.spend(count / 4)?;
        self.allocate(count.saturating_mul(size_of::<Value>()))
    }

    /// One level deeper; every call is matched by [`leave`](Self::leave).
    fn enter(&mut self) -> Result<(), Raise> {
        self.spend(1)?;
        if self.depth >= MAX_DEPTH {
            return Err(Fault::raise(
                LIMIT,
                "the expression calls itself too deeply",
            ));
        }
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn invoke(&mut self, lambda: &Lambda, arguments: &[Value]) -> Eval {
        if arguments.len() != lambda.parameters.len() {
            let message = format!(
                "a function of {} parameters is called with {}",
                lambda.parameters.len(),
                arguments.len()
            );
            return Err(Fault::refused(message).into());
        }
        // A lambda may be running already when it calls itself.
        let saved: Vec<Value> = self.frame[lambda.slots.clone()].to_vec();
        self.spend(saved.len())?;
        for (parameter, argument) in lambda.parameters.iter().zip(arguments) {
            self.store(parameter.slot, argument.clone())?;
        }
        self.enter()?;
        let checked = std::mem::replace(&mut self.checked, lambda.checked);
        let result = match &lambda.body {
            LambdaBody::Expression(body) => self.eval(body),
            LambdaBody::Block(statements) => self.body(statements),
        };
        self.checked = checked;
        self.leave();
        for (slot, value) in lambda.slots.clone().zip(saved) {
            self.frame[slot] = value;
        }
        result
    }

    /// Puts a value into a local, converted to its declared type.
    fn store(&mut self, slot: usize, value: Value) -> Result<Value, Raise> {
        let value = match &self.slots[slot] {
            Some(declared) => convert::assigned(value, declared)?,
            None => value,
        };
        self.frame[slot] = value.clone();
        Ok(value)
    }

    /// What `ToString()` gives, with the URLs that only the context knows.
    fn text_of(&self, value: &Value) -> String {
        match value {
            Value::Place(Place::Url(source)) => self.with_url(source, ToString::to_string),
            value => value.to_text(),
        }
    }
}
