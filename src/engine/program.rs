//! Policies of all scopes, flattened: `<base />` is replaced by what is broader, and `choose` by
//! jumps, so that a request is no more than a position in a list and can stop at any element
//! while its backend answers.

use std::sync::Arc;

use crate::policy::course::Course;
use crate::policy::{
    Branch, Condition, Cors, ForwardRequest, Item, Kind, Place, Policy, SectionName, Template,
    Trail,
};

/// Scopes from broad to narrow, as `context.LastError.Scope` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Global,
    Workspace,
    Product,
    Api,
    Operation,
}

impl Scope {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Scope::Global => "global",
            Scope::Workspace => "workspace",
            Scope::Product => "product",
            Scope::Api => "api",
            Scope::Operation => "operation",
        }
    }
}

#[derive(Debug)]
pub(super) struct Program {
    sections: [Vec<Instruction>; 4],
    /// A policy after the backend reads the response's body, so streams must be held back.
    pub(super) reads_response_body: bool,
}

#[derive(Debug)]
pub(super) struct Instruction {
    pub(super) action: Action,
    pub(super) location: Location,
}

impl Instruction {
    /// Whether running it is running its element; moves inside of `choose` are not.
    pub(super) fn counts(&self) -> bool {
        matches!(self.action, Action::Run(_) | Action::Unless { .. })
    }
}

#[derive(Debug)]
pub(super) enum Action {
    /// Go on at `target` unless the condition holds.
    Unless {
        condition: Template,
        target: usize,
        branch: Trail,
    },
    Jump(usize),
    /// A branch is entered.
    Branch(Trail),
    /// Begins a block such as `retry`.
    Enter(Course),
    /// Ends the innermost block, or goes back to `body`.
    Leave {
        body: usize,
    },
    /// Ends a child of `wait`.
    ChildDone,
    Run(Kind),
}

#[derive(Debug, Clone)]
pub(super) struct Location {
    /// `None` for the forwarding that a service without a global policy does.
    pub(super) place: Option<Place>,
    pub(super) scope: Scope,
    /// Enclosing branches, such as `choose[3]/when[2]`.
    pub(super) path: Arc<str>,
}

impl Program {
    /// `documents` are the policies that apply, from broad to narrow.
    pub(super) fn compile(documents: &[(Scope, Option<&Policy>)]) -> Program {
        let sections = SectionName::ALL.map(|section| {
            let mut compiler = Compiler {
                section,
                documents,
                instructions: Vec::new(),
            };
            compiler.scope(documents.len());
            compiler.instructions
        });
        // What reads it in `backend` stands behind the forwarding there, such as a retry's condition.
        let after_backend = [
            SectionName::Backend,
            SectionName::Outbound,
            SectionName::OnError,
        ];
        let reads_response_body = after_backend
            .iter()
            .any(|name| sections[*name as usize].iter().any(reads_body))
            // Limits of calls stand before the backend and may count by what it answered.
            || sections[SectionName::Inbound as usize]
                .iter()
                .filter(|instruction| matches!(instruction.action, Action::Run(Kind::CallLimit(_))))
                .any(reads_body);
        Program {
            sections,
            reads_response_body,
        }
    }

    /// The `cors` policies that are direct children of inbound.
    pub(super) fn cors(&self) -> impl Iterator<Item = &Cors> {
        let inbound = &self.sections[SectionName::Inbound as usize];
        inbound
            .iter()
            .filter_map(|instruction| match &instruction.action {
                Action::Run(Kind::Cors(policy)) if instruction.location.path.is_empty() => {
                    Some(&**policy)
                }
                _ => None,
            })
    }

    pub(super) fn instruction(&self, section: SectionName, index: usize) -> Option<&Instruction> {
        self.sections[section as usize].get(index)
    }
}

struct Compiler<'a> {
    section: SectionName,
    documents: &'a [(Scope, Option<&'a Policy>)],
    instructions: Vec<Instruction>,
}

impl Compiler<'_> {
    /// What the narrowest of the first `count` documents says for the section.
    fn scope(&mut self, count: usize) {
        let Some((scope, policy)) = count.checked_sub(1).map(|index| self.documents[index]) else {
            return;
        };
        match policy.map(|policy| policy.section(self.section)) {
            Some(Some(section)) => self.items(&section.items, count, scope, ""),
            // Global scope without a document of its own forwards, and does nothing else.
            Some(None) | None if scope == Scope::Global => {
                if self.section == SectionName::Backend {
                    let location = Location {
                        place: None,
                        scope,
                        path: "".into(),
                    };
                    let action = Action::Run(Kind::ForwardRequest(ForwardRequest::default()));
                    self.instructions.push(Instruction { action, location });
                }
            }
            Some(None) | None => self.scope(count - 1),
        }
    }

    fn items(&mut self, items: &[Item], count: usize, scope: Scope, path: &str) {
        self.children(items, count, scope, path, None);
    }

    /// As [`items`](Self::items), each of them a child of the `wait` that is given.
    fn children(
        &mut self,
        items: &[Item],
        count: usize,
        scope: Scope,
        path: &str,
        wait: Option<&Item>,
    ) {
        let mut seen: Vec<&str> = Vec::new();
        for item in items {
            // Path of an element that holds others: its name, and which of that name it is.
            let mut path_of_block = || {
                let name = &*item.place.element;
                seen.push(name);
                let number = seen.iter().filter(|known| **known == name).count();
                join(path, &format!("{name}[{number}]"))
            };
            match &item.kind {
                Kind::Base => self.scope(count - 1),
                Kind::Choose(branches) => {
                    let path = path_of_block();
                    self.choose(branches, item, count, scope, &path);
                }
                Kind::Course(course) if !course.items().is_empty() => {
                    let path = path_of_block();
                    self.block(course, item, count, scope, &path);
                }
                kind => self.push(Action::Run(kind.clone()), item, scope, path),
            }
            if let Some(wait) = wait {
                self.push(Action::ChildDone, wait, scope, path);
            }
        }
    }

    fn block(&mut self, course: &Course, item: &Item, count: usize, scope: Scope, path: &str) {
        self.push(Action::Enter(course.clone()), item, scope, path);
        let body = self.instructions.len();
        let wait = matches!(course, Course::Wait(_)).then_some(item);
        self.children(course.items(), count, scope, path, wait);
        self.push(Action::Leave { body }, item, scope, path);
    }

    fn choose(&mut self, branches: &[Branch], item: &Item, count: usize, scope: Scope, path: &str) {
        let mut ends = Vec::new();
        let mut whens = 0;
        for branch in branches {
            let (name, skip) = match &branch.condition {
                Condition::When(condition) => {
                    whens += 1;
                    let name = join(path, &format!("when[{whens}]"));
                    let unless = Action::Unless {
                        condition: condition.clone(),
                        target: 0,
                        branch: branch.place.trail.clone(),
                    };
                    self.push(unless, item, scope, &name);
                    (name, Some(self.instructions.len() - 1))
                }
                Condition::Otherwise => (join(path, "otherwise"), None),
            };
            self.push(
                Action::Branch(branch.place.trail.clone()),
                item,
                scope,
                &name,
            );
            self.items(&branch.items, count, scope, &name);
            self.push(Action::Jump(0), item, scope, &name);
            ends.push(self.instructions.len() - 1);
            if let Some(skip) = skip {
                self.aim(skip);
            }
        }
        for end in ends {
            self.aim(end);
        }
    }

    fn push(&mut self, action: Action, item: &Item, scope: Scope, path: &str) {
        let location = Location {
            place: Some(item.place.clone()),
            scope,
            path: path.into(),
        };
        self.instructions.push(Instruction { action, location });
    }

    /// Lets the jump at `index` lead to the next instruction.
    fn aim(&mut self, index: usize) {
        let next = self.instructions.len();
        match &mut self.instructions[index].action {
            Action::Unless { target, .. } | Action::Jump(target) => *target = next,
            Action::Branch(_)
            | Action::Enter(_)
            | Action::Leave { .. }
            | Action::ChildDone
            | Action::Run(_) => {}
        }
    }
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() {
        step.to_owned()
    } else {
        format!("{path}/{step}")
    }
}

fn reads_body(instruction: &Instruction) -> bool {
    let reads = |template: &Template| matches!(template, Template::Expression(expression) if expression.text().contains("Response.Body"));
    match &instruction.action {
        Action::Unless { condition, .. } => reads(condition),
        Action::Jump(_) | Action::Branch(_) | Action::Leave { .. } | Action::ChildDone => false,
        Action::Enter(course) => course.templates().into_iter().any(reads),
        Action::Run(Kind::Course(course)) => {
            course.reads_body() || course.templates().into_iter().any(reads)
        }
        // They work on the whole body, whatever else they say.
        Action::Run(Kind::Caching(_) | Kind::Content(_) | Kind::ContentSafety(_)) => true,
        Action::Run(Kind::SetBody(body)) if body.liquid.is_some() => true,
        Action::Run(kind) => templates(kind).into_iter().any(reads),
    }
}

/// The templates of an element that can run after the backend.
fn templates(kind: &Kind) -> Vec<&Template> {
    match kind {
        Kind::SetBody(body) => vec![&body.value],
        Kind::SetHeader(header) => header
            .values
            .iter()
            .chain([&header.name, &header.exists])
            .collect(),
        Kind::SetStatus(status) => vec![&status.code, &status.reason],
        Kind::SetVariable(variable) => vec![&variable.value],
        Kind::ReturnResponse(response) => response
            .items
            .iter()
            .flat_map(|item| templates(&item.kind))
            .collect(),
        Kind::CallLimit(limit) => [&limit.increment_condition, &limit.increment_count]
            .into_iter()
            .flatten()
            .collect(),
        Kind::EmitMetric(metric) => {
            let dimensions = metric.dimensions.iter();
            let values = dimensions.filter_map(|dimension| dimension.value.as_ref());
            values.chain([&metric.value]).collect()
        }
        Kind::LogToEventHub(log) => log.partition.iter().chain([&log.body]).collect(),
        Kind::Caching(caching) => caching.templates(),
        Kind::Content(content) => content.templates(),
        Kind::AuthorizationContext(_)
        | Kind::Base
        | Kind::BasicAuthentication(_)
        | Kind::CertificateAuthentication(_)
        | Kind::Choose(_)
        | Kind::ContentSafety(_)
        | Kind::Course(_)
        | Kind::Cors(_)
        | Kind::EmitTokenMetric(_)
        | Kind::ForwardRequest(_)
        | Kind::ManagedIdentity(_)
        | Kind::Proxy(_)
        | Kind::SetBackendService(_)
        | Kind::TokenLimit(_)
        | Kind::ValidateToken(_) => Vec::new(),
    }
}
