//! Bytes as text and text as bytes: Base64, GUIDs, percent and HTML escapes, UTF-16 positions.

use std::fmt::Write as _;

use crate::policy::expression::fault::{Fault, Raise};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn to_base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut word = 0_u32;
        for index in 0..3 {
            word = word << 8 | u32::from(chunk.get(index).copied().unwrap_or(0));
        }
        for place in 0..4 {
            if place <= chunk.len() {
                let index = word >> (18 - 6 * place) & 63;
                text.push(char::from(ALPHABET[usize::try_from(index).unwrap_or(0)]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

pub(crate) fn from_base64(text: &str) -> Result<Vec<u8>, Raise> {
    let refuse = || {
        Fault::format(
            "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding \
             characters, or an illegal character among the padding characters.",
        )
    };
    let mut symbols: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
        .collect();
    if !symbols.len().is_multiple_of(4) {
        return Err(Fault::format(
            "Invalid length for a Base-64 char array or string.",
        ));
    }
    let padding = symbols
        .iter()
        .rev()
        .take_while(|byte| **byte == b'=')
        .count();
    if padding > 2 {
        return Err(refuse());
    }
    symbols.truncate(symbols.len() - padding);
    let mut bytes = Vec::with_capacity(symbols.len() * 3 / 4);
    for chunk in symbols.chunks(4) {
        let mut word = 0_u32;
        for symbol in chunk {
            let index = ALPHABET
                .iter()
                .position(|known| known == symbol)
                .ok_or_else(refuse)?;
            word = word << 6 | u32::try_from(index).unwrap_or(0);
        }
        word <<= 6 * (4 - chunk.len());
        bytes.extend_from_slice(&word.to_be_bytes()[1..chunk.len()]);
    }
    Ok(bytes)
}

/// The first three groups of a GUID are numbers with the low byte first.
const GUID_ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";

pub(crate) fn guid_text(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, place) in GUID_ORDER.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = bytes[*place];
        for half in [byte >> 4, byte & 0xf] {
            text.push(char::from(HEXADECIMAL[usize::from(half)]));
        }
    }
    text
}

pub(crate) fn guid_format(bytes: &[u8; 16], pattern: &str) -> Result<String, Raise> {
    let text = guid_text(bytes);
    Ok(match pattern {
        "" | "D" | "d" => text,
        "N" | "n" => text.replace('-', ""),
        "B" | "b" => format!("{{{text}}}"),
        "P" | "p" => format!("({text})"),
        _ => {
            return Err(Fault::format(
                "Format string can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\".",
            ));
        }
    })
}

pub(crate) fn parse_guid(text: &str) -> Option<[u8; 16]> {
    let text = text.trim();
    let inner = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let inner = inner
        .or_else(|| {
            text.strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'))
        })
        .unwrap_or(text);
    let dashes: Vec<usize> = inner.match_indices('-').map(|(index, _)| index).collect();
    if !dashes.is_empty() && dashes != [8, 13, 18, 23] {
        return None;
    }
    let digits = inner.replace('-', "");
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 16];
    for (index, place) in GUID_ORDER.iter().enumerate() {
        bytes[*place] = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

/// Percent escapes of everything but letters, digits and `kept`.
pub(crate) fn percent_encode(text: &str, kept: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Percent escapes only; `+` stays.
pub(crate) fn percent_decode(text: &str) -> String {
    crate::policy::message::percent_decode(&text.replace('+', "%2B"))
}

pub(crate) fn html_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => encoded.push_str("&lt;"),
            '>' => encoded.push_str("&gt;"),
            '&' => encoded.push_str("&amp;"),
            '"' => encoded.push_str("&quot;"),
            '\'' => encoded.push_str("&#39;"),
            '\u{a0}'..='\u{ff}' => {
                let _ = write!(encoded, "&#{};", u32::from(c));
            }
            c => encoded.push(c),
        }
    }
    encoded
}

pub(crate) fn html_decode(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        decoded.push_str(&rest[..start]);
        rest = &rest[start..];
        let entity = rest
            .find(';')
            .filter(|end| *end <= 10)
            .and_then(|end| Some((entity(&rest[1..end])?, end + 1)));
        let (c, length) = entity.unwrap_or(('&', 1));
        decoded.push(c);
        rest = &rest[length..];
    }
    decoded + rest
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let digits = name.strip_prefix('#')?;
            let hex = digits.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(
                || digits.parse().ok(),
                |hex| u32::from_str_radix(hex, 16).ok(),
            )?;
            char::from_u32(code)?
        }
    })
}

/// Length in UTF-16 units, which is what C# counts.
pub(crate) fn length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

/// UTF-16 units `start..end`; `None` when the text is shorter.
pub(crate) fn slice(text: &str, start: usize, end: usize) -> Option<String> {
    if start > end {
        return None;
    }
    if text.is_ascii() {
        return text.get(start..end).map(str::to_owned);
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    units.get(start..end).map(String::from_utf16_lossy)
}

/// The UTF-16 position of a byte offset.
pub(crate) fn position(text: &str, offset: usize) -> usize {
    length(text.get(..offset).unwrap_or(text))
}

/// The byte offset of a UTF-16 position; `None` past the end.
pub(crate) fn offset(text: &str, position: usize) -> Option<usize> {
    if text.is_ascii() {
        return (position <= text.len()).then_some(position);
    }
    let mut units = 0;
    for (offset, c) in text.char_indices() {
        if units >= position {
            return Some(offset);
        }
        units += c.len_utf16();
    }
    (units >= position).then_some(text.len())
}
