//! Arrays and `List<T>`.

use std::sync::Arc;

use super::call::{position, unknown};
use super::operator;
use super::{Eval, Interpreter};
use crate::policy::expression::ast::Lambda;
use crate::policy::expression::fault::Fault;
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{List, ListKind, Value, lock};

impl Interpreter<'_> {
    pub(super) fn list_call(
        &mut self,
        list: &Arc<List>,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        let count = lock(&list.items).len();
        if list.kind == ListKind::Array {
            return match (name, arguments) {
                ("GetValue", [index]) => self.element(&Value::List(list.clone()), index),
                ("Clone", []) => {
                    let items = lock(&list.items).clone();
                    self.new_array(items)
                }
                _ => self.list_question(list, name, types, arguments),
            };
        }
        if list.kind != ListKind::List {
            return self.collection_call(list, name, types, arguments);
        }
        let place = |index: &Value, most: usize| -> Eval<usize> {
            Ok(position(index)?
                .filter(|at| *at <= most)
                .ok_or_else(|| Fault::range("index"))?)
        };
        match (name, arguments) {
            ("Add", [item]) => {
                self.allocate(size_of::<Value>())?;
                lock(&list.items).push(item.clone());
            }
            ("AddRange", [source]) => {
                let items = self.items(source)?;
                self.pay_for_items(items.len())?;
                lock(&list.items).extend(items);
            }
            ("Insert", [index, item]) => {
                self.allocate(size_of::<Value>())?;
                self.spend(count / 256)?;
                let at = place(index, count)?;
                lock(&list.items).insert(at, item.clone());
            }
            ("RemoveAt", [index]) => {
                self.spend(count / 256)?;
                let at = position(index)?
                    .filter(|at| *at < count)
                    .ok_or_else(|| Fault::range("index"))?;
                let old = lock(&list.items).remove(at);
                drop(old);
            }
            ("Remove", [item]) => {
                self.spend(count)?;
                let mut items = lock(&list.items);
                let found = items.iter().position(|known| known.equals(item));
                let old = found.map(|at| items.remove(at));
                drop(items);
                return Ok(Value::Bool(old.is_some()));
            }
            ("RemoveAll", [Value::Function(test)]) => {
                let items = lock(&list.items).clone();
                let mut kept = Vec::new();
                for item in items {
                    if !self.test(test, &item)? {
                        kept.push(item);
                    }
                }
                let removed = count - kept.len();
                let old = std::mem::replace(&mut *lock(&list.items), kept);
                drop(old);
                return Ok(super::call::int(removed));
            }
            ("Clear", []) => {
                let old = std::mem::take(&mut *lock(&list.items));
                drop(old);
            }
            ("Reverse", []) => {
                self.spend(count)?;
                lock(&list.items).reverse();
            }
            ("Sort", []) => {
                let mut items = lock(&list.items).clone();
                self.sort(&mut items, |item| item, false)?;
                let old = std::mem::replace(&mut *lock(&list.items), items);
                drop(old);
            }
            ("ForEach", [Value::Function(action)]) => {
                for item in lock(&list.items).clone() {
                    self.invoke(action, &[item])?;
                }
            }
            _ => return self.list_question(list, name, types, arguments),
        }
        Ok(Value::Null)
    }

    /// Methods that change nothing.
    pub(super) fn list_question(
        &mut self,
        list: &Arc<List>,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        let items = lock(&list.items).clone();
        self.spend(items.len())?;
        match (name, arguments) {
            ("ThenBy" | "ThenByDescending", [Value::Function(key)]) => {
                self.ordered_on(items, &list.ranks, key, name.ends_with("Descending"))
            }
            ("IndexOf", [wanted]) => {
                let found = items.iter().position(|item| item.equals(wanted));
                Ok(found.map_or(Value::Int(-1), super::call::int))
            }
            ("Find", [Value::Function(test)]) => {
                for item in items {
                    if self.test(test, &item)? {
                        return Ok(item);
                    }
                }
                Ok(Value::Null)
            }
            ("FindAll", [_]) => self.sequence(items, "Where", types, arguments),
            ("Exists", [_]) => self.sequence(items, "Any", types, arguments),
            ("TrueForAll", [_]) => self.sequence(items, "All", types, arguments),
            ("GetRange", [start, count]) => {
                let start = position(start)?.ok_or_else(|| Fault::range("index"))?;
                let end = position(count)?.map(|count| start.saturating_add(count));
                let end = end.ok_or_else(|| Fault::range("count"))?;
                let message = "Offset and length were out of bounds for the array.";
                let range = items
                    .get(start..end)
                    .ok_or_else(|| Fault::argument(message))?;
                self.new_list(range.to_vec())
            }
            (
                "FindIndex" | "LastIndexOf" | "CopyTo" | "BinarySearch" | "ConvertAll"
                | "InsertRange" | "RemoveRange",
                _,
            ) => Err(unknown(&Value::List(list.clone()), name).into()),
            _ => self.sequence(items, name, types, arguments),
        }
    }

    /// `OrderBy` and, where an order stands already, `ThenBy`.
    pub(super) fn ordered_on(
        &mut self,
        items: Vec<Value>,
        ranks: &[usize],
        key: &Arc<Lambda>,
        descending: bool,
    ) -> Eval {
        let mut keyed = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let key = self.invoke(key, std::slice::from_ref(&item))?;
            keyed.push((ranks.get(index).copied().unwrap_or(0), key, item));
        }
        let mut start = 0;
        while start < keyed.len() {
            let rank = keyed[start].0;
            let length = keyed[start..]
                .iter()
                .take_while(|item| item.0 == rank)
                .count();
            let run = &mut keyed[start..start + length];
            self.sort(run, |item| &item.1, descending)?;
            start += length;
        }
        let mut places = Vec::with_capacity(keyed.len());
        for (index, item) in keyed.iter().enumerate() {
            let tied = index > 0
                && keyed[index - 1].0 == item.0
                && operator::total_order(&keyed[index - 1].1, &item.1)?.is_eq();
            let place = if tied { places[index - 1] } else { index };
            places.push(place);
        }
        self.pay_for_items(keyed.len() * 2)?;
        let items = keyed.into_iter().map(|(_, _, item)| item).collect();
        Ok(Value::List(Arc::new(List::ranked(items, places))))
    }

    /// Sorts by a key; equal items keep their order.
    pub(super) fn sort<T>(
        &mut self,
        items: &mut [T],
        key: impl Fn(&T) -> &Value,
        descending: bool,
    ) -> Eval<()> {
        let levels = usize::try_from(items.len().max(1).ilog2()).unwrap_or(0) + 1;
        self.spend(items.len().saturating_mul(levels))?;
        let mut fault = None;
        items.sort_by(|left, right| {
            let order = operator::total_order(key(left), key(right)).unwrap_or_else(|raised| {
                fault.get_or_insert(raised);
                std::cmp::Ordering::Equal
            });
            if descending { order.reverse() } else { order }
        });
        match fault {
            Some(_) => Err(Fault::operation("Failed to compare two elements in the array.").into()),
            None => Ok(()),
        }
    }
}
