use super::Problem;
use super::value::Value;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name, a keyword, or a name with dashes in it (`project-away`).
    Name(String),
    Literal(Value),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 22] = [
    "==", "!=", "=~", "!~", "<=", ">=", "<", ">", "=", "|", "(", ")", "[", "]", ",", ".", "+", "-",
    "*", "/", "%", ";",
];

/// Seconds of the units of a time span.
const UNITS: [(&str, f64); 6] = [
    ("microsecond", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut rest = skip(text);
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first == '\'' || first == '"' {
            let (value, length) = quoted(rest, first)?;
            (Token::Literal(Value::Text(value)), length)
        } else if let Some(path) = rest.strip_prefix("@'").or(rest.strip_prefix("@\"")) {
            let end = path.find(|c| rest[1..].starts_with(c));
            let end = end.ok_or_else(|| Problem::Syntax("a string does not end".to_owned()))?;
            (Token::Literal(Value::Text(path[..end].to_owned())), end + 3)
        } else if first.is_ascii_digit() {
            number(rest)?
        } else if first == '!' && rest[1..].starts_with(char::is_alphabetic) {
            let (token, length) = name(&rest[1..], None)?;
            let Token::Name(word) = token else {
                return Err(Problem::Syntax("unexpected character `!`".to_owned()));
            };
            (Token::Name(format!("!{word}")), length + 1)
        } else if first.is_alphabetic() || first == '_' || first == '$' {
            name(rest, tokens.last())?
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign =
                sign.ok_or_else(|| Problem::Syntax(format!("unexpected character `{first}`")))?;
            (Token::Sign(sign), sign.len())
        };
        tokens.push(token);
        rest = skip(&rest[length..]);
    }
    Ok(tokens)
}

/// Past blanks and comments.
fn skip(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("//") {
        rest = comment
            .split_once('\n')
            .map_or("", |(_, rest)| rest)
            .trim_start();
    }
    rest
}

fn quoted(text: &str, quote: char) -> Result<(String, usize), Problem> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((place, c)) = letters.next() {
        match c {
            '\\' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, c)) => value.push(c),
                None => break,
            },
            c if c == quote => return Ok((value, place + 1)),
            c => value.push(c),
        }
    }
    Err(Problem::Syntax("a string does not end".to_owned()))
}

/// A number, or a time span such as `5m`.
fn number(text: &str) -> Result<(Token, usize), Problem> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let unit_end = text[end..]
        .find(|c: char| !c.is_ascii_alphabetic())
        .map_or(text.len(), |length| end + length);
    let (digits, unit) = (&text[..end], &text[end..unit_end]);
    let wrong = || Problem::Syntax(format!("`{}` is not a number", &text[..unit_end]));
    let value = if unit.is_empty() {
        match digits.parse() {
            Ok(whole) => Value::Long(whole),
            Err(_) => Value::Real(digits.parse().map_err(|_| wrong())?),
        }
    } else {
        let (_, seconds) = UNITS
            .iter()
            .find(|(known, _)| *known == unit)
            .ok_or_else(wrong)?;
        let number: f64 = digits.parse().map_err(|_| wrong())?;
        Value::Span(jiff::SignedDuration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?)
    };
    Ok((Token::Literal(value), unit_end))
}

fn name(text: &str, before: Option<&Token>) -> Result<(Token, usize), Problem> {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut end = text.find(|c| !plain(c)).unwrap_or(text.len());
    // Only the name of an operator has dashes; elsewhere they subtract.
    if matches!(before, Some(Token::Sign("|"))) {
        let dashed = |c: char| plain(c) || c == '-';
        end = text.find(|c| !dashed(c)).unwrap_or(text.len());
    }
    if &text[..end] == "in" && text[end..].starts_with('~') {
        end += 1;
    }
    let word = &text[..end];
    if word == "datetime" {
        let open = text[end..].trim_start();
        if let Some((inner, _)) = open
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'))
        {
            let inner = inner.trim().trim_matches(['"', '\'']);
            let moment = crate::monitor::time::moment(inner).or_else(|| day(inner));
            let moment =
                moment.ok_or_else(|| Problem::Syntax(format!("`{inner}` is not a datetime")))?;
            let length = text.find(')').map_or(text.len(), |place| place + 1);
            return Ok((Token::Literal(Value::Time(moment)), length));
        }
    }
    let token = match word {
        "true" => Token::Literal(Value::Bool(true)),
        "false" => Token::Literal(Value::Bool(false)),
        word => Token::Name(word.to_owned()),
    };
    Ok((token, end))
}

fn day(text: &str) -> Option<jiff::Timestamp> {
    let day: jiff::civil::Date = text.parse().ok()?;
    jiff::tz::TimeZone::UTC
        .to_timestamp(day.at(0, 0, 0, 0))
        .ok()
}
