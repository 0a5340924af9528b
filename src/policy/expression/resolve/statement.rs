//! Statements: scopes, loops, and whether every path returns.

use super::{Resolver, Static};
use crate::policy::expression::ast::{
    Catch, ExprKind, Label, Section, Statement, StatementKind, Variable,
};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::Value;

impl Resolver {
    /// True when no path reaches the end of the block.
    pub(super) fn block(&mut self, statements: &mut [Statement]) -> bool {
        self.scope(|resolver| {
            let mut ends = false;
            for statement in statements {
                ends |= resolver.statement(statement);
            }
            ends
        })
    }

    fn own_scope(&mut self, statement: &mut Statement) -> bool {
        self.scope(|resolver| resolver.statement(statement))
    }

    fn statement(&mut self, statement: &mut Statement) -> bool {
        let span = statement.span;
        match &mut statement.kind {
            StatementKind::Empty => false,
            StatementKind::Local {
                declared,
                variables,
            } => {
                for variable in variables {
                    self.variable(variable, declared.as_ref());
                }
                false
            }
            StatementKind::Expression(expr) => {
                self.expr(expr);
                matches!(expr.kind, ExprKind::Throw(_))
            }
            StatementKind::Block(statements) => self.block(statements),
            StatementKind::If {
                branches,
                otherwise,
            } => {
                let mut all_end = otherwise.is_some();
                for (condition, body) in branches {
                    self.expr(condition);
                    all_end &= self.own_scope(body);
                }
                if let Some(otherwise) = otherwise {
                    all_end &= self.own_scope(otherwise);
                }
                all_end
            }
            StatementKind::Return(value) => {
                if let Some(value) = value {
                    self.expr(value);
                }
                true
            }
            StatementKind::Throw(value) => {
                if let Some(value) = value {
                    self.expr(value);
                } else if self.catches == 0 {
                    self.problem(span, "`throw;` belongs in a `catch`");
                }
                true
            }
            StatementKind::Break => {
                if self.loops == 0 && self.switches == 0 {
                    self.problem(span, "`break` belongs in a loop or a `switch`");
                }
                false
            }
            StatementKind::Continue => {
                if self.loops == 0 {
                    self.problem(span, "`continue` belongs in a loop");
                }
                false
            }
            _ => self.compound(statement),
        }
    }

    fn compound(&mut self, statement: &mut Statement) -> bool {
        match &mut statement.kind {
            StatementKind::Try {
                body,
                catches,
                finally,
            } => {
                let mut all_end = self.block(body);
                for caught in catches {
                    all_end &= self.catch(caught, statement.span);
                }
                if let Some(finally) = finally {
                    all_end |= self.block(finally);
                }
                all_end
            }
            StatementKind::ForEach {
                variable,
                declared,
                items,
                body,
            } => {
                let known = self.expr(items);
                self.scope(|resolver| {
                    let item = match (declared.as_ref(), &known) {
                        (Some(declared), _) => Static::of(declared),
                        (None, Static::Of(Type::JArray | Type::Token)) => Static::Of(Type::Token),
                        (None, Static::Of(Type::List(item) | Type::Array(item))) => {
                            Static::of(item)
                        }
                        _ => Static::Unknown,
                    };
                    let name = variable.name.clone();
                    variable.slot = resolver.declare(&name, variable.span, declared.clone(), item);
                    resolver.in_loop(|resolver| resolver.own_scope(body));
                });
                false
            }
            StatementKind::Checked(statements, _) => self.block(statements),
            StatementKind::Using(resource, body) => self.scope(|resolver| {
                resolver.statement(resource);
                resolver.own_scope(body)
            }),
            StatementKind::For(parts) => self.scope(|resolver| {
                for statement in &mut parts.start {
                    resolver.statement(statement);
                }
                if let Some(condition) = &mut parts.condition {
                    resolver.expr(condition);
                }
                for step in &mut parts.steps {
                    resolver.expr(step);
                }
                resolver.in_loop(|resolver| resolver.own_scope(&mut parts.body));
                parts.condition.is_none() && !breaks(&parts.body)
            }),
            StatementKind::While {
                condition,
                body,
                test_first,
            } => {
                self.expr(condition);
                let ends = self.in_loop(|resolver| resolver.own_scope(body));
                let endless = matches!(condition.kind, ExprKind::Literal(Value::Bool(true)));
                !breaks(body) && (endless || (ends && !*test_first))
            }
            StatementKind::Switch { subject, sections } => {
                self.expr(subject);
                self.switches += 1;
                let mut all_end = sections.iter().any(|section| {
                    section
                        .labels
                        .iter()
                        .any(|label| matches!(label, Label::Default))
                });
                for section in sections {
                    all_end &= self.section(section);
                }
                self.switches -= 1;
                all_end
            }
            _ => false,
        }
    }

    fn in_loop<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> T {
        self.loops += 1;
        let result = walk(self);
        self.loops -= 1;
        result
    }

    fn variable(&mut self, variable: &mut Variable, declared: Option<&Type>) {
        let known = variable.value.as_mut().map_or(Static::Unknown, |value| {
            let known = self.expr(value);
            self.method_group(value);
            known
        });
        let known = declared.map_or(known, Static::of);
        variable.slot = self.declare(
            &variable.name.clone(),
            variable.span,
            declared.cloned(),
            known,
        );
        if let Some(local) = self.locals.last_mut() {
            local.constant = variable.constant;
        }
    }

    fn catch(&mut self, caught: &mut Catch, span: crate::base::Span) -> bool {
        self.scope(|resolver| {
            if let Some((name, slot)) = &mut caught.binding {
                *slot = resolver.declare(&name.clone(), span, None, Static::Unknown);
            }
            if let Some(filter) = &mut caught.filter {
                resolver.expr(filter);
            }
            resolver.catches += 1;
            let ends = resolver.block(&mut caught.body);
            resolver.catches -= 1;
            ends
        })
    }

    /// True when the section leaves more than the `switch`.
    fn section(&mut self, section: &mut Section) -> bool {
        let last = section.body.last().map(|last| last.span);
        let leaves = section.body.iter().any(breaks);
        self.scope(|resolver| {
            for label in &mut section.labels {
                if let Label::Case(pattern, filter) = label {
                    resolver.pattern(pattern, last.unwrap_or_default());
                    if let Some(filter) = filter {
                        resolver.expr(filter);
                    }
                }
            }
            let mut ends = false;
            let mut jumps = false;
            for statement in &mut section.body {
                ends |= resolver.statement(statement);
                jumps |= matches!(
                    statement.kind,
                    StatementKind::Break | StatementKind::Continue
                );
            }
            if !ends && !jumps && !leaves {
                resolver.problem(
                    last.unwrap_or_default(),
                    "a `case` cannot run on into the next",
                );
            }
            ends && !leaves
        })
    }
}

/// True when a `break` in the statement leaves the loop or switch around it.
fn breaks(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Break => true,
        StatementKind::Block(statements) | StatementKind::Checked(statements, _) => {
            statements.iter().any(breaks)
        }
        StatementKind::Using(_, body) => breaks(body),
        StatementKind::If {
            branches,
            otherwise,
        } => {
            branches.iter().any(|(_, body)| breaks(body))
                || otherwise.as_deref().is_some_and(breaks)
        }
        StatementKind::Try {
            body,
            catches,
            finally,
        } => {
            body.iter().any(breaks)
                || catches.iter().any(|caught| caught.body.iter().any(breaks))
                || finally
                    .as_ref()
                    .is_some_and(|finally| finally.iter().any(breaks))
        }
        _ => false,
    }
}
