//! What the parser makes of one file: statements, expressions, types, all with their places.

use crate::base::Span;

#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    pub(super) span: Span,
    /// How many levels there are below, this one included.
    pub(super) height: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    /// One more segment than expressions.
    Text(Vec<String>, Vec<Expr>),
    Object(Vec<Entry>),
    Array(Vec<Item>),
    Name(String),
    Call(String, Vec<Expr>),
    Method(Box<Expr>, String, Vec<Expr>),
    Property(Box<Expr>, String, Access),
    Index(Box<Expr>, Box<Expr>, Access),
    /// `parent::child`
    Child(Box<Expr>, String),
    Unary(&'static str, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Ternary(Box<Expr>, Box<Expr>, Box<Expr>),
    NonNull(Box<Expr>),
    For(Box<For>),
    If(Box<Expr>, Box<Expr>),
    Lambda(Vec<String>, Box<Expr>),
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Access {
    /// `.?name` or `[?index]`
    pub(super) safe: bool,
    /// `[^index]`
    pub(super) from_end: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Entry {
    /// A key is a literal or an interpolated text.
    Pair(Expr, Expr),
    Spread(Expr),
    Nested(Statement),
}

#[derive(Debug, Clone)]
pub(super) enum Item {
    Value(Expr),
    Spread(Expr),
}

#[derive(Debug, Clone)]
pub(super) struct For {
    pub(super) item: String,
    pub(super) index: Option<String>,
    pub(super) array: Expr,
    pub(super) body: Expr,
}

#[derive(Debug, Clone)]
pub(super) struct Decorator {
    pub(super) name: String,
    pub(super) arguments: Vec<Expr>,
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) decorators: Vec<Decorator>,
    pub(super) name: String,
    /// Of the name.
    pub(super) span: Span,
    pub(super) what: What,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    TargetScope(Expr),
    Metadata(Expr),
    Param(Type, Option<Expr>),
    Var(Option<Type>, Expr),
    Type(Type),
    Func(Vec<(String, Type)>, Type, Expr),
    Resource(ResourceHead, Expr),
    /// Path, body
    Module(Expr, Expr),
    Output(Type, Expr),
    /// Imported names with their aliases, or none for `*`; the path
    Import(Vec<(String, String)>, Expr),
}

#[derive(Debug, Clone)]
pub(super) struct ResourceHead {
    /// `Microsoft.Storage/storageAccounts@2023-01-01`
    pub(super) reference: String,
    pub(super) span: Span,
    pub(super) existing: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) kind: TypeKind,
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
pub(super) enum TypeKind {
    Name(String),
    Text(String),
    Int(i64),
    Bool(bool),
    Null,
    Object(Vec<TypeProperty>, Option<Box<TypeProperty>>),
    Tuple(Vec<TypeProperty>),
    Array(Box<Type>),
    Nullable(Box<Type>),
    NonNull(Box<Type>),
    Union(Vec<Type>),
    Property(Box<Type>, String),
    Index(Box<Type>, i64),
    /// `type[*]`
    Items(Box<Type>),
    /// `type.*`
    Additional(Box<Type>),
    /// `resourceInput<'…'>` and its relatives
    Generic(String, String),
}

/// A property of an object type, its `*`, or an item of a tuple (without a name).
#[derive(Debug, Clone)]
pub(super) struct TypeProperty {
    pub(super) decorators: Vec<Decorator>,
    pub(super) name: String,
    pub(super) value: Type,
}

impl Expr {
    /// The text of a string without interpolation.
    pub(super) fn literal(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(segments, expressions) if expressions.is_empty() => {
                segments.first().map(String::as_str)
            }
            _ => None,
        }
    }

    /// The value of a property with this literal key, for objects.
    pub(super) fn property(&self, name: &str) -> Option<&Expr> {
        let Kind::Object(entries) = &self.kind else {
            return None;
        };
        entries.iter().find_map(|entry| match entry {
            Entry::Pair(key, value) if key.literal() == Some(name) => Some(value),
            _ => None,
        })
    }
}

impl Statement {
    pub(super) fn decorator(&self, name: &str) -> Option<&Decorator> {
        decorator(&self.decorators, name)
    }
}

pub(super) fn decorator<'a>(decorators: &'a [Decorator], name: &str) -> Option<&'a Decorator> {
    decorators.iter().find(|one| one.name == name)
}

impl Expr {
    /// The expressions directly inside this one, in the order of the text. Bodies of nested
    /// resources are not among them.
    pub(super) fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Name(_) => Vec::new(),
            Kind::Text(_, inner) | Kind::Call(_, inner) => inner.iter().collect(),
            Kind::Object(entries) => entries
                .iter()
                .flat_map(|entry| match entry {
                    Entry::Pair(key, value) => vec![key, value],
                    Entry::Spread(value) => vec![value],
                    Entry::Nested(_) => Vec::new(),
                })
                .collect(),
            Kind::Array(items) => items
                .iter()
                .map(|item| match item {
                    Item::Value(value) | Item::Spread(value) => value,
                })
                .collect(),
            Kind::Method(base, _, arguments) => {
                [&**base].into_iter().chain(arguments.iter()).collect()
            }
            Kind::Property(base, ..)
            | Kind::Child(base, _)
            | Kind::Unary(_, base)
            | Kind::NonNull(base)
            | Kind::Lambda(_, base) => vec![base],
            Kind::Index(base, index, _) => vec![base, index],
            Kind::Binary(_, left, right) => vec![left, right],
            Kind::Ternary(condition, yes, no) => vec![condition, yes, no],
            Kind::For(looped) => vec![&looped.array, &looped.body],
            Kind::If(condition, body) => vec![condition, body],
        }
    }

    /// Does any name in here belong to the given ones?
    pub(super) fn mentions(&self, names: &[String]) -> bool {
        match &self.kind {
            Kind::Name(name) => names.contains(name),
            _ => self.children().iter().any(|child| child.mentions(names)),
        }
    }
}
