//! A template with its modules and the files that it reads.

use std::collections::BTreeMap;
use std::rc::Rc;

use base64::Engine as _;
use serde_json::Value;

use super::context::{Context, ModuleFile};
use super::functions::LOADERS;
use super::model::Model;
use super::parser::parse;
use super::syntax::{Entry, Expr, Kind, Statement, What};
use crate::base::{Diagnostic, Source, Span, nearest_hint};

/// How deep modules may lie in modules.
const MAX_DEPTH: usize = 24;

/// Reads files by path: relative ones as the entry's path is, with `/` between their parts.
pub(crate) trait Loader {
    /// # Errors
    ///
    /// Why it cannot be read, as the end of a sentence.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

#[derive(Debug)]
pub(crate) struct Compiled {
    /// The template, keys in the order of the source.
    pub(crate) template: Value,
    /// Every file that was read, the entry first.
    pub(crate) files: Vec<String>,
}

/// Compiles a file with everything that it names.
///
/// # Errors
///
/// All problems of all files at once; what the real compiler would take has the code
/// [`super::UNSUPPORTED`].
pub(crate) fn compile(entry: &str, loader: &dyn Loader) -> Result<Compiled, Vec<Diagnostic>> {
    let mut project = Project {
        loader,
        files: Vec::new(),
        done: BTreeMap::new(),
        sources: BTreeMap::new(),
        stack: Vec::new(),
        problems: Vec::new(),
    };
    let source = Source::new(entry, "");
    let found = project.module(&normal(entry), &source, Span::default());
    if project.problems.is_empty() {
        Ok(Compiled {
            template: found.template,
            files: project.files,
        })
    } else {
        Err(project.problems)
    }
}

pub(super) struct Project<'l> {
    loader: &'l dyn Loader,
    files: Vec<String>,
    done: BTreeMap<String, ModuleFile>,
    sources: BTreeMap<String, Rc<Parsed>>,
    stack: Vec<String>,
    pub(super) problems: Vec<Diagnostic>,
}

pub(super) struct Parsed {
    pub(super) source: Source,
    pub(super) statements: Vec<Statement>,
}

impl Project<'_> {
    /// The template of a file; a file that two modules name is compiled once.
    fn module(&mut self, path: &str, from: &Source, span: Span) -> ModuleFile {
        if let Some(done) = self.done.get(path) {
            return done.clone();
        }
        if self.stack.iter().any(|open| open == path) || self.stack.len() >= MAX_DEPTH {
            self.problems.push(Diagnostic::error(
                from,
                span,
                format!("the module `{path}` comes back to itself"),
            ));
            return ModuleFile::default();
        }
        self.stack.push(path.to_owned());
        let template = if is_json(path) {
            self.json_module(path, from, span)
        } else {
            self.text(path, from, span)
                .and_then(|source| self.template(path, source))
        };
        self.stack.pop();
        let found = template.map(described).unwrap_or_default();
        self.done.insert(path.to_owned(), found.clone());
        found
    }

    fn json_module(&mut self, path: &str, from: &Source, span: Span) -> Option<Value> {
        let source = self.text(path, from, span)?;
        match serde_json::from_str(&source.text) {
            Ok(template) => Some(template),
            Err(error) => {
                let message = format!("`{path}` is not JSON: {error}");
                self.problems.push(Diagnostic::error(from, span, message));
                None
            }
        }
    }

    fn template(&mut self, path: &str, source: Source) -> Option<Value> {
        let (statements, mut problems) = parse(&source);
        let parsed = Parsed { source, statements };
        let model = Model::new(&parsed.source, &parsed.statements, &mut problems);
        if !problems.is_empty() {
            self.problems.append(&mut problems);
            return None;
        }
        let before = self.problems.len();
        let imports = self.imports(path, &parsed);
        let mut context = Context::new(&model, imports);
        context.loaded = self.loaded(path, &parsed);
        for module in &model.modules {
            context
                .modules
                .push(self.named_module(path, &parsed.source, module.path));
        }
        context.symbolic = context.needs_symbolic_names();
        context.inline = context.runtime_variables();
        let template = context.template();
        context.check_modules();
        context.check_decorators();
        self.problems.append(&mut context.problems.borrow_mut());
        (self.problems.len() == before).then_some(template)
    }

    fn named_module(&mut self, path: &str, source: &Source, named: &Expr) -> ModuleFile {
        let Some(name) = named.literal() else {
            self.problems.push(Diagnostic::error(
                source,
                named.span,
                "the path of a module is a string without interpolation",
            ));
            return ModuleFile::default();
        };
        if let Some(kind) = ["br:", "br/", "ts:", "ts/"]
            .iter()
            .find(|kind| name.starts_with(**kind))
        {
            let construct = format!("a module from a registry (`{kind}…`)");
            self.problems
                .push(super::unsupported(source, named.span, &construct));
            return ModuleFile::default();
        }
        self.module(&joined(path, name), source, named.span)
    }

    /// A file that others import from.
    pub(super) fn parsed(&mut self, path: &str, from: &Source, span: Span) -> Option<Rc<Parsed>> {
        if let Some(parsed) = self.sources.get(path) {
            return Some(Rc::clone(parsed));
        }
        let source = self.text(path, from, span)?;
        let (statements, mut problems) = parse(&source);
        let broken = !problems.is_empty();
        self.problems.append(&mut problems);
        let parsed = Rc::new(Parsed { source, statements });
        self.sources.insert(path.to_owned(), Rc::clone(&parsed));
        (!broken).then_some(parsed)
    }

    fn bytes(&mut self, path: &str, from: &Source, span: Span) -> Option<Vec<u8>> {
        match self.loader.read(path) {
            Ok(bytes) => {
                if !self.files.iter().any(|known| known == path) {
                    self.files.push(path.to_owned());
                }
                Some(bytes)
            }
            Err(why) => {
                let message = format!("cannot read `{path}`: {why}");
                self.problems.push(Diagnostic::error(from, span, message));
                None
            }
        }
    }

    fn text(&mut self, path: &str, from: &Source, span: Span) -> Option<Source> {
        let bytes = self.bytes(path, from, span)?;
        if let Ok(text) = String::from_utf8(bytes) {
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            return Some(Source::new(path, text));
        }
        let message = format!("`{path}` is not UTF-8");
        self.problems.push(Diagnostic::error(from, span, message));
        None
    }

    /// What the functions that load files bring in, by where their calls stand.
    fn loaded(&mut self, path: &str, parsed: &Parsed) -> BTreeMap<usize, (String, Value)> {
        let mut calls = Vec::new();
        for statement in &parsed.statements {
            for expr in expressions(statement) {
                loader_calls(expr, &mut calls);
            }
        }
        calls.sort_by_key(|(_, _, expr)| expr.span.start);
        let mut loaded = BTreeMap::new();
        for (name, arguments, expr) in calls {
            let Some(value) = self.load(path, &parsed.source, name, arguments, expr) else {
                continue;
            };
            let variable = format!("$fxv#{}", loaded.len());
            loaded.insert(expr.span.start, (variable, value));
        }
        loaded
    }

    fn load(
        &mut self,
        path: &str,
        source: &Source,
        function: &str,
        arguments: &[Expr],
        expr: &Expr,
    ) -> Option<Value> {
        let Some(file) = arguments.first().and_then(Expr::literal) else {
            self.problems.push(Diagnostic::error(
                source,
                expr.span,
                format!("`{function}` takes the path of a file as a string without interpolation"),
            ));
            return None;
        };
        if let Some(more) = arguments.get(1) {
            let encoding = more.literal().map(str::to_ascii_lowercase);
            let plain = matches!(encoding.as_deref(), Some("utf-8" | "us-ascii"));
            if function != "loadTextContent" || !plain {
                let construct = format!("a further argument of `{function}`");
                self.problems
                    .push(super::unsupported(source, more.span, &construct));
                return None;
            }
        }
        let target = joined(path, file);
        if function == "loadFileAsBase64" {
            let bytes = self.bytes(&target, source, expr.span)?;
            let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
            return Some(Value::String(encoded));
        }
        let text = self.text(&target, source, expr.span)?.text;
        let read = match function {
            "loadTextContent" => return Some(Value::String(text.to_string())),
            "loadJsonContent" => serde_json::from_str(&text).map_err(|error| error.to_string()),
            _ => serde_saphyr::from_str(&text).map_err(|error| error.to_string()),
        };
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                let error = error.lines().next().unwrap_or_default().to_owned();
                let message = format!("cannot read `{target}`: {error}");
                self.problems
                    .push(Diagnostic::error(source, expr.span, message));
                None
            }
        }
    }
}

/// What may stand before a declaration.
const DECORATORS: [&str; 15] = [
    "allowed",
    "batchSize",
    "description",
    "discriminator",
    "export",
    "maxLength",
    "maxValue",
    "metadata",
    "minLength",
    "minValue",
    "sealed",
    "secure",
    "onlyIfNotExists",
    "retryOn",
    "waitUntil",
];

impl Context<'_> {
    fn check_decorators(&self) {
        let nested = self.model.resources.iter().map(|one| one.statement);
        for statement in self.model.statements.iter().chain(nested) {
            for decorator in &statement.decorators {
                let name = decorator.name.as_str();
                if let "onlyIfNotExists" | "retryOn" | "waitUntil" = name {
                    let construct = format!("the decorator `@{name}`");
                    self.unsupported(decorator.span, &construct);
                } else if !DECORATORS.contains(&name) {
                    let message = format!("there is no decorator `@{name}`");
                    let problem = Diagnostic::error(self.model.source, decorator.span, message);
                    self.push(problem.hint(nearest_hint(name, DECORATORS)));
                }
            }
        }
    }

    /// Are the parameters that modules are given those that they have?
    fn check_modules(&self) {
        for (declared, file) in self.model.modules.iter().zip(&self.modules) {
            let given = declared.body.object.property("params");
            let parameters = file.template.get("parameters").and_then(Value::as_object);
            if !file.read {
                continue;
            }
            let known: Vec<&str> = parameters
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str())
                .collect();
            let mut named = Vec::new();
            if let Some(Kind::Object(entries)) = given.map(|given| &given.kind) {
                for entry in entries {
                    let Entry::Pair(key, _) = entry else {
                        continue;
                    };
                    let Some(name) = key.literal() else {
                        continue;
                    };
                    named.push(name);
                    if !known.contains(&name) {
                        let message = format!("the module has no parameter `{name}`");
                        let mut problem = Diagnostic::error(self.model.source, key.span, message);
                        if !known.is_empty() {
                            problem = problem.hint(nearest_hint(name, known.iter().copied()));
                        }
                        self.push(problem);
                    }
                }
            }
            for (name, schema) in parameters.into_iter().flatten() {
                let optional = ["defaultValue", "nullable", "$ref"]
                    .iter()
                    .any(|key| schema.get(key).is_some());
                if !optional && !named.contains(&name.as_str()) {
                    self.complain(
                        declared.statement.span,
                        format!("the module needs its parameter `{name}`"),
                    );
                }
            }
        }
    }
}

/// All expressions of a statement, its decorators' among them.
pub(super) fn expressions(statement: &Statement) -> Vec<&Expr> {
    let mut found: Vec<&Expr> = statement
        .decorators
        .iter()
        .flat_map(|decorator| &decorator.arguments)
        .collect();
    match &statement.what {
        What::Metadata(value)
        | What::Var(_, value)
        | What::Func(_, _, value)
        | What::Resource(_, value)
        | What::Module(_, value)
        | What::Output(_, value) => found.push(value),
        What::Param(_, default) => found.extend(default),
        What::TargetScope(_) | What::Type(_) | What::Import(..) => {}
    }
    found
}

fn loader_calls<'e>(expr: &'e Expr, calls: &mut Vec<(&'e str, &'e [Expr], &'e Expr)>) {
    if let Kind::Call(name, arguments) | Kind::Method(_, name, arguments) = &expr.kind
        && LOADERS.contains(&name.as_str())
    {
        calls.push((name, arguments, expr));
    }
    for child in expr.children() {
        loader_calls(child, calls);
    }
    if let Kind::Object(entries) = &expr.kind {
        for entry in entries {
            if let Entry::Nested(inner) = entry {
                for child in expressions(inner) {
                    loader_calls(child, calls);
                }
            }
        }
    }
}

pub(super) fn has_loader_calls(expr: &Expr) -> bool {
    let mut calls = Vec::new();
    loader_calls(expr, &mut calls);
    !calls.is_empty()
}

fn described(template: Value) -> ModuleFile {
    let outputs = template.get("outputs").and_then(Value::as_object);
    let outputs = outputs
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            let kind = schema.get("type").and_then(Value::as_str);
            let secure = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("secure"));
            (name.clone(), secure)
        })
        .collect();
    ModuleFile {
        template,
        outputs,
        read: true,
    }
}

pub(super) fn is_json(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".json", ".jsonc"].iter().any(|end| path.ends_with(end))
}

/// A path as a file names it, seen from that file.
pub(super) fn joined(from: &str, path: &str) -> String {
    let folder = from.rfind('/').map_or("", |end| &from[..end]);
    let root = if from.starts_with('/') { "/" } else { "" };
    if folder.is_empty() {
        return normal(&format!("{root}{path}"));
    }
    normal(&format!("{folder}/{path}"))
}

fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}
