//! JSON text as Newtonsoft reads it: comments, single quotes, bare names and a comma too many pass;
//! text in the form of an ISO 8601 moment becomes a date.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::json::{MAX_DEPTH, too_deep};
use super::{Array, DateTime, Json, Object};
use crate::policy::expression::fault::{Fault, Raise};

/// The one value that `text` holds.
pub(crate) fn read(text: &str) -> Result<Json, Raise> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    reader.blank()?;
    if reader.at == text.len() {
        let message = "Error reading JToken from JsonReader. Path '', line 0, position 0.";
        return Err(Fault::raise("JsonReaderException", message));
    }
    let json = reader.value()?;
    reader.blank()?;
    if reader.at < text.len() {
        return Err(reader.fault("Additional text encountered after finished reading JSON content"));
    }
    Ok(json)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault(&self, message: &str) -> Raise {
        let before = self.text.get(..self.at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let position = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
        let shown = self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next());
        let shown = shown.map_or(String::new(), |c| format!(": {c}"));
        Fault::raise(
            "JsonReaderException",
            format!("{message}{shown}. Path '', line {line}, position {position}."),
        )
    }

    /// Skips white space and comments.
    fn blank(&mut self) -> Result<(), Raise> {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                let Some(length) = trimmed.find("*/") else {
                    return Err(self.fault("Unexpected end while parsing comment"));
                };
                self.at += length + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn value(&mut self) -> Result<Json, Raise> {
        match self.peek() {
            Some(b'{') => self.nested(Reader::object),
            Some(b'[') => self.nested(Reader::array),
            Some(quote @ (b'"' | b'\'')) => {
                let text = self.string(quote)?;
                Ok(DateTime::from_json(&text).map_or_else(|| Json::Str(text.into()), Json::Date))
            }
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err(self.fault("Unexpected end of content while loading JToken")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Json, Raise>) -> Result<Json, Raise> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        self.at += 1;
        let json = read(self);
        self.depth -= 1;
        json
    }

    fn array(&mut self) -> Result<Json, Raise> {
        let mut items = Vec::new();
        loop {
            self.blank()?;
            if self.closes(b']') {
                return Ok(Json::Array(Arc::new(Array::of(items))));
            }
            items.push(self.value()?);
            self.after_item(b']')?;
        }
    }

    fn object(&mut self) -> Result<Json, Raise> {
        let mut fields: Vec<(Arc<str>, Json)> = Vec::new();
        loop {
            self.blank()?;
            if self.closes(b'}') {
                return Ok(Json::Object(Arc::new(Object::of(unique(fields)))));
            }
            let name = self.name()?;
            self.blank()?;
            if !self.closes(b':') {
                return Err(self
                    .fault("Invalid character after parsing property name. Expected ':' but got"));
            }
            self.blank()?;
            fields.push((name.into(), self.value()?));
            self.after_item(b'}')?;
        }
    }

    fn closes(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// A comma, or the closing bracket without stepping over it.
    fn after_item(&mut self, close: u8) -> Result<(), Raise> {
        self.blank()?;
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(())
            }
            Some(byte) if byte == close => Ok(()),
            Some(_) => {
                Err(self.fault("After parsing a value an unexpected character was encountered"))
            }
            None => Err(self.fault("Unexpected end of content while loading JToken")),
        }
    }

    fn name(&mut self) -> Result<String, Raise> {
        if let Some(quote @ (b'"' | b'\'')) = self.peek() {
            return self.string(quote);
        }
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
            .unwrap_or(rest.len());
        if length == 0 {
            return Err(self.fault("Invalid property identifier character"));
        }
        self.at += length;
        Ok(rest[..length].to_owned())
    }

    fn string(&mut self, quote: u8) -> Result<String, Raise> {
        self.at += 1;
        let mut content = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(stop) = rest.bytes().position(|byte| byte == quote || byte == b'\\') else {
                return Err(self.fault("Unterminated string. Expected delimiter"));
            };
            content.push_str(&rest[..stop]);
            self.at += stop + 1;
            if rest.as_bytes()[stop] == quote {
                return Ok(content);
            }
            content.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, Raise> {
        let kind = self.peek();
        self.at += usize::from(kind.is_some_and(|byte| byte.is_ascii()));
        Ok(match kind {
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(byte @ (b'"' | b'\'' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => {
                let high = self.unit()?;
                if !(0xd800..0xdc00).contains(&high) || !self.text[self.at..].starts_with("\\u") {
                    return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                self.at += 2;
                let low = self.unit()?;
                let whole = 0x1_0000 + ((high - 0xd800) << 10) + low.wrapping_sub(0xdc00);
                let pair = (0xdc00..0xe000)
                    .contains(&low)
                    .then_some(whole)
                    .and_then(char::from_u32);
                pair.unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(self.fault("Bad JSON escape sequence")),
        })
    }

    fn unit(&mut self) -> Result<u32, Raise> {
        let digits = self
            .text
            .get(self.at..self.at + 4)
            .filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(unit) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return Err(self.fault("Could not convert string to code point"));
        };
        self.at += 4;
        Ok(unit)
    }

    fn number(&mut self) -> Result<Json, Raise> {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c))
            .unwrap_or(rest.len());
        let digits = &rest[..length];
        let json = if let Ok(number) = digits.parse::<i64>() {
            Json::Int(number)
        } else if digits == "-Infinity" {
            Json::Float(f64::NEG_INFINITY)
        } else {
            let plain = digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            match digits.parse::<f64>() {
                Ok(number) if plain => Json::Float(number),
                _ => return Err(self.fault("Input string is not a valid number")),
            }
        };
        self.at += length;
        Ok(json)
    }

    fn word(&mut self) -> Result<Json, Raise> {
        let words = [
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("null", Json::Null),
            ("undefined", Json::Null),
            ("NaN", Json::Float(f64::NAN)),
            ("Infinity", Json::Float(f64::INFINITY)),
        ];
        let rest = &self.text[self.at..];
        for (word, json) in words {
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
            if rest.strip_prefix(word).is_some_and(ends) {
                self.at += word.len();
                return Ok(json);
            }
        }
        Err(self.fault("Unexpected character encountered while parsing value"))
    }
}

/// So many fields are compared faster than sorted.
const FEW: usize = 16;

fn few(fields: Vec<(Arc<str>, Json)>) -> Vec<(Arc<str>, Json)> {
    let mut kept: Vec<(Arc<str>, Json)> = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        match kept.iter_mut().find(|(known, _)| *known == name) {
            Some(field) => field.1 = value,
            None => kept.push((name, value)),
        }
    }
    kept
}

/// Of fields with one name the last value counts, at the place of the first.
fn unique(fields: Vec<(Arc<str>, Json)>) -> Vec<(Arc<str>, Json)> {
    if fields.len() <= FEW {
        return few(fields);
    }
    let mut places: BTreeMap<Arc<str>, usize> = BTreeMap::new();
    let mut kept: Vec<(Arc<str>, Json)> = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        if let Some(place) = places.get(&name) {
            kept[*place].1 = value;
        } else {
            places.insert(name.clone(), kept.len());
            kept.push((name, value));
        }
    }
    kept
}
