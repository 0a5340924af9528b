//! `Dictionary<K, V>`, and what all dictionaries have in common.

use std::sync::Arc;

use super::call::int;
use super::convert;
use super::{Eval, Interpreter};
use crate::policy::expression::fault::Fault;
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{Dictionary, Record, Value, lock};

pub(super) fn of(entries: Vec<(Value, Value)>) -> Value {
    Value::Dictionary(Arc::new(Dictionary::new(entries, false)))
}

/// `Keys`, `Values` or `Count`.
pub(super) fn part(entries: &[(Value, Value)], name: &str) -> Option<Value> {
    Some(match name {
        "Keys" => Value::list(entries.iter().map(|(key, _)| key.clone()).collect()),
        "Values" => Value::list(entries.iter().map(|(_, value)| value.clone()).collect()),
        "Count" => int(entries.len()),
        _ => return None,
    })
}

impl Interpreter<'_> {
    pub(super) fn dictionary_call(
        &mut self,
        dictionary: &Arc<Dictionary>,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        let count = lock(&dictionary.entries).len();
        self.spend(count / 16)?;
        if matches!(arguments.first(), Some(Value::Null))
            && matches!(name, "Add" | "ContainsKey" | "Remove")
        {
            return Err(Fault::null_argument("key").into());
        }
        match (name, arguments) {
            ("ContainsKey", [key]) => Ok(Value::Bool(dictionary.find(key).is_some())),
            ("ContainsValue", [value]) => {
                let entries = lock(&dictionary.entries);
                Ok(Value::Bool(
                    entries.iter().any(|(_, known)| known.equals(value)),
                ))
            }
            ("GetValueOrDefault", [key] | [key, _]) => {
                let default = || types.first().map_or(Value::Null, convert::default);
                let mut found = dictionary.find(key);
                if let Some(values) = found.take_if(|_| dictionary.joins) {
                    let values = self.items(&values)?;
                    let texts: Vec<String> = values.iter().map(Value::to_text).collect();
                    found = Some(Value::from(texts.join(",")));
                }
                Ok(found
                    .or_else(|| arguments.get(1).cloned())
                    .unwrap_or_else(default))
            }
            ("Add" | "TryAdd", [key, value]) => {
                if dictionary.find(key).is_some() {
                    if name == "TryAdd" {
                        return Ok(Value::Bool(false));
                    }
                    let key = self.text_of(key);
                    let message =
                        format!("An item with the same key has already been added. Key: {key}");
                    return Err(Fault::argument(message).into());
                }
                self.allocate(2 * size_of::<Value>())?;
                dictionary.insert(key.clone(), value.clone());
                Ok(if name == "Add" {
                    Value::Null
                } else {
                    Value::Bool(true)
                })
            }
            ("Remove", [key]) => Ok(Value::Bool(dictionary.remove(key))),
            ("Clear", []) => {
                let entries = std::mem::take(&mut *lock(&dictionary.entries));
                drop(entries);
                Ok(Value::Null)
            }
            _ => {
                let entries = lock(&dictionary.entries).clone();
                self.spend(entries.len())?;
                let items = entries
                    .into_iter()
                    .map(|(key, value)| Record::pair(key, value))
                    .collect();
                self.sequence(items, name, types, arguments)
            }
        }
    }
}
