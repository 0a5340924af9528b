//! Expressions: their tree, and the parser of it.

use super::Problem;
use super::token::Token;
use super::value::Value;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Literal(Value),
    Column(String),
    /// `a.b` and `a['b']`
    Member(Box<Expression>, String),
    Call(String, Vec<Expression>),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
    /// `x in (a, b)`; the flags say whether letter case counts and whether it must be there.
    In {
        of: Box<Expression>,
        among: Vec<Expression>,
        exact: bool,
        wanted: bool,
    },
    Between(Box<Expression>, Box<Expression>, Box<Expression>),
}

/// Words that stand between two operands.
const WORDS: [&str; 8] = [
    "contains",
    "!contains",
    "has",
    "!has",
    "startswith",
    "!startswith",
    "endswith",
    "!endswith",
];

/// Deepest nesting of parentheses and the like.
const DEEPEST: usize = 64;

#[derive(Debug)]
pub(super) struct Parser {
    tokens: Vec<Token>,
    place: usize,
    depth: usize,
}

impl Parser {
    pub(super) fn new(tokens: Vec<Token>) -> Parser {
        Parser {
            tokens,
            place: 0,
            depth: 0,
        }
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.place).cloned();
        self.place += 1;
        token
    }

    /// Takes a sign if it is next.
    pub(super) fn sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(known)) if *known == sign);
        self.place += usize::from(is);
        is
    }

    /// Takes a word if it is next.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Name(known)) if known == word);
        self.place += usize::from(is);
        is
    }

    pub(super) fn expect(&mut self, sign: &str) -> Result<(), Problem> {
        if self.sign(sign) {
            return Ok(());
        }
        Err(Problem::Syntax(format!(
            "expected `{sign}`, found {}",
            self.found()
        )))
    }

    pub(super) fn name(&mut self) -> Result<String, Problem> {
        match self.next() {
            Some(Token::Name(name)) => Ok(name),
            // A name with blanks in it: ['name'].
            Some(Token::Sign("[")) => match (self.next(), self.next()) {
                (Some(Token::Literal(Value::Text(name))), Some(Token::Sign("]"))) => Ok(name),
                _ => Err(Problem::Syntax("a quoted name is not closed".to_owned())),
            },
            _ => {
                self.place -= 1;
                Err(Problem::Syntax(format!(
                    "expected a name, found {}",
                    self.found()
                )))
            }
        }
    }

    pub(super) fn found(&self) -> String {
        match self.peek() {
            None => "the end".to_owned(),
            Some(Token::Name(name)) => format!("`{name}`"),
            Some(Token::Literal(value)) => format!("`{}`", value.to_text()),
            Some(Token::Sign(sign)) => format!("`{sign}`"),
        }
    }

    pub(super) fn list(&mut self) -> Result<Vec<Expression>, Problem> {
        let mut list = vec![self.expression()?];
        while self.sign(",") {
            list.push(self.expression()?);
        }
        Ok(list)
    }

    pub(super) fn expression(&mut self) -> Result<Expression, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Problem::Syntax("the query is nested too deeply".to_owned()));
        }
        let mut left = self.both()?;
        while self.word("or") {
            left = binary("or", left, self.both()?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Expression, Problem> {
        let mut left = self.comparison()?;
        while self.word("and") {
            left = binary("and", left, self.comparison()?);
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expression, Problem> {
        let left = self.sum()?;
        for sign in ["==", "!=", "=~", "!~", "<=", ">=", "<", ">"] {
            if self.sign(sign) {
                return Ok(binary(sign, left, self.sum()?));
            }
        }
        for word in WORDS {
            if self.word(word) {
                return Ok(binary(word, left, self.sum()?));
            }
        }
        for (word, exact, wanted) in [
            ("in", true, true),
            ("in~", false, true),
            ("!in", true, false),
        ] {
            if self.word(word) {
                self.expect("(")?;
                let among = self.list()?;
                self.expect(")")?;
                return Ok(Expression::In {
                    of: Box::new(left),
                    among,
                    exact,
                    wanted,
                });
            }
        }
        if self.word("between") {
            self.expect("(")?;
            let from = self.sum()?;
            self.expect(".")?;
            self.expect(".")?;
            let to = self.sum()?;
            self.expect(")")?;
            return Ok(Expression::Between(
                Box::new(left),
                Box::new(from),
                Box::new(to),
            ));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expression, Problem> {
        self.chain(&["+", "-"], Parser::product)
    }

    fn product(&mut self) -> Result<Expression, Problem> {
        self.chain(&["*", "/", "%"], Parser::unary)
    }

    fn chain(
        &mut self,
        signs: &[&'static str],
        operand: fn(&mut Parser) -> Result<Expression, Problem>,
    ) -> Result<Expression, Problem> {
        let mut left = operand(self)?;
        while let Some(sign) = signs.iter().find(|sign| self.sign(sign)) {
            left = binary(sign, left, operand(self)?);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, Problem> {
        if self.sign("-") {
            return Ok(Expression::Negative(Box::new(self.postfix()?)));
        }
        self.postfix()
    }

    fn postfix(&mut self) -> Result<Expression, Problem> {
        let mut of = self.primary()?;
        loop {
            if matches!(self.tokens.get(self.place + 1), Some(Token::Name(_))) && self.sign(".") {
                of = Expression::Member(Box::new(of), self.name()?);
            } else if self.sign("[") {
                let Some(Token::Literal(key)) = self.next() else {
                    let wanted = "an index is a text or a number".to_owned();
                    return Err(Problem::Syntax(wanted));
                };
                self.expect("]")?;
                of = Expression::Member(Box::new(of), key.to_text());
            } else {
                return Ok(of);
            }
        }
    }

    fn primary(&mut self) -> Result<Expression, Problem> {
        if self.sign("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner);
        }
        match self.peek() {
            Some(Token::Literal(_)) => match self.next() {
                Some(Token::Literal(value)) => Ok(Expression::Literal(value)),
                _ => Err(Problem::Syntax("a value is missing".to_owned())),
            },
            Some(Token::Name(_) | Token::Sign("[")) => {
                let name = self.name()?;
                if !self.sign("(") {
                    return Ok(Expression::Column(name));
                }
                let arguments = if self.sign(")") {
                    Vec::new()
                } else {
                    let list = self.list()?;
                    self.expect(")")?;
                    list
                };
                if name == "not" && arguments.len() == 1 {
                    let mut arguments = arguments;
                    return Ok(Expression::Not(Box::new(arguments.remove(0))));
                }
                Ok(Expression::Call(name, arguments))
            }
            _ => Err(Problem::Syntax(format!(
                "expected a value, found {}",
                self.found()
            ))),
        }
    }
}

fn binary(operator: &'static str, left: Expression, right: Expression) -> Expression {
    Expression::Binary(operator, Box::new(left), Box::new(right))
}

impl Expression {
    /// The name of a column that nobody named, as Kusto makes it up.
    pub(super) fn natural_name(&self) -> Option<String> {
        match self {
            Expression::Column(name) => Some(name.clone()),
            Expression::Member(of, name) => Some(format!("{}_{name}", of.natural_name()?)),
            Expression::Call(function, arguments) => match function.as_str() {
                "bin" | "tostring" | "tolong" | "toint" | "toreal" | "todouble" => {
                    arguments.first()?.natural_name()
                }
                _ => None,
            },
            _ => None,
        }
    }
}
