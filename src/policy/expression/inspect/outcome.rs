//! The type of an expression's result, as far as it can be read off the text.

use crate::policy::expression::ast::{
    Binary, Body, Call, Expr, ExprKind, Statement, StatementKind,
};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Int,
    Long,
    Text,
    Bool,
    Double,
    Unknown,
}

impl Outcome {
    /// What .NET calls the type.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Outcome::Int => "System.Int32",
            Outcome::Long => "System.Int64",
            Outcome::Text => "System.String",
            Outcome::Bool => "System.Boolean",
            Outcome::Double => "System.Double",
            Outcome::Unknown => "unknown",
        }
    }

    fn of_type(named: &Type) -> Outcome {
        match named {
            Type::Int | Type::Short | Type::UShort | Type::Byte | Type::SByte => Outcome::Int,
            Type::Long => Outcome::Long,
            Type::Str => Outcome::Text,
            Type::Bool => Outcome::Bool,
            Type::Double => Outcome::Double,
            _ => Outcome::Unknown,
        }
    }

    /// Of two branches, or of the operands of `+`.
    fn joined(self, other: Outcome) -> Outcome {
        match (self, other) {
            (one, two) if one == two => one,
            (Outcome::Int, Outcome::Long) | (Outcome::Long, Outcome::Int) => Outcome::Long,
            _ => Outcome::Unknown,
        }
    }
}

pub(super) fn of(body: &Body, slots: &[Option<Type>]) -> Outcome {
    match body {
        Body::Unsupported(..) => Outcome::Unknown,
        Body::Expression(inner) => expr(inner, slots),
        Body::Statements(inner) => {
            let mut results = Vec::new();
            returns(inner, slots, &mut results);
            results
                .into_iter()
                .reduce(Outcome::joined)
                .unwrap_or(Outcome::Unknown)
        }
    }
}

fn returns(statements: &[Statement], slots: &[Option<Type>], results: &mut Vec<Outcome>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Return(Some(value)) => results.push(expr(value, slots)),
            StatementKind::Block(inner) => returns(inner, slots, results),
            StatementKind::If {
                branches,
                otherwise,
            } => {
                for (_, branch) in branches {
                    returns(std::slice::from_ref(branch), slots, results);
                }
                if let Some(otherwise) = otherwise {
                    returns(std::slice::from_ref(otherwise), slots, results);
                }
            }
            StatementKind::Local { .. } | StatementKind::Expression(_) | StatementKind::Empty => {}
            // What else may return is not looked into, so nothing certain is left to say.
            _ => results.push(Outcome::Unknown),
        }
    }
}

fn expr(whole: &Expr, slots: &[Option<Type>]) -> Outcome {
    match &whole.kind {
        ExprKind::Literal(Value::Int(_)) => Outcome::Int,
        ExprKind::Literal(Value::Long(_)) => Outcome::Long,
        ExprKind::Literal(Value::Str(_)) | ExprKind::Interpolated(_) => Outcome::Text,
        ExprKind::Literal(Value::Bool(_)) => Outcome::Bool,
        ExprKind::Literal(Value::Double(_)) => Outcome::Double,
        ExprKind::Local(slot) => slots
            .get(*slot)
            .and_then(Option::as_ref)
            .map_or(Outcome::Unknown, Outcome::of_type),
        ExprKind::Cast { target, .. } => Outcome::of_type(target),
        ExprKind::Conditional(parts) => expr(&parts[1], slots).joined(expr(&parts[2], slots)),
        ExprKind::Coalesce(left, right)
        | ExprKind::Binary {
            operator:
                Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Remainder,
            left,
            right,
            ..
        } => expr(left, slots).joined(expr(right, slots)),
        ExprKind::Call(call) => method(call),
        _ => Outcome::Unknown,
    }
}

fn method(call: &Call) -> Outcome {
    let target = call.target.as_ref().map(|target| &target.kind);
    match (target, &*call.method) {
        (_, "ToString") => Outcome::Text,
        (Some(ExprKind::Type(Type::Static("Convert"))), "ToInt32") => Outcome::Int,
        (Some(ExprKind::Type(Type::Static("Convert"))), "ToInt64") => Outcome::Long,
        (Some(ExprKind::Type(named)), "Parse") => Outcome::of_type(named),
        (_, "GetValueOrDefault") if !call.types.is_empty() => Outcome::of_type(&call.types[0]),
        _ => Outcome::Unknown,
    }
}
