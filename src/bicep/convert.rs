//! Expressions of the language to expressions of templates.

use std::fmt::Write as _;

use super::arm::{Arm, call, int, text};
use super::context::{Context, Env, Meaning};
use super::functions::{FUNCTIONS, is_known, is_list};
use super::model::Symbol;
use super::syntax::{Access, Entry, Expr, Item, Kind};
use crate::base::nearest_hint;

impl Default for Arm {
    fn default() -> Arm {
        call("null", [])
    }
}

/// A scope of elsewhere: templates have no function for it, so that it is an empty object as a
/// value.
pub(super) fn is_elsewhere(function: &str, arguments: &[Expr]) -> bool {
    let most = match function {
        "subscription" | "managementGroup" => 1,
        "resourceGroup" => 2,
        _ => 0,
    };
    (1..=most).contains(&arguments.len())
}

impl Context<'_> {
    pub(super) fn convert(&self, expr: &Expr, env: &Env) -> Arm {
        self.guarded(expr.span, || self.convert_inner(expr, env))
    }

    fn convert_inner(&self, expr: &Expr, env: &Env) -> Arm {
        match &expr.kind {
            Kind::Null => call("null", []),
            Kind::Bool(value) => call(if *value { "true" } else { "false" }, []),
            Kind::Int(value) => int(*value),
            Kind::Text(segments, inner) => self.string(segments, inner, env),
            Kind::Object(entries) => self.object(entries, env),
            Kind::Array(items) => self.array(items, env),
            Kind::Name(name) => self.named(name, expr, env),
            Kind::Call(name, arguments) => self.function(name, arguments, expr, env),
            Kind::Method(base, name, arguments) => self.method(base, name, arguments, expr, env),
            Kind::Property(base, name, access) => self.property(base, name, *access, expr, env),
            Kind::Index(base, index, access) => self.index(base, index, *access, expr, env),
            Kind::Child(..) => match self.resource_of(expr, env) {
                Some((resource, _)) => self.reference(resource, None, true),
                None => Arm::default(),
            },
            Kind::Unary(operator, operand) => {
                let operand = self.convert(operand, env);
                match *operator {
                    "!" => call("not", [operand]),
                    _ => call("sub", [Arm::Int(0), operand]),
                }
            }
            Kind::Binary(operator, left, right) => {
                binary(operator, self.convert(left, env), self.convert(right, env))
            }
            Kind::Ternary(condition, yes, no) => call(
                "if",
                [condition, yes, no].map(|part| self.convert(part, env)),
            ),
            Kind::NonNull(base) => self.convert(base, env),
            Kind::Lambda(names, body) => {
                let mut inner = env.clone();
                for name in names {
                    inner.value(name, call("lambdaVariables", [text(name)]));
                }
                let body = self.convert(body, &inner);
                call("lambda", names.iter().map(text).chain([body]))
            }
            Kind::For(_) => {
                self.unsupported(expr.span, "a loop inside an expression");
                Arm::default()
            }
            Kind::If(..) => {
                self.complain(expr.span, "a condition stands only before a body");
                Arm::default()
            }
        }
    }

    fn string(&self, segments: &[String], inner: &[Expr], env: &Env) -> Arm {
        if inner.is_empty() {
            return text(segments.concat());
        }
        let mut form = String::new();
        for (index, segment) in segments.iter().enumerate() {
            form.push_str(&segment.replace('{', "{{").replace('}', "}}"));
            if index < inner.len() {
                let _infallible = write!(form, "{{{index}}}");
            }
        }
        let values = inner.iter().map(|one| self.convert(one, env));
        call("format", [text(form)].into_iter().chain(values))
    }

    fn object(&self, entries: &[Entry], env: &Env) -> Arm {
        let mut chunks = Vec::new();
        let mut chunk: Vec<Arm> = Vec::new();
        let mut spread = false;
        for entry in entries {
            match entry {
                Entry::Pair(key, value) => {
                    chunk.push(self.convert(key, env));
                    chunk.push(self.convert(value, env));
                }
                Entry::Spread(value) => {
                    spread = true;
                    if !chunk.is_empty() {
                        chunks.push(call("createObject", std::mem::take(&mut chunk)));
                    }
                    chunks.push(self.convert(value, env));
                }
                Entry::Nested(statement) => self.complain(
                    statement.span,
                    "a resource is declared only directly inside the body of another",
                ),
            }
        }
        if !spread {
            return call("createObject", chunk);
        }
        if !chunk.is_empty() {
            chunks.push(call("createObject", chunk));
        }
        call("shallowMerge", [call("createArray", chunks)])
    }

    fn array(&self, items: &[Item], env: &Env) -> Arm {
        let mut chunks = Vec::new();
        let mut chunk: Vec<Arm> = Vec::new();
        let mut spread = false;
        for item in items {
            match item {
                Item::Value(value) => chunk.push(self.convert(value, env)),
                Item::Spread(value) => {
                    spread = true;
                    if !chunk.is_empty() {
                        chunks.push(call("createArray", std::mem::take(&mut chunk)));
                    }
                    chunks.push(self.convert(value, env));
                }
            }
        }
        if !spread {
            return call("createArray", chunk);
        }
        if !chunk.is_empty() {
            chunks.push(call("createArray", chunk));
        }
        call("flatten", [call("createArray", chunks)])
    }

    fn named(&self, name: &str, expr: &Expr, env: &Env) -> Arm {
        if env.find(name).is_none()
            && let Some(variable) = self.imports.variable(name)
        {
            return call("variables", [text(variable)]);
        }
        match self.meaning(name, env) {
            Meaning::Value(value) => value,
            Meaning::Resource(resource) => self.reference(resource, None, true),
            Meaning::Symbol(Symbol::Param(_)) => call("parameters", [text(name)]),
            Meaning::Symbol(Symbol::Var(variable)) => {
                if !self.inlined(variable) {
                    return call("variables", [text(name)]);
                }
                let (_, _, value) = self.model.vars[variable];
                self.convert(value, &Env::default())
            }
            Meaning::Symbol(Symbol::Module(module)) => self.module_reference(module, None),
            Meaning::Symbol(_) => {
                self.complain(expr.span, format!("`{name}` is not a value"));
                Arm::default()
            }
            Meaning::Nothing => {
                self.undeclared(name, expr.span, env);
                Arm::default()
            }
        }
    }

    fn function(&self, name: &str, arguments: &[Expr], expr: &Expr, env: &Env) -> Arm {
        if let Some(function) = self.imports.function(name) {
            let arguments = arguments.iter().map(|one| self.convert(one, env));
            return call(&function, arguments);
        }
        if let Meaning::Symbol(Symbol::Func(_)) = self.meaning(name, env) {
            let arguments = arguments.iter().map(|one| self.convert(one, env));
            return call(&format!("__bicep.{name}"), arguments);
        }
        self.built_in(name, arguments, expr, env)
    }

    fn built_in(&self, name: &str, arguments: &[Expr], expr: &Expr, env: &Env) -> Arm {
        if let Some((variable, _)) = self.loaded.get(&expr.span.start) {
            return call("variables", [text(variable)]);
        }
        match (name, arguments) {
            ("any", [only]) => return self.convert(only, env),
            _ if is_elsewhere(name, arguments) => return call("createObject", []),
            ("nameof", [only]) => {
                return match &only.kind {
                    Kind::Name(name) | Kind::Property(_, name, _) | Kind::Child(_, name) => {
                        text(name)
                    }
                    _ => {
                        self.complain(only.span, "`nameof` takes a name");
                        Arm::default()
                    }
                };
            }
            _ => {}
        }
        if !is_known(name) {
            let hint = nearest_hint_short(name);
            let mut problem = crate::base::Diagnostic::error(
                self.model.source,
                expr.span,
                format!("there is no function `{name}`"),
            );
            if let Some(hint) = hint {
                problem = problem.hint(hint);
            }
            self.push(problem);
        }
        call(name, arguments.iter().map(|one| self.convert(one, env)))
    }

    fn method(&self, base: &Expr, name: &str, arguments: &[Expr], expr: &Expr, env: &Env) -> Arm {
        if let Kind::Name(namespace) = &base.kind
            && let Meaning::Nothing = self.meaning(namespace, env)
        {
            if let "az" | "sys" = namespace.as_str() {
                return self.built_in(name, arguments, expr, env);
            }
            if let Some(function) = self.imports.wildcard_function(namespace, name) {
                let arguments = arguments.iter().map(|one| self.convert(one, env));
                return call(&function, arguments);
            }
        }
        let Some((resource, index)) = self.resource_of(base, env) else {
            self.complain(expr.span, format!("`{name}` cannot be called on this"));
            return Arm::default();
        };
        if !is_list(name) {
            self.unsupported(expr.span, &format!("`{name}` outside a module's parameter"));
            return Arm::default();
        }
        let index = index.map(|index| self.convert(index, env));
        let target = if self.symbolic {
            self.symbol(resource, index.as_ref())
        } else {
            self.id(resource, index.as_ref())
        };
        let mut given: Vec<Arm> = arguments.iter().map(|one| self.convert(one, env)).collect();
        if given.is_empty() {
            given.push(text(&self.model.resources[resource].version));
        }
        call(name, [target].into_iter().chain(given))
    }

    fn property(&self, base: &Expr, name: &str, access: Access, expr: &Expr, env: &Env) -> Arm {
        if let Some((resource, index)) = self.resource_of(base, env) {
            let index = index.map(|index| self.convert(index, env));
            return self.resource_property(resource, index.as_ref(), name, access);
        }
        if let Some((module, index)) = self.module_of(base, env) {
            let index = index.map(|index| self.convert(index, env));
            return self.module_property(module, index.as_ref(), name, access, expr, None);
        }
        if let Kind::Property(inner, outputs, inner_access) = &base.kind
            && outputs == "outputs"
            && let Some((module, index)) = self.module_of(inner, env)
        {
            let index = index.map(|index| self.convert(index, env));
            let at = (*inner_access, access);
            return self.module_output(module, index.as_ref(), name, at, expr);
        }
        if let Kind::Name(namespace) = &base.kind
            && let Meaning::Nothing = self.meaning(namespace, env)
            && let Some(variable) = self.imports.wildcard_variable(namespace, name)
        {
            return call("variables", [text(variable)]);
        }
        let accessor = text(name);
        accessed(self.convert(base, env), accessor, access, is_access(base))
    }

    fn index(&self, base: &Expr, index: &Expr, access: Access, expr: &Expr, env: &Env) -> Arm {
        if let Some((resource, Some(index))) = self.resource_of(expr, env) {
            let index = self.convert(index, env);
            return self.reference(resource, Some(&index), true);
        }
        if let Some((module, Some(index))) = self.module_of(expr, env) {
            let index = self.convert(index, env);
            return self.module_reference(module, Some(&index));
        }
        let accessor = self.convert(index, env);
        accessed(self.convert(base, env), accessor, access, is_access(base))
    }
}

/// `base.name` or `base[index]`, in all their variants.
fn accessed(base: Arm, accessor: Arm, access: Access, chained: bool) -> Arm {
    if access.safe {
        let function = if access.from_end {
            "tryIndexFromEnd"
        } else {
            "tryGet"
        };
        return call(function, [base, accessor]);
    }
    if let (Arm::Call(inner), true) = (&base, chained) {
        let safe = inner.name == "tryGet" || inner.name == "tryIndexFromEnd";
        if safe && inner.properties.is_empty() {
            let further = if access.from_end {
                let marked = [text("value"), accessor, text("fromEnd"), call("true", [])];
                call("createObject", marked)
            } else {
                accessor
            };
            let arguments = inner.arguments.iter().cloned().chain([further]);
            return call(&inner.name, arguments);
        }
    }
    if access.from_end {
        return call("indexFromEnd", [base, accessor]);
    }
    base.at(accessor)
}

fn is_access(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Property(..) | Kind::Index(..) => true,
        Kind::NonNull(base) => is_access(base),
        Kind::Call(name, arguments) if name == "any" => arguments.first().is_some_and(is_access),
        _ => false,
    }
}

fn binary(operator: &str, left: Arm, right: Arm) -> Arm {
    let lower = |operand| call("toLower", [operand]);
    let function = match operator {
        "??" => "coalesce",
        "||" => "or",
        "&&" => "and",
        "==" => "equals",
        "!=" => return call("not", [call("equals", [left, right])]),
        "=~" => return call("equals", [lower(left), lower(right)]),
        "!~" => return call("not", [call("equals", [lower(left), lower(right)])]),
        "<" => "less",
        "<=" => "lessOrEquals",
        ">" => "greater",
        ">=" => "greaterOrEquals",
        "+" => "add",
        "-" => "sub",
        "*" => "mul",
        "/" => "div",
        _ => "mod",
    };
    call(function, [left, right])
}

fn nearest_hint_short(name: &str) -> Option<String> {
    crate::base::nearest(name, FUNCTIONS.iter().copied())
        .map(|_| nearest_hint(name, FUNCTIONS.iter().copied()))
}
