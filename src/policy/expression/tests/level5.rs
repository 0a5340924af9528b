//! Hashes, regular expressions, tokens, `decimal` and what else the largest policies use.

use super::check;

#[test]
fn hashes_and_signatures() {
    check(
        r#"
        BitConverter.ToString(SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"))).Replace("-", "").ToLower() => ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
        BitConverter.ToString(new SHA1Managed().ComputeHash(Encoding.UTF8.GetBytes("abc"))) => A9-99-3E-36-47-06-81-6A-BA-3E-25-71-78-50-C2-6C-9C-D0-D8-9D
        Convert.ToBase64String(MD5.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"))) => kAFQmDzST7DWlj99KOF/cg==
        System.Security.Cryptography.SHA512.Create().ComputeHash(new byte[0]).Length => 64
        SHA384.Create().HashSize => 384
        @{ using (var h = new HMACSHA256(Encoding.UTF8.GetBytes("key"))) { return BitConverter.ToString(h.ComputeHash(Encoding.UTF8.GetBytes("The quick brown fox jumps over the lazy dog"))).Replace("-", ""); } } => F7BC83F430538424B13298E6AA6FB143EF4D59A14946175997479DBC2D1A3CD8
        Convert.ToBase64String(new HMACSHA1(Encoding.UTF8.GetBytes("key")).ComputeHash(Encoding.UTF8.GetBytes("The quick brown fox jumps over the lazy dog"))) => 3nybhbi3iqa8ino29wqQcBydtNk=
        new HMACSHA512(Convert.FromBase64String("a2V5")).ComputeHash(Encoding.UTF8.GetBytes("x")).Length => 64
        new HMACSHA256((byte[])null) => ! ArgumentNullException
        @{ using (SHA256 h = SHA256.Create()) return h.ComputeHash(new byte[1]).Length; } => 32
        @{ using (var h = 1) { } return 1; } => ! CompileError
        (SHA256.Create() is HashAlgorithm) + "" + (new HMACSHA1(new byte[1]) is HMAC) => TrueTrue
        "#,
    );
}

#[test]
fn regular_expressions() {
    check(
        r##"
        Regex.IsMatch("abc-123", @"^[a-z]+-\d{3}$") => True
        Regex.IsMatch("ABC", "abc", RegexOptions.IgnoreCase) => True
        Regex.IsMatch("a\nB", "^b$", RegexOptions.IgnoreCase | RegexOptions.Multiline) => True
        Regex.Match("deployments/gpt-4o/chat", "deployments/([^/]+)").Groups[1].Value => gpt-4o
        Regex.Match("v=7", @"(?<name>\w)=(?<value>\d)").Groups["value"].Value => 7
        Regex.Match("v=7", @"(?'name'\w)=").Groups["name"].Value => v
        Regex.Match("abc", "x").Success => False
        Regex.Match("abc", "b").Index => 1
        Regex.Match("abc", "x").Groups[5].Success => False
        Regex.Replace("a1b22", @"\d+", "#") => a#b#
        Regex.Replace("john smith", @"(\w+) (\w+)", "$2 ${1}!") => smith john!
        Regex.Replace("a1b2", @"\d", m => (int.Parse(m.Value) * 2).ToString()) => a2b4
        string.Join("|", Regex.Split("a, b;c", @"[,;]\s*")) => a|b|c
        Regex.Matches("a1b22", @"\d+").Count => 2
        string.Join(",", Regex.Matches("a1b22", @"\d+").Cast<Match>().Select(m => m.Value)) => 1,22
        @{ var r = new Regex("(a)(b)?"); var m = r.Match("a ab"); m = m.NextMatch(); return m.Value + m.Groups.Count; } => ab3
        Regex.Escape("a.b*c") => a\.b\*c
        Regex.IsMatch("price: 5", @"(?<=price: )\d") => True
        new Regex("(") => ! ArgumentException
        Regex.IsMatch(null, "a") => ! ArgumentNullException
        Regex.IsMatch(new string('a', 40) + "b", @"^(?:(a+)\1?)+$") => ! RegexMatchTimeoutException
        Regex.IsMatch("[x]", @"^[][x]+$") => True
        Regex.IsMatch("x", "x", RegexOptions.RightToLeft) => ! NotSupportedHere
        Regex.IsMatch("x", "(?<a-b>x)") => ! NotSupportedHere
        "##,
    );
}

#[test]
fn tokens_are_read_and_not_checked() {
    let token = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoiYWxpY2UiLCJhdWQiOiJhcGk6Ly94IiwiZXhwIjoxNzcwMjExMTA3LCJyb2xlcyI6WyJyZWFkZXIiLCJ3cml0ZXIiXSwiYWRtaW4iOnRydWV9.c2ln";
    let cases = r#"
        "TOKEN".AsJwt().Issuer => https://issuer.example
        "Bearer TOKEN".AsJwt()?.Subject => alice
        "TOKEN".AsJwt().Algorithm + "TOKEN".AsJwt().Type => RS256JWT
        "TOKEN".AsJwt().Audiences.First() => api://x
        "TOKEN".AsJwt().ExpirationTime > new DateTime(2026, 2, 4, 13, 0, 0, DateTimeKind.Utc) => True
        "TOKEN".AsJwt().NotBefore == null => True
        "TOKEN".AsJwt().Claims["roles"].Contains("writer") => True
        "TOKEN".AsJwt().Claims.GetValueOrDefault("roles", "") => reader,writer
        "TOKEN".AsJwt().Claims.GetValueOrDefault("none", "-") => -
        "TOKEN".AsJwt().Claims["admin"][0] => true
        "TOKEN".AsJwt().Claims.ContainsKey("exp") => True
        "no token".AsJwt() == null => True
        "a.b.c".AsJwt()?.Subject ?? "none" => none
        @{ Jwt jwt; return "TOKEN".TryParseJwt(out jwt) ? jwt.Subject : "no"; } => alice
        @{ Jwt jwt = (Jwt)null; return jwt?.Id; } => ''
        "Basic dXNlcjpwYTpzcw==".AsBasic().UserId + "Basic dXNlcjpwYTpzcw==".AsBasic().Password => userpa:ss
        "Bearer x".AsBasic() == null => True
    "#;
    check(&cases.replace("TOKEN", token));
}

#[test]
fn numbers_of_other_widths() {
    check(
        r###"
        1.10m + 2.20m => 3.30
        0.1m + 0.2m == 0.3m => True
        1m / 3m => 0.3333333333333333333333333333
        (decimal)1.5 * 2 => 3.0
        (int)2.9m => 2
        1.5m + 1.5 => ! CompileError
        decimal.Parse("1,234.50") => 1234.50
        decimal.MaxValue => 79228162514264337593543950335
        decimal.MaxValue + 1 => ! OverflowException
        1m / 0 => ! DivideByZeroException
        (1234.565m).ToString("N2") => 1,234.57
        $"{12.5m:0.00}" => 12.50
        Math.Round(2.5m) + "/" + Math.Round(2.5m, MidpointRounding.AwayFromZero) => 2/3
        Convert.ToDecimal("2.5") * 2 => 5.0
        @{ decimal total = 0; foreach (var p in new[] { 1.1m, 2.2m }) { total += p; } return total; } => 3.3
        1.1f + 2.2f => 3.3000002
        1.5f => 1.5
        1e10f => 1E+10
        (double)0.1f == 0.1 => False
        18446744073709551615 => 18446744073709551615
        ulong.MaxValue => 18446744073709551615
        5UL % 3 => 2
        (ulong)7 / 2 => 3
        0xFFFFFFFFFFFFFFFFUL >> 60 => 15
        (decimal)(JToken)new JValue(1.25) => 1.25
        new JObject { ["a"] = 1.5m }.ToString(Formatting.None) => {"a":1.5}
        int.Parse("ff", NumberStyles.HexNumber) => 255
        (12345.678).ToString("0.00E+00") => 1.23E+04
        (0.00012).ToString("0.0e0") => 1.2e-4
        (12345.678).ToString("##0.0E+0") => 123.5E+2
        (0.0).ToString("0.00E+00") => 0.00E+00
        (-9.996).ToString("0.00E-000") => -1.00E001
        $"{123456:0.###E+0}" => 1.235E+5
        (5.0).ToString("0 'EUR'") => 5 EUR
        @{ const string prefix = "a-"; const int n = 2, m = 3; return prefix + (n + m); } => a-5
        "###,
    );
}

#[test]
fn overflow_is_an_error_where_it_is_checked() {
    check(
        r#"
        int.MaxValue + 1 => -2147483648
        checked(int.MaxValue + 1) => ! OverflowException
        unchecked(int.MaxValue + 1) => -2147483648
        checked((int)3000000000) => ! OverflowException
        checked((int)2.9) => 2
        checked((byte)255) => 255
        checked((byte)256) => ! OverflowException
        @{ checked { var x = int.MaxValue; x++; return x; } } => ! OverflowException
        @{ checked { unchecked { return int.MaxValue * 2; } } } => -2
        @{ try { checked { return long.MaxValue + 1; } } catch (OverflowException) { return "over"; } } => over
        @{ try { checked { throw new Exception("x"); } } catch { return int.MaxValue + 1; } } => -2147483648
        @{ Func<int> f = () => int.MaxValue + 1; return checked(f() + 0); } => -2147483648
        "#,
    );
}

#[test]
fn more_collections() {
    check(
        r#"
        @{ var s = new HashSet<string> { "a", "b", "a" }; return s.Count + ":" + s.Contains("b") + s.Add("b"); } => 2:TrueFalse
        @{ var s = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "A" }; return s.Contains("a"); } => True
        @{ var s = new HashSet<int>(new[] { 1, 2, 3 }); s.IntersectWith(new[] { 2, 3, 4 }); return string.Join(",", s); } => 2,3
        @{ var q = new Queue<int>(); q.Enqueue(1); q.Enqueue(2); return q.Dequeue() + "" + q.Peek() + q.Count; } => 121
        @{ var s = new Stack<string>(); s.Push("a"); s.Push("b"); return s.Pop() + s.Peek() + s.Count; } => ba1
        @{ var s = new Stack<int>(new[] { 1, 2, 3 }); return string.Join(",", s); } => 3,2,1
        new Queue<int>().Dequeue() => ! InvalidOperationException: Queue empty.
        string.Join(";", new[] { "apple", "bean", "avocado" }.GroupBy(w => w[0]).Select(g => g.Key + "=" + g.Count())) => a=2;b=1
        string.Join(";", new[] { 1, 2, 3, 4 }.GroupBy(n => n % 2, n => n * 10).Select(g => g.Key + ":" + g.Sum())) => 1:40;0:60
        string.Join(",", new[] { 1, 2, 3 }.GroupBy(n => n % 2, (k, items) => k + "x" + items.Count())) => 1x2,0x1
        string.Join(",", new[] { "bb", "a", "cc", "d" }.OrderBy(s => s.Length).ThenBy(s => s)) => a,d,bb,cc
        string.Join(",", new[] { "bb", "a", "cc", "d" }.OrderByDescending(s => s.Length).ThenByDescending(s => s)) => cc,bb,d,a
        string.Join(",", new[] { 13, 21, 11, 22 }.OrderBy(n => n / 10).ThenBy(n => n % 10).ThenBy(n => n)) => 11,13,21,22
        string.Join(",", new[] { "1", "2" }.Select(int.Parse)) => 1,2
        new[] { "", "x" }.Count(string.IsNullOrEmpty) => 1
        string.Join(",", new[] { 1, 2 }.Select(Convert.ToString)) => 1,2
        @{ string s = null; s ??= "set"; s ??= "again"; return s; } => set
        @{ var d = new Dictionary<string, string> { ["a"] = null }; d["a"] ??= "x"; return d["a"]; } => x
        @{ var x = 256; x >>= 4; x |= 3; x ^= 1; x <<= 1; return x; } => 36
        (~5 & 0xF) + "," + (6 | 1) + "," + (6 ^ 3) + "," + (1 << 4) + "," + (-16 >> 2) => 10,7,5,16,-4
        "#,
    );
}

#[test]
fn json_is_merged_and_searched() {
    check(
        r#"
        @{ var a = JObject.Parse("{\"a\":1,\"b\":{\"c\":2},\"l\":[1]}"); a.Merge(JObject.Parse("{\"b\":{\"d\":3},\"l\":[2],\"e\":null}")); return a.ToString(Formatting.None); } => {"a":1,"b":{"c":2,"d":3},"l":[1,2],"e":null}
        @{ var a = JObject.Parse("{\"l\":[1,2]}"); a.Merge(JObject.Parse("{\"l\":[9]}"), new JsonMergeSettings { MergeArrayHandling = MergeArrayHandling.Replace }); return a.ToString(Formatting.None); } => {"l":[9]}
        @{ var a = JObject.Parse("{\"l\":[1,2]}"); a.Merge(JObject.Parse("{\"l\":[2,3]}"), new JsonMergeSettings { MergeArrayHandling = MergeArrayHandling.Union }); return a.ToString(Formatting.None); } => {"l":[1,2,3]}
        string.Join(",", context.Request.Body.As<JObject>(true).SelectTokens("$.messages[*].role")) => system,user
        string.Join(",", context.Request.Body.As<JObject>(true).SelectTokens("$..content")) => be brief,hello
        (string)context.Request.Body.As<JObject>(true).SelectToken("$.messages[?(@.role == 'user')].content") => hello
        context.Request.Body.As<JObject>(true).SelectTokens("messages[0,1].role").Count() => 2
        context.Request.Body.As<JObject>(true).SelectTokens("messages[-1:].role").First() => user
        context.Request.Body.As<JObject>(true).SelectTokens("$.tags.*").Count() => 2
        context.Request.Body.As<JObject>(true).SelectTokens("$.messages[?(@.content)]").Count() => 2
        context.Request.Body.As<JObject>(true).SelectToken("$.messages[*].role") => ! JsonException: Path returned multiple tokens.
        context.Request.Body.As<JObject>(true).SelectToken("$.nope[*]") == null => True
        context.Request.Body.As<JObject>(true).SelectToken("$.messages[?(@.role =~ /x/)]") == null => True
        (string)context.Request.Body.As<JObject>(true).SelectToken("$.messages[?(@.role =~ /^US.*/i)].content") => hello
        (string)context.Request.Body.As<JObject>(true).SelectToken("$.messages[?(@.role =~ /[a-z]+r$/ && @.content != 'x')].content") => hello
        context.Request.Body.As<JObject>(true).SelectToken("$.messages[?(@.role =~ /x/q)]") => ! NotSupportedHere
        context.Request.Body.As<JObject>(true).SelectToken("$.messages[?(@.role =~ /(/)]") => ! NotSupportedHere
        "#,
    );
}

#[test]
fn what_stays_outside_is_known_before_it_runs() {
    use crate::policy::expression::Expression;
    for (text, note) in [
        (
            "@{ int Twice(int x) { return 2 * x; } return Twice(1); }",
            "local functions are not supported here",
        ),
        (
            "@((XDocument)null)",
            "the type `XDocument` is not supported here",
        ),
        (
            "@{ Aes aes = null; return 1; }",
            "the type `Aes` is not supported here",
        ),
        (
            "@(new RSACryptoServiceProvider())",
            "the type `RSACryptoServiceProvider` is not supported here",
        ),
        (
            "@(context.Request.Body.As<XElement>())",
            "the type `XElement` is not supported here",
        ),
    ] {
        let expression = Expression::parse(text).unwrap();
        let notes: Vec<&str> = expression
            .notes()
            .iter()
            .map(|note| &*note.message)
            .collect();
        assert_eq!(notes, [note], "{text}");
        let fault = expression.evaluate(&mut super::sample()).unwrap_err();
        assert_eq!(fault.exception, "NotSupportedHere", "{text}");
    }
}

#[test]
fn a_policy_that_needs_more_is_read_with_a_warning_at_the_place() {
    use crate::base::{Severity, Source};
    let text = "<policies><inbound><set-variable name=\"x\" value=\"@(new RijndaelManaged())\" /></inbound></policies>";
    let source = Source::new("policy.xml", text);
    let (policy, diagnostics) = crate::policy::parse(&source, &std::collections::BTreeMap::new());
    assert!(policy.is_some());
    let [note] = &diagnostics[..] else {
        panic!("{diagnostics:?}");
    };
    assert_eq!((note.severity, note.code), (Severity::Warning, "X10"));
    assert_eq!(&text[note.span.start..note.span.end], "RijndaelManaged");
}
