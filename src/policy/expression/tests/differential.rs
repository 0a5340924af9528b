//! Our parser against a full grammar of C#: on a corpus of expressions both accept and build trees
//! of the same make, on broken ones both refuse. The grammar is newer than C# 7 and knows no types,
//! so where the two must differ, the expression stands in a list with the reason.

use tree_sitter::{Node, Parser};

use crate::policy::expression::{Expression, parser};

const CORPUS: &str = include_str!("../../../../tests/expressions/corpus.txt");

/// Refused by both.
const BROKEN: &[&str] = &[
    "@(1 +)",
    "@(x?.y = 1)",
    "@{ 5; return 1; }",
    "@('ab')",
    "@(5 = 6)",
    "@(* 2)",
    "@(1 2)",
    "@(a b c)",
    "@(context.)",
    "@(context.Request[)",
    "@(f(1,))",
    "@(f(,1))",
    "@(a ? b)",
    "@(a ? : c)",
    "@(a ? b : )",
    "@(new)",
    "@(new JObject { [\"a\"] = })",
    "@(new JObject { \"a\" = 1, })",
    "@(new int[)",
    "@((string))",
    "@(x => )",
    "@(=> x)",
    "@(a ?? )",
    "@(!)",
    "@(a &&)",
    "@(|| b)",
    "@(a is)",
    "@(a as)",
    "@(typeof())",
    "@(default(1 + 2))",
    "@(checked())",
    "@($\"{a\")",
    "@($\"{a:\")",
    "@('')",
    "@(\"open)",
    "@(a; b)",
    "@(return 1)",
    "@(if (a) b)",
    "@(var x = 1)",
    "@(\"patch=\"\"\")",
    "@(a ?. )",
    "@(1 = )",
    "@(a[1)",
    "@(a => { )",
    "@{ return }",
    "@{ return 1 }",
    "@{ return 1; ",
    "@{ return 1;; ) }",
    "@{ var x 1; return x; }",
    "@{ if return 1; }",
    "@{ if (true { return 1; } return 2; }",
    "@{ else return 1; }",
    "@{ for (int i = 0; i < 3) { } return 1; }",
    "@{ foreach (var x of y) { } return 1; }",
    "@{ while () { } return 1; }",
    "@{ do { } while (true) return 1; }",
    "@{ switch (1) { case: return 1; } }",
    "@{ switch (1) { return 1; } }",
    "@{ switch { case 1: return 1; } }",
    "@{ try return 1; catch { return 2; } }",
    "@{ catch { return 1; } }",
    "@{ try { return 1; } catch (FormatException e { return 2; } }",
    "@{ using var { return 1; } }",
    "@{ using (var h = ) { return 1; } }",
    "@{ int x = ; return x; }",
    "@{ x +; return 1; }",
    "@{ x += ; return 1; }",
    "@{ throw new ; }",
    "@{ int[] a = { 1, ; return a; }",
    "@{ Func<int f = x => x; return 1; }",
    "@{ checked return 1; }",
    "@{ return new { a = }; }",
    "@{ return a ? b; }",
    "@{ List<string l = null; return l; }",
    "@{ break return 1; }",
];

/// Refused by ours, accepted by the grammar: with the reason.
const STRICTER: &[(&str, &str)] = &[
    ("@()", "nothing is no value"),
    ("@(context..Request)", "C# 8"),
    ("@{ var = 1; return 1; }", "no such variable"),
    (
        "@{ foreach (x in y) { } return 1; }",
        "a loop declares its variable",
    ),
    ("@(context.Foo)", "no such member"),
    ("@(unknown + 1)", "no such variable"),
    ("@(99999999999999999999)", "no integer is so large"),
    ("@{ var x; return x; }", "`var` needs a value"),
    ("@{ var x = 1; var x = 2; return x; }", "declared twice"),
    ("@{ if (true) { return 1; } }", "not every path returns"),
    ("@{ break; }", "outside of a loop"),
    ("@{ throw; }", "outside of a `catch`"),
    (
        "@{ switch (1) { case 1: var a = 2; case 2: break; } return 1; }",
        "a case runs on",
    ),
    ("@(1 switch { 1 => 2, _ => 3 })", "C# 8"),
    ("@(\"abc\"[^1])", "C# 8"),
    ("@(\"abc\"[1..2])", "C# 8"),
    ("@(1 is > 0)", "C# 9"),
    ("@(\"\"\"raw\"\"\")", "C# 11"),
    ("@((int[])[1, 2])", "C# 12"),
    ("@{ JObject o = new(); return o; }", "C# 9"),
];

/// Known and not executed here: the grammar accepts, ours reads them and says so.
const OUTSIDE: &[&str] = &[
    "@{ int Twice(int x) { return 2 * x; } return Twice(2); }",
    "@(from x in new[] { 1 } select x)",
    "@{ Aes aes = Aes.Create(); return 1; }",
    "@{ dynamic d = 1; return d; }",
    "@{ using var h = SHA256.Create(); return 1; }",
    "@{ goto end; end: return 1; }",
    "@((1, 2).Item1)",
];

fn grammar() -> Parser {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_c_sharp::LANGUAGE.into())
        .expect("the grammar fits the library");
    parser
}

fn wrapped(text: &str) -> String {
    let body = match text.strip_prefix("@(") {
        Some(rest) => format!("{{ return {}; }}", rest.strip_suffix(')').unwrap_or(rest)),
        None => text.trim_start_matches('@').to_owned(),
    };
    format!("class C {{ object M() {body} }}")
}

fn corpus() -> impl Iterator<Item = &'static str> {
    CORPUS.split("\n---\n").skip(1).map(str::trim_end)
}

/// Numbers of nodes that both trees have, by our name for them.
const MAKE: &[(&str, &[&str], &[&str])] = &[
    ("calls", &["kind: Call("], &["invocation_expression"]),
    (
        "binary operators",
        &[
            "kind: Binary {",
            "kind: And(",
            "kind: Or(",
            "kind: Coalesce(",
        ],
        &["binary_expression"],
    ),
    (
        "choices",
        &["kind: Conditional("],
        &["conditional_expression"],
    ),
    ("casts", &["kind: Cast {"], &["cast_expression"]),
    ("lambdas", &["kind: Lambda("], &["lambda_expression"]),
    ("objects", &["kind: New("], &["object_creation_expression"]),
    (
        "anonymous objects",
        &["kind: Record("],
        &["anonymous_object_creation_expression"],
    ),
    (
        "elements",
        &["kind: Index {", " Index(Expr {", "[Index(Expr {"],
        &["element_access_expression", "element_binding_expression"],
    ),
    (
        "interpolated texts",
        &["kind: Interpolated("],
        &["interpolated_string_expression"],
    ),
    (
        "loops",
        &["kind: For(", "kind: ForEach {"],
        &["for_statement", "foreach_statement"],
    ),
    ("returns", &["kind: Return("], &["return_statement"]),
    ("declarations", &["Variable {"], &["variable_declarator"]),
];

fn count(node: Node<'_>, kinds: &[&str]) -> usize {
    let mut total = 0;
    let mut cursor = node.walk();
    let mut pending = vec![node];
    while let Some(node) = pending.pop() {
        total += usize::from(node.is_named() && kinds.contains(&node.kind()));
        pending.extend(node.children(&mut cursor));
    }
    total
}

/// The grammar takes the end of `(T)a.As<B>(c)[d]` for comparisons: `As < B > (c)[d]`.
fn misread(text: &str) -> bool {
    text.contains("As<JObject>(true)")
        && ["(bool?)c", "(string)c", "(int)c", "(JArray)c"]
            .iter()
            .any(|cast| text.contains(cast))
}

#[test]
fn both_accept_the_corpus_and_build_the_same() {
    let mut grammar = grammar();
    let mut wrong = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for text in corpus() {
        assert!(seen.insert(text), "twice: {text}");
        let tree = grammar
            .parse(wrapped(text), None)
            .expect("no time limit is set");
        let theirs = !tree.root_node().has_error();
        match Expression::parse(text) {
            Ok(parsed) if !parsed.notes().is_empty() => {
                wrong.push(format!("{text}\n    {:?}", parsed.notes()));
            }
            Ok(_) if !theirs => wrong.push(format!("{text}\n    the grammar refuses it")),
            Ok(_) => {}
            Err(problems) => wrong.push(format!("{text}\n    {problems:?}")),
        }
        let Ok((body, _)) = parser::parse(text) else {
            continue;
        };
        let ours = format!("{body:?}");
        for (what, mine, kinds) in MAKE {
            if misread(text) && matches!(*what, "calls" | "binary operators") {
                continue;
            }
            let mut mine: usize = mine.iter().map(|kind| ours.matches(kind).count()).sum();
            if *what == "declarations" {
                // The grammar does not call the variable of a `foreach` a declarator.
                mine -= ours.matches("variable: Variable {").count();
            }
            let mut theirs = count(tree.root_node(), kinds);
            // `nameof` is a literal already, and the wrapping returns.
            theirs -= match *what {
                "calls" => text.matches("nameof(").count(),
                "returns" => usize::from(text.starts_with("@(")),
                _ => 0,
            };
            if mine != theirs {
                wrong.push(format!("{text}\n    {what}: {mine} here, {theirs} there"));
            }
        }
    }
    assert!(seen.len() >= 300, "{} expressions", seen.len());
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn both_refuse_what_is_broken() {
    let mut grammar = grammar();
    let mut wrong = Vec::new();
    let mut accepts = |text: &str| {
        let tree = grammar
            .parse(wrapped(text), None)
            .expect("no time limit is set");
        !tree.root_node().has_error()
    };
    let ours = |text: &str| Expression::parse(text).ok();
    for text in BROKEN {
        if accepts(text) || ours(text).is_some() {
            wrong.push(format!(
                "broken, but grammar {} ours {}: {text}",
                accepts(text),
                ours(text).is_some()
            ));
        }
    }
    for (text, why) in STRICTER {
        if !accepts(text) || ours(text).is_some() {
            wrong.push(format!(
                "{why}: grammar {} ours {}: {text}",
                accepts(text),
                ours(text).is_some()
            ));
        }
    }
    for text in OUTSIDE {
        let noted = ours(text).is_some_and(|parsed| !parsed.notes().is_empty());
        if !accepts(text) || !noted {
            wrong.push(format!(
                "outside: grammar {} noted {noted}: {text}",
                accepts(text)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
