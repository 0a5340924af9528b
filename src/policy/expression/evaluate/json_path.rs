//! `SelectToken`: paths of names and indices.

use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::value::{Json, Value};

/// A path of names and indices: `$.choices[0].message['content']`.
pub(super) fn select(json: &Json, path: &str) -> Result<Option<Json>, Raise> {
    let unsupported = || Fault::unsupported(format!("SelectToken(\"{path}\")"));
    let mut rest = path.strip_prefix('$').unwrap_or(path);
    let mut found = json.clone();
    let mut first = true;
    while !rest.is_empty() {
        let step = if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').ok_or_else(unsupported)?;
            rest = &inner[end + 1..];
            let key = inner[..end].trim();
            let quoted = key
                .strip_prefix(['\'', '"'])
                .and_then(|key| key.strip_suffix(['\'', '"']));
            match quoted {
                Some(name) => Value::text(name),
                None => Value::Int(key.parse().map_err(|_| unsupported())?),
            }
        } else {
            let name = rest
                .strip_prefix('.')
                .or_else(|| first.then_some(rest))
                .ok_or_else(unsupported)?;
            let end = name.find(['.', '[']).unwrap_or(name.len());
            rest = &name[end..];
            if end == 0 || name[..end].contains(['*', '?', '(', '@']) {
                return Err(unsupported());
            }
            Value::text(&name[..end])
        };
        first = false;
        found = match (&found, &step) {
            (Json::Object(object), Value::Str(name)) => match object.field(name) {
                Some(next) => next,
                None => return Ok(None),
            },
            (Json::Array(array), Value::Int(index)) => {
                match usize::try_from(*index).ok().and_then(|at| array.item(at)) {
                    Some(next) => next,
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
    }
    Ok(Some(found))
}
