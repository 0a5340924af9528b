//! Literals, operators, casts, conversions.

use super::check;

#[test]
fn literals() {
    check(
        r#"
        42 => 42
        2147483648 => 2147483648
        -2147483648 => -2147483648
        (-2147483648).GetType() => System.Int32
        0xFF => 255
        0b1010 => 10
        1_000 => 1000
        5L.GetType() => System.Int64
        1.5 => 1.5
        .5 => 0.5
        1e3 => 1000
        1.0 => 1
        2d => 2
        true => True
        null => ''
        'x' => x
        '\'' => '
        '\u0041' => A
        "a\tb".Length => 3
        "say \"hi\"" => say "hi"
        "\u00e9\x41" => éA
        @"C:\dir\""q""" => C:\dir\"q"
        @"a\n".Length => 3
        $"{1 + 1} and {{x}}" => 2 and {x}
        $"{context.Subscription.Id}:{context.Response.StatusCode}" => sub-1:429
        $"{(true ? "yes" : "no")}" => yes
        $"{42,5}|{42,-5}|" =>    42|42   |
        $"{0.5:P0} {1234.5:N2} {7:D3} {255:X}" => 50 % 1,234.50 007 FF
        $"{context.Timestamp:yyyy-MM-dd}" => 2026-02-04
        $@"{"in"}\{1}""" => in\1"
        $"{context.Request.Headers["X-Tag"][0]}" => one
        $"{null}|" => |
        nameof(context.Request.Method) => Method
        typeof(string) => System.String
        default(int) => 0
        default(string) == null => True
        "#,
    );
}

#[test]
fn arithmetic_follows_the_types() {
    check(
        "
        7 / 2 => 3
        -7 / 2 => -3
        -7 % 3 => -1
        7 / 2.0 => 3.5
        7 % 2.5 => 2
        1 + 2 * 3 - 4 => 3
        (1 + 2) * 3 => 9
        2147483647 + 1 => -2147483648
        2147483647 + 1L => 2147483648
        9223372036854775807 + 1 => -9223372036854775808
        1000000 * 1000000 => -727379968
        1 / 0 => ! DivideByZeroException: Attempted to divide by zero.
        1L % 0 => ! DivideByZeroException
        1.0 / 0 => Infinity
        -(5) => -5
        - -5 => 5
        ~5 => -6
        6 & 3 => 2
        6 | 3 => 7
        6 ^ 3 => 5
        1 << 33 => 2
        1L << 33 => 8589934592
        -8 >> 1 => -4
        'a' + 1 => 98
        'a' + 'b' => 195
        (char)('a' + 1) => b
        0.1 + 0.2 => 0.30000000000000004
        1e15 => 1E+15
        123456789012345680.0 => 1.2345678901234568E+17
        100000000000000.0 => 100000000000000
        0.0001 => 0.0001
        0.00001 => 1E-05
        10 / 4 * 4 => 8
        !true || true => True
        true ^ true => False
        5 + null => ''
        ",
    );
}

#[test]
fn texts_join_with_anything() {
    check(
        r#"
        "a" + 1 => a1
        1 + 2 + "a" => 3a
        "a" + 1 + 2 => a12
        "a" + 'b' => ab
        "a" + null => a
        null + "a" => a
        "a" + true => aTrue
        "a" + 1.50 => a1.5
        "" + context.Elapsed => 00:00:01.5000000
        "n=" + context.Variables["count"] => n=3
        "id " + context.Request.Body.As<JObject>()["max_tokens"] => id 50
        (string)null + 5 => 5
        "x" + new string('y', 3) => xyyy
        "#,
    );
}

#[test]
fn comparison_and_logic() {
    check(
        r#"
        1 == 1.0 => True
        1 == 1L => True
        'a' == 97 => True
        "a" == "a" => True
        "a" == "A" => False
        "a" != "b" => True
        null == null => True
        "a" == null => False
        1 < 2 && 2 <= 2 => True
        3 > 2L => True
        2.5 >= 2.5 => True
        'b' > 'a' => True
        "a" < "b" => ! CompileError: no operator `<`
        1 == "1" => ! CompileError: no operator `==`
        false && (1 / 0 == 0) => False
        true || (1 / 0 == 0) => True
        true && "x" => ! CompileError: must be a `bool`
        1 > 0 ? "pos" : 1 < 0 ? "neg" : "zero" => pos
        null ?? "b" => b
        "a" ?? "b" => a
        null ?? null ?? "c" => c
        "abc"?.Length => 3
        ((string)null)?.Length ?? -1 => -1
        ((string)null)?.Trim().Substring(5).Length => ''
        ((string)null).Length => ! NullReferenceException
        "x" is string => True
        5 is string => False
        null is string => False
        5 is int n && n > 4 => True
        context.Variables["name"] is string s ? s.Length : 0 => 5
        context.Variables["nothing"] is null => True
        context.Variables["name"] as string => alice
        context.Variables["count"] as string => ''
        (context.Variables["count"] as int?) ?? 0 => 3
        new DateTime(2026, 1, 2) > new DateTime(2026, 1, 1) => True
        Guid.Empty == new Guid("00000000-0000-0000-0000-000000000000") => True
        throw new ArgumentException("no") => ! ArgumentException: no
        (string)null ?? throw new Exception("needed") => ! Exception: needed
        "#,
    );
}

#[test]
fn casts_and_conversions() {
    check(
        r#"
        (int)3.99 => 3
        (int)-3.99 => -3
        (long)5 => 5
        (double)5 / 2 => 2.5
        (int)4294967297L => 1
        (byte)300 => 44
        (char)65 => A
        (int)'A' => 65
        (object)5 => 5
        (int)(object)5 => 5
        (long)(object)5 => ! InvalidCastException
        (string)5 => ! InvalidCastException
        (int)"5" => ! InvalidCastException
        (int?)5 => 5
        (int?)null => ''
        (string)(object)"x" => x
        (JObject)null == null => True
        int.Parse(" 12 ") => 12
        int.Parse("1x") => ! FormatException: Input string was not in a correct format.
        int.Parse("99999999999") => ! OverflowException: Int32
        int.Parse(null) => ! ArgumentNullException
        long.Parse("99999999999") => 99999999999
        double.Parse("1,234.5") => 1234.5
        double.Parse("1e3") => 1000
        bool.Parse("TRUE") => True
        bool.Parse("yes") => ! FormatException: was not recognized as a valid Boolean
        Convert.ToInt32("7") => 7
        Convert.ToInt32(2.5) => 2
        Convert.ToInt32(3.5) => 4
        Convert.ToInt32(null) => 0
        Convert.ToInt32(true) => 1
        Convert.ToInt32("ff", 16) => 255
        Convert.ToInt32(5000000000L) => ! OverflowException
        Convert.ToInt64("5") => 5
        Convert.ToDouble("0.5") => 0.5
        Convert.ToBoolean("False") => False
        Convert.ToBoolean(1) => True
        Convert.ToString(5) + Convert.ToString(null) => 5
        Convert.ToString(255, 16) => ff
        Convert.ToBase64String(Encoding.UTF8.GetBytes("hello")) => aGVsbG8=
        Encoding.UTF8.GetString(Convert.FromBase64String("aGVsbG8=")) => hello
        Convert.FromBase64String("a") => ! FormatException: Invalid length
        Convert.FromBase64String("a*==") => ! FormatException: non-base 64
        System.Text.Encoding.ASCII.GetBytes("é")[0] => 63
        System.Convert.ToInt32("3") => 3
        BitConverter.ToString(new byte[] { 1, 171 }) => 01-AB
        Math.Max(1, 2.5) => 2.5
        Math.Min(3, 2) => 2
        Math.Round(2.5) => 2
        Math.Round(2.346, 2) => 2.35
        Math.Round(2.5, MidpointRounding.AwayFromZero) => 3
        Math.Ceiling(7 / 2.0) => 4
        Math.Floor(-1.5) => -2
        Math.Abs(-3) => 3
        Math.Pow(2, 10) => 1024
        Math.Sign(-2.0) => -1
        Convert.Nonsense(1) => ! NotSupportedHere: `Convert.Nonsense` is not supported here
        int.MaxValue => 2147483647
        "#,
    );
}
