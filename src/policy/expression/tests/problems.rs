//! What is found before anything runs.

use crate::policy::expression::{Expression, scan};

/// `text => line`: the first problem with the text it points at, and its hint.
fn problems(text: &str) -> String {
    let mut out = text.to_owned();
    let problems = match Expression::parse(text) {
        Ok(parsed) if parsed.notes().is_empty() => return format!("{text}\n    fine"),
        Ok(parsed) => {
            out.push_str("\n    only here:");
            parsed.notes().to_vec()
        }
        Err(problems) => problems,
    };
    for problem in problems {
        let place = text
            .get(problem.span.start..problem.span.end)
            .expect("spans stay inside the text");
        let hint = problem
            .hint
            .map_or(String::new(), |hint| format!("\n        hint: {hint}"));
        out = format!("{out}\n    `{place}`: {}{hint}", problem.message);
    }
    out
}

const CASES: &[&str] = &[
    "@(context.Foo)",
    "@(context.Subscriptoin.Id)",
    "@(context.Request.Header[\"x\"])",
    "@(context.Request.url.Path)",
    "@(context.LastError.Code)",
    "@(contxt.Request)",
    "@(x + 1)",
    "@(Foo.Bar())",
    "@(System.Foo.Bar())",
    "@(context.Request.Body.As())",
    "@(context.Request.Body.As<Foo>())",
    "@(context.Variables[\"n\"] == 5)",
    "@(StringComparison.Nope)",
    "@(1 +)",
    "@(1 2)",
    "@()",
    "@(a; b)",
    "@(\"open)",
    "@((1)",
    "@([1))",
    "@(1) tail",
    "@('ab')",
    "@(\"\\q\")",
    "@($\"{}\")",
    "@($\"}\")",
    "@(1.5m)",
    "@(99999999999999999999)",
    "@(checked(1 + 2))",
    "@((decimal)1)",
    "@(5 = 6)",
    "@(context = null)",
    "@(from x in y select x)",
    "@((1, 2))",
    "@{ var x; return x; }",
    "@{ var x = 1; var x = 2; return x; }",
    "@{ if (true) { return 1; } }",
    "@{ var s = \"\"; }",
    "@{ while (true) { } }",
    "@{ 5; return 1; }",
    "@{ return 1 }",
    "@{ break; }",
    "@{ const int a = 1; a = 2; return a; }",
    "@{ const int a; return a; }",
    "@{ const var a = 1; return a; }",
    "@(context.Variables.GetValueOrDefault<string>(standard: \"x\"))",
    "@{ throw; }",
    "@{ using (var h = 1) { } return 1; }",
    "@{ HashSet<string> s = null; return s; }",
    "@{ Foo f = null; return f; }",
    "@{ int Twice(int x) { return 2 * x; } return 1; }",
    "@{ var a = ; var b = 1 +; return a; }",
    "@{ switch (1) { case 1: var a = 2; case 2: break; } return 1; }",
    "@{ try { return 1; } }",
    "@{ return \"#\" # 1; }",
    "",
    "plain",
];

#[test]
fn problems_say_where_what_and_what_to_do() {
    let shown: Vec<String> = CASES.iter().map(|case| problems(case)).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn an_end_is_found_without_parsing() {
    for (expression, rest) in [
        ("@(1)", "\" next=\""),
        ("@(\")\")", " x"),
        ("@(')')", " x"),
        ("@('\\'')", " x"),
        ("@(@\"a\\\")", "\" x"),
        ("@(@\"a\"\")\")", " x"),
        ("@($\"{f(\")\")})\")", " x"),
        ("@($\"{{)\")", " x"),
        ("@($\"{d:hh')'mm}\")", " x"),
        ("@($@\"{x}\\\")", " x"),
        ("@(a /* ) */)", " x"),
        ("@{ // }\n return 1; }", " x"),
        ("@(x[\"a\"] == new { b = 1 }.b)", " x"),
        ("@(f(&quot;)&quot;))", " x"),
        ("@(&quot;don't&quot;)", " x"),
        ("@($&quot;{x[&quot;)&quot;]}&quot;)", " x"),
    ] {
        let text = format!("<a b=\"{expression}{rest}");
        assert_eq!(scan(&text, 6).unwrap(), 6 + expression.len(), "{text}");
    }
}

#[test]
fn an_open_end_says_what_is_open() {
    for (text, span, message) in [
        ("x", (0, 0), "an expression starts with `@(` or `@{`"),
        ("@(", (1, 2), "`(` is never closed"),
        ("@(f(1)", (1, 2), "`(` is never closed"),
        ("@(a[1)", (3, 6), "`[` is closed by `)`"),
        ("@(\"a\n\")", (2, 3), "the string is not closed on its line"),
        ("@(@\"a)", (2, 4), "the string is never closed"),
        ("@('a)", (2, 3), "the character is not closed on its line"),
        ("@(/* )", (2, 4), "the comment is never closed"),
    ] {
        let error = scan(text, 0).unwrap_err();
        assert_eq!((error.span.start, error.span.end), span, "{text}");
        assert_eq!(error.to_string(), message);
    }
}
