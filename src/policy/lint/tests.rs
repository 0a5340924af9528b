//! Policies with their expected diagnostics inside, and that nothing panics.
#![expect(
    clippy::disallowed_methods,
    reason = "the cases are files of the repository"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;

use super::{Fragments, Options, Platform, PolicyFormat, PolicyScope, Rule, Scale, lint, lint_all};
use crate::base::{Source, Tokens};
use crate::policy::NamedValues;

/// Every file of `tests/lint`, by its path from there.
fn cases() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lint");
    let mut cases = Vec::new();
    for folder in ["", "samples"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "xml") {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                cases.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    cases.sort();
    cases
}

/// The comment `<!-- lint: OPTIONS`, then a line `CODE severity LINE` for each diagnostic.
fn expected(text: &str) -> (Options, Vec<String>) {
    let comment = text.split("<!-- lint:").nth(1).expect("a `lint:` comment");
    let mut lines = comment.split("-->").next().unwrap().lines();
    let options = options(lines.next().unwrap_or_default());
    let lines = lines.map(str::trim).filter(|line| !line.is_empty());
    (options, lines.map(ToOwned::to_owned).collect())
}

fn options(words: &str) -> Options {
    let mut options = Options::default();
    let tokens = |text: &str| Tokens(text.parse().unwrap());
    for word in words.split_whitespace() {
        let (key, value) = word.split_once('=').unwrap();
        match key {
            "tier" => options.platform = Platform::from_name(value).unwrap(),
            "scope" => {
                options.scope = match value {
                    "global" => PolicyScope::Global,
                    "product" => PolicyScope::Product,
                    "operation" => PolicyScope::Operation,
                    other => panic!("scope {other}"),
                };
            }
            "format" if value == "xml" => options.format = PolicyFormat::Xml,
            "method" => options.method = Some(value.to_owned()),
            "set" => {
                let (name, text) = value.split_once(':').unwrap();
                let text = text.replace("&quot;", "\"");
                options.named_values.insert(name.to_owned(), text);
            }
            "long" => {
                let text = "x".repeat(value.parse().unwrap());
                options.named_values = NamedValues::from([("long".to_owned(), text)]);
            }
            "prompt" => {
                options.scale = Some(Scale {
                    prompt: tokens(value),
                    completion: None,
                });
            }
            "completion" => options.scale.as_mut().unwrap().completion = Some(tokens(value)),
            "fragment" => {
                let mut fragments = Fragments::default();
                fragments.insert(value.to_owned(), Source::new("f", "<fragment />"));
                options.fragments = Some(fragments);
            }
            other => panic!("unknown option {other}"),
        }
    }
    options
}

fn found(text: &str, options: &Options) -> Vec<String> {
    let findings = lint(&Source::new("p.xml", text), options);
    let lines = findings.iter().map(|finding| {
        let diagnostic = &finding.diagnostic;
        format!(
            "{} {} {}",
            diagnostic.code,
            diagnostic.severity.as_str(),
            diagnostic.source.position(diagnostic.span.start).line
        )
    });
    lines.collect()
}

#[test]
fn every_case_gives_what_it_expects() {
    let mut wrong = String::new();
    for (name, text) in cases() {
        let (options, mut expected) = expected(&text);
        let mut found = found(&text, &options);
        // What the local gateway executes grows; only the rule's own cases say so.
        if !name.starts_with("L01") {
            found.retain(|line| !line.starts_with("L01"));
        }
        expected.sort();
        found.sort();
        if expected != found {
            let findings = lint(&Source::new(name.as_str(), text.as_str()), &options);
            let shown: Vec<_> = findings.into_iter().map(|found| found.diagnostic).collect();
            let _written = write!(
                wrong,
                "{name}\n  expected {expected:?}\n  found    {found:?}\n{}\n\n",
                crate::base::render(&shown, false)
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rule_has_a_page_a_case_that_triggers_it_and_one_that_comes_close() {
    let cases = cases();
    for rule in Rule::all() {
        assert!(rule.page.len() > 60, "{} has a page", rule.id);
        for ending in ["found", "clean"] {
            let name = format!("{}-{ending}.xml", rule.id);
            let (_, text) = cases
                .iter()
                .find(|(case, _)| *case == name)
                .unwrap_or_else(|| panic!("{name} is missing"));
            let told = expected(text)
                .1
                .iter()
                .any(|line| line.starts_with(rule.id));
            assert_eq!(told, ending == "found", "{name}");
        }
    }
    let ids: Vec<&str> = Rule::all().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len());
}

#[test]
fn every_sample_is_free_of_errors() {
    let samples: Vec<_> = cases()
        .into_iter()
        .filter(|(name, _)| name.starts_with("samples"))
        .collect();
    assert!(samples.len() >= 15, "{} samples", samples.len());
    for (name, text) in samples {
        let told = expected(&text).1;
        let error = told.iter().find(|line| line.contains(" error "));
        assert_eq!(error, None, "{name}");
    }
}

/// The wording that API Management was seen to use.
#[test]
fn a_deployment_error_names_element_and_place() {
    let text = "<fragment>\n    <llm-token-limit counter-key=\"k\" tokens-per-minute=\"5\"\n estimate-prompt-tokens=\"true\" remaining-quota-tokens-header-name=\"q\" />\n</fragment>";
    let findings = lint(&Source::new("f.xml", text), &Options::default());
    assert_eq!(
        findings[0].deployment.as_deref().unwrap(),
        "Error in element 'llm-token-limit' on line 2, column 6: The 'remaining-quota-tokens-header-name' attribute is unavailable for websocket APIs and global/product policies."
    );
}

/// `FILE:LINE CODE message`, of files given as name and content of `inbound`.
fn together(files: &[(&str, &str)], options: &Options) -> String {
    let sources: Vec<Source> = files
        .iter()
        .map(|(name, inbound)| {
            let text = format!("<policies><inbound><base />\n{inbound}\n</inbound><backend><base /></backend></policies>");
            Source::new(*name, text)
        })
        .collect();
    let findings = lint_all(&sources, options);
    let lines = findings.iter().map(|finding| {
        let found = &finding.diagnostic;
        let line = found.source.position(found.span.start).line;
        format!(
            "{}:{line} {} {}\n",
            found.source.name, found.code, found.message
        )
    });
    lines.collect()
}

#[test]
fn limits_of_one_key_are_compared_across_files_of_a_folder() {
    let limit = |key: &str, rate: &str| {
        format!(
            "<llm-token-limit counter-key=\"{key}\" tokens-per-minute=\"{rate}\" estimate-prompt-tokens=\"true\" />"
        )
    };
    let shown = |files: &[(&str, String)]| {
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        together(&files, &Options::default())
    };
    let apart = [
        ("a/x.xml", limit("k", "500")),
        ("b/x.xml", limit("k", "900")),
        ("a/y.xml", limit("other", "900")),
        ("a/z.xml", limit("k", "500")),
    ];
    assert_eq!(shown(&apart), "");
    let beside = [
        ("s/global.xml", limit("k", "500")),
        ("s/apis/chat.xml", limit("k", "900")),
    ];
    assert_eq!(
        shown(&beside),
        "s/apis/chat.xml:2 T09 this counter key is limited to `500` tokens per minute in `s/global.xml`, to `900` here\n"
    );
}

#[test]
fn an_included_fragment_is_linted_with_the_file_that_includes_it() {
    let mut fragments = Fragments::default();
    for (id, text) in [
        ("broken", "<fragment>\n<set-headr />\n</fragment>"),
        (
            "cors",
            "<fragment><cors><allowed-origins><origin>*</origin></allowed-origins></cors></fragment>",
        ),
        ("unused", "<fragment><nonsense /></fragment>"),
    ] {
        fragments.insert(
            id.to_owned(),
            Source::new(format!("fragments/{id}.xml"), text),
        );
    }
    let options = Options {
        fragments: Some(fragments),
        ..Options::default()
    };
    let include = "<include-fragment fragment-id=\"broken\" />";
    assert_eq!(
        together(&[("p.xml", include), ("q.xml", include)], &options),
        "fragments/broken.xml:2 S01 `set-headr` is not a policy element\n"
    );
    let late = "<base /></inbound><outbound><base />\n<include-fragment fragment-id=\"cors\" /></outbound><inbound>";
    let told = together(&[("p.xml", late)], &options);
    assert!(
        told.contains("p.xml:3 S01 `cors` of fragment `cors` cannot stand in `outbound`"),
        "{told}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any piece of any case, with a piece of another put in: nothing panics, every place is
    /// inside the text.
    #[test]
    fn mutated_policies_are_linted_without_panic(
        one in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        cut in any::<(prop::sample::Index, prop::sample::Index, prop::sample::Index)>(),
    ) {
        let cases = cases();
        let floor = |text: &str, index: prop::sample::Index| {
            let mut at = index.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (_, base) = one.get(&cases);
        let (_, patch) = other.get(&cases);
        let (from, to) = (floor(base, cut.0), floor(base, cut.1));
        let text = format!("{}{}{}", &base[..from.min(to)], &patch[floor(patch, cut.2)..], &base[from.max(to)..]);
        for finding in lint(&Source::new("p.xml", text.as_str()), &Options::default()) {
            prop_assert!(finding.diagnostic.span.end <= text.len());
        }
    }
}

/// What lowering refuses as not executed is what the linter tells as such, and nothing else.
#[test]
fn the_list_of_executed_elements_is_what_lowering_does() {
    for name in crate::policy::matrix::names() {
        let text = format!("<policies><inbound><{name} /></inbound></policies>");
        let (_, diagnostics) =
            crate::policy::parse(&Source::new("p.xml", text.as_str()), &NamedValues::new());
        let refused = diagnostics.iter().any(|diagnostic| {
            diagnostic.message == format!("policy element `{name}` is not executed by this version")
        });
        assert_eq!(crate::policy::lower::executes(name), !refused, "{name}");
    }
}
