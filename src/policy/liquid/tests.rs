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
