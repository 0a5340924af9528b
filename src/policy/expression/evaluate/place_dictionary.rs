//! The dictionaries of `context`: variables, headers, query and matched parameters.

use super::convert;
use super::{Eval, Interpreter};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{Place, Record, Value};
use crate::policy::message::Url;

impl Interpreter<'_> {
    /// Names and values of what looks like a dictionary.
    pub(super) fn place_pairs(&self, place: &Place) -> Result<Vec<(Value, Value)>, Raise> {
        let mut pairs: Vec<(Value, Value)> = Vec::new();
        match place {
            Place::Variables => {
                let variables = self.context.variables.iter();
                pairs.extend(variables.map(|(name, value)| (Value::text(name), value.clone())));
            }
            Place::MatchedParameters => {
                let parameters = self.context.request.matched_parameters.iter();
                pairs.extend(
                    parameters.map(|(name, value)| (Value::text(name), Value::text(value))),
                );
            }
            Place::Headers(source) => self.with_headers(source, |headers| {
                for (name, _) in headers.iter() {
                    if !pairs.iter().any(|(known, _)| {
                        known.as_str().is_some_and(|k| k.eq_ignore_ascii_case(name))
                    }) {
                        let values = headers.all(name).map(Value::text).collect();
                        pairs.push((Value::text(name), Value::array(values)));
                    }
                }
            })?,
            Place::Query(source) => self.with_url(source, |url| {
                for (name, _) in url.query_pairs() {
                    let known = |known: &Value| {
                        known
                            .as_str()
                            .is_some_and(|k| k.eq_ignore_ascii_case(&name))
                    };
                    if !pairs.iter().any(|(name, _)| known(name)) {
                        pairs.push((Value::text(&name), Value::array(query_values(url, &name))));
                    }
                }
            }),
            _ => {
                return Err(Fault::refused(format!(
                    "`{}` has no items",
                    Value::Place(place.clone()).type_name()
                )));
            }
        }
        Ok(pairs)
    }

    /// What a dictionary of `context` holds under a name.
    pub(super) fn place_lookup(&self, place: &Place, key: &str) -> Result<Option<Value>, Raise> {
        Ok(match place {
            Place::Variables => self.context.variables.get(key).cloned(),
            Place::MatchedParameters => {
                let mut parameters = self.context.request.matched_parameters.iter();
                parameters
                    .find(|(name, _)| name == key)
                    .map(|(_, value)| Value::text(value))
            }
            Place::Headers(source) => self.with_headers(source, |headers| {
                headers
                    .contains(key)
                    .then(|| Value::array(headers.all(key).map(Value::text).collect()))
            })?,
            Place::Query(source) => self.with_url(source, |url| {
                let values = query_values(url, key);
                (!values.is_empty()).then(|| Value::array(values))
            }),
            _ => {
                return Err(Fault::refused(format!(
                    "`{}` has no items",
                    Value::Place(place.clone()).type_name()
                )));
            }
        })
    }

    pub(super) fn place_dictionary_call(
        &mut self,
        place: &Place,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        let key = |value: &Value| match value {
            Value::Str(key) => Ok(key.clone()),
            Value::Null => Err(Fault::null_argument("key")),
            other => Err(Fault::refused(format!(
                "a name must be a `string`, this is a `{}`",
                other.type_name()
            ))),
        };
        match (name, arguments) {
            ("GetValueOrDefault", [name] | [name, _]) => {
                let found = self.place_default(place, &key(name)?)?;
                let default = arguments.get(1);
                match (found, types.first()) {
                    (None | Some(Value::Null), named) => {
                        let fallback = || named.map_or(Value::Null, convert::default);
                        Ok(default.cloned().unwrap_or_else(fallback))
                    }
                    (Some(found), None) => Ok(found),
                    (Some(found), Some(named)) => Ok(convert::unbox(found, named)?),
                }
            }
            ("ContainsKey", [name]) => Ok(Value::Bool(
                self.place_lookup(place, &key(name)?)?.is_some(),
            )),
            _ => {
                let pairs = self.place_pairs(place)?;
                let items = pairs
                    .into_iter()
                    .map(|(key, value)| Record::pair(key, value))
                    .collect();
                self.sequence(items, name, types, arguments)
            }
        }
    }

    /// A lookup for `GetValueOrDefault`, which joins the values of one name with commas.
    fn place_default(&self, place: &Place, key: &str) -> Result<Option<Value>, Raise> {
        match place {
            Place::Headers(source) => {
                self.with_headers(source, |headers| headers.joined(key).map(Value::from))
            }
            Place::Query(source) => Ok(self.with_url(source, |url| {
                let values = query_values(url, key);
                let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
                (!texts.is_empty()).then(|| Value::from(texts.join(",")))
            })),
            _ => self.place_lookup(place, key),
        }
    }

    /// A variable of the policy, a header, a parameter: `["name"]`.
    pub(super) fn place_element(&self, place: &Place, index: &Value) -> Eval {
        let Value::Str(key) = index else {
            return Err(Fault::refused(format!(
                "a name must be a `string`, this is a `{}`",
                index.type_name()
            ))
            .into());
        };
        let found = self.place_lookup(place, key)?;
        Ok(found.ok_or_else(|| missing_key(key))?)
    }
}

pub(super) fn missing_key(key: &str) -> Raise {
    let message = format!("The given key '{key}' was not present in the dictionary.");
    Fault::raise("KeyNotFoundException", message)
}

fn query_values(url: &Url, key: &str) -> Vec<Value> {
    let pairs = url
        .query_pairs()
        .filter(|(name, _)| name.eq_ignore_ascii_case(key));
    pairs.map(|(_, value)| Value::from(value)).collect()
}
