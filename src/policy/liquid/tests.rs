use super::*;

fn mistaken(text: &str) -> String {
    let mistake = Liquid::parse(text, XsiNil::Blank, true).unwrap_err();
    let place = &text[mistake.span.start..mistake.span.end];
    let hint = mistake.hint.unwrap_or_default();
    format!("`{place}`: {} ({hint})", mistake.message)
}

#[test]
fn mistakes_have_their_place() {
    assert_eq!(
        mistaken("a {{ body.x | upcase }}"),
        "`upcase`: there is no Liquid filter `upcase` (did you mean `Upcase`? filters have C#'s names here)"
    );
    assert_eq!(
        mistaken("{{ a | Upcas }}"),
        "`Upcas`: there is no Liquid filter `Upcas` (did you mean `Upcase`? filters have C#'s names here)"
    );
    assert_eq!(
        mistaken("ok\n{{ a }}\n{{ b"),
        "`b`: this Liquid template does not parse: expected Literal ()"
    );
    assert!(mistaken("{% if a %}").contains("does not parse"));
    assert!(mistaken("{% include 'x' %}").contains("does not parse"));
    assert!(mistaken(&"{% if a %}".repeat(500)).contains("nested deeper than 64"));
}

#[test]
fn names_of_filters_are_c_sharps() {
    for (name, other) in [
        ("divided_by", "DividedBy"),
        ("truncatewords", "TruncateWords"),
    ] {
        assert_eq!(filters::pascal(name), other);
        assert!(filters::all().iter().any(|(known, _)| known == other));
    }
}

mod never {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_text_of_any_kind_is_a_template_or_a_mistake_within_it(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "{{", "}}", "{%", "%}", " ", "\n", "é", "a", "body.x", "|", "Upcase", "Date", ":", "\"now\"", "'", "[", "]", "(1..3)",
                "if ", "endif", "for x in ", "endfor", "else", "case ", "when ", "endcase", "raw", "endraw", "assign a = ", "-", ".", "1", ",", "==",
                "capture b", "endcapture", "comment", "endcomment", "cycle 1, 2", "increment c", "limit:", "reversed", "elsif ", "unless ", "endunless",
            ]), 0..30)
        ) {
            let text = pieces.concat();
            match Liquid::parse(&text, XsiNil::Blank, true) {
                Ok(_) => {}
                Err(mistake) => {
                    prop_assert!(text.get(mistake.span.start..mistake.span.end).is_some(), "{text:?} {mistake:?}");
                }
            }
        }
    }
}
