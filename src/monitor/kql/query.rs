//! A query: its parser, and its execution.

use super::Problem;
use super::aggregate::Aggregate;
use super::expression::{Expression, Parser};
use super::operator::{Operator, Pipeline};
use super::row::Tables;
use super::table::Table;
use super::token::{Token, tokens};
use super::value::Value;

const KNOWN: [&str; 10] = [
    "where",
    "extend",
    "project",
    "summarize",
    "join",
    "order",
    "sort",
    "top",
    "take",
    "count",
];

/// Executes a query.
///
/// # Errors
///
/// What it says wrong, or what of the language is not executed here, by name.
pub(in crate::monitor) fn run(text: &str, tables: &Tables<'_>) -> Result<Table, Problem> {
    let mut parser = Parser::new(tokens(text)?);
    let pipeline = pipeline(&mut parser)?;
    parser.sign(";");
    if parser.peek().is_some() {
        return Err(Problem::Syntax(format!("unexpected {}", parser.found())));
    }
    execute(&pipeline, tables)
}

fn execute(pipeline: &Pipeline, tables: &Tables<'_>) -> Result<Table, Problem> {
    let open = |pipeline: &Pipeline| execute(pipeline, tables);
    let table = tables.open(&pipeline.table)?;
    let mut operators = pipeline.operators.iter();
    operators.try_fold(table, |table, operator| {
        operator.apply(table, tables.now, &open)
    })
}

fn pipeline(parser: &mut Parser) -> Result<Pipeline, Problem> {
    let table = parser.name()?;
    if table == "let" || table == "union" || table == "print" {
        return Err(Problem::unsupported(
            "the statement",
            &table,
            &["TABLE | OPERATOR | …"],
        ));
    }
    let mut operators = Vec::new();
    while parser.sign("|") {
        operator(parser, &mut operators)?;
    }
    Ok(Pipeline { table, operators })
}

fn operator(parser: &mut Parser, operators: &mut Vec<Operator>) -> Result<(), Problem> {
    let name = parser.name()?;
    let operator = match name.as_str() {
        "where" | "filter" => Operator::Where(parser.expression()?),
        "extend" => Operator::Extend(named(parser)?),
        "project" => Operator::Project(named(parser)?),
        "summarize" => summarize(parser)?,
        "join" => join(parser)?,
        "order" | "sort" => {
            by(parser)?;
            Operator::Sort(order(parser)?)
        }
        "top" => {
            let count = count(parser)?;
            by(parser)?;
            operators.push(Operator::Sort(order(parser)?));
            Operator::Take(count)
        }
        "take" | "limit" => Operator::Take(count(parser)?),
        "count" => Operator::Count,
        other => return Err(Problem::unsupported("the operator", other, &KNOWN)),
    };
    operators.push(operator);
    Ok(())
}

fn by(parser: &mut Parser) -> Result<(), Problem> {
    if parser.word("by") {
        return Ok(());
    }
    Err(Problem::Syntax(format!(
        "expected `by`, found {}",
        parser.found()
    )))
}

fn count(parser: &mut Parser) -> Result<usize, Problem> {
    match parser.next() {
        Some(Token::Literal(Value::Long(count))) => Ok(usize::try_from(count).unwrap_or(0)),
        _ => Err(Problem::Syntax("a number of rows is missing".to_owned())),
    }
}

/// `Name = expression`, or an expression with its natural name.
fn named(parser: &mut Parser) -> Result<Vec<(Option<String>, Expression)>, Problem> {
    let mut list = Vec::new();
    loop {
        let expression = parser.expression()?;
        list.push(match expression {
            Expression::Column(name) if parser.sign("=") => (Some(name), parser.expression()?),
            expression => (None, expression),
        });
        if !parser.sign(",") {
            return Ok(list);
        }
    }
}

fn summarize(parser: &mut Parser) -> Result<Operator, Problem> {
    let aggregates = if parser.word("by") {
        let by = named(parser)?;
        let aggregates = Vec::new();
        return Ok(Operator::Summarize { aggregates, by });
    } else {
        let list = named(parser)?.into_iter();
        let aggregates = list.map(|(name, expression)| Aggregate::new(name, expression));
        aggregates.collect::<Result<Vec<_>, _>>()?
    };
    let by = if parser.word("by") {
        named(parser)?
    } else {
        Vec::new()
    };
    Ok(Operator::Summarize { aggregates, by })
}

fn join(parser: &mut Parser) -> Result<Operator, Problem> {
    let mut kind = "innerunique".to_owned();
    if parser.word("kind") {
        parser.expect("=")?;
        kind = parser.name()?;
    }
    if kind != "inner" {
        return Err(Problem::unsupported("the join of kind", &kind, &["inner"]));
    }
    let other = if parser.sign("(") {
        let other = pipeline(parser)?;
        parser.expect(")")?;
        other
    } else {
        Pipeline {
            table: parser.name()?,
            operators: Vec::new(),
        }
    };
    if !parser.word("on") {
        return Err(Problem::Syntax(format!(
            "expected `on`, found {}",
            parser.found()
        )));
    }
    let mut on = vec![parser.name()?];
    while parser.sign(",") {
        on.push(parser.name()?);
    }
    Ok(Operator::Join { other, on })
}

fn order(parser: &mut Parser) -> Result<Vec<(Expression, bool)>, Problem> {
    let mut by = Vec::new();
    loop {
        let expression = parser.expression()?;
        // The largest comes first when nothing is said.
        let descending = parser.word("desc") || !parser.word("asc");
        by.push((expression, descending));
        if !parser.sign(",") {
            return Ok(by);
        }
    }
}
