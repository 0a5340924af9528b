//! Names and what they stand for while a template is rendered.

use std::cell::RefCell;
use std::collections::BTreeSet;

use liquid_core::model::{KString, KStringCow, KStringRef, ScalarCow};
use liquid_core::runtime::{PartialStore, Registers};
use liquid_core::{Error, Object, Renderable, Result, Runtime, Value, ValueCow, ValueView};

use super::super::context::Context;

/// What `now` means, as ISO 8601.
#[derive(Default)]
pub(super) struct Clock(pub(super) String);

/// Names tell capitals apart, in loops too.
#[derive(Default)]
pub(super) struct Exact(pub(super) bool);

/// The outermost names of a template.
pub(super) struct Scope {
    globals: Object,
    exact: bool,
    assigned: RefCell<Object>,
    counters: RefCell<Object>,
    registers: Registers,
}

impl Scope {
    pub(super) fn new(globals: Object, exact: bool, context: &Context) -> Scope {
        let registers = Registers::default();
        registers.get_mut::<Exact>().0 = exact;
        let now = context.timestamp.saturating_add(context.elapsed);
        registers.get_mut::<Clock>().0 = now.unwrap_or(context.timestamp).to_string();
        Scope {
            globals,
            exact,
            assigned: RefCell::default(),
            counters: RefCell::default(),
            registers,
        }
    }
}

/// The part of a value that a path leads to.
pub(super) fn dig(value: &Value, path: &[ScalarCow<'_>], exact: bool) -> Option<Value> {
    let Some((index, rest)) = path.split_first() else {
        return Some(value.clone());
    };
    let name = index.to_kstr();
    match value {
        Value::Array(items) => {
            let count = i64::try_from(items.len()).ok()?;
            let at = match (index.to_integer(), name.as_str()) {
                (Some(at), _) if at < 0 => at + count,
                (Some(at), _) => at,
                (None, "first") => 0,
                (None, "last") => count - 1,
                (None, "size") => return Some(Value::scalar(count)),
                _ => return None,
            };
            dig(items.get(usize::try_from(at).ok()?)?, rest, exact)
        }
        Value::Object(fields) => {
            let found = fields.get(name.as_str()).or_else(|| {
                let same = |known: &KString| known.eq_ignore_ascii_case(name.as_str());
                // Of several the first in the order of their names, which is always the same one.
                let alike = fields.iter().filter(|(known, _)| !exact && same(known));
                alike
                    .min_by_key(|(known, _)| known.as_str())
                    .map(|(_, value)| value)
            });
            match found {
                Some(found) => dig(found, rest, exact),
                None if name == "size" => Some(Value::scalar(i64::try_from(fields.len()).ok()?)),
                None => None,
            }
        }
        Value::Scalar(scalar) if name == "size" => {
            let count = scalar.to_kstr().chars().count();
            Some(Value::scalar(i64::try_from(count).ok()?))
        }
        _ => None,
    }
}

impl Runtime for Scope {
    fn partials(&self) -> &dyn PartialStore {
        &NoPartials
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        None
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        self.globals
            .keys()
            .map(|key| KStringCow::from_ref(key))
            .collect()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let (name, rest) = path.split_first()?;
        let name = name.to_kstr();
        let assigned = self.assigned.borrow();
        let found = assigned
            .get(name.as_str())
            .or_else(|| self.globals.get(name.as_str()));
        match found {
            Some(root) => dig(root, rest, self.exact).map(ValueCow::Owned),
            None => self.get_index(name.as_str()),
        }
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(self.try_get(path).unwrap_or(ValueCow::Owned(Value::Nil)))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.assigned.borrow_mut().insert(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.counters.borrow_mut().insert(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.counters
            .borrow()
            .get(name)
            .cloned()
            .map(ValueCow::Owned)
    }

    fn registers(&self) -> &Registers {
        &self.registers
    }
}

/// The names that a loop adds.
pub(super) struct Frame<'a> {
    pub(super) parent: &'a dyn Runtime,
    pub(super) name: &'a str,
    pub(super) value: Value,
    pub(super) forloop: Value,
}

impl Runtime for Frame<'_> {
    fn partials(&self) -> &dyn PartialStore {
        self.parent.partials()
    }

    fn name(&self) -> Option<KStringRef<'_>> {
        None
    }

    fn roots(&self) -> BTreeSet<KStringCow<'_>> {
        self.parent.roots()
    }

    fn try_get(&self, path: &[ScalarCow<'_>]) -> Option<ValueCow<'_>> {
        let (name, rest) = path.split_first()?;
        let name = name.to_kstr();
        let root = match name.as_str() {
            name if name == self.name => &self.value,
            "forloop" => &self.forloop,
            _ => return self.parent.try_get(path),
        };
        dig(root, rest, self.registers().get_mut::<Exact>().0).map(ValueCow::Owned)
    }

    fn get(&self, path: &[ScalarCow<'_>]) -> Result<ValueCow<'_>> {
        Ok(self.try_get(path).unwrap_or(ValueCow::Owned(Value::Nil)))
    }

    fn set_global(&self, name: KString, value: Value) -> Option<Value> {
        self.parent.set_global(name, value)
    }

    fn set_index(&self, name: KString, value: Value) -> Option<Value> {
        self.parent.set_index(name, value)
    }

    fn get_index<'a>(&'a self, name: &str) -> Option<ValueCow<'a>> {
        self.parent.get_index(name)
    }

    fn registers(&self) -> &Registers {
        self.parent.registers()
    }
}

/// Policies have no templates within templates.
#[derive(Debug)]
struct NoPartials;

impl PartialStore for NoPartials {
    fn contains(&self, _name: &str) -> bool {
        false
    }

    fn names(&self) -> Vec<&str> {
        Vec::new()
    }

    fn try_get(&self, _name: &str) -> Option<std::sync::Arc<dyn Renderable>> {
        None
    }

    fn get(&self, name: &str) -> Result<std::sync::Arc<dyn Renderable>> {
        Err(Error::with_msg(format!("there is no template `{name}`")))
    }
}
