use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Args;
use crate::arm::error::Fault;
use crate::arm::evaluate::qualified;

pub(super) fn base64(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(STANDARD.encode(args.text(0)?).into())
}

pub(super) fn base64_to_string(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(decoded(args, args.text(0)?)?.into())
}

pub(super) fn base64_to_json(args: &Args<'_>) -> Result<Value, Fault> {
    serde_json::from_str(&decoded(args, args.text(0)?)?)
        .map_err(|_| args.wrong("The decoded text is not valid JSON."))
}

fn decoded(args: &Args<'_>, text: &str) -> Result<String, Fault> {
    STANDARD
        .decode(text.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| args.wrong("The text is not base64 of UTF-8."))
}

pub(super) fn data_uri(values: &[Value]) -> Value {
    let encoded = STANDARD.encode(super::to_text(&values[0]));
    format!("data:text/plain;charset=utf8;base64,{encoded}").into()
}

pub(super) fn data_uri_to_string(args: &Args<'_>) -> Result<Value, Fault> {
    let text = args.text(0)?;
    let data = text
        .get(..5)
        .filter(|scheme| scheme.eq_ignore_ascii_case("data:"))
        .and_then(|_| text.split_once(','));
    let Some((head, body)) = data else {
        return Err(args.wrong("The text is not a data URI."));
    };
    if head.to_ascii_lowercase().ends_with(";base64") {
        return Ok(decoded(args, body)?.into());
    }
    Ok(unescaped(body)
        .ok_or_else(|| args.wrong("The data URI is not UTF-8."))?
        .into())
}

/// Everything but letters, digits and `-_.~` becomes `%XX` of its UTF-8 bytes.
pub(super) fn uri_component(args: &Args<'_>) -> Result<Value, Fault> {
    let mut text = String::new();
    for byte in args.text(0)?.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.extend(['%', hex(byte >> 4), hex(byte & 0xf)]);
        }
    }
    Ok(text.into())
}

fn hex(digit: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(digit)])
}

pub(super) fn uri_component_to_string(args: &Args<'_>) -> Result<Value, Fault> {
    Ok(unescaped(args.text(0)?)
        .ok_or_else(|| args.wrong("The text is not UTF-8 when decoded."))?
        .into())
}

fn unescaped(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes
            .get(at + 1..at + 3)
            .filter(|_| bytes[at] == b'%')
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(plain).ok()
}

/// Resolves a relative address against a base, as the documentation's table has it: what follows
/// the base's last slash gives way, and `..` climbs.
pub(super) fn uri(args: &Args<'_>) -> Result<Value, Fault> {
    let (base, relative) = (args.text(0)?, args.text(1)?);
    let Some((scheme, rest)) = base.split_once("://") else {
        return Err(args.wrong("The base address must be absolute, as 'https://host/path/'."));
    };
    if relative.contains("://") {
        return Ok(relative.into());
    }
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let root = format!("{scheme}://{host}");
    if let Some(absolute) = relative.strip_prefix("//") {
        return Ok(format!("{scheme}://{absolute}").into());
    }
    let (relative, query) = match relative.find(['?', '#']) {
        Some(at) => relative.split_at(at),
        None => (relative, ""),
    };
    let mut steps: Vec<&str> = Vec::new();
    if !relative.starts_with('/') {
        steps.extend(path.split('/'));
        if !relative.is_empty() {
            steps.pop();
        }
    }
    let mut parts = relative.trim_start_matches('/').split('/').peekable();
    while let Some(part) = parts.next() {
        match part {
            "." | ".." => {
                if part == ".." {
                    steps.pop();
                }
                if parts.peek().is_none() {
                    steps.push("");
                }
            }
            _ if relative.is_empty() => {}
            part => steps.push(part),
        }
    }
    Ok(format!("{root}/{}{query}", steps.join("/")).into())
}

/// `{base}/providers/{type}/{name}`
pub(super) fn extension_resource_id(args: &Args<'_>) -> Result<Value, Fault> {
    let base = args.text(0)?.trim_end_matches('/');
    let mut names = Vec::new();
    for index in 1..args.values.len() {
        names.push(args.text(index)?);
    }
    let tail = qualified(names[0], &names[1..]).map_err(|reason| args.wrong(reason))?;
    Ok(format!("{base}/providers/{tail}").into())
}
