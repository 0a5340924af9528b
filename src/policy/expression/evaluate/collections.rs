//! `HashSet`, `Queue` and `Stack`.

use std::sync::Arc;

use super::{Eval, Interpreter};
use crate::policy::expression::fault::Fault;
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{List, ListKind, Value, lock};

impl Interpreter<'_> {
    pub(super) fn new_collection(&mut self, target: &Type, arguments: &[Value]) -> Eval {
        let ignore_case = arguments.iter().any(super::text::ignores_case);
        let (kind, add) = match target {
            Type::Queue(_) => (ListKind::Queue, "Enqueue"),
            Type::Stack(_) => (ListKind::Stack, "Push"),
            _ => (ListKind::Set { ignore_case }, "Add"),
        };
        let list = Arc::new(List::new(kind, Vec::new()));
        for argument in arguments {
            if matches!(argument, Value::Int(_) | Value::Enum(_)) {
                continue;
            }
            for item in self.items(argument)? {
                self.collection_call(&list, add, &[], &[item])?;
            }
        }
        Ok(Value::List(list))
    }

    pub(super) fn collection_call(
        &mut self,
        list: &Arc<List>,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        let count = lock(&list.items).len();
        match (list.kind, name, arguments) {
            (ListKind::Queue, "Enqueue", [item]) => {
                self.allocate(size_of::<Value>())?;
                lock(&list.items).push(item.clone());
                Ok(Value::Null)
            }
            (ListKind::Stack, "Push", [item]) => {
                self.allocate(size_of::<Value>())?;
                self.spend(count / 256)?;
                lock(&list.items).insert(0, item.clone());
                Ok(Value::Null)
            }
            (ListKind::Queue, "Dequeue" | "Peek", []) | (ListKind::Stack, "Pop" | "Peek", []) => {
                let empty = if list.kind == ListKind::Queue {
                    "Queue empty."
                } else {
                    "Stack empty."
                };
                if count == 0 {
                    return Err(Fault::operation(empty).into());
                }
                self.spend(count / 256)?;
                let mut items = lock(&list.items);
                Ok(if name == "Peek" {
                    items[0].clone()
                } else {
                    items.remove(0)
                })
            }
            (_, "Clear", []) => {
                let old = std::mem::take(&mut *lock(&list.items));
                drop(old);
                Ok(Value::Null)
            }
            (ListKind::Set { ignore_case }, ..) => {
                self.set_call(list, ignore_case, name, types, arguments)
            }
            _ => self.list_question(list, name, types, arguments),
        }
    }

    fn set_call(
        &mut self,
        list: &Arc<List>,
        ignore_case: bool,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        let items = lock(&list.items).clone();
        self.spend(items.len() / 8)?;
        let has = |items: &[Value], wanted: &Value| {
            items.iter().any(|item| same(item, wanted, ignore_case))
        };
        match (name, arguments) {
            ("Add", [item]) => {
                let new = !has(&items, item);
                if new {
                    self.allocate(size_of::<Value>())?;
                    lock(&list.items).push(item.clone());
                }
                Ok(Value::Bool(new))
            }
            ("Contains", [item]) => Ok(Value::Bool(has(&items, item))),
            ("Remove", [item]) => {
                lock(&list.items).retain(|known| !same(known, item, ignore_case));
                Ok(Value::Bool(has(&items, item)))
            }
            ("UnionWith", [other]) => {
                for item in self.items(other)? {
                    self.set_call(list, ignore_case, "Add", types, &[item])?;
                }
                Ok(Value::Null)
            }
            ("IntersectWith" | "ExceptWith", [other]) => {
                let others = self.items(other)?;
                self.spend(items.len().saturating_mul(others.len()))?;
                lock(&list.items).retain(|item| has(&others, item) == (name == "IntersectWith"));
                Ok(Value::Null)
            }
            ("IsSubsetOf" | "IsSupersetOf" | "Overlaps" | "SetEquals", [other]) => {
                let others = self.items(other)?;
                self.spend(items.len().saturating_mul(others.len()))?;
                let subset = || items.iter().all(|item| has(&others, item));
                let superset = || others.iter().all(|item| has(&items, item));
                Ok(Value::Bool(match name {
                    "IsSubsetOf" => subset(),
                    "IsSupersetOf" => superset(),
                    "Overlaps" => items.iter().any(|item| has(&others, item)),
                    _ => subset() && superset(),
                }))
            }
            _ => self.list_question(list, name, types, arguments),
        }
    }
}

fn same(left: &Value, right: &Value, ignore_case: bool) -> bool {
    match (left, right) {
        (Value::Str(left), Value::Str(right)) if ignore_case => {
            left.to_lowercase() == right.to_lowercase()
        }
        _ => left.equals(right),
    }
}
