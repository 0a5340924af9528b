//! What the parser makes of an expression, and the interpreter walks.

use std::sync::Arc;

use super::types::Type;
use super::value::Value;
use crate::base::Span;

#[derive(Debug)]
pub(super) struct Expr {
    pub(super) kind: ExprKind,
    pub(super) span: Span,
    /// Levels below and including this one; bounds the recursion of every walk.
    pub(super) depth: usize,
}

#[derive(Debug)]
pub(super) enum ExprKind {
    Literal(Value),
    Interpolated(Vec<Piece>),
    /// A word before [`resolve`](super::resolve) says what it is.
    Name(Arc<str>),
    Local(usize),
    Context,
    /// A type as the target of a static member: `Convert` in `Convert.ToInt32(x)`.
    Type(Type),
    Member {
        target: Box<Expr>,
        name: Arc<str>,
        conditional: bool,
    },
    Index {
        target: Box<Expr>,
        index: Box<Expr>,
        conditional: bool,
    },
    Call(Box<Call>),
    /// Marks where a chain with `?.` ends: what the rest of the chain skips to.
    Chain(Box<Expr>),
    Unary {
        operator: Unary,
        operand: Box<Expr>,
    },
    Binary {
        operator: Binary,
        left: Box<Expr>,
        right: Box<Expr>,
        sides: Sides,
    },
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Coalesce(Box<Expr>, Box<Expr>),
    Conditional(Box<[Expr; 3]>),
    /// `unbox`: the operand has the static type `object`, so nothing is converted.
    Cast {
        target: Type,
        operand: Box<Expr>,
        unbox: bool,
    },
    Is {
        operand: Box<Expr>,
        pattern: Pattern,
        negated: bool,
    },
    As {
        operand: Box<Expr>,
        target: Type,
    },
    Assign {
        operator: Option<Binary>,
        target: Box<Expr>,
        value: Box<Expr>,
    },
    /// `target ??= value`
    AssignIfNull(Box<Expr>, Box<Expr>),
    /// `checked(…)` and `unchecked(…)`
    Checked(Box<Expr>, bool),
    Increment {
        target: Box<Expr>,
        by: i32,
        prefix: bool,
    },
    New(Box<New>),
    NewArray {
        element: Option<Type>,
        size: Option<Box<Expr>>,
        items: Vec<Expr>,
    },
    /// `new { a = 1 }`
    Record(Vec<(Arc<str>, Expr)>),
    Lambda(Arc<Lambda>),
    Default(Type),
    TypeOf(Type),
    Throw(Box<Expr>),
}

#[derive(Debug)]
pub(super) struct Call {
    /// `None` for `f(x)`, where `method` names a local that holds a lambda.
    pub(super) target: Option<Expr>,
    pub(super) method: Arc<str>,
    /// Where the method's name stands.
    pub(super) name_span: Span,
    pub(super) types: Vec<Type>,
    pub(super) arguments: Vec<Argument>,
    pub(super) conditional: bool,
    /// Slot of the lambda when `target` is `None`.
    pub(super) function: usize,
}

#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: Option<Arc<str>>,
    pub(super) value: Expr,
    pub(super) out: Option<Out>,
}

/// `out var x`, `out int x` or `out x`.
#[derive(Debug)]
pub(super) struct Out {
    pub(super) declared: Option<Type>,
    pub(super) name: Arc<str>,
    pub(super) slot: usize,
}

#[derive(Debug)]
pub(super) struct New {
    pub(super) target: Type,
    pub(super) arguments: Vec<Expr>,
    pub(super) initialiser: Vec<Entry>,
}

/// One element of `new T { … }`.
#[derive(Debug)]
pub(super) enum Entry {
    /// `["key"] = value`
    Index(Expr, Expr),
    /// `{ key, value }`
    Pair(Expr, Expr),
    /// `Name = value`
    Member(Arc<str>, Expr),
    Item(Expr),
}

#[derive(Debug)]
pub(super) enum Pattern {
    Null,
    Constant(Box<Expr>),
    Type {
        target: Type,
        binding: Option<(Arc<str>, usize)>,
    },
}

#[derive(Debug)]
pub(super) enum Piece {
    Text(Arc<str>),
    Hole {
        value: Expr,
        width: i32,
        format: Option<Arc<str>>,
    },
}

#[derive(Debug)]
pub(super) struct Lambda {
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: LambdaBody,
    /// Slots that belong to this lambda, saved around a call so that it may call itself.
    pub(super) slots: std::ops::Range<usize>,
    /// Depth of the deepest expression within.
    pub(super) depth: usize,
    /// Written where integers that overflow are an error.
    pub(super) checked: bool,
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: Arc<str>,
    pub(super) declared: Option<Type>,
    pub(super) slot: usize,
}

#[derive(Debug)]
pub(super) enum LambdaBody {
    Expression(Expr),
    Block(Vec<Statement>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unary {
    Not,
    Minus,
    Plus,
    Complement,
}

/// What static types say about the operands, where it changes the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sides {
    Any,
    /// One is an `object`: C# compares references.
    Object,
    /// One is a `string`, which may be null: `+` joins texts.
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
}

impl Binary {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::Remainder => "%",
            Binary::Equal => "==",
            Binary::NotEqual => "!=",
            Binary::Less => "<",
            Binary::LessOrEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterOrEqual => ">=",
            Binary::BitAnd => "&",
            Binary::BitOr => "|",
            Binary::BitXor => "^",
            Binary::ShiftLeft => "<<",
            Binary::ShiftRight => ">>",
        }
    }
}

#[derive(Debug)]
pub(super) struct Statement {
    pub(super) kind: StatementKind,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum StatementKind {
    Empty,
    Local {
        declared: Option<Type>,
        variables: Vec<Variable>,
    },
    Expression(Expr),
    Block(Vec<Statement>),
    If {
        branches: Vec<(Expr, Statement)>,
        otherwise: Option<Box<Statement>>,
    },
    /// `checked { … }` and `unchecked { … }`
    Checked(Vec<Statement>, bool),
    /// `using (…) …`: a declaration or an expression, and what it is for.
    Using(Box<Statement>, Box<Statement>),
    Return(Option<Expr>),
    /// Without an expression it throws again what a `catch` caught.
    Throw(Option<Expr>),
    Try {
        body: Vec<Statement>,
        catches: Vec<Catch>,
        finally: Option<Vec<Statement>>,
    },
    ForEach {
        variable: Variable,
        declared: Option<Type>,
        items: Expr,
        body: Box<Statement>,
    },
    For(Box<For>),
    While {
        condition: Expr,
        body: Box<Statement>,
        test_first: bool,
    },
    Switch {
        subject: Expr,
        sections: Vec<Section>,
    },
    Break,
    Continue,
}

#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: Arc<str>,
    pub(super) span: Span,
    pub(super) slot: usize,
    /// Declared with `const`.
    pub(super) constant: bool,
    pub(super) value: Option<Expr>,
}

#[derive(Debug)]
pub(super) struct Catch {
    /// `None` catches everything.
    pub(super) exception: Option<Type>,
    pub(super) binding: Option<(Arc<str>, usize)>,
    pub(super) filter: Option<Expr>,
    pub(super) body: Vec<Statement>,
}

#[derive(Debug)]
pub(super) struct For {
    pub(super) start: Vec<Statement>,
    pub(super) condition: Option<Expr>,
    pub(super) steps: Vec<Expr>,
    pub(super) body: Statement,
}

#[derive(Debug)]
pub(super) struct Section {
    pub(super) labels: Vec<Label>,
    pub(super) body: Vec<Statement>,
}

#[derive(Debug)]
pub(super) enum Label {
    Default,
    Case(Pattern, Option<Expr>),
}

/// What stands between the outermost brackets.
#[derive(Debug)]
pub(super) enum Body {
    Expression(Expr),
    Statements(Vec<Statement>),
    /// C# that Azure executes and this interpreter does not: what, and where.
    Unsupported(Arc<str>, Span),
}

impl Expr {
    pub(super) fn new(kind: ExprKind, span: Span) -> Expr {
        let depth = 1 + kind.deepest_child();
        Expr { kind, span, depth }
    }
}

impl ExprKind {
    fn deepest_child(&self) -> usize {
        let all = |exprs: &[Expr]| exprs.iter().map(|expr| expr.depth).max().unwrap_or(0);
        match self {
            ExprKind::Member { target: only, .. }
            | ExprKind::Chain(only)
            | ExprKind::Unary { operand: only, .. }
            | ExprKind::Cast { operand: only, .. }
            | ExprKind::Is { operand: only, .. }
            | ExprKind::As { operand: only, .. }
            | ExprKind::Increment { target: only, .. }
            | ExprKind::Checked(only, _)
            | ExprKind::Throw(only) => only.depth,
            ExprKind::Index {
                target: left,
                index: right,
                ..
            }
            | ExprKind::Binary { left, right, .. }
            | ExprKind::And(left, right)
            | ExprKind::Or(left, right)
            | ExprKind::Coalesce(left, right)
            | ExprKind::AssignIfNull(left, right)
            | ExprKind::Assign {
                target: left,
                value: right,
                ..
            } => left.depth.max(right.depth),
            ExprKind::Conditional(parts) => all(&parts[..]),
            ExprKind::Call(call) => {
                let target = call.target.as_ref().map_or(0, |target| target.depth);
                call.arguments
                    .iter()
                    .map(|argument| argument.value.depth)
                    .max()
                    .unwrap_or(0)
                    .max(target)
            }
            ExprKind::New(new) => new
                .initialiser
                .iter()
                .map(Entry::depth)
                .max()
                .unwrap_or(0)
                .max(all(&new.arguments)),
            ExprKind::NewArray { size, items, .. } => {
                all(items).max(size.as_ref().map_or(0, |size| size.depth))
            }
            ExprKind::Record(fields) => fields
                .iter()
                .map(|(_, value)| value.depth)
                .max()
                .unwrap_or(0),
            ExprKind::Interpolated(pieces) => pieces.iter().map(Piece::depth).max().unwrap_or(0),
            ExprKind::Lambda(lambda) => lambda.depth,
            ExprKind::Literal(_)
            | ExprKind::Name(_)
            | ExprKind::Local(_)
            | ExprKind::Context
            | ExprKind::Type(_)
            | ExprKind::Default(_)
            | ExprKind::TypeOf(_) => 0,
        }
    }
}

impl Entry {
    fn depth(&self) -> usize {
        match self {
            Entry::Index(left, right) | Entry::Pair(left, right) => left.depth.max(right.depth),
            Entry::Member(_, value) | Entry::Item(value) => value.depth,
        }
    }
}

impl Piece {
    fn depth(&self) -> usize {
        match self {
            Piece::Text(_) => 0,
            Piece::Hole { value, .. } => value.depth,
        }
    }
}
