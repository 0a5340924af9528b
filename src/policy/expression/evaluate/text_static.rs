//! Static members that make or read text: `String`, `Convert`, `WebUtility`, `Uri`, `Encoding`, `Char`.

use std::sync::Arc;

use super::call::unknown;
use super::convert;
use super::operator;
use super::statics::static_unknown;
use super::{Eval, Interpreter};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{Uri, Value, authority, encoding, lock};

impl Interpreter<'_> {
    pub(super) fn string_static(&mut self, name: &str, arguments: &[Value]) -> Eval {
        match (name, arguments) {
            ("IsNullOrEmpty" | "IsNullOrWhiteSpace", [Value::Null]) => Ok(Value::Bool(true)),
            ("IsNullOrEmpty", [Value::Str(text)]) => Ok(Value::Bool(text.is_empty())),
            ("IsNullOrWhiteSpace", [Value::Str(text)]) => Ok(Value::Bool(text.trim().is_empty())),
            ("IsNullOrEmpty" | "IsNullOrWhiteSpace", [other]) => {
                let message = format!(
                    "`{name}` needs a `string`, this is a `{}`, cast it: `(string)…`",
                    other.type_name()
                );
                Err(Fault::refused(message).into())
            }
            (
                "Join",
                [
                    separator,
                    source @ (Value::List(_) | Value::Json(_) | Value::Dictionary(_)),
                ],
            ) => {
                let items = self.items(source)?;
                self.joined(separator, &items)
            }
            ("Join", [separator, items @ ..]) => self.joined(separator, items),
            ("Concat", [source @ Value::List(_)]) => {
                let items = self.items(source)?;
                self.joined(&Value::Null, &items)
            }
            ("Concat", items) => self.joined(&Value::Null, items),
            ("Format", [Value::Str(pattern), Value::List(list)]) => {
                let values = lock(&list.items).clone();
                let text = self.composed(pattern, &values)?;
                self.new_text(text)
            }
            ("Format", [Value::Enum(_), rest @ ..]) => self.string_static(name, rest),
            ("Format", [Value::Str(pattern), values @ ..]) => {
                let text = self.composed(pattern, values)?;
                self.new_text(text)
            }
            ("Equals", [left, right]) => Ok(Value::Bool(left.equals(right))),
            ("Equals" | "Compare", [left, right, option]) => {
                let folded =
                    super::text::ignores_case(option) || matches!(option, Value::Bool(true));
                let text = |value: &Value| {
                    if folded {
                        value.to_text().to_lowercase()
                    } else {
                        value.to_text()
                    }
                };
                if name == "Equals" {
                    let nulls = matches!(left, Value::Null) == matches!(right, Value::Null);
                    return Ok(Value::Bool(nulls && text(left) == text(right)));
                }
                Ok(Value::Int(i32::from(
                    operator::compare_text(&text(left), &text(right)) as i8,
                )))
            }
            ("Compare" | "CompareOrdinal", [left, right]) => Ok(Value::Int(i32::from(
                operator::total_order(left, right)? as i8,
            ))),
            _ => Err(static_unknown(&Type::Str, name).into()),
        }
    }

    fn joined(&mut self, separator: &Value, items: &[Value]) -> Eval {
        let separator = separator.to_text();
        let mut text = String::new();
        for (index, item) in items.iter().enumerate() {
            let item = self.text_of(item);
            self.allocate(item.len() + separator.len())?;
            if index > 0 {
                text.push_str(&separator);
            }
            text.push_str(&item);
        }
        Ok(Value::from(text))
    }

    pub(super) fn convert_static(&mut self, name: &str, arguments: &[Value]) -> Eval {
        Ok(match (name, arguments) {
            ("ToBase64String", [Value::Bytes(bytes)]) => {
                self.spend(bytes.len() / 64)?;
                return self.new_text(encoding::to_base64(bytes));
            }
            ("FromBase64String", [Value::Str(text)]) => {
                self.read(text)?;
                let bytes = encoding::from_base64(text)?;
                self.allocate(bytes.len())?;
                Value::Bytes(bytes.into())
            }
            ("ToBase64String" | "FromBase64String", [Value::Null]) => {
                return Err(Fault::null_argument("s").into());
            }
            ("ToInt32", [Value::Str(text), Value::Int(16)]) => {
                let digits = text.trim_start_matches("0x").trim_start_matches("0X");
                let message = "Could not find any recognizable digits.";
                let number = u32::from_str_radix(digits, 16).map_err(|_| Fault::format(message))?;
                Value::Int(number.cast_signed())
            }
            ("ToInt32" | "ToInt16", [value]) => Value::Int(convert::to_int(value)?),
            ("ToByte", [value]) => {
                let number = convert::to_int(value)?;
                u8::try_from(number).map_err(|_| Fault::overflow("an unsigned byte"))?;
                Value::Int(number)
            }
            ("ToInt64", [value]) => Value::Long(convert::to_long(value)?),
            ("ToDecimal", [value]) => Value::Decimal(convert::to_decimal(value)?),
            ("ToSingle", [value]) => {
                convert::cast(Value::Double(convert::to_double(value)?), &Type::Float)?
            }
            ("ToUInt64", [value]) => {
                convert::cast(Value::Decimal(convert::to_decimal(value)?), &Type::ULong)?
            }
            ("ToUInt32", [value]) => {
                let number = convert::to_long(value)?;
                u32::try_from(number).map_err(|_| Fault::overflow("a UInt32"))?;
                Value::Long(number)
            }
            ("ToBase64String", [bytes, Value::Enum(("Base64FormattingOptions", "None"))]) => {
                return self.convert_static(name, std::slice::from_ref(bytes));
            }
            ("ToDouble", [value]) => Value::Double(convert::to_double(value)?),
            ("ToBoolean", [value]) => Value::Bool(convert::to_bool(value)?),
            ("ToChar", [value @ Value::Int(_)]) => convert::cast(value.clone(), &Type::Char)?,
            ("ToDateTime", [value]) => convert::to_date(value, false)?,
            ("ToString", [Value::Int(number), Value::Int(radix @ (2 | 8 | 10 | 16))]) => {
                let bits = number.cast_unsigned();
                return self.new_text(match radix {
                    2 => format!("{bits:b}"),
                    8 => format!("{bits:o}"),
                    16 => format!("{bits:x}"),
                    _ => number.to_string(),
                });
            }
            ("ToString", [value] | [value, Value::Enum(_)]) => {
                return self.new_text(self.text_of(value));
            }
            _ => return Err(static_unknown(&Type::Static("Convert"), name).into()),
        })
    }

    pub(super) fn web_static(&mut self, name: &str, arguments: &[Value]) -> Eval {
        let text = match arguments {
            [Value::Str(text)] => text,
            [Value::Null] => return Ok(Value::Null),
            _ => return Err(static_unknown(&Type::Static("WebUtility"), name).into()),
        };
        self.read(text)?;
        match name {
            "UrlEncode" => {
                self.new_text(encoding::percent_encode(text, "-_.!*() ").replace(' ', "+"))
            }
            "UrlDecode" => self.new_text(crate::policy::message::percent_decode(text)),
            "HtmlEncode" => self.new_text(encoding::html_encode(text)),
            "HtmlDecode" => self.new_text(encoding::html_decode(text)),
            _ => Err(static_unknown(&Type::Static("WebUtility"), name).into()),
        }
    }

    pub(super) fn uri_static(&mut self, name: &str, arguments: &[Value]) -> Eval {
        match (name, arguments) {
            ("EscapeDataString", [Value::Str(text)]) => {
                self.new_text(encoding::percent_encode(text, "-_.~"))
            }
            ("EscapeUriString", [Value::Str(text)]) => {
                self.new_text(encoding::percent_encode(text, "-_.~!*'();:@&=+$,/?#[]"))
            }
            ("UnescapeDataString", [Value::Str(text)]) => {
                self.new_text(encoding::percent_decode(text))
            }
            ("EscapeDataString" | "EscapeUriString" | "UnescapeDataString", [Value::Null]) => {
                Err(Fault::null_argument("stringToEscape").into())
            }
            ("IsWellFormedUriString", [Value::Str(text), _]) => {
                Ok(Value::Bool(Uri::absolute(text).is_some()))
            }
            _ => Err(static_unknown(&Type::Uri, name).into()),
        }
    }

    /// Methods of `Encoding.UTF8` and its like.
    pub(super) fn enum_call(
        &mut self,
        class: &str,
        member: &str,
        name: &str,
        arguments: &[Value],
    ) -> Eval {
        match (class, name, arguments) {
            ("Encoding", "GetBytes", [Value::Str(text)]) => {
                self.read(text)?;
                let bytes: Vec<u8> = match member {
                    "ASCII" => text
                        .chars()
                        .map(|c| if c.is_ascii() { c as u8 } else { b'?' })
                        .collect(),
                    "Unicode" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                    _ => text.as_bytes().to_vec(),
                };
                self.allocate(bytes.len())?;
                Ok(Value::Bytes(bytes.into()))
            }
            ("Encoding", "GetString", [Value::Bytes(bytes)]) => {
                self.spend(bytes.len() / 256)?;
                let text = match member {
                    "ASCII" => bytes
                        .iter()
                        .map(|byte| {
                            if byte.is_ascii() {
                                char::from(*byte)
                            } else {
                                '?'
                            }
                        })
                        .collect(),
                    "Unicode" => {
                        let units: Vec<u16> = bytes
                            .chunks_exact(2)
                            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                            .collect();
                        String::from_utf16_lossy(&units)
                    }
                    _ => String::from_utf8_lossy(bytes).into_owned(),
                };
                self.new_text(text)
            }
            ("Encoding", "GetBytes" | "GetString", [Value::Null]) => {
                Err(Fault::null_argument("s").into())
            }
            _ => Err(Fault::unsupported(format!("{class}.{member}.{name}")).into()),
        }
    }
}

pub(super) fn char_static(name: &str, arguments: &[Value]) -> Eval {
    let Some(Value::Char(unit)) = arguments.first() else {
        return Err(static_unknown(&Type::Char, name).into());
    };
    let c = char::from_u32(u32::from(*unit)).unwrap_or(char::REPLACEMENT_CHARACTER);
    let unit = |c: char| u16::try_from(u32::from(c)).unwrap_or(*unit);
    Ok(match name {
        "IsDigit" | "IsNumber" => Value::Bool(c.is_numeric()),
        "IsLetter" => Value::Bool(c.is_alphabetic()),
        "IsLetterOrDigit" => Value::Bool(c.is_alphanumeric()),
        "IsWhiteSpace" => Value::Bool(c.is_whitespace()),
        "IsUpper" => Value::Bool(c.is_uppercase()),
        "IsLower" => Value::Bool(c.is_lowercase()),
        "IsPunctuation" => Value::Bool(c.is_ascii_punctuation() && !"$+<=>^`|~".contains(c)),
        "ToUpper" | "ToUpperInvariant" => Value::Char(c.to_uppercase().next().map_or(0, unit)),
        "ToLower" | "ToLowerInvariant" => Value::Char(c.to_lowercase().next().map_or(0, unit)),
        "ToString" => Value::text(c.to_string()),
        _ => return Err(static_unknown(&Type::Char, name).into()),
    })
}

pub(super) fn uri_member(uri: &Arc<Uri>, name: &str) -> Result<Value, Raise> {
    let Some(url) = &uri.url else {
        return match name {
            "OriginalString" => Ok(Value::text(&uri.original)),
            "IsAbsoluteUri" => Ok(Value::Bool(false)),
            _ => Err(Fault::operation(
                "This operation is not supported for a relative URI.",
            )),
        };
    };
    Ok(match name {
        "Scheme" => Value::text(&url.scheme),
        "Host" | "DnsSafeHost" | "IdnHost" => Value::text(&url.host),
        "Port" => Value::Int(if url.port == 0 {
            -1
        } else {
            i32::from(url.port)
        }),
        "Authority" => Value::text(authority(url)),
        "AbsolutePath" | "LocalPath" => Value::text(&url.path),
        "Query" => Value::text(url.query_string()),
        "PathAndQuery" => Value::text(format!("{}{}", url.path, url.query_string())),
        "Fragment" => Value::text(&uri.fragment),
        "AbsoluteUri" => Value::text(uri.to_string()),
        "OriginalString" => Value::text(&uri.original),
        "IsAbsoluteUri" => Value::Bool(true),
        "IsDefaultPort" => Value::Bool(url.default_port()),
        "Segments" => {
            let mut segments = vec![Value::text("/")];
            let path = url.path.trim_start_matches('/');
            segments.extend(path.split_inclusive('/').map(Value::text));
            Value::array(segments)
        }
        _ => return Err(unknown(&Value::Uri(uri.clone()), name)),
    })
}
