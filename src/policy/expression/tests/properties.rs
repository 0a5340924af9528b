//! Whatever the text, nothing panics; and the two readers agree where an expression ends.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{bare, sample};
use crate::policy::expression::{Expression, scan};

/// One of everything, to be cut up and mixed.
const SEEDS: &[&str] = &[
    "@(context.Subscription.Id)",
    "@((int)context.Variables[\"count\"] + 1)",
    "@($\"{context.Timestamp:yyyy-MM-dd} {(true ? \"a\" : 'b'),5}\")",
    "@(@\"a\"\"b\" + $@\"{1}\\\" /* c */)",
    "@(context.Request.Body?.As<JObject>(true)[\"messages\"].Where(m => (string)m[\"role\"] == \"user\").Count() ?? 0)",
    "@{ var o = new JObject { [\"a\"] = 1, [\"b\"] = new JArray { 1.5, null } }; foreach (var p in o) { o[p.Key] = 2; } return o.ToString(); }",
    "@{ try { int n; return int.TryParse(\"x\", out n) ? n : 1 / 0; } catch (Exception e) when (e.Message != \"\") { return e.Message; } finally { } }",
    "@{ switch (context.Request.Method) { case \"GET\": return 1; case \"POST\" when true: return 2; default: break; } // end\n return -1 << 3; }",
    "@{ var d = new Dictionary<string, List<int>>(); d[\"x\"] = new List<int> { 1, 2 }; for (int i = 0; i < 3 && d.Count > 0; i++) { if (i == 2) continue; d[\"x\"].Add(i); } return d[\"x\"].Sum(v => v * 2); }",
    "@(DateTime.UtcNow.AddDays(1).ToString(\"R\") + Guid.NewGuid().ToString(\"N\").Substring(0, 8) + 1234.5.ToString(\"#,##0.00\"))",
    "@{ using (var h = new HMACSHA256(Encoding.UTF8.GetBytes(\"k\"))) { checked { var n = 5m; n += 1.5m; return h.ComputeHash(new byte[] { 1 }).Length + (int)n; } } }",
    "@(Regex.Replace(\"a1b22\", @\"(?<n>\\d+)\", m => m.Groups[\"n\"].Value + \"$1\") + \"x.y.z\".AsJwt()?.Claims[\"a\"][0])",
    "@(string.Join(\",\", new HashSet<int> { 1, 2 }.GroupBy(n => n % 2).OrderBy(g => g.Key).ThenBy(g => g.Count()).Select(g => g.Key)) + JObject.Parse(\"{}\").SelectTokens(\"$..a[?(@.b > 1)]\").Count())",
    "@(\"a,b;c\".Split(new[] { ',', ';' }, StringSplitOptions.RemoveEmptyEntries).Select((s, i) => s.PadLeft(i + 2)).Last().Trim('c'))",
];

fn exercise(text: &str) {
    for start in [0, 1, 2, text.len(), text.len() + 9] {
        if let Ok(end) = scan(text, start) {
            assert!(end <= text.len() && text.is_char_boundary(end));
        }
    }
    match Expression::parse(text) {
        Ok(expression) => {
            for mut context in [sample(), bare()] {
                match expression.evaluate(&mut context) {
                    Ok(value) => drop((value.to_text(), format!("{value:?}"))),
                    Err(fault) => assert!(text.get(fault.span.start..fault.span.end).is_some()),
                }
            }
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(
                    text.get(problem.span.start..problem.span.end).is_some(),
                    "{problem:?}"
                );
            }
        }
    }
}

/// A seed with some of its characters replaced, removed or added, often by those of another seed.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (
        any::<Index>(),
        0..6_usize,
        any::<Index>(),
        0..12_usize,
        any::<char>(),
    );
    (
        select(SEEDS),
        select(SEEDS),
        prop::collection::vec(edit, 1..6),
    )
        .prop_map(|(seed, other, edits)| {
            let mut text: Vec<char> = seed.chars().collect();
            let other: Vec<char> = other.chars().collect();
            for (at, removed, from, length, stray) in edits {
                let at = at.index(text.len() + 1);
                let end = (at + removed).min(text.len());
                let from = from.index(other.len());
                let mut piece = other[from..(from + length).min(other.len())].to_vec();
                if length == 0 {
                    piece.push(stray);
                }
                text.splice(at..end, piece);
            }
            text.into_iter().collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_expressions_never_panic(text in mutated()) {
        exercise(&text);
    }

    #[test]
    fn random_text_never_panics(inner in "\\PC{0,60}") {
        exercise(&inner);
        exercise(&format!("@({inner})"));
        exercise(&format!("@{{{inner}}}"));
    }

    #[test]
    fn words_in_any_order_never_panic(words in prop::collection::vec(select(WORDS), 0..14)) {
        exercise(&format!("@({})", words.join(" ")));
        exercise(&format!("@{{ return {}; }}", words.join("")));
    }

    #[test]
    fn the_scanner_ends_where_the_parser_does(seed in select(SEEDS), before in "[ -~]{0,8}", after in "[ -~]{0,20}") {
        let text = format!("{before}{seed}{after}");
        prop_assert_eq!(scan(&text, before.len()).unwrap(), before.len() + seed.len());
        // Any valid text that is a little longer or shorter is another expression, or none.
        prop_assert!(Expression::parse(seed).is_ok());
        let longer = Expression::parse(&[seed, after.as_str()].concat());
        prop_assert!(after.trim().is_empty() || longer.is_err());
        prop_assert!(scan(&seed[..seed.len() - 1], 0).is_err());
    }
}

const WORDS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "1",
    "2.5",
    "\"s\"",
    "'c'",
    "null",
    "true",
    "context",
    ".",
    "?.",
    "Request",
    "Variables",
    "[\"name\"]",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    ">",
    ">>",
    "&&",
    "||",
    "!",
    "~",
    "?",
    ":",
    "??",
    "=",
    "=>",
    ",",
    "(int)",
    "(string)",
    "new",
    "JObject",
    "List<int>",
    "x",
    "is",
    "as",
    "string",
    "Length",
    "Substring(1)",
    "Select",
    "Parse",
    "int",
    "DateTime",
    "UtcNow",
    "ToString()",
    "GetValueOrDefault<int>(\"count\")",
    "int.MaxValue",
    "long.MinValue",
    "\"\"",
    "-1",
    "Body",
    "As<JObject>()",
    "$\"{1}\"",
    "typeof(int)",
    "default(Guid)",
    "@\"v\"",
    "TimeSpan.MaxValue",
    "DateTime.MaxValue",
];
