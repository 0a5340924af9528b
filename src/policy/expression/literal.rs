//! Literals: numbers with their suffixes, characters, strings with their escapes and holes.

use super::Problem;
use super::lexer::{Kind, RawPiece, Token};
use super::scan;
use super::value::{Value, decimal};
use crate::base::Span;

/// The number that `rest` starts with; `at` is where that is.
pub(super) fn number(rest: &str, at: usize) -> Result<Token, Problem> {
    let (radix, prefix) = match rest.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, 2),
        [b'0', b'b' | b'B', ..] => (2, 2),
        _ => (10, 0),
    };
    let mut length = prefix;
    let bytes = rest.as_bytes();
    let digits = |from: usize| {
        let count = bytes[from..]
            .iter()
            .take_while(|b| **b == b'_' || char::from(**b).is_digit(radix))
            .count();
        from + count
    };
    length = digits(length);
    let mut real = false;
    if radix == 10 {
        if let [b'.', next, ..] = &bytes[length..]
            && next.is_ascii_digit()
        {
            length = digits(length + 1);
            real = true;
        }
        if let Some(exponent) = exponent_length(&bytes[length..]) {
            length = digits(length + exponent);
            real = true;
        }
    }
    let suffix = bytes[length..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
        .count();
    let span = Span::new(at, at + length + suffix);
    let digits = rest[prefix..length].replace('_', "");
    let value = valued(&digits, radix, real, &rest[length..length + suffix], span)?;
    Ok(Token {
        kind: Kind::Literal(value),
        span,
    })
}

/// Length of `e`, `e+` or `e-` when digits follow.
fn exponent_length(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'e' | b'E', b'+' | b'-', digit, ..] if digit.is_ascii_digit() => Some(2),
        [b'e' | b'E', digit, ..] if digit.is_ascii_digit() => Some(1),
        _ => None,
    }
}

fn valued(
    digits: &str,
    radix: u32,
    real: bool,
    suffix: &str,
    span: Span,
) -> Result<Value, Problem> {
    let problem = |message: String| Problem::new(span, message);
    match suffix {
        "" | "L" | "l" if !real => {
            let number = i128::from_str_radix(digits, radix)
                .map_err(|_| problem("the number is too large".to_owned()))?;
            let Ok(number) = i64::try_from(number) else {
                return u64::try_from(number)
                    .map(Value::ULong)
                    .map_err(|_| problem("the number is too large".to_owned()));
            };
            Ok(match i32::try_from(number) {
                Ok(small) if suffix.is_empty() => Value::Int(small),
                _ => Value::Long(number),
            })
        }
        "" | "d" | "D" if radix == 10 => digits
            .parse()
            .map(Value::Double)
            .map_err(|_| problem(format!("`{digits}` is not a number"))),
        "m" | "M" if radix == 10 => decimal::parse(digits)
            .map(Value::Decimal)
            .ok_or_else(|| problem(format!("`{digits}` does not fit into a `decimal`"))),
        "f" | "F" if radix == 10 => digits
            .parse()
            .map(Value::Float)
            .map_err(|_| problem(format!("`{digits}` is not a number"))),
        "u" | "U" | "ul" | "UL" | "Ul" | "uL" | "lu" | "LU" | "Lu" | "lU" if !real => {
            let number = u64::from_str_radix(digits, radix)
                .map_err(|_| problem("the number is too large".to_owned()))?;
            Ok(match u32::try_from(number) {
                Ok(small) if suffix.len() == 1 => Value::Long(i64::from(small)),
                _ => Value::ULong(number),
            })
        }
        _ => Err(problem(format!("`{suffix}` cannot follow a number"))),
    }
}

/// The character between the quotes of `span`.
pub(super) fn character(text: &str, span: Span) -> Result<Value, Problem> {
    let content = content(text, Span::new(span.start + 1, span.end - 1), false)?;
    let mut units = content.encode_utf16();
    match (units.next(), units.next()) {
        (Some(unit), None) => Ok(Value::Char(unit)),
        _ => Err(
            Problem::new(span, "a character literal holds exactly one character")
                .hint("text needs `\"`"),
        ),
    }
}

/// What a string without holes says.
pub(super) fn content(text: &str, span: Span, verbatim: bool) -> Result<String, Problem> {
    let raw = &text[span.start..span.end];
    if verbatim {
        return Ok(raw.replace("\"\"", "\""));
    }
    let mut content = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(backslash) = rest.find('\\') {
        content.push_str(&rest[..backslash]);
        let at = span.start + raw.len() - rest.len() + backslash;
        rest = &rest[backslash..];
        let (decoded, length) = escape(rest).ok_or_else(|| {
            let shown: String = rest.chars().take(2).collect();
            Problem::new(
                Span::new(at, at + shown.len()),
                format!("`{shown}` is not an escape"),
            )
            .hint("write `\\\\` for a backslash, or `@\"…\"`")
        })?;
        content.push(decoded);
        rest = &rest[length..];
    }
    content.push_str(rest);
    Ok(content)
}

/// What the escape at the start of `rest` means, and its length.
fn escape(rest: &str) -> Option<(char, usize)> {
    let kind = rest[1..].chars().next()?;
    let simple = match kind {
        '\'' | '"' | '\\' => kind,
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'u' => return code_point(rest, 2, 4, 4),
        'U' => return code_point(rest, 2, 8, 8),
        'x' => return code_point(rest, 2, 1, 4),
        _ => return None,
    };
    Some((simple, 2))
}

fn code_point(rest: &str, from: usize, least: usize, most: usize) -> Option<(char, usize)> {
    let digits = rest[from..]
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_hexdigit)
        .count();
    if digits < least {
        return None;
    }
    let code = u32::from_str_radix(&rest[from..from + digits], 16).ok()?;
    // A pair of surrogates is one character here.
    if (0xd800..0xdc00).contains(&code) && rest[from + digits..].starts_with("\\u") {
        let second = rest.get(from + digits + 2..from + digits + 6)?;
        let low = u32::from_str_radix(second, 16)
            .ok()
            .filter(|low| (0xdc00..0xe000).contains(low))?;
        let whole = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        return Some((char::from_u32(whole)?, from + digits + 6));
    }
    Some((
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
        from + digits,
    ))
}

/// Texts and holes of an interpolated string.
pub(super) fn pieces(text: &str, span: Span, verbatim: bool) -> Result<Vec<RawPiece>, Problem> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut start = span.start;
    let mut at = span.start;
    while at < span.end {
        let byte = text.as_bytes()[at];
        if byte == b'\\' && !verbatim {
            at += 2;
            continue;
        }
        if byte != b'{' && byte != b'}' {
            at += 1;
            continue;
        }
        plain.push_str(&content(text, Span::new(start, at), verbatim)?);
        let Some(end) = scan::hole_end(text, at, Some(1))? else {
            return Err(Problem::new(Span::new(at, at + 1), "`}` opens nothing")
                .hint("write `}}` for a brace"));
        };
        if text.as_bytes()[at + 1] == byte {
            plain.push(char::from(byte));
        } else {
            if !plain.is_empty() {
                pieces.push(RawPiece::Text(std::mem::take(&mut plain).into()));
            }
            pieces.push(hole(text, Span::new(at + 1, end - 1))?);
        }
        at = end;
        start = end;
    }
    plain.push_str(&content(text, Span::new(start, span.end), verbatim)?);
    if !plain.is_empty() {
        pieces.push(RawPiece::Text(plain.into()));
    }
    Ok(pieces)
}

/// `expression[,width][:format]`
fn hole(text: &str, span: Span) -> Result<RawPiece, Problem> {
    let mut depth = 0_usize;
    let mut comma = None;
    let mut colon = None;
    let mut at = span.start;
    while at < span.end {
        match text.as_bytes()[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 && comma.is_none() => comma = Some(at),
            b':' if depth == 0 => {
                colon = Some(at);
                break;
            }
            _ => {
                if let Some(end) = scan::literal_end(text, at, 1)? {
                    at = end;
                    continue;
                }
            }
        }
        at += 1;
    }
    let end = colon.unwrap_or(span.end);
    Ok(RawPiece::Hole {
        expression: Span::new(span.start, comma.unwrap_or(end)),
        width: comma.map(|comma| Span::new(comma + 1, end)),
        format: colon.map(|colon| text[colon + 1..span.end].into()),
    })
}
