//! The operators after a pipe.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Problem;
use super::aggregate::Aggregate;
use super::evaluate::Scope;
use super::expression::Expression;
use super::function;
use super::table::Table;
use super::value::{Type, Value};

#[derive(Debug, Clone)]
pub(super) enum Operator {
    Where(Expression),
    /// Names, or `None` for natural ones.
    Extend(Vec<(Option<String>, Expression)>),
    Project(Vec<(Option<String>, Expression)>),
    Summarize {
        aggregates: Vec<Aggregate>,
        by: Vec<(Option<String>, Expression)>,
    },
    /// Rows with the same values of these columns on both sides.
    Join {
        other: Pipeline,
        on: Vec<String>,
    },
    /// Expressions, and whether the largest comes first.
    Sort(Vec<(Expression, bool)>),
    Take(usize),
    Count,
}

/// A table and what is done with it.
#[derive(Debug, Clone)]
pub(super) struct Pipeline {
    pub(super) table: String,
    pub(super) operators: Vec<Operator>,
}

impl Operator {
    pub(super) fn apply(
        &self,
        table: Table,
        now: Timestamp,
        open: &dyn Fn(&Pipeline) -> Result<Table, Problem>,
    ) -> Result<Table, Problem> {
        match self {
            Operator::Where(condition) => filter(table, condition, now),
            Operator::Extend(columns) => {
                let mut table = table;
                for (name, expression) in columns {
                    table = extend(table, name.as_deref(), expression, now)?;
                }
                Ok(table)
            }
            Operator::Project(columns) => project(&table, columns, now),
            Operator::Summarize { aggregates, by } => summarize(&table, aggregates, by, now),
            Operator::Join { other, on } => join(&table, &open(other)?, on),
            Operator::Sort(by) => sort(table, by, now),
            Operator::Take(count) => {
                let mut table = table;
                table.rows.truncate(*count);
                Ok(table)
            }
            Operator::Count => Ok(Table {
                columns: vec![("Count".to_owned(), Type::Long)],
                rows: vec![vec![Value::Long(
                    i64::try_from(table.rows.len()).unwrap_or(i64::MAX),
                )]],
            }),
        }
    }
}

fn filter(mut table: Table, condition: &Expression, now: Timestamp) -> Result<Table, Problem> {
    check(&table, condition)?;
    let rows = std::mem::take(&mut table.rows);
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        let scope = Scope {
            table: &table,
            row: &row,
            now,
        };
        if scope.evaluate(condition)?.truth() {
            kept.push(row);
        }
    }
    table.rows = kept;
    Ok(table)
}

/// Mistakes in names are found also where there are no rows.
fn check(table: &Table, expression: &Expression) -> Result<Option<Type>, Problem> {
    Ok(match expression {
        Expression::Literal(value) => value.kind(),
        Expression::Column(name) => Some(table.columns[table.column(name)?].1),
        Expression::Member(of, _) => {
            check(table, of)?;
            Some(Type::Dynamic)
        }
        Expression::Call(name, arguments) => {
            let arguments = arguments.iter().map(|argument| check(table, argument));
            let kinds: Vec<Option<Type>> = arguments.collect::<Result<_, _>>()?;
            function::kind(name, &kinds)
        }
        Expression::Not(of) | Expression::Negative(of) => check(table, of)?,
        Expression::Binary(operator, left, right) => {
            let (left, right) = (check(table, left)?, check(table, right)?);
            match *operator {
                "+" | "-" | "*" | "/" | "%" => match (left, right) {
                    (Some(Type::Time), Some(Type::Time)) => Some(Type::Span),
                    (Some(Type::Long), Some(kind)) => Some(kind),
                    (kind, _) => kind,
                },
                _ => Some(Type::Bool),
            }
        }
        Expression::In { of, among, .. } => {
            check(table, of)?;
            for candidate in among {
                check(table, candidate)?;
            }
            Some(Type::Bool)
        }
        Expression::Between(of, from, to) => {
            for part in [of, from, to] {
                check(table, part)?;
            }
            Some(Type::Bool)
        }
    })
}

/// Values of an expression in every row, with their type.
fn values(
    table: &Table,
    expression: &Expression,
    now: Timestamp,
) -> Result<(Type, Vec<Value>), Problem> {
    let declared = check(table, expression)?;
    let values = table.rows.iter().map(|row| {
        let scope = Scope { table, row, now };
        scope.evaluate(expression)
    });
    let values: Vec<Value> = values.collect::<Result<_, _>>()?;
    let seen = values.iter().find_map(Value::kind);
    Ok((seen.or(declared).unwrap_or(Type::Text), values))
}

fn extend(
    mut table: Table,
    name: Option<&str>,
    expression: &Expression,
    now: Timestamp,
) -> Result<Table, Problem> {
    let (kind, values) = values(&table, expression, now)?;
    let name = match name {
        Some(name) => name.to_owned(),
        None => table.fresh(&expression.natural_name().unwrap_or("Column1".to_owned())),
    };
    match table.place(&name) {
        Some(place) => {
            table.columns[place].1 = kind;
            for (row, value) in table.rows.iter_mut().zip(values) {
                row[place] = value;
            }
        }
        None => {
            table.columns.push((name, kind));
            for (row, value) in table.rows.iter_mut().zip(values) {
                row.push(value);
            }
        }
    }
    Ok(table)
}

fn project(
    table: &Table,
    columns: &[(Option<String>, Expression)],
    now: Timestamp,
) -> Result<Table, Problem> {
    let mut projected = Table {
        rows: vec![Vec::new(); table.rows.len()],
        ..Table::default()
    };
    for (name, expression) in columns {
        let (kind, values) = values(table, expression, now)?;
        let natural = || expression.natural_name().unwrap_or("Column1".to_owned());
        let name = projected.fresh(&name.clone().unwrap_or_else(natural));
        projected.columns.push((name, kind));
        for (row, value) in projected.rows.iter_mut().zip(values) {
            row.push(value);
        }
    }
    Ok(projected)
}

fn summarize(
    table: &Table,
    aggregates: &[Aggregate],
    by: &[(Option<String>, Expression)],
    now: Timestamp,
) -> Result<Table, Problem> {
    let keys = project(table, by, now)?;
    let mut groups: BTreeMap<Vec<_>, Vec<usize>> = BTreeMap::new();
    for (place, key) in keys.rows.iter().enumerate() {
        let key = key.iter().map(Value::key).collect();
        groups.entry(key).or_default().push(place);
    }
    if by.is_empty() {
        // Without groups there is one row, also of no rows.
        groups.entry(Vec::new()).or_default();
    }
    let mut summed = Table {
        columns: keys.columns.clone(),
        rows: Vec::with_capacity(groups.len()),
    };
    for aggregate in aggregates {
        let name = summed.fresh(&aggregate.name);
        summed.columns.push((name, aggregate.fallback()));
    }
    for places in groups.values() {
        let scopes = places.iter().map(|place| Scope {
            table,
            row: &table.rows[*place],
            now,
        });
        let scopes: Vec<Scope<'_>> = scopes.collect();
        let mut row = places
            .first()
            .map_or(Vec::new(), |place| keys.rows[*place].clone());
        for aggregate in aggregates {
            row.push(aggregate.of(&scopes)?);
        }
        summed.rows.push(row);
    }
    for place in keys.columns.len()..summed.columns.len() {
        let seen = summed.rows.iter().find_map(|row| row[place].kind());
        summed.columns[place].1 = seen.unwrap_or(summed.columns[place].1);
    }
    Ok(summed)
}

fn join(left: &Table, right: &Table, on: &[String]) -> Result<Table, Problem> {
    let places = |table: &Table| {
        let places = on.iter().map(|name| table.column(name));
        places.collect::<Result<Vec<usize>, _>>()
    };
    let (of_left, of_right) = (places(left)?, places(right)?);
    let key = |row: &[Value], places: &[usize]| {
        let keys = places.iter().map(|place| row[*place].key());
        keys.collect::<Vec<_>>()
    };
    let mut found: BTreeMap<Vec<_>, Vec<&Vec<Value>>> = BTreeMap::new();
    for row in &right.rows {
        found.entry(key(row, &of_right)).or_default().push(row);
    }
    let mut joined = Table {
        columns: left.columns.clone(),
        rows: Vec::new(),
    };
    for (name, kind) in &right.columns {
        let name = joined.fresh(name);
        joined.columns.push((name, *kind));
    }
    for row in &left.rows {
        for other in found.get(&key(row, &of_left)).into_iter().flatten() {
            joined
                .rows
                .push(row.iter().chain(other.iter()).cloned().collect());
        }
    }
    Ok(joined)
}

fn sort(mut table: Table, by: &[(Expression, bool)], now: Timestamp) -> Result<Table, Problem> {
    for (expression, descending) in by.iter().rev() {
        let (_, values) = values(&table, expression, now)?;
        let rows = std::mem::take(&mut table.rows);
        let mut rows: Vec<_> = rows.into_iter().zip(values).collect();
        rows.sort_by(|(_, a), (_, b)| {
            let order = a.key().cmp(&b.key());
            if *descending { order.reverse() } else { order }
        });
        table.rows = rows.into_iter().map(|(row, _)| row).collect();
    }
    Ok(table)
}
