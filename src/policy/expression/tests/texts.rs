//! `string`, its statics, number formats, encodings, URLs.

use super::check;

#[test]
fn string_methods() {
    check(
        r#"
        "Hello".ToUpper() + "Hello".ToLowerInvariant() => HELLOhello
        "  x ".Trim() + "|" => x|
        "--x--".Trim('-') => x
        "xay".TrimStart('x').TrimEnd('y') => a
        "hello".Substring(1, 3) => ell
        "hello".Substring(5) => ''
        "hello".Substring(6) => ! ArgumentOutOfRangeException
        "hello".Substring(3, 3) => ! ArgumentOutOfRangeException
        "hello".Substring(-1) => ! ArgumentOutOfRangeException
        "a-b-c".Replace("-", "+") => a+b+c
        "a-b".Replace('-', '_') => a_b
        "abc".Replace("", "x") => ! ArgumentException
        "abc".Contains("b") => True
        "abc".Contains("B") => False
        "abc".Contains("B", StringComparison.OrdinalIgnoreCase) => True
        "abc".StartsWith("AB", StringComparison.OrdinalIgnoreCase) => True
        "abc".EndsWith("bc") => True
        "abc".Equals("ABC", StringComparison.InvariantCultureIgnoreCase) => True
        "abc".Equals("abc") => True
        "abcabc".IndexOf("c") => 2
        "abcabc".IndexOf('c', 3) => 5
        "abcabc".LastIndexOf("a") => 3
        "abc".IndexOf("z") => -1
        "a,b,,c".Split(',').Length => 4
        "a,b,,c".Split(new[] { ',' }, StringSplitOptions.RemoveEmptyEntries).Length => 3
        "a,b;c".Split(',', ';')[2] => c
        "a b  c".Split().Length => 4
        "k=v=w".Split(new char[] { '=' }, 2)[1] => v=w
        "Bearer xyz".Split(' ')[1] => xyz
        "x".Split(',')[1] => ! IndexOutOfRangeException: Index was outside the bounds of the array.
        "abc"[1] => b
        "abc"[3] => ! IndexOutOfRangeException
        "abc".Length => 3
        "héé😀".Length => 5
        "a😀b".Substring(3) => b
        "7".PadLeft(3, '0') => 007
        "7".PadRight(3) + "|" => 7  |
        "ac".Insert(1, "b") => abc
        "abcd".Remove(2) + "abcd".Remove(1, 2) => abad
        "abc".ToCharArray().Length => 3
        new string("abc".Reverse().ToArray()) => cba
        "abc".First() => a
        "b".CompareTo("a") => 1
        "abc".GetHashCode() == "abc".GetHashCode() => True
        "x".Normalize() => ! NotSupportedHere: System.String.Normalize
        "ABC".Any(c => char.IsLower(c)) => False
        "a1b2".Count(char.IsDigit) => 2
        "a1b2".Count(c => char.IsDigit(c)) => 2
        string.IsNullOrEmpty("") => True
        string.IsNullOrEmpty(null) => True
        String.IsNullOrWhiteSpace(" ") => True
        string.IsNullOrEmpty(context.Request.Body.As<JObject>()["model"]) => ! CompileError: cast it
        string.Join(", ", new[] { "a", "b" }) => a, b
        string.Join("-", 1, "x", 2.5) => 1-x-2.5
        string.Concat("a", 1, null) => a1
        string.Format("{0}-{1,4}|{0:D2}", 5, "x") => 5-   x|05
        string.Format("{{{0}}}", 1) => {1}
        string.Format("{1}", 1) => ! FormatException: Index (zero based)
        string.Equals("a", "A", StringComparison.OrdinalIgnoreCase) => True
        string.Compare("a", "b") => -1
        string.Empty.Length => 0
        "#,
    );
}

#[test]
fn number_formats() {
    check(
        r##"
        1234.5.ToString("F1") => 1234.5
        1234.567.ToString("N0") => 1,235
        (-1234567).ToString("N0") => -1,234,567
        0.125.ToString("F2") => 0.13
        5.ToString("D4") => 0005
        (-1).ToString("X") => FFFFFFFF
        255.ToString("x4") => 00ff
        0.256.ToString("P1") => 25.6 %
        12345.678.ToString("E2") => 1.23E+004
        1234.5.ToString("0.00") => 1234.50
        1234567.8.ToString("#,##0.##") => 1,234,567.8
        0.5.ToString("#.##") => .5
        7.ToString("000") => 007
        0.256.ToString("0%") => 26%
        5.ToString("Q") => ! FormatException
        1.5.ToString(CultureInfo.InvariantCulture) => 1.5
        9.99.ToString("F0") => 10
        "##,
    );
}

#[test]
fn encodings_and_urls() {
    check(
        r#"
        Uri.EscapeDataString("a b&c/é") => a%20b%26c%2F%C3%A9
        Uri.UnescapeDataString("a%20b+c") => a b+c
        System.Net.WebUtility.UrlDecode("a%20b+c") => a b c
        System.Net.WebUtility.UrlEncode("a b/c") => a+b%2Fc
        System.Net.WebUtility.HtmlEncode("<a href='x'>") => &lt;a href=&#39;x&#39;&gt;
        System.Net.WebUtility.HtmlDecode("&lt;&#65;&amp;&x;") => <A&&x;
        new Uri("https://Host.example:8443/a/b?x=1#f").Host => host.example
        new Uri("https://h.example/a/b?x=1").AbsolutePath => /a/b
        new Uri("https://h.example/a/b?x=1").Query => ?x=1
        new Uri("https://h.example").AbsoluteUri => https://h.example/
        new Uri("https://h.example:443/x").Port => 443
        new Uri("https://h.example/a/b").Segments.Last() => b
        new Uri(new Uri("https://h.example/a/b"), "../c?d=1").ToString() => https://h.example/c?d=1
        new Uri("not a uri") => ! UriFormatException
        Guid.Parse("{0F8FAD5B-D9CB-469F-A165-70867728950E}") => 0f8fad5b-d9cb-469f-a165-70867728950e
        new Guid("x") => ! FormatException
        Guid.NewGuid().ToString().Length => 36
        Guid.NewGuid() == Guid.NewGuid() => False
        context.RequestId.ToByteArray()[0] => 91
        Guid.NewGuid().ToString("N")[12] => 4
        "#,
    );
}
