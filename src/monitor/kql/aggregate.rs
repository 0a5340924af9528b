//! What `summarize` makes of the rows of a group.

use super::Problem;
use super::evaluate::Scope;
use super::expression::Expression;
use super::value::{Type, Value};

const KNOWN: [&str; 8] = [
    "count",
    "countif",
    "sum",
    "sumif",
    "avg",
    "min",
    "max",
    "percentile",
];

/// One aggregation, with the name of its column.
#[derive(Debug, Clone)]
pub(super) struct Aggregate {
    pub(super) name: String,
    kind: Kind,
    of: Option<Expression>,
    condition: Option<Expression>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Count,
    Sum,
    Average,
    Least,
    Most,
    Distinct,
    Percentile(f64),
}

impl Aggregate {
    pub(super) fn new(name: Option<String>, expression: Expression) -> Result<Aggregate, Problem> {
        let Expression::Call(function, mut arguments) = expression else {
            let wanted = "summarize wants an aggregation such as count() or sum(x)".to_owned();
            return Err(Problem::Type(wanted));
        };
        arguments.reverse();
        let mut take = || {
            let missing = || Problem::Type(format!("{function}() lacks an argument"));
            arguments.pop().ok_or_else(missing)
        };
        let (kind, of, condition) = match function.as_str() {
            "count" => (Kind::Count, None, None),
            "countif" => (Kind::Count, None, Some(take()?)),
            "sum" => (Kind::Sum, Some(take()?), None),
            "sumif" => (Kind::Sum, Some(take()?), Some(take()?)),
            "avg" => (Kind::Average, Some(take()?), None),
            "min" => (Kind::Least, Some(take()?), None),
            "max" => (Kind::Most, Some(take()?), None),
            "dcount" => (Kind::Distinct, Some(take()?), None),
            "percentile" => {
                let of = take()?;
                let Expression::Literal(percent) = take()? else {
                    let wanted = "percentile() wants a number".to_owned();
                    return Err(Problem::Type(wanted));
                };
                let percent = percent.number().unwrap_or(f64::NAN);
                if !(0.0..=100.0).contains(&percent) {
                    return Err(Problem::Type("a percentile is 0 to 100".to_owned()));
                }
                (Kind::Percentile(percent), Some(of), None)
            }
            other => return Err(Problem::unsupported("the aggregation", other, &KNOWN)),
        };
        let natural = || {
            let of = of.as_ref().and_then(Expression::natural_name);
            match (kind, of) {
                (Kind::Percentile(percent), Some(of)) => format!("percentile_{of}_{percent}"),
                (_, of) => format!("{function}_{}", of.unwrap_or_default()),
            }
        };
        Ok(Aggregate {
            name: name.unwrap_or_else(natural),
            kind,
            of: of.clone(),
            condition,
        })
    }

    pub(super) fn of(&self, rows: &[Scope<'_>]) -> Result<Value, Problem> {
        let mut values = Vec::with_capacity(rows.len());
        for row in rows {
            let counts = match &self.condition {
                Some(condition) => row.evaluate(condition)?.truth(),
                None => true,
            };
            if counts {
                values.push(match &self.of {
                    Some(of) => row.evaluate(of)?,
                    None => Value::Null,
                });
            }
        }
        if self.kind == Kind::Count {
            return Ok(Value::Long(i64::try_from(values.len()).unwrap_or(i64::MAX)));
        }
        values.retain(|value| *value != Value::Null);
        Ok(self.known(values))
    }

    /// Of the values that are there.
    fn known(&self, mut values: Vec<Value>) -> Value {
        let sum = |values: &[Value]| -> Value {
            let whole = values.iter().map(|value| match value {
                Value::Long(number) => Some(*number),
                _ => None,
            });
            match whole.collect::<Option<Vec<i64>>>() {
                Some(whole) => Value::Long(whole.into_iter().fold(0, i64::saturating_add)),
                None => Value::Real(values.iter().filter_map(Value::number).sum()),
            }
        };
        match self.kind {
            Kind::Sum => sum(&values),
            Kind::Average if values.is_empty() => Value::Null,
            Kind::Average => {
                let total = sum(&values).number().unwrap_or(f64::NAN);
                Value::Real(total / values.len() as f64)
            }
            Kind::Distinct => {
                let keys: std::collections::BTreeSet<_> = values.iter().map(Value::key).collect();
                Value::Long(i64::try_from(keys.len()).unwrap_or(i64::MAX))
            }
            Kind::Count | Kind::Least | Kind::Most | Kind::Percentile(_) => {
                values.sort_by_key(Value::key);
                let last = values.len().saturating_sub(1);
                let place = match self.kind {
                    Kind::Most => last,
                    Kind::Percentile(percent) => rank(values.len(), percent),
                    _ => 0,
                };
                values.into_iter().nth(place).unwrap_or(Value::Null)
            }
        }
    }

    /// Type of the column when no group has a value.
    pub(super) fn fallback(&self) -> Type {
        match self.kind {
            Kind::Count | Kind::Sum | Kind::Distinct => Type::Long,
            _ => Type::Real,
        }
    }
}

/// Place of the nearest rank.
fn rank(count: usize, percent: f64) -> usize {
    let exact = (count as f64 * percent / 100.0).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between zero and the number of values"
    )]
    let rank = exact as usize;
    rank.saturating_sub(1)
}
