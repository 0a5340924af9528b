use proptest::prelude::*;

use super::*;
use crate::arm::error::Fault;

/// The tree as text that shows every bracket.
fn tree(expr: &Expr) -> String {
    match &expr.kind {
        Kind::Text(text) => format!("{text:?}"),
        Kind::Int(value) => value.to_string(),
        Kind::Float(value) => value.to_string(),
        Kind::Call {
            namespace,
            name,
            args,
        } => {
            let args: Vec<String> = args.iter().map(tree).collect();
            let space = namespace.as_ref().map(|n| format!("{n}::"));
            format!("{}{name}({})", space.unwrap_or_default(), args.join(", "))
        }
        Kind::Property(base, name) => format!("{}.{name}", tree(base)),
        Kind::Index(base, index) => format!("{}[{}]", tree(base), tree(index)),
    }
}

#[test]
fn expressions_read_as_trees() {
    for (text, wanted) in [
        ("['a''b']", "\"a'b\""),
        ("[ concat ( 'a' , 1 , -2 ) ]", "concat(\"a\", 1, -2)"),
        (
            "[parameters('p').a.b[0]['c']]",
            "parameters(\"p\").a.b[0][\"c\"]",
        ),
        ("[contoso.name(null())]", "contoso::name(null())"),
        (
            "[reference('x')[add(1,2)].y]",
            "reference(\"x\")[add(1, 2)].y",
        ),
        ("[f(1.5)]", "f(1.5)"),
    ] {
        let read = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
        assert_eq!(tree(&read), wanted, "{text}");
    }
}

#[test]
fn mistakes_have_a_column() {
    for (text, at) in [
        ("[concat('a']", 12),
        ("[concat('a)]", 9),
        ("[true]", 2),
        ("[a b()]", 2),
        ("[]", 2),
        ("[f(1,)]", 6),
        ("[f().]", 6),
        ("[99999999999999999999]", 2),
        ("[f() g()]", 6),
    ] {
        match parse(text) {
            Err(Fault::Invalid {
                column: Some(column),
                ..
            }) => assert_eq!(column, at, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn brackets_decide_what_is_an_expression() {
    assert_eq!(meaning("plain"), Meaning::Literal("plain"));
    assert_eq!(meaning("[[x]"), Meaning::Literal("[x]"));
    assert_eq!(meaning("[open"), Meaning::Literal("[open"));
    assert_eq!(meaning("[f()]"), Meaning::Code("[f()]"));
    assert_eq!(meaning("[[open"), Meaning::Literal("[[open"));
}

#[test]
fn depth_and_length_have_limits() {
    let deep = format!("[{}1{}]", "f(".repeat(5_000), ")".repeat(5_000));
    assert!(parse(&deep).is_err());
    let long = format!("['{}']", "x".repeat(30_000));
    assert!(parse(&long).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_the_parser_panic(text in r"\[[a-z0-9'(),.\[\] é+-]{0,40}\]") {
        let _ = parse(&text);
    }
}
