//! Nothing is lost: parse, write, parse again; every truncation; mutations of real policies.
#![expect(
    clippy::disallowed_methods,
    reason = "the policies are files of the repository"
)]

use std::path::Path;

use proptest::prelude::*;

use super::write::write;
use crate::base::Source;
use crate::policy::xml::{Element, Node, read};

fn policies() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![root.join("policies/token-limit.xml")];
    for entry in std::fs::read_dir(root.join("tests/lint/samples")).unwrap() {
        paths.push(entry.unwrap().path());
    }
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// The document from its tree, and every place inside the text.
fn check(text: &str) {
    let source = Source::new("p.xml", text);
    let (root, problems) = read(&source);
    for problem in &problems {
        assert!(problem.span.end <= text.len() + 1, "{problem:?}");
    }
    assert!(root.is_some() || !problems.is_empty());
    if let (Some(root), true) = (root, problems.is_empty()) {
        let written = write(&source, &root);
        assert_eq!(written, text);
        let (again, _) = read(&Source::new("p.xml", written));
        assert_eq!(again.as_ref(), Some(&root));
        names_stand_where_they_say(text, &root);
    }
}

fn names_stand_where_they_say(text: &str, element: &Element) {
    assert_eq!(
        &text[element.name_span.start..element.name_span.end],
        element.name
    );
    assert!(text[element.span.start..].starts_with('<'));
    assert!(text[..element.span.end].ends_with('>'));
    for attribute in &element.attributes {
        let span = attribute.name_span;
        assert_eq!(&text[span.start..span.end], attribute.name);
    }
    for child in &element.children {
        if let Node::Element(inner) = child {
            names_stand_where_they_say(text, inner);
        }
    }
}

#[test]
fn real_policies_survive_a_round_trip() {
    for text in policies() {
        let (_, problems) = read(&Source::new("p.xml", text.as_str()));
        assert_eq!(problems, []);
        check(&text);
        check(&format!("\u{feff}{}", text.replace('\n', "\r\n")));
    }
}

#[test]
fn every_truncation_of_a_real_policy_is_read_without_panic() {
    for text in policies() {
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            check(&text[..end]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn markup_in_any_order_is_read_without_loss(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<a>", "</a>", "<b x=\"1\"/>", "<c y='@(\"", "@(", "@{", ")", "}", "\"", "'", "&quot;", "&", "<", ">",
            "<!--", "-->", "<![CDATA[", "]]>", "<?x ?>", "{{n}}", " ", "\n", "é", "=", "/>", "$\"", "//",
        ]), 0..40),
    ) {
        check(&format!("<r>{}</r>", pieces.concat()));
    }

    #[test]
    fn mutated_policies_are_read_without_panic(
        policy in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        removed in 0_usize..40,
        put in prop::sample::select(vec!["", "\"", "<", ">", "&", "@(", "@{", "}", ")", "<!--", "]]>", "é", "\0", "</inbound>"]),
    ) {
        let policies = policies();
        let text = policy.get(&policies);
        let mut from = place.index(text.len());
        while !text.is_char_boundary(from) {
            from -= 1;
        }
        let mut to = (from + removed).min(text.len());
        while !text.is_char_boundary(to) {
            to += 1;
        }
        check(&format!("{}{put}{}", &text[..from], &text[to..]));
    }
}
