//! Statements.

use std::sync::Arc;

use super::{Eval, Interpreter, Interrupt};
use crate::policy::expression::ast::{Catch, For, Label, Section, Statement, StatementKind};
use crate::policy::expression::ast::{Expr, Variable};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::Value;

/// Where to go on after a statement.
pub(super) enum Flow {
    Next,
    Return(Value),
    Break,
    Continue,
}

impl Interpreter<'_> {
    /// The value that the statements return.
    pub(super) fn body(&mut self, statements: &[Statement]) -> Eval {
        match self.block(statements)? {
            Flow::Return(value) => Ok(value),
            Flow::Next | Flow::Break | Flow::Continue => Ok(Value::Null),
        }
    }

    fn block(&mut self, statements: &[Statement]) -> Eval<Flow> {
        for statement in statements {
            match self.statement(statement)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &Statement) -> Eval<Flow> {
        self.enter()?;
        let flow = self
            .statement_inside(statement)
            .map_err(|interrupt| interrupt.at(statement.span));
        self.leave();
        flow
    }

    fn statement_inside(&mut self, statement: &Statement) -> Eval<Flow> {
        match &statement.kind {
            StatementKind::Empty => Ok(Flow::Next),
            StatementKind::Local { variables, .. } => self.locals(variables),
            StatementKind::Expression(expr) => self.eval(expr).map(|_| Flow::Next),
            StatementKind::Block(statements) => self.block(statements),
            StatementKind::If {
                branches,
                otherwise,
            } => self.choose(branches, otherwise.as_deref()),
            StatementKind::Return(None) => Ok(Flow::Return(Value::Null)),
            StatementKind::Return(Some(value)) => self.eval(value).map(Flow::Return),
            StatementKind::Throw(value) => Err(self.thrown(value.as_ref())?.into()),
            StatementKind::Try {
                body,
                catches,
                finally,
            } => self.attempt(body, catches, finally.as_deref()),
            StatementKind::ForEach {
                variable,
                items,
                body,
                ..
            } => self.for_each(variable.slot, items, body),
            StatementKind::For(parts) => self.for_loop(parts),
            StatementKind::While {
                condition,
                body,
                test_first,
            } => self.repeat(condition, body, *test_first),
            StatementKind::Switch { subject, sections } => self.switch(subject, sections),
            StatementKind::Checked(statements, checked) => {
                let outer = std::mem::replace(&mut self.checked, *checked);
                let flow = self.block(statements);
                self.checked = outer;
                flow
            }
            StatementKind::Using(resource, body) => self.using(resource, body),
            StatementKind::Break => Ok(Flow::Break),
            StatementKind::Continue => Ok(Flow::Continue),
        }
    }

    fn locals(&mut self, variables: &[Variable]) -> Eval<Flow> {
        for variable in variables {
            match &variable.value {
                Some(value) => {
                    let value = self.eval(value)?;
                    self.store(variable.slot, value)?;
                }
                // In a loop the variable is a new one each time round.
                None => self.frame[variable.slot] = Value::Null,
            }
        }
        Ok(Flow::Next)
    }

    /// What is disposed of afterwards holds nothing that a policy can see.
    fn using(&mut self, resource: &Statement, body: &Statement) -> Eval<Flow> {
        let mut resources = Vec::new();
        match &resource.kind {
            StatementKind::Local { variables, .. } => {
                self.locals(variables)?;
                let held = variables.iter().map(|held| self.frame[held.slot].clone());
                resources.extend(held);
            }
            StatementKind::Expression(expr) => resources.push(self.eval(expr)?),
            _ => {}
        }
        if let Some(other) = resources.iter().find(|value| !value.is_disposable()) {
            let message = format!("a `{}` cannot be disposed of", other.type_name());
            return Err(Interrupt::from(Fault::refused(message)).at(resource.span));
        }
        self.statement(body)
    }

    fn choose(
        &mut self,
        branches: &[(Expr, Statement)],
        otherwise: Option<&Statement>,
    ) -> Eval<Flow> {
        for (condition, body) in branches {
            if self.condition(condition)? {
                return self.statement(body);
            }
        }
        otherwise.map_or(Ok(Flow::Next), |body| self.statement(body))
    }

    pub(super) fn condition(&mut self, condition: &Expr) -> Eval<bool> {
        match self.eval(condition)? {
            Value::Bool(bool) => Ok(bool),
            other => {
                let message = format!(
                    "a condition must be a `bool`, this is a `{}`",
                    other.type_name()
                );
                Err(Interrupt::from(Fault::refused(message)).at(condition.span))
            }
        }
    }

    /// The fault that a `throw` raises.
    pub(super) fn thrown(&mut self, value: Option<&Expr>) -> Eval<Raise> {
        let Some(value) = value else {
            let again = self.caught.last().map(|fault| Raise::again(fault));
            return Ok(
                again.unwrap_or_else(|| Fault::operation("There is no exception to throw again."))
            );
        };
        match self.eval(value)? {
            Value::Exception(fault) => Ok(Raise::again(&fault).at(value.span)),
            Value::Null => Ok(Fault::null()),
            other => {
                Err(Fault::refused(format!("a `{}` cannot be thrown", other.type_name())).into())
            }
        }
    }

    fn attempt(
        &mut self,
        body: &[Statement],
        catches: &[Catch],
        finally: Option<&[Statement]>,
    ) -> Eval<Flow> {
        let mut result = self.block(body);
        if let Err(Interrupt::Fault(fault)) = result {
            result = self.handle(fault, catches);
        }
        if let Some(finally) = finally {
            match self.block(finally)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        result
    }

    fn handle(&mut self, fault: Raise, catches: &[Catch]) -> Eval<Flow> {
        for caught in catches {
            let class = match &caught.exception {
                Some(Type::Exception(class)) => class,
                _ => "Exception",
            };
            if !fault.caught_by(class) {
                continue;
            }
            let shared = Arc::new(Fault::clone(&fault));
            if let Some((_, slot)) = &caught.binding {
                self.frame[*slot] = Value::Exception(shared.clone());
            }
            if let Some(filter) = &caught.filter
                && !self.condition(filter)?
            {
                continue;
            }
            self.caught.push(shared);
            let flow = self.block(&caught.body);
            self.caught.pop();
            return flow;
        }
        Err(fault.into())
    }

    fn for_each(&mut self, slot: usize, items: &Expr, body: &Statement) -> Eval<Flow> {
        let source = self.eval(items)?;
        if matches!(source, Value::Null) {
            return Err(Interrupt::from(Fault::null()).at(items.span));
        }
        for item in self.items(&source)? {
            self.store(slot, item)?;
            match self.statement(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => break,
                flow @ Flow::Return(_) => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn for_loop(&mut self, parts: &For) -> Eval<Flow> {
        self.block(&parts.start)?;
        loop {
            self.spend(1)?;
            if let Some(condition) = &parts.condition
                && !self.condition(condition)?
            {
                return Ok(Flow::Next);
            }
            match self.statement(&parts.body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                flow @ Flow::Return(_) => return Ok(flow),
            }
            for step in &parts.steps {
                self.eval(step)?;
            }
        }
    }

    fn repeat(&mut self, condition: &Expr, body: &Statement, test_first: bool) -> Eval<Flow> {
        let mut test = test_first;
        loop {
            self.spend(1)?;
            if test && !self.condition(condition)? {
                return Ok(Flow::Next);
            }
            test = true;
            match self.statement(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                flow @ Flow::Return(_) => return Ok(flow),
            }
        }
    }

    fn switch(&mut self, subject: &Expr, sections: &[Section]) -> Eval<Flow> {
        let subject = self.eval(subject)?;
        let mut chosen = None;
        for section in sections {
            for label in &section.labels {
                match label {
                    Label::Default => chosen = chosen.or(Some(section)),
                    Label::Case(pattern, filter) => {
                        let matches = self.matches(&subject, pattern)?
                            && match filter {
                                Some(filter) => self.condition(filter)?,
                                None => true,
                            };
                        if matches {
                            return self.section(section);
                        }
                    }
                }
            }
        }
        chosen.map_or(Ok(Flow::Next), |section| self.section(section))
    }

    fn section(&mut self, section: &Section) -> Eval<Flow> {
        Ok(match self.block(&section.body)? {
            Flow::Break => Flow::Next,
            flow => flow,
        })
    }
}
