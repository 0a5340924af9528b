use jiff::{SignedDuration, Timestamp};

use super::Problem;
use super::evaluate::parse_json;
use super::value::{Type, Value};

const KNOWN: [&str; 18] = [
    "ago",
    "now",
    "bin",
    "tostring",
    "tolong",
    "toint",
    "toreal",
    "todouble",
    "parse_json",
    "todynamic",
    "iff",
    "iif",
    "strcat",
    "tolower",
    "isempty",
    "isnotempty",
    "isnull",
    "isnotnull",
];

pub(super) fn call(name: &str, arguments: &[Value], now: Timestamp) -> Result<Value, Problem> {
    Ok(match (name, arguments) {
        ("now", []) => Value::Time(now),
        ("ago", [Value::Span(span)]) => {
            let time = now.checked_sub(*span);
            Value::Time(time.map_err(|_| Problem::Type("ago() of too long a time".to_owned()))?)
        }
        ("bin", [value, size]) => bin(value, size)?,
        ("tostring", [value]) => Value::Text(value.to_text()),
        ("tolower", [value]) => Value::Text(value.to_text().to_lowercase()),
        ("tolong" | "toint", [value]) => long(value),
        ("toreal" | "todouble", [value]) => {
            let number = value
                .number()
                .or_else(|| value.to_text().trim().parse().ok());
            number.map_or(Value::Null, Value::Real)
        }
        ("parse_json" | "todynamic", [value]) => parse_json(value),
        ("iff" | "iif", [condition, yes, no]) => if condition.truth() { yes } else { no }.clone(),
        ("strcat", parts) => Value::Text(parts.iter().map(Value::to_text).collect()),
        ("isempty", [value]) => Value::Bool(value.to_text().is_empty()),
        ("isnotempty", [value]) => Value::Bool(!value.to_text().is_empty()),
        ("isnull", [value]) => Value::Bool(*value == Value::Null),
        ("isnotnull", [value]) => Value::Bool(*value != Value::Null),
        (name, arguments) if KNOWN.contains(&name) => {
            let arguments: Vec<String> = arguments.iter().map(Value::to_text).collect();
            let message = format!("{name}({}) has no value", arguments.join(", "));
            return Err(Problem::Type(message));
        }
        (name, _) => return Err(Problem::unsupported("the function", name, &KNOWN)),
    })
}

/// What a function gives, where that does not depend on the rows; `None` when it does.
pub(super) fn kind(name: &str, arguments: &[Option<Type>]) -> Option<Type> {
    match name {
        "now" | "ago" => Some(Type::Time),
        "bin" => *arguments.first()?,
        "tostring" | "tolower" | "strcat" => Some(Type::Text),
        "tolong" | "toint" => Some(Type::Long),
        "toreal" | "todouble" => Some(Type::Real),
        "parse_json" | "todynamic" => Some(Type::Dynamic),
        "iff" | "iif" => *arguments.get(1)?,
        _ => Some(Type::Bool),
    }
}

fn long(value: &Value) -> Value {
    match value {
        Value::Long(_) => value.clone(),
        Value::Bool(value) => Value::Long(i64::from(*value)),
        other => {
            let number = other.number();
            let number = number.or_else(|| other.to_text().trim().parse().ok());
            #[expect(
                clippy::cast_possible_truncation,
                reason = "cut to what fits, as Kusto does"
            )]
            let whole = |number: f64| Value::Long(number.trunc() as i64);
            number.map_or(Value::Null, whole)
        }
    }
}

/// Down to the next multiple of the size.
fn bin(value: &Value, size: &Value) -> Result<Value, Problem> {
    let wrong = || {
        let (value, size) = (value.to_text(), size.to_text());
        Problem::Type(format!("bin({value}, {size}) has no value"))
    };
    match (value, size) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Time(time), Value::Span(size)) if *size > SignedDuration::ZERO => {
            let (time, size) = (time.as_nanosecond(), size.as_nanos());
            let start = Timestamp::from_nanosecond(time.div_euclid(size) * size);
            Ok(Value::Time(start.map_err(|_| wrong())?))
        }
        (Value::Long(number), Value::Long(size)) if *size > 0 => {
            Ok(Value::Long(number.div_euclid(*size) * size))
        }
        _ => {
            let (number, size) = value.number().zip(size.number()).ok_or_else(wrong)?;
            Ok(Value::Real((number / size).floor() * size))
        }
    }
}
