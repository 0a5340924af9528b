//! A policy without what does not matter: indentation, comments, order of attributes, and how
//! characters are escaped. API Management writes documents anew when they are read in another
//! format, so texts that differ may be the same policy.

use std::fmt::Write as _;

use super::xml::{self, Element, Node};
use crate::base::Source;

/// The lines of a document in its plainest form. A text that is no document is compared line by
/// line as it is.
pub(crate) fn canonical(text: &str) -> Vec<String> {
    let source = Source::new("policy", text);
    let (root, _) = xml::read(&source);
    let mut lines = Vec::new();
    match root {
        Some(root) => element(&root, 0, &mut lines),
        None => lines.extend(trimmed(text).map(str::to_owned)),
    }
    lines
}

fn element(element: &Element, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let mut start = format!("{indent}<{}", element.name);
    let mut attributes: Vec<(&str, String)> = element
        .attributes
        .iter()
        .map(|attribute| (attribute.name.as_str(), one_line(&attribute.value.value)))
        .collect();
    attributes.sort();
    for (name, value) in attributes {
        let _never_fails = write!(start, " {name}=\"{value}\"");
    }
    let before = lines.len();
    for child in &element.children {
        match child {
            Node::Element(inner) => self::element(inner, depth + 1, lines),
            Node::Text(text) => {
                let text = trimmed(&text.value).map(|line| format!("{indent}  {line}"));
                lines.extend(text);
            }
            Node::Skipped(_) => {}
        }
    }
    if lines.len() == before {
        lines.push(format!("{start} />"));
    } else {
        lines.insert(before, format!("{start}>"));
        lines.push(format!("{indent}</{}>", element.name));
    }
}

fn trimmed(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn one_line(text: &str) -> String {
    trimmed(text).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_does_not_differ() {
        let one = "<policies>\n    <!-- ours -->\n    <inbound>\n        <base />\n        <set-header name=\"a\" exists-action=\"skip\"><value>@(1 < 2 ? \"x\" : \"y\")</value></set-header>\n    </inbound>\n</policies>";
        let other = "<policies>\r\n\t<inbound>\r\n\t\t<base></base>\r\n\t\t<set-header exists-action=\"skip\" name='a'>\r\n\t\t\t<value>@(1 &lt; 2 ? &quot;x&quot; : &quot;y&quot;)</value>\r\n\t\t</set-header>\r\n\t</inbound>\r\n</policies>";
        assert_eq!(canonical(one), canonical(other));
        assert_eq!(
            canonical(one).join("\n"),
            "<policies>\n  <inbound>\n    <base />\n    <set-header exists-action=\"skip\" name=\"a\">\n      <value>\n        @(1 < 2 ? \"x\" : \"y\")\n      </value>\n    </set-header>\n  </inbound>\n</policies>"
        );
    }

    #[test]
    fn what_matters_differs() {
        let policy = |tpm: &str| {
            canonical(&format!(
                "<policies><inbound><llm-token-limit tokens-per-minute=\"{tpm}\" /></inbound></policies>"
            ))
        };
        assert_ne!(policy("500"), policy("501"));
        assert_ne!(canonical("<a><b/><c/></a>"), canonical("<a><c/><b/></a>"));
    }
}
