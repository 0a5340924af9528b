//! `$filter` of the metrics API: comparisons of dimensions, joined by `and` and `or`.

use super::series::Series;

/// Every comparison must hold; of one dimension, any of its values.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) clauses: Vec<Clause>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clause {
    /// As the caller wrote it.
    pub(super) dimension: String,
    tests: Vec<Test>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    /// `eq '*'`
    Any,
    Is(String),
    Not(String),
    /// `sw`
    Starts(String),
}

impl Filter {
    /// # Errors
    ///
    /// A sentence that says what the filter may not do.
    pub(super) fn parse(text: &str) -> Result<Filter, String> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            place: 0,
        };
        let clauses = parser.all()?;
        match parser.next() {
            None => Ok(Filter { clauses }),
            Some(token) => Err(format!("Invalid filter: unexpected {token:?}")),
        }
    }

    /// Values of the dimensions that the filter names; `None` when the series is filtered out.
    pub(super) fn split(&self, series: &Series) -> Option<Vec<(String, String)>> {
        let mut values = Vec::with_capacity(self.clauses.len());
        for Clause { dimension, tests } in &self.clauses {
            let value = series.dimension(dimension)?;
            if !tests.iter().any(|test| test.holds(value)) {
                return None;
            }
            values.push((dimension.to_lowercase(), value.to_owned()));
        }
        Some(values)
    }

    /// True when the number of series depends on the data.
    pub(super) fn is_open(&self) -> bool {
        let mut tests = self.clauses.iter().flat_map(|clause| &clause.tests);
        tests.any(|test| !matches!(test, Test::Is(_)))
    }
}

impl Test {
    fn holds(&self, value: &str) -> bool {
        match self {
            Test::Any => true,
            Test::Is(wanted) => value.eq_ignore_ascii_case(wanted),
            Test::Not(other) => !value.eq_ignore_ascii_case(other),
            Test::Starts(prefix) => value.to_lowercase().starts_with(&prefix.to_lowercase()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
}

/// Names may be quoted when they hold spaces, values always are.
fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' => {
                tokens.push(Token::Open);
                1
            }
            ')' => {
                tokens.push(Token::Close);
                1
            }
            '\'' | '"' => {
                let (value, length) = quoted(rest, first)?;
                tokens.push(Token::Text(value));
                length
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "()'\"".contains(c));
                let end = end.unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// A doubled quote is one.
fn quoted(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((place, c)) = letters.next() {
        if c != quote {
            value.push(c);
        } else if letters.next_if(|(_, next)| *next == quote).is_some() {
            value.push(quote);
        } else {
            return Ok((value, place + 1));
        }
    }
    Err("Invalid filter: a quoted value does not end".to_owned())
}

struct Parser {
    tokens: Vec<Token>,
    place: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.place).cloned();
        self.place += 1;
        token
    }

    fn word(&mut self, word: &str) -> bool {
        let here = self.tokens.get(self.place);
        let is = matches!(here, Some(Token::Word(known)) if known.eq_ignore_ascii_case(word));
        self.place += usize::from(is);
        is
    }

    /// `and` binds tighter than `or`, which joins tests of one dimension only; so `A eq 'x' and
    /// B eq '1' or B eq '2'` is as Azure's documentation has it.
    fn all(&mut self) -> Result<Vec<Clause>, String> {
        let mut clauses = self.either()?;
        while self.word("and") {
            for clause in self.either()? {
                clauses.push(clause);
            }
        }
        Ok(clauses)
    }

    fn either(&mut self) -> Result<Vec<Clause>, String> {
        let mut clauses = self.one()?;
        while self.word("or") {
            let more = self.one()?;
            let ([clause], [other]) = (&mut clauses[..], &more[..]) else {
                return Err("Invalid filter: `or` joins single comparisons only".to_owned());
            };
            if !clause.dimension.eq_ignore_ascii_case(&other.dimension) {
                return Err(format!(
                    "Invalid filter: `or` may not join the dimensions {} and {}",
                    clause.dimension, other.dimension
                ));
            }
            clause.tests.extend_from_slice(&other.tests);
        }
        Ok(clauses)
    }

    fn one(&mut self) -> Result<Vec<Clause>, String> {
        let dimension = match self.next() {
            Some(Token::Open) => {
                let clauses = self.all()?;
                return match self.next() {
                    Some(Token::Close) => Ok(clauses),
                    _ => Err("Invalid filter: a parenthesis is not closed".to_owned()),
                };
            }
            Some(Token::Word(name) | Token::Text(name)) => name,
            _ => return Err("Invalid filter: a comparison is missing".to_owned()),
        };
        let (Some(Token::Word(operator)), Some(Token::Text(value))) = (self.next(), self.next())
        else {
            return Err(format!(
                "Invalid filter: {dimension} is not compared with a quoted value"
            ));
        };
        let test = match operator.to_ascii_lowercase().as_str() {
            "eq" if value == "*" => Test::Any,
            "eq" => Test::Is(value),
            "ne" => Test::Not(value),
            "sw" | "startswith" => Test::Starts(value),
            _ => {
                return Err(format!(
                    "Invalid filter: operator {operator} is not supported"
                ));
            }
        };
        Ok(vec![Clause {
            dimension,
            tests: vec![test],
        }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(filter: &str) -> String {
        let series = crate::monitor::tests::series(&[("ApiId", "openai"), ("Code", "429")]);
        match Filter::parse(filter) {
            Ok(filter) => match filter.split(&series) {
                Some(values) => values.iter().fold(String::new(), |text, (name, value)| {
                    text + name + "=" + value + " "
                }),
                None => "out".to_owned(),
            },
            Err(problem) => problem,
        }
    }

    #[test]
    fn filters_choose_and_split() {
        for (filter, expected) in [
            ("ApiId eq '*'", "apiid=openai "),
            ("apiid EQ 'OpenAI'", "apiid=openai "),
            ("Code eq '200'", "out"),
            ("Code eq '200' or Code eq '429'", "code=429 "),
            ("Code ne '429'", "out"),
            ("Code sw '4'", "code=429 "),
            (
                "ApiId eq 'openai' and (Code eq '200' or Code eq '429')",
                "apiid=openai code=429 ",
            ),
            ("ApiId eq 'x' and Code eq '*'", "out"),
            ("Nothing eq '*'", "out"),
            ("'Code' eq 'it''s'", "out"),
            (
                "ApiId eq 'a' or Code eq 'b'",
                "Invalid filter: `or` may not join the dimensions ApiId and Code",
            ),
            (
                "ApiId gt 'a'",
                "Invalid filter: operator gt is not supported",
            ),
            (
                "ApiId eq",
                "Invalid filter: ApiId is not compared with a quoted value",
            ),
            (
                "(ApiId eq 'a'",
                "Invalid filter: a parenthesis is not closed",
            ),
            ("ApiId eq 'a", "Invalid filter: a quoted value does not end"),
            (
                "ApiId eq 'a' Code",
                "Invalid filter: unexpected Word(\"Code\")",
            ),
        ] {
            assert_eq!(split(filter), expected, "{filter}");
        }
    }
}
