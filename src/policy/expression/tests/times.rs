//! Dates and time spans.

use super::{check, run, sample};

#[test]
fn now_is_the_time_of_the_request() {
    check(
        r#"
        DateTime.UtcNow.ToString("o") => 2026-02-04T13:38:28.5000000Z
        DateTime.Now => 02/04/2026 13:38:28
        DateTime.UtcNow == context.Timestamp + context.Elapsed => True
        DateTime.UtcNow.AddSeconds(-1.5) == context.Timestamp => True
        DateTimeOffset.UtcNow.ToUnixTimeSeconds() => 1770212308
        DateTime.Today => 02/04/2026 00:00:00
        (DateTime.UtcNow - context.Timestamp).TotalSeconds => 1.5
        "#,
    );
    let mut later = sample();
    later.elapsed = std::time::Duration::from_mins(1);
    assert_eq!(
        run("@(DateTime.UtcNow.ToString(\"HH:mm:ss\"))", &mut later)
            .unwrap()
            .to_text(),
        "13:39:27"
    );
}

#[test]
fn dates() {
    check(
        r#"
        DateTime.Parse("2026-02-28", CultureInfo.InvariantCulture, DateTimeStyles.None).Day => 28
        DateTime.Parse("2026-02-28", null, DateTimeStyles.AssumeUniversal).Kind => Local
        DateTime.Parse("2026-02-28", null, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal).ToString("o") => 2026-02-28T00:00:00.0000000Z
        DateTime.Parse("2026-02-28T10:00:00+02:00", null, DateTimeStyles.AdjustToUniversal).ToString("o") => 2026-02-28T08:00:00.0000000Z
        DateTime.Parse("2026-02-28", null, DateTimeStyles.AdjustToUniversal).Kind => Unspecified
        DateTime.Parse("2026-02-28T10:00:00Z").Kind => Local
        DateTime.Parse("2026-02-28T10:00:00Z", null, DateTimeStyles.RoundtripKind).Kind => Utc
        DateTime.Parse("2026-02-28T10:00:00", null, DateTimeStyles.RoundtripKind).Kind => Unspecified
        DateTime.Parse("2026-02-28", null, DateTimeStyles.RoundtripKind | DateTimeStyles.AssumeLocal) => ! ArgumentException
        DateTime.ParseExact("2026-02-28", "yyyy-MM-dd", null, DateTimeStyles.RoundtripKind).Day => 28
        DateTime.ParseExact("2026-02-28T10:00:00Z", "yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture).Kind => Local
        DateTimeOffset.Parse("2026-02-28T10:00:00+02:00", null, DateTimeStyles.AdjustToUniversal) => 02/28/2026 08:00:00 +00:00
        DateTimeOffset.Parse("2026-02-28T10:00:00", null, DateTimeStyles.AssumeUniversal).Offset => 00:00:00
        @{ DateTime d; return DateTime.TryParseExact("20260228", "yyyyMMdd", null, DateTimeStyles.None, out d) ? d.Day : 0; } => 28
        @{ DateTimeOffset d; return DateTimeOffset.TryParse("never", out d); } => False
        @{ DateTime d; return DateTime.TryParse("2026-02-28", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out d) + d.ToString("o"); } => True2026-02-28T00:00:00.0000000Z
        new DateTime(2026, 2, 28).AddDays(1) => 03/01/2026 00:00:00
        new DateTime(2024, 1, 31).AddMonths(1).Day => 29
        new DateTime(2026, 2, 30) => ! ArgumentOutOfRangeException
        DateTime.MaxValue.AddDays(1) => ! ArgumentOutOfRangeException
        DateTime.MinValue => 01/01/0001 00:00:00
        DateTime.MaxValue.ToString("o") => 9999-12-31T23:59:59.9999999
        context.Timestamp.Year + "-" + context.Timestamp.DayOfYear => 2026-35
        context.Timestamp.DayOfWeek => Wednesday
        context.Timestamp.DayOfWeek == DayOfWeek.Wednesday => True
        context.Timestamp.Date.ToString("s") => 2026-02-04T00:00:00
        context.Timestamp.TimeOfDay => 13:38:27
        context.Timestamp.Kind => Utc
        context.Timestamp.Ticks => 639058091070000000
        context.Timestamp.ToString("R") => Wed, 04 Feb 2026 13:38:27 GMT
        context.Timestamp.ToString("u") => 2026-02-04 13:38:27Z
        context.Timestamp.ToString("d") => 02/04/2026
        context.Timestamp.ToString("D") => Wednesday, 04 February 2026
        context.Timestamp.ToString("hh:mm tt") => 01:38 PM
        context.Timestamp.ToString("yyyyMMdd'T'HHmmss'Z'") => 20260204T133827Z
        context.Timestamp.ToString("d MMM yy") => 4 Feb 26
        context.Timestamp.ToString("yyyy-MM-ddTHH:mm:ss.fffZ") => 2026-02-04T13:38:27.000Z
        context.Timestamp.ToString("Q") => ! FormatException
        DateTime.Parse("2026-02-04").AddHours(1).ToString("s") => 2026-02-04T01:00:00
        DateTime.Parse("02/04/2026 5:06 PM").Hour => 17
        DateTime.Parse("Tue, 15 Nov 1994 08:12:31 GMT").ToString("s") => 1994-11-15T08:12:31
        DateTime.Parse("2026-02-04T13:38:27+02:00").ToUniversalTime().ToString("o") => 2026-02-04T11:38:27.0000000Z
        DateTime.Parse("soon") => ! FormatException: was not recognized as a valid DateTime
        DateTime.ParseExact("20260204", "yyyyMMdd", CultureInfo.InvariantCulture).Day => 4
        DateTime.ParseExact("2026", "yyyyMMdd", null) => ! FormatException
        DateTimeOffset.FromUnixTimeSeconds(0).ToString("o") => 1970-01-01T00:00:00.0000000+00:00
        DateTimeOffset.Parse("2026-02-04T13:38:27+02:00") => 02/04/2026 13:38:27 +02:00
        DateTimeOffset.Parse("2026-02-04T13:38:27+02:00").UtcDateTime.Hour => 11
        new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(86400).ToString("o") => 1970-01-02T00:00:00.0000000Z
        (int)(DateTime.UtcNow - new DateTime(1970, 1, 1)).TotalSeconds => 1770212308
        DateTime.DaysInMonth(2024, 2) => 29
        "#,
    );
}

#[test]
fn time_spans() {
    check(
        r#"
        TimeSpan.FromMinutes(90) => 01:30:00
        TimeSpan.FromDays(1.5) => 1.12:00:00
        TimeSpan.FromSeconds(1.5).ToString("c") => 00:00:01.5000000
        new TimeSpan(1, 2, 3).TotalSeconds => 3723
        new TimeSpan(1, 2, 3, 4).Days => 1
        TimeSpan.Parse("01:02:03").TotalMinutes => 62.05
        TimeSpan.Parse("1.02:00:00").TotalHours => 26
        TimeSpan.Parse("5").Days => 5
        TimeSpan.Parse("x") => ! FormatException
        (TimeSpan.FromHours(1) - TimeSpan.FromMinutes(1)).Minutes => 59
        TimeSpan.FromSeconds(3723).ToString(@"hh\:mm\:ss") => 01:02:03
        TimeSpan.FromSeconds(3723).ToString("g") => 1:02:03
        -TimeSpan.FromSeconds(5) => -00:00:05
        TimeSpan.FromSeconds(1) < TimeSpan.FromSeconds(2) => True
        "#,
    );
}
