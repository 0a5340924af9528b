//! Statements, loops, lambdas, collections.

use super::{check, run, sample};

#[test]
fn variables_and_branches() {
    check(
        r#"
        @{ return 1; } => 1
        @{ var x = 5; x += 2; x *= 3; return x; } => 21
        @{ var s = "a"; s += 1; s += 'b'; return s; } => a1b
        @{ int a = 1, b = 2; return a + b; } => 3
        @{ long l = 5; return l.GetType(); } => System.Int64
        @{ double d = 5; return d / 2; } => 2.5
        @{ int i = "x"; return i; } => ! CompileError: cannot convert `System.String` to `System.Int32`
        @{ int i = 5L; return i; } => ! CompileError
        @{ byte b = 250; b += 10; return b; } => 4
        @{ string s = null; return s ?? "none"; } => none
        @{ int? n = null; return n.HasValue ? n.Value : -1; } => -1
        @{ object o = 5; return (int)o + 1; } => 6
        @{ object o = 5; return (long)o; } => ! InvalidCastException
        @{ string s; if (context.Response.StatusCode >= 400) { s = "bad"; } else { s = "good"; } return s; } => bad
        @{ if (false) return "a"; else if (true) return "b"; else return "c"; } => b
        @{ var i = 1; var j = i++ + ++i; return j + ":" + i; } => 4:3
        @{ { var x = 1; } { var x = 2; return x; } } => 2
        @{ // comment
           return /* here */ 1; } => 1
        @{ return; } => ''
        @{ throw new InvalidOperationException("stop"); } => ! InvalidOperationException: stop
        @{ var a = new int[3]; a[1] = 5; return a.Sum() + a.Length; } => 8
        @{ string[] a = { "x", "y" }; return a[1]; } => y
        @{ var a = new[] { 1, 2 }; return a[2]; } => ! IndexOutOfRangeException
        @{ var p = new { Name = "n", Age = 3 }; return p.Name + p.Age + p; } => n3{ Name = n, Age = 3 }
        "#
        .replace("// comment\n           return", "return")
        .as_str(),
    );
}

#[test]
fn comments_end_where_they_say() {
    let text = "@{ // a } \" ' comment\n  /* } */ return \"//\"; }";
    assert_eq!(run(text, &mut sample()).unwrap().to_text(), "//");
}

#[test]
fn exceptions() {
    check(
        r#"
        @{ try { return context.Variables["none"]; } catch { return "caught"; } } => caught
        @{ try { return int.Parse("x"); } catch (FormatException e) { return e.Message; } } => Input string was not in a correct format.
        @{ try { return 1 / 0; } catch (FormatException) { return "f"; } catch (ArithmeticException) { return "a"; } } => a
        @{ try { return 1 / 0; } catch (FormatException) { return "f"; } } => ! DivideByZeroException
        @{ var s = ""; try { s += "t"; } finally { s += "f"; } return s; } => tf
        @{ var s = ""; try { try { throw new Exception("x"); } finally { s += "f"; } } catch (Exception e) { s += e.Message; } return s; } => fx
        @{ try { throw new ArgumentException("a"); } catch (Exception e) when (e.Message == "a") { return "filtered"; } } => filtered
        @{ try { try { throw new FormatException("x"); } catch { throw; } } catch (Exception e) { return e.GetType().Name + e.Message; } } => FormatExceptionx
        @{ try { JObject.Parse("{"); return "ok"; } catch (JsonReaderException) { return "bad json"; } } => bad json
        @{ try { return "x".Normalize(); } catch { return "hidden"; } } => ! NotSupportedHere
        @{ try { return (string)null == "x" ? 1 : ((string)null).Length; } catch (NullReferenceException) { return -1; } } => -1
        @{ try { throw new Exception("outer", new FormatException("inner")); } catch (Exception e) { return e.InnerException.Message; } } => inner
        @{ var e = new Exception("m"); return e.ToString(); } => System.Exception: m
        "#,
    );
}

#[test]
fn loops_and_switch() {
    check(
        r#"
        @{ var n = 0; for (int i = 0; i < 5; i++) { if (i == 3) continue; n += i; } return n; } => 7
        @{ var n = 0; foreach (var c in "abc") { n++; } return n; } => 3
        @{ var n = 0; while (true) { n++; if (n > 9) break; } return n; } => 10
        @{ var n = 0; do { n++; } while (n < 3); return n; } => 3
        @{ foreach (var h in context.Request.Headers) { if (h.Key == "X-Tag") return string.Join("+", h.Value); } return "none"; } => one+two
        @{ foreach (string s in new[] { "a" }) { return s; } return ""; } => a
        @{ switch (context.Request.Method) { case "GET": return 1; case "POST": case "PUT": return 2; default: return 3; } } => 2
        @{ var r = ""; switch (5) { case 1: r = "one"; break; default: r = "many"; break; } return r; } => many
        @{ switch (context.Variables["count"]) { case int n when n > 2: return "big"; case string s: return s; default: return "?"; } } => big
        @{ foreach (var x in (string[])null) { } return 1; } => ! NullReferenceException
        "#,
    );
}

#[test]
fn lambdas_and_linq() {
    check(
        r#"
        new[] { 3, 1, 2 }.OrderBy(x => x).First() => 1
        string.Join(",", new[] { 3, 1, 2 }.OrderByDescending(x => x)) => 3,2,1
        string.Join(",", new[] { 1, 2, 3, 4 }.Where(x => x % 2 == 0).Select(x => x * x)) => 4,16
        new[] { "a", "bb" }.Select((s, i) => s + i).Last() => bb1
        new[] { 1, 2 }.Sum() + new[] { 1, 2 }.Max() => 5
        new[] { 1, 2 }.Average() => 1.5
        new[] { 1, 2, 3 }.Aggregate((a, b) => a * 10 + b) => 123
        new[] { "x" }.Single() => x
        new int[0].First() => ! InvalidOperationException: Sequence contains no elements
        new string[0].FirstOrDefault() ?? "none" => none
        new[] { 1, 1, 2 }.Distinct().Count() => 2
        new[] { 1, 2, 3 }.Skip(1).Take(1).First() => 2
        new[] { 1, 2 }.Concat(new[] { 3 }).Contains(3) => True
        new[] { "a", "b" }.ToDictionary(s => s, s => s + "!")["b"] => b!
        Enumerable.Range(1, 4).Sum() => 10
        string.Concat(Enumerable.Repeat("ab", 2)) => abab
        @{ Func<int, int> twice = x => x * 2; return twice(4); } => 8
        @{ Func<int, int> f = null; f = n => n <= 1 ? 1 : n * f(n - 1); return f(5); } => 120
        @{ var sum = 0; new List<int> { 1, 2 }.ForEach(x => { sum += x; }); return sum; } => 3
        @{ var l = new List<string>(); l.Add("a"); l.AddRange(new[] { "b" }); l.Insert(0, "z"); l.Remove("a"); return string.Join("", l) + l.Count; } => zb2
        @{ var d = new Dictionary<string, int> { { "a", 1 }, { "b", 2 } }; d["c"] = d["a"] + d["b"]; return d["c"] + d.Count; } => 6
        @{ var d = new Dictionary<string, string> { ["k"] = "v" }; return d.ContainsKey("x") ? "" : d["x"]; } => ! KeyNotFoundException: 'x'
        @{ var d = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["K"] = "v" }; return d["k"]; } => v
        @{ var d = new Dictionary<string, int>(); int v; return d.TryGetValue("x", out v) ? "yes" : "no" + v; } => no0
        @{ var s = new StringBuilder(); s.Append("a").Append(1); s.AppendLine(); return s.ToString(); } => a1\n
        @{ int n; return int.TryParse("12", out n) ? n : -1; } => 12
        @{ return int.TryParse("x", out var n) ? n : -1; } => -1
        @{ return Guid.TryParse("x", out Guid g) ? "guid" : "no"; } => no
        "#,
    );
}

#[test]
fn randomness_comes_from_the_seed() {
    let text =
        "@(new Random().Next(1, 1000) + \"/\" + new Random(5).Next(10) + \"/\" + Guid.NewGuid())";
    let first = run(text, &mut sample()).unwrap().to_text();
    assert_eq!(first, run(text, &mut sample()).unwrap().to_text());
    let mut other = sample();
    other.seed = crate::base::Seed::new(8);
    assert_ne!(first, run(text, &mut other).unwrap().to_text());
    let mut same = sample();
    let again = (run(text, &mut same).unwrap(), run(text, &mut same).unwrap());
    assert_ne!(
        again.0.to_text(),
        again.1.to_text(),
        "a second evaluation goes on in the sequence"
    );
    assert!(
        run(
            "@(new Random().Next(3, 3) == 3 && new Random().NextDouble() < 1)",
            &mut sample()
        )
        .unwrap()
        .as_bool()
        .unwrap()
    );
}
