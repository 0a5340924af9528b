//! Expressions: names to slots, static types from the inside out.

use std::sync::Arc;

use super::members::{self, Kind, Member};
use super::{Resolver, Static};
use crate::base::{Span, nearest};
use crate::policy::expression::Problem;
use crate::policy::expression::ast::{
    Binary, Entry, Expr, ExprKind, Lambda, LambdaBody, New, Pattern, Piece, Sides,
};
use crate::policy::expression::types::{ENUMS, Type};
use crate::policy::expression::value::{Json, Value};

/// What stands before the name of a type.
const NAMESPACES: &[&str] = &["System", "Newtonsoft"];

impl Resolver {
    pub(super) fn expr(&mut self, expr: &mut Expr) -> Static {
        let span = expr.span;
        match &mut expr.kind {
            ExprKind::Literal(value) => literal(value),
            ExprKind::Name(_) | ExprKind::Member { .. } => self.path(expr),
            ExprKind::Interpolated(pieces) => {
                for piece in pieces {
                    if let Piece::Hole { value, .. } = piece {
                        self.expr(value);
                    }
                }
                Static::Of(Type::Str)
            }
            ExprKind::Index { target, index, .. } => {
                let known = self.expr(target);
                self.expr(index);
                element(&known)
            }
            ExprKind::Call(call) => self.call(call, span),
            ExprKind::Chain(inner) => self.expr(inner),
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { .. } => self.binary(expr),
            ExprKind::And(left, right) | ExprKind::Or(left, right) => {
                self.expr(left);
                self.expr(right);
                Static::Of(Type::Bool)
            }
            ExprKind::Coalesce(left, right) => {
                let left = self.expr(left);
                joined(left, self.expr(right))
            }
            ExprKind::Conditional(parts) => {
                self.expr(&mut parts[0]);
                let yes = self.expr(&mut parts[1]);
                joined(yes, self.expr(&mut parts[2]))
            }
            ExprKind::Cast {
                target,
                operand,
                unbox,
            } => {
                *unbox = self.expr(operand) == Static::Boxed;
                Static::of(target)
            }
            ExprKind::As { operand, target } => {
                self.expr(operand);
                Static::of(target)
            }
            ExprKind::Is {
                operand, pattern, ..
            } => {
                self.expr(operand);
                self.pattern(pattern, span);
                Static::Of(Type::Bool)
            }
            _ => self.rarer(expr),
        }
    }

    fn rarer(&mut self, expr: &mut Expr) -> Static {
        match &mut expr.kind {
            ExprKind::Assign { target, value, .. } | ExprKind::AssignIfNull(target, value) => {
                let known = self.expr(target);
                self.assignable(target, &known);
                self.expr(value);
                known
            }
            ExprKind::Checked(inner, _) => self.expr(inner),
            ExprKind::Increment { target, .. } => {
                let known = self.expr(target);
                self.assignable(target, &known);
                known
            }
            ExprKind::New(new) => self.new_object(new),
            ExprKind::NewArray {
                element,
                size,
                items,
            } => {
                if let Some(size) = size {
                    self.expr(size);
                }
                let mut known = Static::Unknown;
                for item in items {
                    known = self.expr(item);
                }
                match (element, known) {
                    (Some(element), _) => Static::Of(Type::Array(Box::new(element.clone()))),
                    (None, Static::Of(item)) => Static::Of(Type::Array(Box::new(item))),
                    _ => Static::Unknown,
                }
            }
            ExprKind::Record(fields) => {
                for (_, value) in fields {
                    self.expr(value);
                }
                Static::Unknown
            }
            ExprKind::Lambda(lambda) => {
                // The parser made it and nothing else holds it yet.
                if let Some(lambda) = Arc::get_mut(lambda) {
                    self.lambda(lambda, expr.span);
                }
                Static::Of(Type::Function)
            }
            ExprKind::Default(named) | ExprKind::Type(named) => Static::of(named),
            ExprKind::Throw(thrown) => self.expr(thrown),
            _ => Static::Unknown,
        }
    }

    fn assignable(&mut self, target: &Expr, known: &Static) {
        let read_only = match &target.kind {
            ExprKind::Context | ExprKind::Type(_) => true,
            ExprKind::Local(slot) => {
                let mut locals = self.locals.iter().rev();
                locals.any(|local| local.slot == *slot && local.constant)
            }
            ExprKind::Member { target: owner, .. } => {
                matches!(owner.kind, ExprKind::Context | ExprKind::Type(_))
                    || matches!(known, Static::Place(_))
            }
            _ => false,
        };
        if read_only {
            self.problem(target.span, "this cannot be assigned to");
        }
    }

    /// A name or a member: a local, `context`, a type, or a member of what stands before.
    fn path(&mut self, expr: &mut Expr) -> Static {
        if let ExprKind::Name(name) = &expr.kind {
            let name = name.clone();
            return self.name(expr, &name);
        }
        if let Some(named) = qualified(expr)
            .filter(|(head, _)| self.local(head).is_none())
            .map(|(_, named)| named)
        {
            expr.kind = ExprKind::Type(named.clone());
            return Static::Of(named);
        }
        let ExprKind::Member { target, name, .. } = &mut expr.kind else {
            return Static::Unknown;
        };
        if let ExprKind::Name(head) = &target.kind
            && NAMESPACES.contains(&&**head)
            && self.local(head).is_none()
        {
            let message = format!("`{name}` is not a type of policy expressions");
            self.problems.push(Problem::name(expr.span, message));
            return Static::Unknown;
        }
        let known = self.expr(target);
        if let ExprKind::Type(Type::Enum(enumeration)) = target.kind {
            self.enum_member(enumeration, name, expr.span);
            return Static::Of(Type::Enum(enumeration));
        }
        match known {
            Static::Place(kind) => self.place_member(kind, name, expr.span),
            Static::Of(Type::JProperty) if &**name == "Value" => Static::Of(Type::Token),
            Static::Of(Type::JValue) if &**name == "Value" => Static::Boxed,
            Static::Of(_) if matches!(&**name, "Length" | "Count") => Static::Of(Type::Int),
            _ => Static::Unknown,
        }
    }

    fn name(&mut self, expr: &mut Expr, name: &Arc<str>) -> Static {
        if let Some(local) = self.local(name) {
            let known = local.known.clone();
            expr.kind = ExprKind::Local(local.slot);
            return known;
        }
        if &**name == "context" {
            expr.kind = ExprKind::Context;
            return Static::Place(Kind::Context);
        }
        if let Some(named) = Type::named(name) {
            expr.kind = ExprKind::Type(named.clone());
            return Static::Of(named);
        }
        let problem = Problem::name(
            expr.span,
            format!("`{name}` is not a variable, and not a type of policy expressions"),
        );
        // Names of one or two letters are near to everything.
        let locals = self.locals.iter().map(|local| &*local.name);
        let known = locals.filter(|known| known.len() > 2).chain(["context"]);
        let near = nearest(name, known);
        let hint = near.map(|near| format!("did you mean `{near}`?"));
        self.problems.push(Problem { hint, ..problem });
        Static::Unknown
    }

    fn enum_member(&mut self, enumeration: &str, name: &str, span: Span) {
        let known = ENUMS.iter().find(|(known, _)| *known == enumeration);
        if !known.is_some_and(|(_, members)| members.contains(&name)) {
            let message = format!("`{enumeration}` has no member `{name}`");
            self.problems.push(Problem::name(span, message));
        }
    }

    fn place_member(&mut self, kind: Kind, name: &str, span: Span) -> Static {
        match members::member(kind, name) {
            Some(Member::Place(kind)) => Static::Place(kind),
            Some(Member::Text) => Static::Of(Type::Str),
            Some(Member::Int) => Static::Of(Type::Int),
            Some(Member::Bool) => Static::Of(Type::Bool),
            Some(Member::Other) => Static::Unknown,
            None => {
                if members::closed(kind) {
                    self.no_member(kind, name, span);
                }
                Static::Unknown
            }
        }
    }

    pub(super) fn no_member(&mut self, kind: Kind, name: &str, span: Span) {
        let problem = Problem::name(
            span,
            format!("{} has no member `{name}`", members::title(kind)),
        );
        let near = nearest(name, members::names(kind));
        let hint = near.map(|near| format!("did you mean `{near}`?"));
        self.problems.push(Problem { hint, ..problem });
    }

    fn binary(&mut self, expr: &mut Expr) -> Static {
        let ExprKind::Binary {
            operator,
            left,
            right,
            sides,
        } = &mut expr.kind
        else {
            return Static::Unknown;
        };
        let operator = *operator;
        let left = self.expr(left);
        let right = self.expr(right);
        let boxed = left == Static::Boxed || right == Static::Boxed;
        let text = Static::Of(Type::Str);
        match operator {
            Binary::Equal | Binary::NotEqual => {
                if boxed {
                    *sides = Sides::Object;
                }
                let number = |known: &Static| {
                    matches!(
                        known,
                        Static::Of(
                            Type::Bool
                                | Type::Int
                                | Type::Long
                                | Type::ULong
                                | Type::Float
                                | Type::Double
                                | Type::Decimal
                                | Type::Char
                        )
                    )
                };
                if boxed && (number(&left) || number(&right)) {
                    let message = format!(
                        "`{}` cannot compare an `object` with a value",
                        operator.symbol()
                    );
                    self.problems.push(
                        Problem::new(expr.span, message).hint("cast the object first: `(int)…`"),
                    );
                }
                Static::Of(Type::Bool)
            }
            Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => {
                Static::Of(Type::Bool)
            }
            Binary::Add if left == text || right == text => {
                *sides = Sides::Text;
                text
            }
            _ if left == right && left != Static::Boxed => left,
            _ => Static::Unknown,
        }
    }

    pub(super) fn pattern(&mut self, pattern: &mut Pattern, span: Span) {
        match pattern {
            Pattern::Null => {}
            Pattern::Constant(constant) => {
                self.expr(constant);
            }
            Pattern::Type { target, binding } => {
                if let Some((name, slot)) = binding {
                    *slot = self.declare(&name.clone(), span, None, Static::of(target));
                }
            }
        }
    }

    fn new_object(&mut self, new: &mut New) -> Static {
        for argument in &mut new.arguments {
            self.expr(argument);
        }
        for entry in &mut new.initialiser {
            match entry {
                Entry::Index(key, value) | Entry::Pair(key, value) => {
                    self.expr(key);
                    self.expr(value);
                }
                Entry::Member(_, value) | Entry::Item(value) => {
                    self.expr(value);
                }
            }
        }
        Static::of(&new.target)
    }

    fn lambda(&mut self, lambda: &mut Lambda, span: Span) {
        let first = self.slots.len();
        let loops = (
            std::mem::take(&mut self.loops),
            std::mem::take(&mut self.switches),
        );
        self.scope(|resolver| {
            for parameter in &mut lambda.parameters {
                let known = parameter
                    .declared
                    .as_ref()
                    .map_or(Static::Unknown, Static::of);
                parameter.slot =
                    resolver.declare(&parameter.name, span, parameter.declared.clone(), known);
            }
            match &mut lambda.body {
                LambdaBody::Expression(body) => {
                    resolver.expr(body);
                }
                LambdaBody::Block(statements) => {
                    resolver.block(statements);
                }
            }
        });
        (self.loops, self.switches) = loops;
        lambda.slots = first..self.slots.len();
    }
}

/// `System.Text.Encoding`: its first word, and the type that the last one names.
fn qualified(expr: &Expr) -> Option<(Arc<str>, Type)> {
    let ExprKind::Member {
        target,
        name,
        conditional: false,
    } = &expr.kind
    else {
        return None;
    };
    let mut inner = target;
    loop {
        match &inner.kind {
            ExprKind::Name(head) if NAMESPACES.contains(&&**head) => {
                return Some((head.clone(), Type::named(name)?));
            }
            ExprKind::Member {
                target,
                conditional: false,
                ..
            } => inner = target,
            _ => return None,
        }
    }
}

fn literal(value: &Value) -> Static {
    match value {
        Value::Bool(_) => Static::Of(Type::Bool),
        Value::Int(_) => Static::Of(Type::Int),
        Value::Long(_) => Static::Of(Type::Long),
        Value::Double(_) => Static::Of(Type::Double),
        Value::Decimal(_) => Static::Of(Type::Decimal),
        Value::Float(_) => Static::Of(Type::Float),
        Value::ULong(_) => Static::Of(Type::ULong),
        Value::Char(_) => Static::Of(Type::Char),
        Value::Str(_) => Static::Of(Type::Str),
        Value::Json(Json::Null) => Static::Of(Type::Token),
        _ => Static::Unknown,
    }
}

fn element(known: &Static) -> Static {
    match known {
        Static::Place(Kind::Variables) => Static::Boxed,
        Static::Place(Kind::MatchedParameters) => Static::Of(Type::Str),
        Static::Place(Kind::Fields) => Static::Of(Type::Array(Box::new(Type::Str))),
        Static::Of(Type::JObject | Type::JArray | Type::Token | Type::JValue) => {
            Static::Of(Type::Token)
        }
        Static::Of(Type::Str) => Static::Of(Type::Char),
        Static::Of(Type::Array(item) | Type::List(item)) => Static::of(item),
        Static::Of(Type::Dictionary(pair)) => Static::of(&pair.1),
        _ => Static::Unknown,
    }
}

/// Type of a choice between two.
fn joined(left: Static, right: Static) -> Static {
    match (left, right) {
        (Static::Boxed, _) | (_, Static::Boxed) => Static::Boxed,
        (left, right) if left == right => left,
        _ => Static::Unknown,
    }
}
