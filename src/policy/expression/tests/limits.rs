//! Hostile expressions end, soon and clearly.

use super::{bare, run};
use crate::policy::expression::{Expression, scan};

fn limit(text: &str) -> String {
    let fault = run(text, &mut bare()).unwrap_err();
    assert_eq!(fault.exception, "ExpressionLimit", "{text}: {fault}");
    fault.message
}

#[test]
fn endless_work_ends() {
    assert_eq!(
        limit("@{ while (true) { } }"),
        "the expression needs more than 1000000 steps"
    );
    assert!(limit("@{ for (;;) { } }").contains("steps"));
    assert!(
        limit("@{ try { while (true) { } } catch { return 1; } }").contains("steps"),
        "no `catch` takes it"
    );
    assert!(limit("@{ var s = \"ab\"; while (true) { s += s; } }").contains("16 MiB"));
    assert!(
        limit("@{ var l = new List<string>(); l.Add(\"a\"); while (true) { l.AddRange(l); } }")
            .contains("16 MiB")
    );
    assert!(limit("@{ var a = new JArray(); while (true) { a.Add(1); } }").contains("steps"));
    assert!(limit("@(new string('x', 2000000000))").contains("16 MiB"));
    assert!(limit("@(Enumerable.Range(0, 2000000000).Count())").contains("steps"));
    assert!(limit("@(new int[2000000000].Length)").contains("steps"));
    assert!(
        limit("@{ Func<int, int> f = null; f = n => f(n + 1); return f(0); }")
            .contains("too deeply")
    );
    assert!(
        limit("@{ var s = new StringBuilder(\"ab\"); while (true) { s.Append(s.ToString()); } }")
            .contains("16 MiB")
    );
    assert!(
        limit("@{ var s = new string('a', 1000000); while (true) { s.Contains(\"b\"); } }")
            .contains("steps")
    );
    for body in [
        "n => new[] { n }.Select(x => f(x + 1)).First()",
        "n => { if (true) { try { foreach (var x in new[] { n }) { return f(x + 1); } } finally { } } return 0; }",
        "n => $\"{new JObject { [\"a\"] = f(n) }}\".Length",
        "n => true ? (((n as object) != null) ? 1 + f(n + 1) : 0) : 0",
    ] {
        assert!(
            limit(&format!(
                "@{{ Func<int, int> f = null; f = {body}; return f(0); }}"
            ))
            .contains("too deeply")
        );
    }
    assert!(limit("@(\"aaaaaaaaaa\".Replace(\"a\", new string('b', 2000000)))").contains("16 MiB"));
}

#[test]
fn deep_nesting_is_refused_not_survived_by_luck() {
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("!", "true", ""),
        ("- ", "1", ""),
        ("(int)", "1", ""),
        ("f(", "1", ")"),
        ("a?b:", "c", ""),
        ("new[]{", "1", "}"),
        ("x=>", "1", ""),
        ("a??", "b", ""),
    ] {
        let text = format!(
            "@({}{inner}{})",
            open.repeat(100_000),
            close.repeat(100_000)
        );
        assert!(Expression::parse(&text).is_err(), "{open}");
    }
    let blocks = format!(
        "@{{{}return 1;{}}}",
        "{".repeat(100_000),
        "}".repeat(100_000)
    );
    assert!(Expression::parse(&blocks).is_err());
    let strings = format!("@({}1{})", "$\"{".repeat(100_000), "}\"".repeat(100_000));
    assert!(scan(&strings, 0).is_err());
    assert!(Expression::parse(&strings).is_err());
    for (piece, end) in [
        ("1+", "1"),
        ("a.", "b"),
        ("\"\"+", "\"\""),
        ("true&&", "true"),
    ] {
        let text = format!("@({}{end})", piece.repeat(100_000));
        assert!(Expression::parse(&text).is_err(), "{piece}");
    }
    let branches = format!(
        "@{{ {} return 1; }}",
        "if (false) return 2; else ".repeat(20_000)
    );
    assert_eq!(
        run(&branches, &mut bare()).unwrap().as_i64(),
        Some(1),
        "a flat list of branches is not deep"
    );
}

#[test]
fn the_deepest_that_is_allowed_runs() {
    // In the debug build, whose stack frames are the largest, on the stack of a test thread.
    let chain = format!("@({}1)", "1+".repeat(248));
    assert_eq!(run(&chain, &mut bare()).unwrap().as_i64(), Some(249));
    let nested = format!("@({}1{})", "(1+".repeat(20), ")".repeat(20));
    assert_eq!(run(&nested, &mut bare()).unwrap().as_i64(), Some(21));
    let recursion =
        "@{ Func<int, int> f = null; f = n => n == 0 ? 0 : 1 + f(n - 1); return f(60); }";
    assert_eq!(run(recursion, &mut bare()).unwrap().as_i64(), Some(60));
}

#[test]
fn deep_values_can_be_dropped_and_printed() {
    let lists = "@{ var l = new List<object>(); for (var i = 0; i < 50000; i++) { var o = new List<object>(); o.Add(l); l = o; } return l.Count; }";
    assert_eq!(run(lists, &mut bare()).unwrap().as_i64(), Some(1));
    let own = "@{ var l = new List<object>(); l.Add(l); l.Clear(); return l.Count; }";
    assert_eq!(run(own, &mut bare()).unwrap().as_i64(), Some(0));
    let json = "@{ var o = new JObject(); for (var i = 0; i < 5000; i++) { var p = new JObject(); p[\"a\"] = o; o = p; } return o.ToString(); }";
    assert_eq!(
        run(json, &mut bare()).unwrap_err().exception,
        "JsonReaderException"
    );
    let down = "@{ var o = new JObject(); var c = o; for (var i = 0; i < 5000; i++) { c[\"a\"] = new JObject(); c = (JObject)c[\"a\"]; } return o.ToString(); }";
    assert_eq!(
        run(down, &mut bare()).unwrap_err().exception,
        "JsonReaderException"
    );
    let text = format!("@(JToken.Parse(\"{}\"))", "[".repeat(100_000));
    assert_eq!(
        run(&text, &mut bare()).unwrap_err().exception,
        "JsonReaderException"
    );
}
