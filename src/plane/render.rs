//! A policy document as API Management answers it: indented with tabs, lines ended by `CRLF`.

use super::policy::Form;
use crate::base::Source;
use crate::policy::xml::{Element, Node};

pub(super) fn render(source: &Source, root: &Element, form: Form) -> String {
    let mut out = String::new();
    // Comments before the root belong to no element.
    let mut head = source.text.get(..root.span.start).unwrap_or("");
    while let Some(start) = head.find("<!--") {
        let end = head[start..]
            .find("-->")
            .map_or(head.len(), |end| start + end + 3);
        out.push_str(&head[start..end]);
        line(0, &mut out);
        head = &head[end..];
    }
    element(source, root, form, 0, &mut out);
    out
}

fn element(source: &Source, element: &Element, form: Form, depth: usize, out: &mut String) {
    out.push('<');
    out.push_str(&element.name);
    for attribute in &element.attributes {
        out.push(' ');
        out.push_str(&attribute.name);
        out.push_str("=\"");
        out.push_str(&written(&attribute.value.value, form, true));
        out.push('"');
    }
    let shown: Vec<&Node> = element
        .children
        .iter()
        .filter(|node| !matches!(node, Node::Text(text) if text.value.trim().is_empty()))
        .collect();
    if shown.is_empty() {
        out.push_str(" />");
        return;
    }
    out.push('>');
    let flat = shown.iter().all(|node| matches!(node, Node::Text(_)));
    for node in shown {
        if !flat {
            line(depth + 1, out);
        }
        match node {
            Node::Element(child) => self::element(source, child, form, depth + 1, out),
            Node::Text(text) => out.push_str(&written(&text.value, form, false)),
            Node::Skipped(span) => {
                out.push_str(source.text.get(span.start..span.end).unwrap_or(""));
            }
        }
    }
    if !flat {
        line(depth, out);
    }
    out.push_str("</");
    out.push_str(&element.name);
    out.push('>');
}

fn line(depth: usize, out: &mut String) {
    out.push_str("\r\n");
    out.extend(std::iter::repeat_n('\t', depth));
}

/// An expression stays as it is in the raw form; everything else is XML.
fn written(value: &str, form: Form, attribute: bool) -> String {
    let start = value.trim_start();
    if form == Form::Raw && (start.starts_with("@(") || start.starts_with("@{")) {
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' if attribute => text.push_str("&quot;"),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::xml;

    #[test]
    fn a_document_is_indented_and_means_the_same() {
        let text = r#"<!-- head -->
<policies><inbound><!-- note --><base/>
            <set-variable name="a" value="@(context.Request.Headers.GetValueOrDefault("x", "") == "" && 1 < 2)"/>
            <set-body>@{ return "<a>"; }</set-body></inbound></policies>"#;
        let source = Source::new("p", text);
        let (root, problems) = xml::read(&source);
        assert_eq!(problems, []);
        let xml_form = render(&source, root.as_ref().unwrap(), Form::Xml);
        roxmltree::Document::parse(&xml_form).unwrap();
        insta::assert_snapshot!(xml_form.replace('\r', ""));
        // Read again and written again, it is the same.
        let again = Source::new("p", xml_form.as_str());
        let (root, _) = xml::read(&again);
        assert_eq!(render(&again, root.as_ref().unwrap(), Form::Xml), xml_form);
        let raw = render(&again, root.as_ref().unwrap(), Form::Raw);
        assert!(
            raw.contains(
                r#"value="@(context.Request.Headers.GetValueOrDefault("x", "") == "" && 1 < 2)""#
            ),
            "{raw}"
        );
    }
}
