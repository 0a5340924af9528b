//! One walk over the whole tree of an expression. No match here has a `_` arm over kinds of
//! syntax: a new kind must be placed before it compiles, or its inside would go unseen.

use super::{BodyOf, BodyRead, Entity, Facts};
use crate::policy::expression::ast::{
    Binary, Body, Call, Entry, Expr, ExprKind, Label, LambdaBody, New, Pattern, Piece, Section,
    Statement, StatementKind,
};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::Value;

pub(super) fn body(body: &Body, facts: &mut Facts) {
    match body {
        // Its note says what it needs; what is in it was not parsed.
        Body::Unsupported(..) => {}
        Body::Expression(inner) => expr(inner, facts),
        Body::Statements(inner) => statements(inner, facts),
    }
}

fn statements(list: &[Statement], facts: &mut Facts) {
    for inner in list {
        statement(inner, facts);
    }
}

fn statement(statement_: &Statement, facts: &mut Facts) {
    match &statement_.kind {
        StatementKind::Local { variables, .. } => {
            for variable in variables {
                optional(variable.value.as_ref(), facts);
            }
        }
        StatementKind::Expression(inner) => expr(inner, facts),
        StatementKind::Block(inner) | StatementKind::Checked(inner, _) => statements(inner, facts),
        StatementKind::If {
            branches,
            otherwise,
        } => {
            for (condition, branch) in branches {
                expr(condition, facts);
                statement(branch, facts);
            }
            if let Some(otherwise) = otherwise {
                statement(otherwise, facts);
            }
        }
        StatementKind::Return(inner) | StatementKind::Throw(inner) => {
            optional(inner.as_ref(), facts);
        }
        StatementKind::Try {
            body,
            catches,
            finally,
        } => {
            facts.catches = true;
            statements(body, facts);
            for caught in catches {
                optional(caught.filter.as_ref(), facts);
                statements(&caught.body, facts);
            }
            statements(finally.as_deref().unwrap_or_default(), facts);
        }
        StatementKind::Using(resource, inner) => {
            statement(resource, facts);
            statement(inner, facts);
        }
        StatementKind::ForEach { items, body, .. } => {
            expr(items, facts);
            statement(body, facts);
        }
        StatementKind::For(parts) => {
            statements(&parts.start, facts);
            optional(parts.condition.as_ref(), facts);
            all(&parts.steps, facts);
            statement(&parts.body, facts);
        }
        StatementKind::While {
            condition, body, ..
        } => {
            expr(condition, facts);
            statement(body, facts);
        }
        StatementKind::Switch { subject, sections } => {
            expr(subject, facts);
            for section in sections {
                switch_section(section, facts);
            }
        }
        StatementKind::Empty | StatementKind::Break | StatementKind::Continue => {}
    }
}

fn switch_section(section: &Section, facts: &mut Facts) {
    for label in &section.labels {
        match label {
            Label::Case(found, filter) => {
                pattern(found, facts);
                optional(filter.as_ref(), facts);
            }
            Label::Default => {}
        }
    }
    statements(&section.body, facts);
}

fn optional(inner: Option<&Expr>, facts: &mut Facts) {
    if let Some(inner) = inner {
        expr(inner, facts);
    }
}

fn all(list: &[Expr], facts: &mut Facts) {
    for inner in list {
        expr(inner, facts);
    }
}

fn pattern(found: &Pattern, facts: &mut Facts) {
    match found {
        Pattern::Constant(inner) => expr(inner, facts),
        // What a pattern cannot test is a problem of the parser's already.
        Pattern::Null | Pattern::Type { .. } => {}
    }
}

fn expr(whole: &Expr, facts: &mut Facts) {
    match &whole.kind {
        ExprKind::Member {
            target,
            name,
            conditional,
        } => {
            member(whole, target, name, *conditional, facts);
            expr(target, facts);
        }
        ExprKind::Index { target, index, .. } => {
            if path(target).as_deref() == Some("Variables")
                && let Some(name) = text(index)
            {
                facts.reads.push((name.to_owned(), whole.span));
            }
            expr(target, facts);
            expr(index, facts);
        }
        ExprKind::Call(inner) => call(inner, whole, facts),
        ExprKind::Binary {
            operator,
            left,
            right,
            ..
        } => {
            compared(*operator, left, right, facts);
            expr(left, facts);
            expr(right, facts);
        }
        ExprKind::And(left, right)
        | ExprKind::Or(left, right)
        | ExprKind::Coalesce(left, right)
        | ExprKind::AssignIfNull(left, right)
        | ExprKind::Assign {
            target: left,
            value: right,
            ..
        } => {
            expr(left, facts);
            expr(right, facts);
        }
        ExprKind::Conditional(parts) => all(&parts[..], facts),
        ExprKind::Cast {
            target, operand, ..
        }
        | ExprKind::As { operand, target } => {
            named(target, whole, facts);
            expr(operand, facts);
        }
        ExprKind::Is {
            operand,
            pattern: found,
            ..
        } => {
            if let Some(entity) = path(operand).as_deref().and_then(Entity::named) {
                facts.null_tested.insert(entity);
            }
            expr(operand, facts);
            pattern(found, facts);
        }
        ExprKind::Chain(inner)
        | ExprKind::Unary { operand: inner, .. }
        | ExprKind::Increment { target: inner, .. }
        | ExprKind::Checked(inner, _)
        | ExprKind::Throw(inner) => expr(inner, facts),
        ExprKind::Interpolated(pieces) => {
            for piece in pieces {
                match piece {
                    Piece::Hole { value, .. } => expr(value, facts),
                    Piece::Text(_) => {}
                }
            }
        }
        ExprKind::New(new) => construction(new, whole, facts),
        ExprKind::NewArray { size, items, .. } => {
            optional(size.as_deref(), facts);
            all(items, facts);
        }
        ExprKind::Record(fields) => {
            for (_, value) in fields {
                expr(value, facts);
            }
        }
        ExprKind::Lambda(lambda) => match &lambda.body {
            LambdaBody::Expression(inner) => expr(inner, facts),
            LambdaBody::Block(inner) => statements(inner, facts),
        },
        ExprKind::Type(of) | ExprKind::Default(of) | ExprKind::TypeOf(of) => {
            named(of, whole, facts);
        }
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Local(_) | ExprKind::Context => {}
    }
}

fn construction(new: &New, whole: &Expr, facts: &mut Facts) {
    named(&new.target, whole, facts);
    all(&new.arguments, facts);
    for entry in &new.initialiser {
        match entry {
            Entry::Index(key, value) | Entry::Pair(key, value) => {
                expr(key, facts);
                expr(value, facts);
            }
            Entry::Member(_, value) | Entry::Item(value) => expr(value, facts),
        }
    }
}

fn member(whole: &Expr, target: &Expr, name: &str, conditional: bool, facts: &mut Facts) {
    if let Some(owner) = path(target) {
        let full = if owner.is_empty() {
            name.to_owned()
        } else {
            format!("{owner}.{name}")
        };
        facts.paths.insert(full);
        if let Some(entity) = Entity::named(&owner) {
            if conditional {
                facts.null_tested.insert(entity);
            } else {
                facts.dereferenced.push((entity, whole.span));
            }
        }
    }
}

fn call(inner: &Call, whole: &Expr, facts: &mut Facts) {
    let owner = inner.target.as_ref().and_then(path).unwrap_or_default();
    let first = inner.arguments.first().map(|argument| &argument.value);
    match (owner.as_str(), &*inner.method) {
        ("Variables", "ContainsKey" | "GetValueOrDefault" | "TryGetValue") => {
            facts
                .tested
                .extend(first.and_then(text).map(ToOwned::to_owned));
        }
        ("Request.Body" | "Response.Body", "As" | "AsFormUrlEncodedContent") => {
            // Without an argument the body is used up; what is no literal is taken as true.
            let gone = first
                .is_none_or(|value| matches!(value.kind, ExprKind::Literal(Value::Bool(false))));
            facts.bodies.push(BodyRead {
                of: if owner == "Request.Body" {
                    BodyOf::Request
                } else {
                    BodyOf::Response
                },
                preserved: !gone,
                span: whole.span,
            });
        }
        _ => {}
    }
    for of in &inner.types {
        named(of, whole, facts);
    }
    optional(inner.target.as_ref(), facts);
    for argument in &inner.arguments {
        expr(&argument.value, facts);
    }
}

fn compared(operator: Binary, left: &Expr, right: &Expr, facts: &mut Facts) {
    if !matches!(operator, Binary::Equal | Binary::NotEqual) {
        return;
    }
    for (one, other) in [(left, right), (right, left)] {
        let Some(owner) = path(one) else { continue };
        if let Some(entity) = Entity::named(&owner) {
            facts.null_tested.insert(entity);
        }
        if operator == Binary::Equal && owner == "Request.Method" {
            facts.methods.extend(text(other).map(ToOwned::to_owned));
        }
    }
}

fn named(of: &Type, whole: &Expr, facts: &mut Facts) {
    match of {
        Type::Unsupported(name) => facts.unsupported.push(((*name).to_owned(), whole.span)),
        Type::Nullable(inner) | Type::Array(inner) | Type::List(inner) => {
            named(inner, whole, facts);
        }
        Type::Dictionary(pair) => {
            named(&pair.0, whole, facts);
            named(&pair.1, whole, facts);
        }
        _ => {}
    }
}

/// `Request.Body` for `context.Request.Body`, `?.` as well; empty for `context` itself.
fn path(of: &Expr) -> Option<String> {
    match &of.kind {
        ExprKind::Context => Some(String::new()),
        ExprKind::Chain(inner) => path(inner),
        ExprKind::Member { target, name, .. } => {
            let owner = path(target)?;
            Some(if owner.is_empty() {
                name.to_string()
            } else {
                format!("{owner}.{name}")
            })
        }
        _ => None,
    }
}

fn text(of: &Expr) -> Option<&str> {
    match &of.kind {
        ExprKind::Literal(Value::Str(text)) => Some(text),
        _ => None,
    }
}
