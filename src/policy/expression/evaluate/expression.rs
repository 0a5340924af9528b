//! Expressions.

use std::sync::Arc;

use super::convert;
use super::operator;
use super::{Eval, Interpreter, Interrupt};
use crate::policy::expression::ast::{Binary, Expr, ExprKind, Pattern, Piece, Sides, Unary};
use crate::policy::expression::fault::Fault;
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{Place, Record, Value};

impl Interpreter<'_> {
    pub(super) fn eval(&mut self, expr: &Expr) -> Eval {
        self.enter()?;
        let result = self.eval_inside(expr);
        self.leave();
        result.map_err(|interrupt| interrupt.at(expr.span))
    }

    /// Only hands over, so that its stack frame, of which there are hundreds, stays small.
    fn eval_inside(&mut self, expr: &Expr) -> Eval {
        match &expr.kind {
            ExprKind::Literal(value) => Ok(value.clone()),
            ExprKind::Local(slot) => Ok(self.frame[*slot].clone()),
            ExprKind::Context => Ok(Value::Place(Place::Context)),
            ExprKind::Member {
                target,
                name,
                conditional,
            } => self.eval_member(target, name, *conditional),
            ExprKind::Index {
                target,
                index,
                conditional,
            } => self.eval_index(target, index, *conditional),
            ExprKind::Call(call) => self.eval_call(call),
            ExprKind::Binary {
                operator,
                left,
                right,
                sides,
            } => self.eval_binary(*operator, left, right, *sides),
            ExprKind::And(left, right) => self.eval_logic(left, right, false),
            ExprKind::Or(left, right) => self.eval_logic(left, right, true),
            ExprKind::Conditional(parts) => {
                let chosen = if self.condition(&parts[0])? {
                    &parts[1]
                } else {
                    &parts[2]
                };
                self.eval(chosen)
            }
            ExprKind::Cast {
                target,
                operand,
                unbox,
            } => self.eval_cast(target, operand, *unbox),
            ExprKind::Interpolated(pieces) => self.eval_interpolated(pieces),
            ExprKind::Assign {
                operator,
                target,
                value,
            } => self.assign(*operator, target, value),
            _ => self.eval_rarer(expr),
        }
    }

    fn eval_rarer(&mut self, expr: &Expr) -> Eval {
        match &expr.kind {
            ExprKind::Chain(inner) => match self.eval(inner) {
                Err(Interrupt::Null) => Ok(Value::Null),
                result => result,
            },
            ExprKind::Coalesce(left, right) => match self.eval(left)? {
                Value::Null => self.eval(right),
                value => Ok(value),
            },
            ExprKind::Unary { operator, operand } => self.eval_unary(*operator, operand),
            ExprKind::As { operand, target } => {
                let value = self.eval(operand)?;
                Ok(if convert::is_instance(&value, target) {
                    value
                } else {
                    Value::Null
                })
            }
            ExprKind::Is {
                operand,
                pattern,
                negated,
            } => {
                let value = self.eval(operand)?;
                Ok(Value::Bool(self.matches(&value, pattern)? != *negated))
            }
            ExprKind::AssignIfNull(target, value) => match self.eval(target)? {
                Value::Null => self.assign(None, target, value),
                known => Ok(known),
            },
            ExprKind::Checked(inner, checked) => {
                let outer = std::mem::replace(&mut self.checked, *checked);
                let result = self.eval(inner);
                self.checked = outer;
                result
            }
            ExprKind::Increment { target, by, prefix } => self.increment(target, *by, *prefix),
            ExprKind::New(new) => self.construct(new),
            ExprKind::NewArray {
                element,
                size,
                items,
            } => self.new_array_of(element.as_ref(), size.as_deref(), items),
            ExprKind::Record(fields) => self.record(fields),
            ExprKind::Lambda(lambda) => Ok(Value::Function(lambda.clone())),
            ExprKind::Default(named) => Ok(convert::default(named)),
            ExprKind::Type(named) | ExprKind::TypeOf(named) => {
                Ok(Value::Type(Arc::new(named.clone())))
            }
            ExprKind::Throw(value) => Err(self.thrown(Some(value))?.into()),
            ExprKind::Name(name) => Err(Fault::refused(format!("`{name}` is not known")).into()),
            _ => self.eval_inside(expr),
        }
    }

    /// The value before a `.`; with `?.`, null ends the chain.
    pub(super) fn eval_target(&mut self, target: &Expr, conditional: bool) -> Eval {
        match self.eval(target)? {
            Value::Null if conditional => Err(Interrupt::Null),
            value => Ok(value),
        }
    }

    fn eval_member(&mut self, target: &Expr, name: &str, conditional: bool) -> Eval {
        if let ExprKind::Type(named) = &target.kind {
            return self.static_member(named, name);
        }
        let target = self.eval_target(target, conditional)?;
        self.member(&target, name)
    }

    fn eval_index(&mut self, target: &Expr, index: &Expr, conditional: bool) -> Eval {
        let target = self.eval_target(target, conditional)?;
        let index = self.eval(index)?;
        self.element(&target, &index)
    }

    fn eval_logic(&mut self, left: &Expr, right: &Expr, decides: bool) -> Eval {
        let first = self.condition(left)?;
        Ok(Value::Bool(if first == decides {
            decides
        } else {
            self.condition(right)?
        }))
    }

    fn eval_binary(&mut self, operator: Binary, left: &Expr, right: &Expr, sides: Sides) -> Eval {
        let left = self.eval(left)?;
        let right = self.eval(right)?;
        self.binary(operator, &left, &right, sides)
    }

    pub(super) fn binary(
        &mut self,
        operator: Binary,
        left: &Value,
        right: &Value,
        sides: Sides,
    ) -> Eval {
        let joins = sides == Sides::Text
            || matches!((left, right), (Value::Str(_), _) | (_, Value::Str(_)));
        if operator == Binary::Add && joins {
            return self.join(left, right);
        }
        if sides == Sides::Object && matches!(operator, Binary::Equal | Binary::NotEqual) {
            let same = operator::same_reference(left, right)?;
            return Ok(Value::Bool(same == (operator == Binary::Equal)));
        }
        Ok(if self.checked {
            operator::apply_checked(operator, left, right)?
        } else {
            operator::apply(operator, left, right)?
        })
    }

    fn join(&mut self, left: &Value, right: &Value) -> Eval {
        let text = match (left, right) {
            (Value::Str(left), Value::Str(right)) => [&**left, &**right].concat(),
            (left, right) => self.text_of(left) + &self.text_of(right),
        };
        self.read(&text)?;
        self.new_text(text)
    }

    fn eval_unary(&mut self, operator: Unary, operand: &Expr) -> Eval {
        let value = self.eval(operand)?;
        if self.checked && operator == Unary::Minus {
            return self.binary(Binary::Subtract, &Value::Int(0), &value, Sides::Any);
        }
        Ok(operator::apply_unary(operator, &value)?)
    }

    fn eval_cast(&mut self, target: &Type, operand: &Expr, unbox: bool) -> Eval {
        let value = self.eval(operand)?;
        Ok(if unbox {
            convert::unbox(value, target)?
        } else if self.checked {
            convert::cast_checked(value, target)?
        } else {
            convert::cast(value, target)?
        })
    }

    fn eval_interpolated(&mut self, pieces: &[Piece]) -> Eval {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Hole {
                    value,
                    width,
                    format,
                } => {
                    let value = self.eval(value)?;
                    let shown = match format {
                        Some(format) => self.formatted(&value, format)?,
                        None => self.text_of(&value),
                    };
                    self.allocate(shown.len())?;
                    text.push_str(&padded(&shown, *width));
                }
            }
        }
        self.new_text(text)
    }

    fn record(&mut self, fields: &[(Arc<str>, Expr)]) -> Eval {
        let mut values = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            values.push((name.clone(), self.eval(value)?));
        }
        self.pay_for_items(values.len())?;
        Ok(Value::Record(Arc::new(Record {
            type_name: Record::ANONYMOUS,
            fields: values,
        })))
    }

    pub(super) fn matches(&mut self, value: &Value, pattern: &Pattern) -> Eval<bool> {
        match pattern {
            Pattern::Null => Ok(matches!(value, Value::Null)),
            Pattern::Constant(constant) => {
                let constant = self.eval(constant)?;
                Ok(value.equals(&constant))
            }
            Pattern::Type { target, binding } => {
                let found = convert::is_instance(value, target);
                if let Some((_, slot)) = binding.as_ref().filter(|_| found) {
                    self.frame[*slot] = value.clone();
                }
                Ok(found)
            }
        }
    }

    fn assign(&mut self, operator: Option<Binary>, target: &Expr, value: &Expr) -> Eval {
        // The parts of the target are evaluated before the value, and once.
        match &target.kind {
            ExprKind::Local(slot) => {
                let old = self.frame[*slot].clone();
                let new = self.assigned_value(operator, &old, value)?;
                Ok(match (operator, &self.slots[*slot]) {
                    (Some(_), Some(declared)) if operator::is_number(&new) => {
                        let narrowed = convert::cast(new, declared)?;
                        self.store(*slot, narrowed)?
                    }
                    _ => self.store(*slot, new)?,
                })
            }
            ExprKind::Index { target, index, .. } => {
                let target = self.eval(target)?;
                let index = self.eval(index)?;
                let old = if operator.is_some() {
                    self.element(&target, &index)?
                } else {
                    Value::Null
                };
                let new = self.assigned_value(operator, &old, value)?;
                self.set_element(&target, &index, new.clone())?;
                Ok(new)
            }
            ExprKind::Member { target, name, .. } => {
                let target = self.eval(target)?;
                let old = if operator.is_some() {
                    self.member(&target, name)?
                } else {
                    Value::Null
                };
                let new = self.assigned_value(operator, &old, value)?;
                super::call::set_member(&target, name, new.clone())?;
                Ok(new)
            }
            _ => Err(Fault::refused("this cannot be assigned to").into()),
        }
    }

    fn assigned_value(&mut self, operator: Option<Binary>, old: &Value, value: &Expr) -> Eval {
        let value = self.eval(value)?;
        match operator {
            None => Ok(value),
            Some(operator) => self.binary(operator, old, &value, Sides::Any),
        }
    }

    fn increment(&mut self, target: &Expr, by: i32, prefix: bool) -> Eval {
        let old = self.eval(target)?;
        let new = match (&old, by) {
            (Value::Char(unit), 1) => Value::Char(unit.wrapping_add(1)),
            (Value::Char(unit), _) => Value::Char(unit.wrapping_sub(1)),
            _ => self.binary(Binary::Add, &old, &Value::Int(by), Sides::Any)?,
        };
        match &target.kind {
            ExprKind::Local(slot) => {
                self.store(*slot, new.clone())?;
            }
            ExprKind::Index { target, index, .. } => {
                let target = self.eval(target)?;
                let index = self.eval(index)?;
                self.set_element(&target, &index, new.clone())?;
            }
            _ => return Err(Fault::unsupported("++ of a member").into()),
        }
        Ok(if prefix { new } else { old })
    }
}

/// Spaces before the text, or behind it when the width is negative.
pub(super) fn padded(text: &str, width: i32) -> String {
    let wanted = usize::try_from(width.unsigned_abs()).unwrap_or(0);
    let missing = wanted.saturating_sub(text.chars().count());
    let spaces = " ".repeat(missing);
    if width < 0 {
        format!("{text}{spaces}")
    } else {
        format!("{spaces}{text}")
    }
}
