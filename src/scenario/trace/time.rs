//! Moments as traces write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Microseconds since some beginning that all moments of one file share: UTC times, times without
/// a zone (taken as UTC), the portal's `11/16/2023, 6:17:03.979 PM`, or plain seconds.
pub(super) fn micros(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return whole(seconds * 1e6);
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_microsecond());
    }
    if let Ok(civil) = text.parse::<DateTime>() {
        return utc(civil);
    }
    portal(text).and_then(utc)
}

fn utc(civil: DateTime) -> Option<i64> {
    let moment = Offset::UTC.to_timestamp(civil).ok()?;
    Some(moment.as_microsecond())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "bounded to what holds exactly"
)]
fn whole(micros: f64) -> Option<i64> {
    // Two to the power of 53: whole microseconds of 285 years.
    (micros.abs() < 9_007_199_254_740_992.0).then(|| libm::round(micros) as i64)
}

/// Month first, twelve hours.
fn portal(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once(',')?;
    let mut date = date.split('/').map(|part| part.trim().parse::<i16>().ok());
    let (month, day, year) = (date.next()??, date.next()??, date.next()??);
    let (clock, half) = time.trim().rsplit_once(' ')?;
    let mut clock = clock.split(':');
    let hour: i8 = clock.next()?.parse().ok()?;
    let minute: i8 = clock.next()?.parse().ok()?;
    let second: f64 = clock.next()?.parse().ok()?;
    let hour = match (half, hour) {
        ("AM", 12) => 0,
        ("AM", hour) | ("PM", hour @ 12) => hour,
        ("PM", hour) => hour.checked_add(12)?,
        _ => return None,
    };
    let nanos = whole(second * 1e6)? * 1_000;
    let second = i8::try_from(nanos / 1_000_000_000).ok()?;
    let below = i32::try_from(nanos % 1_000_000_000).ok()?;
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    DateTime::new(year, month, day, hour, minute, second, below).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_one_moment_are_that_moment() {
        let expected = 1_700_158_623_979_960;
        for text in [
            "2023-11-16T18:17:03.97996Z",
            "2023-11-16T19:17:03.97996+01:00",
            "2023-11-16 18:17:03.9799600",
            "11/16/2023, 6:17:03.97996 PM",
            "1700158623.97996",
        ] {
            assert_eq!(micros(text), Some(expected), "{text}");
        }
        assert_eq!(
            micros("11/16/2023, 12:00:00.000 AM"),
            micros("2023-11-16 00:00:00")
        );
        for text in [
            "",
            "soon",
            "13/13/2023, 1:00:00 PM",
            "1/1/2023, 13:00 XM",
            "1e300",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }
}
