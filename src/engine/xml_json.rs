//! XML as JSON and JSON as XML, by the rules of Newtonsoft's converter, which the gateway uses:
//! attributes as `@name`, text beside them as `#text`, repeated elements as arrays.

use std::fmt::Write as _;

use jiff::Timestamp;
use roxmltree::{Document, Node};
use serde_json::{Map, Value};

/// Deepest nesting that is converted either way.
const MAX_DEPTH: usize = 128;
/// Name of the element around what JSON holds (reference page of `json-to-xml`).
const ROOT: &str = "Document";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// How XML becomes JSON.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToJson {
    /// Plain names: no `@`, no namespace declarations, no XML declaration.
    pub(super) friendly: bool,
    /// Child elements are arrays even where there is one of a name.
    pub(super) always_arrays: bool,
}

/// How JSON becomes XML.
#[derive(Debug, Clone, Default)]
pub(super) struct ToXml {
    pub(super) parse_date: bool,
    /// Between the parts of a property's name that is `prefix` and `name`.
    pub(super) separator: String,
    /// Names that begin with it declare namespaces.
    pub(super) namespace_prefix: Option<String>,
    /// Name of the object whose properties become attributes.
    pub(super) attribute_block: Option<String>,
}

/// The JSON of an XML document, or what is wrong with the document.
pub(super) fn to_json(text: &str, options: ToJson) -> Result<String, String> {
    let document = Document::parse(text).map_err(|error| format!("the body is no XML: {error}"))?;
    let root = document.root_element();
    let mut fields = Map::new();
    if !options.friendly
        && let Some(declaration) = declaration(text)
    {
        fields.insert("?xml".to_owned(), Value::Object(declaration));
    }
    fields.insert(qualified(root, options), element(root, options, 0)?);
    Ok(Value::Object(fields).to_string())
}

/// The pseudo-attributes of `<?xml … ?>`, which readers of XML do not hand out.
fn declaration(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim_start_matches('\u{feff}').strip_prefix("<?xml")?;
    let (inside, _) = text.split_once("?>")?;
    let mut fields = Map::new();
    for name in ["version", "encoding", "standalone"] {
        let Some((_, rest)) = inside.split_once(name) else {
            continue;
        };
        let rest = rest.trim_start().trim_start_matches('=').trim_start();
        let quote = rest.chars().next().filter(|quote| "\"'".contains(*quote));
        if let Some(value) = quote.and_then(|quote| rest[1..].split(quote).next()) {
            fields.insert(format!("@{name}"), Value::from(value));
        }
    }
    Some(fields)
}

fn element(node: Node<'_, '_>, options: ToJson, depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err(format!(
            "the body is nested deeper than {MAX_DEPTH} elements"
        ));
    }
    let mut fields = attributes(node, options);
    let mut texts = Vec::new();
    for child in node.children() {
        if child.is_element() {
            let value = element(child, options, depth + 1)?;
            add(
                &mut fields,
                qualified(child, options),
                value,
                options.always_arrays,
            );
        } else if child.is_text() {
            let text = child.text().unwrap_or_default();
            if !text.trim().is_empty() {
                texts.push(Value::from(text));
            }
        }
    }
    let text = match texts.len() {
        0 => None,
        1 => texts.pop(),
        _ => Some(Value::Array(texts)),
    };
    if fields.is_empty() {
        let written = &node.document().input_text()[node.range()];
        return Ok(text.unwrap_or_else(|| {
            if written.ends_with("/>") {
                Value::Null
            } else {
                Value::from("")
            }
        }));
    }
    if let Some(text) = text {
        fields.insert("#text".to_owned(), text);
    }
    Ok(Value::Object(fields))
}

fn attributes(node: Node<'_, '_>, options: ToJson) -> Map<String, Value> {
    let mut fields = Map::new();
    if !options.friendly {
        let above = node.parent_element();
        for namespace in node.namespaces() {
            let inherited =
                above.is_some_and(|above| above.namespaces().any(|known| known == namespace));
            if inherited || namespace.name() == Some("xml") {
                continue;
            }
            let name = match namespace.name() {
                Some(prefix) => format!("@xmlns:{prefix}"),
                None => "@xmlns".to_owned(),
            };
            fields.insert(name, Value::from(namespace.uri()));
        }
    }
    for attribute in node.attributes() {
        let prefix = attribute
            .namespace()
            .and_then(|uri| node.lookup_prefix(uri));
        let name = match prefix {
            Some(prefix) if !options.friendly => format!("{prefix}:{}", attribute.name()),
            _ => attribute.name().to_owned(),
        };
        let mark = if options.friendly { "" } else { "@" };
        fields.insert(format!("{mark}{name}"), Value::from(attribute.value()));
    }
    fields
}

fn qualified(node: Node<'_, '_>, options: ToJson) -> String {
    let name = node.tag_name();
    let prefix = name.namespace().and_then(|uri| node.lookup_prefix(uri));
    match prefix.filter(|prefix| !prefix.is_empty()) {
        Some(prefix) if !options.friendly => format!("{prefix}:{}", name.name()),
        _ => name.name().to_owned(),
    }
}

fn add(fields: &mut Map<String, Value>, name: String, value: Value, always: bool) {
    match fields.get_mut(&name) {
        Some(Value::Array(items)) => items.push(value),
        Some(known) => *known = Value::Array(vec![known.take(), value]),
        None if always => {
            fields.insert(name, Value::Array(vec![value]));
        }
        None => {
            fields.insert(name, value);
        }
    }
}

/// The XML of a JSON object, or why there is none.
pub(super) fn to_xml(text: &str, options: &ToXml) -> Result<String, String> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("the body is no JSON: {error}"))?;
    if !value.is_object() {
        return Err("only a JSON object becomes an XML document".to_owned());
    }
    let mut xml = String::with_capacity(text.len() * 2);
    write(&mut xml, ROOT, &value, options, &mut Vec::new());
    Ok(xml)
}

/// `prefixes` are the namespace prefixes declared around the element.
fn write(xml: &mut String, name: &str, value: &Value, options: &ToXml, prefixes: &mut Vec<String>) {
    // serde_json refuses what is nested deeper than 128, so this recursion ends.
    let declared = prefixes.len();
    match value {
        Value::Object(fields) => {
            let (mut attributes, mut children) = (String::new(), Vec::new());
            for (key, value) in fields {
                match attribute(key, value, options, prefixes) {
                    Some(pairs) => {
                        for (name, value) in pairs {
                            let _infallible = write!(attributes, " {name}=\"{}\"", escape(&value));
                        }
                    }
                    None => children.push((key, value)),
                }
            }
            let name = element_name(name, options, prefixes);
            let _infallible = write!(xml, "<{name}{attributes}");
            if children.is_empty() {
                xml.push_str(" />");
            } else {
                xml.push('>');
                for (key, value) in children {
                    child(xml, key, value, options, prefixes);
                }
                let _infallible = write!(xml, "</{name}>");
            }
        }
        Value::Null => {
            let name = element_name(name, options, prefixes);
            let _infallible = write!(xml, "<{name} xsi:nil=\"true\" xmlns:xsi=\"{XSI}\" />");
        }
        // The items of an array within an array stand in an element of its name.
        Value::Array(items) => {
            let element = element_name(name, options, prefixes);
            if items.is_empty() {
                let _infallible = write!(xml, "<{element} />");
            } else {
                let _infallible = write!(xml, "<{element}>");
                for item in items {
                    write(xml, name, item, options, prefixes);
                }
                let _infallible = write!(xml, "</{element}>");
            }
        }
        scalar => {
            let name = element_name(name, options, prefixes);
            let text = escape(&text(scalar, options));
            let _infallible = write!(xml, "<{name}>{text}</{name}>");
        }
    }
    prefixes.truncate(declared);
}

fn child(xml: &mut String, key: &str, value: &Value, options: &ToXml, prefixes: &mut Vec<String>) {
    match (key, value) {
        ("#text", value) => xml.push_str(&escape(&text(value, options))),
        ("#cdata-section", value) => {
            let text = text(value, options).replace("]]>", "]]]]><![CDATA[>");
            let _infallible = write!(xml, "<![CDATA[{text}]]>");
        }
        (key, Value::Array(items)) if !items.is_empty() => {
            for item in items {
                write(xml, key, item, options, prefixes);
            }
        }
        (key, value) => write(xml, key, value, options, prefixes),
    }
}

/// Attributes that a property stands for; `None` for one that is content.
fn attribute(
    key: &str,
    value: &Value,
    options: &ToXml,
    prefixes: &mut Vec<String>,
) -> Option<Vec<(String, String)>> {
    if let (Some(block), Value::Object(fields)) = (&options.attribute_block, value)
        && block == key
    {
        let pairs = fields
            .iter()
            .map(|(name, value)| (encode(name), text(value, options)));
        return Some(pairs.collect());
    }
    if value.is_object() || value.is_array() {
        return None;
    }
    if let Some(prefix) = &options.namespace_prefix
        && let Some(rest) = key.strip_prefix(prefix.as_str())
    {
        let rest = rest
            .strip_prefix(options.separator.as_str())
            .unwrap_or(rest);
        let name = if rest.is_empty() {
            "xmlns".to_owned()
        } else {
            prefixes.push(rest.to_owned());
            format!("xmlns:{}", encode(rest))
        };
        return Some(vec![(name, text(value, options))]);
    }
    let name = key.strip_prefix('@')?;
    if let Some(prefix) = name.strip_prefix("xmlns:") {
        prefixes.push(prefix.to_owned());
    }
    let name: Vec<String> = name.splitn(2, ':').map(encode).collect();
    Some(vec![(name.join(":"), text(value, options))])
}

/// A prefix counts where it is declared, so that `snake_case` stays one name.
fn element_name(key: &str, options: &ToXml, prefixes: &[String]) -> String {
    let separators = [options.separator.as_str(), ":"];
    for separator in separators
        .into_iter()
        .filter(|separator| !separator.is_empty())
    {
        if let Some((prefix, name)) = key.split_once(separator)
            && !name.is_empty()
            && prefixes.iter().any(|known| known == prefix)
        {
            return format!("{}:{}", encode(prefix), encode(name));
        }
    }
    encode(key)
}

fn text(value: &Value, options: &ToXml) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if options.parse_date => moment(text).unwrap_or_else(|| text.clone()),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `/Date(1198908717056)/` as ISO 8601; what is in that form already stays as it is.
fn moment(text: &str) -> Option<String> {
    let millis = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
    let moment = Timestamp::from_millisecond(millis.parse().ok()?).ok()?;
    Some(moment.to_string())
}

/// A name that XML takes: other characters become `_xHHHH_`.
fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for (index, character) in name.chars().enumerate() {
        let inner = character.is_numeric() || "-.".contains(character);
        if character.is_alphabetic() || character == '_' || (index > 0 && inner) {
            encoded.push(character);
        } else {
            let _infallible = write!(encoded, "_x{:04X}_", u32::from(character));
        }
    }
    if encoded.is_empty() {
        encoded.push('_');
    }
    encoded
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no way to write them.
            character if character < ' ' && !"\t\n\r".contains(character) => {}
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECT: ToJson = ToJson {
        friendly: false,
        always_arrays: false,
    };

    #[test]
    fn xml_becomes_json_as_newtonsoft_has_it() {
        let cases = [
            (
                r#"<?xml version="1.0" encoding="utf-8"?><a/>"#,
                r#"{"?xml":{"@version":"1.0","@encoding":"utf-8"},"a":null}"#,
            ),
            ("<a></a>", r#"{"a":""}"#),
            ("<a>1</a>", r#"{"a":"1"}"#),
            (r#"<a x="1">t</a>"#, r##"{"a":{"@x":"1","#text":"t"}}"##),
            (
                "<a> <b>1</b> <c/> <b>2</b> </a>",
                r#"{"a":{"b":["1","2"],"c":null}}"#,
            ),
            (
                r#"<s:a xmlns:s="u"><s:b s:c="1"/></s:a>"#,
                r#"{"s:a":{"@xmlns:s":"u","s:b":{"@s:c":"1"}}}"#,
            ),
        ];
        for (xml, json) in cases {
            assert_eq!(to_json(xml, DIRECT).unwrap(), json, "{xml}");
        }
        let friendly = ToJson {
            friendly: true,
            always_arrays: true,
        };
        let xml = r#"<s:a xmlns:s="u" x="1"><b>2</b></s:a>"#;
        assert_eq!(
            to_json(xml, friendly).unwrap(),
            r#"{"a":{"x":"1","b":["2"]}}"#
        );
    }

    #[test]
    fn nested_and_broken_documents_are_refused() {
        let deep = "<a>".repeat(200) + &"</a>".repeat(200);
        assert!(
            to_json(&deep, DIRECT)
                .unwrap_err()
                .contains("deeper than 128")
        );
        assert!(
            to_json("<a>", DIRECT)
                .unwrap_err()
                .starts_with("the body is no XML")
        );
        assert!(to_json("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", DIRECT).is_err());
        assert!(to_xml("[1]", &ToXml::default()).is_err());
        assert!(to_xml(&("[".repeat(300) + &"]".repeat(300)), &ToXml::default()).is_err());
    }

    #[test]
    fn json_becomes_xml_as_the_reference_shows() {
        let options = ToXml {
            parse_date: true,
            separator: "_".to_owned(),
            namespace_prefix: Some("xmlns".to_owned()),
            attribute_block: Some("attrs".to_owned()),
        };
        let cases = [
            (
                r#"{"a":[1,2],"b":[],"c":null,"d":true}"#,
                r#"<Document><a>1</a><a>2</a><b /><c xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" /><d>true</d></Document>"#,
            ),
            (
                r##"{"a":{"@x":"1","#text":"<t>"}}"##,
                r#"<Document><a x="1">&lt;t&gt;</a></Document>"#,
            ),
            (
                r#"{"a b":1,"1":2}"#,
                "<Document><a_x0020_b>1</a_x0020_b><_x0031_>2</_x0031_></Document>",
            ),
            (
                r#"{"e":{"xmlns_s":"u","s_b":1,"snake_case":2}}"#,
                r#"<Document><e xmlns:s="u"><s:b>1</s:b><snake_case>2</snake_case></e></Document>"#,
            ),
            (
                r#"{"e":{"attrs":{"k":"v"},"f":"/Date(0)/"}}"#,
                r#"<Document><e k="v"><f>1970-01-01T00:00:00Z</f></e></Document>"#,
            ),
        ];
        for (json, xml) in cases {
            assert_eq!(to_xml(json, &options).unwrap(), xml, "{json}");
        }
    }
}
