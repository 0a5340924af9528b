//! What real policy files look like, what broken ones get told, and that nothing panics.

mod round_trip;
mod write;

use proptest::prelude::*;

use super::{Element, Node, read};
use crate::base::Source;

fn element(text: &str) -> Element {
    let (root, problems) = read(&Source::new("p.xml", text));
    let messages: Vec<String> = problems
        .iter()
        .map(crate::base::Diagnostic::one_line)
        .collect();
    assert_eq!(messages, Vec::<String>::new(), "{text}");
    root.unwrap()
}

fn problems(text: &str) -> Vec<String> {
    let (_, problems) = read(&Source::new("p.xml", text));
    problems
        .iter()
        .map(crate::base::Diagnostic::one_line)
        .collect()
}

fn attribute<'a>(element: &'a Element, name: &str) -> &'a str {
    &element.attribute(name).unwrap().value.value
}

#[test]
fn raw_expressions_in_attributes_are_read() {
    for (written, meant) in [
        (
            r#"<a x="@(context.Variables["a"] == "b" && 1 < 2)" />"#,
            r#"@(context.Variables["a"] == "b" && 1 < 2)"#,
        ),
        (r#"<a x="@(Body.As<string>())" />"#, "@(Body.As<string>())"),
        (r#"<a x='@(f("it''s"))' />"#, r#"@(f("it''s"))"#),
        (r#"<a x="@(f(&quot;a)b&quot;))" />"#, r#"@(f("a)b"))"#),
        (r#"<a x="@(a &lt; b &amp;&amp; c)" />"#, "@(a < b && c)"),
        (r#"<a x="@(v["a"] &amp;&amp; c)" />"#, r#"@(v["a"] && c)"#),
        (
            "<a x=\"@{ var s = \"}\"; // )\n return s; }\" />",
            "@{ var s = \"}\"; // )\n return s; }",
        ),
        (r#"<a x="@($"{a["k"]} ) {{")" />"#, r#"@($"{a["k"]} ) {{")"#),
        (r#"<a x="@(')' == '"')" />"#, r#"@(')' == '"')"#),
        ("<a x=\"@(1)\n\" />", "@(1)"),
        (r#"<a x="{{tpm}}" />"#, "{{tpm}}"),
        (
            r#"<a x="a &lt; &#65;&#x42; &unknown; & b" />"#,
            "a < AB &unknown; & b",
        ),
        (r#"<a x="" />"#, ""),
    ] {
        let root = element(written);
        assert_eq!(
            attribute(&root, "x").trim_end(),
            meant.trim_end(),
            "{written}"
        );
    }
}

#[test]
fn raw_expressions_in_text_are_read() {
    for (written, meant) in [
        (
            "<v>@(new List<string>().Count < 2)</v>",
            "@(new List<string>().Count < 2)",
        ),
        (
            "<v> @{ if (a < b) { return \"</v>\"; } return c; } </v>",
            "@{ if (a < b) { return \"</v>\"; } return c; }",
        ),
        ("<v>@(a &lt; b)</v>", "@(a < b)"),
        ("<v><![CDATA[@(a < b && c)]]></v>", "@(a < b && c)"),
        ("<v>mail me @ home (soon)</v>", "mail me @ home (soon)"),
        ("<v>a<!-- -- @( -->b</v>", "ab"),
    ] {
        let root = element(written);
        let text: String = root.texts().map(|text| text.value.trim()).collect();
        assert_eq!(text, meant, "{written}");
        assert_eq!(root.name, "v");
    }
}

#[test]
fn places_survive_decoding() {
    let source = r#"<a x="1 &lt; oops" />"#;
    let root = element(source);
    let value = &root.attribute("x").unwrap().value;
    let at = value.value.find("oops").unwrap();
    let place = value.place(crate::base::Span::new(at, at + 4));
    assert_eq!(&source[place.start..place.end], "oops");
}

#[test]
fn named_values_are_put_in_once_and_keep_places() {
    let source = r#"<a x="@(f({{one}}, "{{two}}", {{one}}) + oops + {{none}})" />"#;
    let root = element(source);
    let lookup = |name: &str| match name {
        "one" => Some("1".to_owned()),
        "two" => Some("{{one}}".to_owned()),
        _ => None,
    };
    let (text, missing) = root.attribute("x").unwrap().value.with_named_values(lookup);
    assert_eq!(text.value, r#"@(f(1, "{{one}}", 1) + oops + {{none}})"#);
    assert_eq!(missing.len(), 1);
    assert_eq!(&source[missing[0].1.start..missing[0].1.end], "{{none}}");
    let at = text.value.find("oops").unwrap();
    let place = text.place(crate::base::Span::new(at, at + 4));
    assert_eq!(&source[place.start..place.end], "oops");
}

#[test]
fn every_mistake_is_told_with_its_place() {
    for (text, expected) in [
        ("", vec!["p.xml:1:1: the document has no element"]),
        (
            "words",
            vec!["p.xml:1:1: text stands outside the document's element"],
        ),
        (
            "<a><b></a>",
            vec!["p.xml:1:5: element `b` is not closed before `</a>`"],
        ),
        ("<a>", vec!["p.xml:1:2: element `a` is never closed"]),
        (
            "<a></b></a>",
            vec!["p.xml:1:6: `</b>` closes an element that is not open"],
        ),
        ("<a x></a>", vec!["p.xml:1:4: attribute `x` has no value"]),
        (
            "<a x=1 />",
            vec!["p.xml:1:4: the value of attribute `x` is not quoted"],
        ),
        (
            "<a x=\"1\" x=\"2\" />",
            vec!["p.xml:1:10: attribute `x` is given twice"],
        ),
        (
            "<a /><b />",
            vec!["p.xml:1:7: `b` stands after the end of the document"],
        ),
        (
            "<a><!-- </a>",
            vec![
                "p.xml:1:4: the comment is never closed",
                "p.xml:1:2: element `a` is never closed",
            ],
        ),
        ("<a x=\"@(f(1)\" />", vec![]),
        (
            "<a\n  y=\"1\"\"\n  x=\"2\" />",
            vec!["p.xml:2:8: `\"` cannot stand in the start tag of `a`"],
        ),
    ] {
        let found = problems(text);
        if expected.is_empty() {
            assert!(!found.is_empty(), "{text}");
        } else {
            assert_eq!(found, expected, "{text}");
        }
    }
}

#[test]
fn deep_documents_end_instead_of_overflowing() {
    let text = "<a>".repeat(100_000);
    assert!(
        problems(&text)
            .iter()
            .any(|problem| problem.contains("deeper than"))
    );
}

const REAL: &str = include_str!("../../../../policies/token-limit.xml");

#[test]
fn nodes_cover_the_text_in_order() {
    let root = element(REAL);
    covers(&root);
}

/// Children lie inside their parent, in order, and never overlap.
fn covers(element: &Element) {
    let mut at = element.name_span.end;
    for child in &element.children {
        let span = match child {
            Node::Element(child) => {
                covers(child);
                child.span
            }
            Node::Text(text) => text.span,
            Node::Skipped(span) => *span,
        };
        assert!(
            at <= span.start && span.end <= element.span.end,
            "{}",
            element.name
        );
        at = span.end;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "[<>/a-c\"'=@(){}&;!\\[\\]\\-\n $#]{0,80}") {
        let (root, problems) = read(&Source::new("p.xml", text.as_str()));
        prop_assert!(root.is_some() || !problems.is_empty());
        crate::base::render(&problems, false);
    }

    #[test]
    fn mutated_policies_never_panic(from in 0..REAL.len(), length in 0..40_usize, insert in "[<>\"@({&}]{0,3}") {
        let floor = |mut at: usize| { while !REAL.is_char_boundary(at) { at -= 1; } at };
        let (start, end) = (floor(from), floor((from + length).min(REAL.len())));
        let text = format!("{}{insert}{}", &REAL[..start], &REAL[end..]);
        let source = Source::new("p.xml", text);
        let (policy, diagnostics) = crate::policy::parse(&source, &[("tpm".to_owned(), "500".to_owned())].into());
        prop_assert!(policy.is_some() || !diagnostics.is_empty());
        crate::base::render(&diagnostics, false);
    }
}
