//! Hashes, regular expressions and their matches, credentials: making and asking them.

use std::sync::Arc;

use super::call::{int, position, unknown};
use super::statics::static_unknown;
use super::{Eval, Interpreter};
use crate::policy::expression::fault::Fault;
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{Capture, Hasher, Native, Value, encoding};

pub(super) fn native(native: Native) -> Value {
    Value::Native(Arc::new(native))
}

impl Interpreter<'_> {
    /// `new T(…)`
    pub(super) fn new_native(&mut self, class: &'static str, arguments: &[Value]) -> Eval {
        if class == "Regex" {
            return self.new_regex(arguments);
        }
        let refused = || Fault::unsupported(format!("new {class}"));
        let (hash, keyed) = Hasher::named(class).ok_or_else(refused)?;
        let key = match (keyed, arguments) {
            (false, []) => None,
            (true, [Value::Bytes(key)]) => Some(key.to_vec()),
            (true, [Value::Null]) => return Err(Fault::null_argument("key").into()),
            // .NET makes a random key.
            (true, []) => {
                let mut key = Vec::new();
                while key.len() < 64 {
                    key.extend(self.context.seed.next_u64().to_le_bytes());
                }
                Some(key)
            }
            _ => return Err(Fault::refused(format!("`{class}` has no such constructor")).into()),
        };
        Ok(native(Native::Hasher(Hasher { class, hash, key })))
    }

    pub(super) fn native_static(
        &mut self,
        class: &'static str,
        name: &str,
        arguments: &[Value],
    ) -> Eval {
        match (class, name, arguments) {
            ("Regex", ..) => self.regex_static(name, arguments),
            (_, "Create", []) => self.new_native(class, &[]),
            (_, "HashData", [Value::Bytes(bytes)]) => {
                let hasher = self.new_native(class, &[])?;
                self.method(&hasher, "ComputeHash", &[], &[Value::Bytes(bytes.clone())])
            }
            _ => Err(static_unknown(&Type::Native(class), name).into()),
        }
    }

    pub(super) fn native_call(
        &mut self,
        object: &Arc<Native>,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        let target = Value::Native(object.clone());
        match (&**object, name, arguments) {
            (Native::Hasher(_), "Dispose" | "Clear" | "Initialize", []) => Ok(Value::Null),
            (Native::Hasher(_), "ComputeHash", [Value::Null]) => {
                Err(Fault::null_argument("buffer").into())
            }
            (Native::Hasher(hasher), "ComputeHash", [Value::Bytes(bytes)]) => {
                self.spend(bytes.len() / 16)?;
                self.allocate(64)?;
                Ok(Value::Bytes(hasher.compute(bytes).into()))
            }
            (Native::Hasher(_), "ComputeHash", [Value::List(_)]) => {
                Err(Fault::refused("`ComputeHash` needs a `byte[]`").into())
            }
            (Native::Regex(_), ..) => self.regex_call(&target, name, arguments),
            (Native::Match(found), "NextMatch", []) => {
                self.regex_find(&found.regex, &found.text, found.next)
            }
            (Native::Match(found), "Result", [Value::Str(replacement)]) => {
                let text = super::regex::expanded(replacement, &found.text, &found.groups)?;
                self.new_text(text)
            }
            (Native::Groups(groups), ..) => {
                let groups = groups.iter().cloned();
                let items = groups.map(|group| native(Native::Group(group))).collect();
                self.sequence(items, name, types, arguments)
            }
            (Native::Flags(_, members), "HasFlag", [Value::Enum((_, wanted))]) => {
                Ok(Value::Bool(members.contains(wanted)))
            }
            _ => Err(unknown(&target, name).into()),
        }
    }
}

fn capture_member(group: &Capture, target: &Value, name: &str) -> Eval {
    Ok(match name {
        "Success" => Value::Bool(group.range.is_some()),
        "Value" => Value::text(&group.value),
        "Index" => int(group.index),
        "Length" => int(encoding::length(&group.value)),
        "Name" => Value::text(&group.name),
        _ => return Err(unknown(target, name).into()),
    })
}

pub(super) fn native_member(object: &Arc<Native>, name: &str) -> Eval {
    let target = Value::Native(object.clone());
    match (&**object, name) {
        (Native::Hasher(hasher), "HashSize") => Ok(int(hasher.compute(&[]).len() * 8)),
        (Native::Hasher(hasher), "Key") => match &hasher.key {
            Some(key) => Ok(Value::Bytes(key.clone().into())),
            None => Err(unknown(&target, name).into()),
        },
        (Native::Match(found), "Groups") => Ok(native(Native::Groups(found.groups.clone()))),
        (Native::Match(found), _) => capture_member(&found.groups[0], &target, name),
        (Native::Group(group), _) => capture_member(group, &target, name),
        (Native::Groups(groups), "Count") => Ok(int(groups.len())),
        _ => Err(unknown(&target, name).into()),
    }
}

pub(super) fn native_element(object: &Native, index: &Value) -> Eval {
    let Native::Groups(groups) = object else {
        let message = format!("a `{}` has no elements", object.type_name());
        return Err(Fault::refused(message).into());
    };
    let found = match index {
        Value::Str(name) => groups.iter().find(|group| *group.name == **name),
        other => position(other)?.and_then(|at| groups.get(at)),
    };
    // A group that the pattern does not have is one without success.
    let none = Capture {
        name: String::new(),
        range: None,
        value: String::new(),
        index: 0,
    };
    Ok(native(Native::Group(found.cloned().unwrap_or(none))))
}
