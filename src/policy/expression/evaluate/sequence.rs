//! LINQ over items in memory. Eager: no expression can see that C# would wait.

use std::sync::Arc;

use super::call::int;
use super::convert;
use super::operator::{self, total_order};
use super::{Eval, Interpreter};
use crate::policy::expression::ast::{Binary, Lambda};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{Record, Value};

fn empty() -> Raise {
    Fault::operation("Sequence contains no elements")
}

impl Interpreter<'_> {
    pub(super) fn test(&mut self, test: &Lambda, item: &Value) -> Eval<bool> {
        match self.invoke(test, std::slice::from_ref(item))? {
            Value::Bool(bool) => Ok(bool),
            other => Err(Fault::refused(format!(
                "a test must give a `bool`, this gives a `{}`",
                other.type_name()
            ))
            .into()),
        }
    }

    /// One item through a function that may also want its number.
    fn mapped(&mut self, function: &Lambda, item: Value, index: usize) -> Eval {
        if function.parameters.len() == 2 {
            return self.invoke(function, &[item, int(index)]);
        }
        self.invoke(function, &[item])
    }

    pub(super) fn sequence(
        &mut self,
        items: Vec<Value>,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        match (name, arguments) {
            ("Where", [Value::Function(test)]) => {
                let mut kept = Vec::new();
                for (index, item) in items.into_iter().enumerate() {
                    if self.mapped(test, item.clone(), index)?.as_bool() == Some(true) {
                        kept.push(item);
                    }
                }
                self.new_list(kept)
            }
            ("Select", [Value::Function(function)]) => {
                let mut results = Vec::new();
                for (index, item) in items.into_iter().enumerate() {
                    results.push(self.mapped(function, item, index)?);
                }
                self.new_list(results)
            }
            ("SelectMany", [Value::Function(function)]) => {
                let mut results = Vec::new();
                for (index, item) in items.into_iter().enumerate() {
                    let inner = self.mapped(function, item, index)?;
                    results.extend(self.items(&inner)?);
                }
                self.new_list(results)
            }
            ("ToList" | "AsEnumerable", []) => self.new_list(items),
            ("ToArray", []) => self.new_array(items),
            ("ToDictionary", [Value::Function(key)]) => self.dictionary_of(items, key, None),
            ("ToDictionary", [Value::Function(key), Value::Function(value)]) => {
                self.dictionary_of(items, key, Some(value))
            }
            ("Cast", []) => {
                let named = types.first().unwrap_or(&Type::Object);
                let cast: Result<Vec<Value>, _> = items
                    .into_iter()
                    .map(|item| convert::unbox(item, named))
                    .collect();
                self.new_list(cast?)
            }
            ("OfType", []) => {
                let named = types.first().unwrap_or(&Type::Object);
                self.new_list(
                    items
                        .into_iter()
                        .filter(|item| convert::is_instance(item, named))
                        .collect(),
                )
            }
            ("Any" | "All" | "Count" | "LongCount" | "Contains" | "SequenceEqual", _) => {
                self.question(&items, name, arguments)
            }
            (
                "First" | "FirstOrDefault" | "Last" | "LastOrDefault" | "Single"
                | "SingleOrDefault",
                _,
            ) => self.one(items, name, arguments),
            ("ElementAt" | "ElementAtOrDefault", [index]) => {
                let found = super::call::position(index)?
                    .and_then(|at| items.get(at))
                    .cloned();
                match found {
                    Some(item) => Ok(item),
                    None if name == "ElementAt" => Err(Fault::range("index").into()),
                    None => Ok(Value::Null),
                }
            }
            ("Sum" | "Min" | "Max" | "Average" | "Aggregate", _) => {
                self.folded(items, name, arguments)
            }
            _ => self.rearranged(items, name, arguments),
        }
    }

    fn dictionary_of(
        &mut self,
        items: Vec<Value>,
        key: &Lambda,
        value: Option<&Arc<Lambda>>,
    ) -> Eval {
        self.pay_for_items(items.len() * 2)?;
        let dictionary = super::dictionary::of(Vec::new());
        for item in items {
            let key = self.invoke(key, std::slice::from_ref(&item))?;
            let value = match value {
                Some(value) => self.invoke(value, &[item])?,
                None => item,
            };
            self.method(&dictionary, "Add", &[], &[key, value])?;
        }
        Ok(dictionary)
    }

    fn question(&mut self, items: &[Value], name: &str, arguments: &[Value]) -> Eval {
        Ok(match (name, arguments) {
            ("Any", []) => Value::Bool(!items.is_empty()),
            ("Any" | "All", [Value::Function(test)]) => {
                let decides = name == "Any";
                for item in items {
                    if self.test(test, item)? == decides {
                        return Ok(Value::Bool(decides));
                    }
                }
                Value::Bool(!decides)
            }
            ("Count", []) => int(items.len()),
            ("LongCount", []) => Value::Long(i64::try_from(items.len()).unwrap_or(i64::MAX)),
            ("Count", [Value::Function(test)]) => {
                let mut count = 0;
                for item in items {
                    count += usize::from(self.test(test, item)?);
                }
                int(count)
            }
            ("Contains", [wanted]) => Value::Bool(items.iter().any(|item| item.equals(wanted))),
            ("Contains", [Value::Str(wanted), comparer]) if super::text::ignores_case(comparer) => {
                let wanted = wanted.to_lowercase();
                Value::Bool(items.iter().any(|item| {
                    item.as_str()
                        .is_some_and(|text| text.to_lowercase() == wanted)
                }))
            }
            ("SequenceEqual", [other]) => {
                let others = self.items(other)?;
                Value::Bool(
                    items.len() == others.len()
                        && items
                            .iter()
                            .zip(&others)
                            .all(|(left, right)| left.equals(right)),
                )
            }
            _ => return Err(Fault::unsupported(format!("Enumerable.{name}")).into()),
        })
    }

    fn one(&mut self, mut items: Vec<Value>, name: &str, arguments: &[Value]) -> Eval {
        if let Some(Value::Function(test)) = arguments.first() {
            let mut kept = Vec::new();
            for item in items {
                if self.test(test, &item)? {
                    kept.push(item);
                    // Nothing behind the first match is looked at.
                    if name.starts_with("First") {
                        break;
                    }
                }
            }
            items = kept;
        }
        if name.starts_with("Single") && items.len() > 1 {
            return Err(Fault::operation("Sequence contains more than one element").into());
        }
        let found = if name.starts_with("Last") {
            items.pop()
        } else {
            items.into_iter().next()
        };
        match found {
            Some(item) => Ok(item),
            None if name.ends_with("OrDefault") => Ok(Value::Null),
            None if arguments.is_empty() => Err(empty().into()),
            None => Err(Fault::operation("Sequence contains no matching element").into()),
        }
    }

    fn folded(&mut self, items: Vec<Value>, name: &str, arguments: &[Value]) -> Eval {
        if name == "Aggregate" {
            return self.aggregate(items, arguments);
        }
        let mut numbers = Vec::with_capacity(items.len());
        for item in items {
            numbers.push(match arguments.first() {
                Some(Value::Function(function)) => self.invoke(function, &[item])?,
                _ => item,
            });
        }
        if name != "Sum" && numbers.is_empty() {
            return Err(empty().into());
        }
        let count = numbers.len();
        if matches!(name, "Min" | "Max") {
            return Ok(extreme(numbers, name == "Max")?);
        }
        let mut sum = Value::Int(0);
        for number in &numbers {
            sum = operator::apply(Binary::Add, &sum, number)?;
        }
        if name == "Sum" {
            return Ok(sum);
        }
        let sum = sum
            .as_f64()
            .ok_or_else(|| Fault::unsupported("Enumerable.Average"))?;
        Ok(Value::Double(sum / count as f64))
    }

    fn aggregate(&mut self, items: Vec<Value>, arguments: &[Value]) -> Eval {
        let mut items = items.into_iter();
        let (mut result, function) = match arguments {
            [Value::Function(function)] => (items.next().ok_or_else(empty)?, function),
            [seed, Value::Function(function)] => (seed.clone(), function),
            _ => return Err(Fault::unsupported("Enumerable.Aggregate").into()),
        };
        for item in items {
            result = self.invoke(function, &[result, item])?;
        }
        Ok(result)
    }

    fn rearranged(&mut self, mut items: Vec<Value>, name: &str, arguments: &[Value]) -> Eval {
        let count = |value: &Value| -> Result<usize, Raise> {
            Ok(super::call::position(value)?.unwrap_or(0))
        };
        match (name, arguments) {
            ("OrderBy" | "OrderByDescending", [Value::Function(key)]) => {
                return self.ordered_on(items, &[], key, name == "OrderByDescending");
            }
            ("GroupBy", [Value::Function(key)]) => items = self.groups(items, key, None)?,
            ("GroupBy", [Value::Function(key), Value::Function(result)]) => {
                items = self.groups(items, key, Some(result))?;
            }
            ("ToHashSet", _) => {
                let source = [&[Value::list(items)], arguments].concat();
                let set = Type::Set(Box::new(Type::Object));
                return self.new_collection(&set, &source);
            }
            ("SkipLast", [number]) => {
                items.truncate(items.len().saturating_sub(count(number)?));
            }
            ("TakeLast", [number]) => {
                drop(items.drain(..items.len().saturating_sub(count(number)?)));
            }
            ("Skip", [number]) => drop(items.drain(..count(number)?.min(items.len()))),
            ("Take", [number]) => items.truncate(count(number)?),
            ("SkipWhile" | "TakeWhile", [Value::Function(test)]) => {
                let mut split = 0;
                while split < items.len() && self.test(test, &items[split])? {
                    split += 1;
                }
                let rest = items.split_off(split);
                if name == "SkipWhile" {
                    items = rest;
                }
            }
            ("Reverse", []) => items.reverse(),
            ("Distinct", []) => items = self.distinct(items)?,
            ("Concat", [other]) => items.extend(self.items(other)?),
            ("Append", [item]) => items.push(item.clone()),
            ("Prepend", [item]) => items.insert(0, item.clone()),
            ("Union", [other]) => {
                items.extend(self.items(other)?);
                items = self.distinct(items)?;
            }
            ("Intersect" | "Except", [other]) => {
                let others = self.items(other)?;
                self.spend(items.len().saturating_mul(others.len()))?;
                items.retain(|item| {
                    others.iter().any(|other| other.equals(item)) == (name == "Intersect")
                });
                items = self.distinct(items)?;
            }
            ("Zip", [other, Value::Function(function)]) => {
                let others = self.items(other)?;
                let mut results = Vec::new();
                for (left, right) in items.into_iter().zip(others) {
                    results.push(self.invoke(function, &[left, right])?);
                }
                items = results;
            }
            ("DefaultIfEmpty", [] | [_]) => {
                if items.is_empty() {
                    items.push(arguments.first().cloned().unwrap_or(Value::Null));
                }
            }
            _ => return Err(Fault::unsupported(format!("Enumerable.{name}")).into()),
        }
        self.new_list(items)
    }

    /// Items by their keys, in the order in which the keys come.
    fn groups(
        &mut self,
        items: Vec<Value>,
        key: &Lambda,
        chosen: Option<&Arc<Lambda>>,
    ) -> Eval<Vec<Value>> {
        let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
        for item in items {
            let key = self.invoke(key, std::slice::from_ref(&item))?;
            // A second function of one parameter chooses what of each item is kept.
            let item = match chosen {
                Some(chosen) if chosen.parameters.len() == 1 => self.invoke(chosen, &[item])?,
                _ => item,
            };
            self.spend(1 + groups.len() / 8)?;
            match groups.iter_mut().find(|(known, _)| known.equals(&key)) {
                Some((_, items)) => items.push(item),
                None => groups.push((key, vec![item])),
            }
        }
        let mut results = Vec::with_capacity(groups.len());
        for (key, items) in groups {
            let items = self.new_list(items)?;
            results.push(match chosen {
                Some(result) if result.parameters.len() == 2 => {
                    self.invoke(result, &[key, items])?
                }
                _ => Value::Record(Arc::new(Record {
                    type_name: Record::GROUPING,
                    fields: vec![(Arc::from("Key"), key), (Arc::from(""), items)],
                })),
            });
        }
        Ok(results)
    }

    fn distinct(&mut self, items: Vec<Value>) -> Eval<Vec<Value>> {
        let mut kept: Vec<Value> = Vec::new();
        for item in items {
            self.spend(1 + kept.len() / 8)?;
            if !kept.iter().any(|known| known.equals(&item)) {
                kept.push(item);
            }
        }
        Ok(kept)
    }

    /// `Enumerable.Range(…)` and the methods of LINQ called as static ones.
    pub(super) fn enumerable(&mut self, name: &str, types: &[Type], arguments: &[Value]) -> Eval {
        match (name, arguments) {
            ("Range", [Value::Int(start), Value::Int(count)]) => {
                let count = usize::try_from(*count).map_err(|_| Fault::range("count"))?;
                self.pay_for_items(count)?;
                let end = i64::from(*start) + i64::try_from(count).unwrap_or(i64::MAX);
                if end - 1 > i64::from(i32::MAX) {
                    return Err(Fault::range("count").into());
                }
                Ok(Value::list(
                    (i64::from(*start)..end)
                        .map(|number| Value::Int(operator::wrapped(number)))
                        .collect(),
                ))
            }
            ("Repeat", [item, Value::Int(count)]) => {
                let count = usize::try_from(*count).map_err(|_| Fault::range("count"))?;
                self.pay_for_items(count)?;
                Ok(Value::list(vec![item.clone(); count]))
            }
            ("Empty", []) => Ok(Value::array(Vec::new())),
            (_, [source, rest @ ..]) => {
                let items = self.items(source)?;
                self.sequence(items, name, types, rest)
            }
            _ => Err(Fault::unsupported(format!("Enumerable.{name}")).into()),
        }
    }
}

fn extreme(values: Vec<Value>, greatest: bool) -> Result<Value, Raise> {
    let mut values = values.into_iter();
    let mut best = values.next().ok_or_else(empty)?;
    for value in values {
        let order = total_order(&value, &best)?;
        if (greatest && order.is_gt()) || (!greatest && order.is_lt()) {
            best = value;
        }
    }
    Ok(best)
}
