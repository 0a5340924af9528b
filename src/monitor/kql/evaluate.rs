use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::Problem;
use super::expression::Expression;
use super::function;
use super::table::Table;
use super::value::Value;

/// What an expression can read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) table: &'a Table,
    pub(super) row: &'a [Value],
    pub(super) now: Timestamp,
}

impl Scope<'_> {
    pub(super) fn evaluate(&self, expression: &Expression) -> Result<Value, Problem> {
        Ok(match expression {
            Expression::Literal(value) => value.clone(),
            Expression::Column(name) => self.row[self.table.column(name)?].clone(),
            Expression::Member(of, name) => member(&self.evaluate(of)?, name),
            Expression::Call(name, arguments) => {
                let arguments = arguments.iter().map(|argument| self.evaluate(argument));
                let arguments: Vec<Value> = arguments.collect::<Result<_, _>>()?;
                function::call(name, &arguments, self.now)?
            }
            Expression::Not(of) => match self.evaluate(of)? {
                Value::Bool(value) => Value::Bool(!value),
                Value::Null => Value::Null,
                other => return Err(Problem::Type(format!("not() of `{}`", other.to_text()))),
            },
            Expression::Negative(of) => arithmetic("-", &Value::Long(0), &self.evaluate(of)?)?,
            Expression::Binary("and", left, right) => {
                Value::Bool(self.evaluate(left)?.truth() && self.evaluate(right)?.truth())
            }
            Expression::Binary("or", left, right) => {
                Value::Bool(self.evaluate(left)?.truth() || self.evaluate(right)?.truth())
            }
            Expression::Binary(operator, left, right) => {
                binary(operator, &self.evaluate(left)?, &self.evaluate(right)?)?
            }
            Expression::In {
                of,
                among,
                exact,
                wanted,
            } => {
                let of = self.evaluate(of)?;
                let operator = if *exact { "==" } else { "=~" };
                let mut found = false;
                for candidate in among {
                    found |= binary(operator, &of, &self.evaluate(candidate)?)?.truth();
                }
                Value::Bool(found == *wanted)
            }
            Expression::Between(of, from, to) => {
                let of = self.evaluate(of)?;
                let above = binary(">=", &of, &self.evaluate(from)?)?.truth();
                Value::Bool(above && binary("<=", &of, &self.evaluate(to)?)?.truth())
            }
        })
    }
}

fn member(of: &Value, name: &str) -> Value {
    let Value::Dynamic(json) = of else {
        return Value::Null;
    };
    let found = json.get(name);
    let found = found.or_else(|| json.get(name.parse::<usize>().ok()?));
    found.map_or(Value::Null, |found| Value::Dynamic(found.clone()))
}

fn binary(operator: &str, left: &Value, right: &Value) -> Result<Value, Problem> {
    if matches!(operator, "+" | "-" | "*" | "/" | "%") {
        return arithmetic(operator, left, right);
    }
    if let Some(word) = operator.strip_prefix('!').filter(|word| word.len() > 1) {
        return Ok(Value::Bool(!binary(word, left, right)?.truth()));
    }
    let texts = || {
        (
            left.to_text().to_lowercase(),
            right.to_text().to_lowercase(),
        )
    };
    let by_text = |test: fn(&str, &str) -> bool| {
        let (left, right) = texts();
        test(&left, &right)
    };
    let word = |left: &str, right: &str| {
        let mut words = left.split(|c: char| !c.is_alphanumeric());
        words.any(|word| word == right)
    };
    let by_order = |test: fn(Ordering) -> bool| -> Result<bool, Problem> {
        if matches!(left, Value::Null) || matches!(right, Value::Null) {
            return Ok(false);
        }
        let order = left.compare(right).ok_or_else(|| {
            let (left, right) = (left.to_text(), right.to_text());
            Problem::Type(format!(
                "`{left}` and `{right}` cannot be compared with {operator}"
            ))
        })?;
        Ok(test(order))
    };
    Ok(Value::Bool(match operator {
        "==" => by_order(Ordering::is_eq)?,
        "!=" => !by_order(Ordering::is_eq)?,
        "<" => by_order(Ordering::is_lt)?,
        "<=" => by_order(Ordering::is_le)?,
        ">" => by_order(Ordering::is_gt)?,
        ">=" => by_order(Ordering::is_ge)?,
        "=~" => by_text(|left, right| left == right),
        "!~" => by_text(|left, right| left != right),
        "contains" => by_text(|left, right| left.contains(right)),
        "startswith" => by_text(|left, right| left.starts_with(right)),
        "endswith" => by_text(|left, right| left.ends_with(right)),
        "has" => by_text(word),
        other => {
            return Err(Problem::unsupported(
                "the operator",
                other,
                &["==", "contains"],
            ));
        }
    }))
}

fn arithmetic(operator: &str, left: &Value, right: &Value) -> Result<Value, Problem> {
    let wrong = || {
        let (left, right) = (left.to_text(), right.to_text());
        Problem::Type(format!("`{left}` {operator} `{right}` has no value"))
    };
    Ok(match (left, operator, right) {
        (Value::Null, _, _) | (_, _, Value::Null) => Value::Null,
        (Value::Time(time), "+", Value::Span(span)) => {
            Value::Time(time.checked_add(*span).map_err(|_| wrong())?)
        }
        (Value::Time(time), "-", Value::Span(span)) => {
            Value::Time(time.checked_sub(*span).map_err(|_| wrong())?)
        }
        (Value::Time(a), "-", Value::Time(b)) => Value::Span(a.duration_since(*b)),
        (Value::Span(a), "+", Value::Span(b)) => Value::Span(a.checked_add(*b).ok_or_else(wrong)?),
        (Value::Span(a), "-", Value::Span(b)) => Value::Span(a.checked_sub(*b).ok_or_else(wrong)?),
        (Value::Long(0), "-", Value::Span(span)) => Value::Span(-*span),
        (Value::Long(a), _, Value::Long(b)) => {
            let value = match operator {
                "+" => a.checked_add(*b),
                "-" => a.checked_sub(*b),
                "*" => a.checked_mul(*b),
                "/" => a.checked_div(*b),
                _ => a.checked_rem(*b),
            };
            value.map_or(Value::Null, Value::Long)
        }
        _ => {
            let (a, b) = (left.number(), right.number());
            let (a, b) = a.zip(b).ok_or_else(wrong)?;
            Value::Real(match operator {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "/" => a / b,
                _ => a % b,
            })
        }
    })
}

/// Text as JSON; what is none is kept as the text it is.
pub(super) fn parse_json(value: &Value) -> Value {
    match value {
        Value::Dynamic(Json::String(text)) | Value::Text(text) => {
            let json = serde_json::from_str(text);
            Value::Dynamic(json.unwrap_or_else(|_| Json::from(text.as_str())))
        }
        other => other.clone(),
    }
}
