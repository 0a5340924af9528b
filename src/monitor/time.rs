//! Times and intervals as the API writes them.

use std::time::Duration;

use jiff::Timestamp;

/// Lengths of an interval that platform metrics have, with their names.
pub(super) const GRAINS: [(&str, u64); 8] = [
    ("PT1M", 60),
    ("PT5M", 300),
    ("PT15M", 900),
    ("PT30M", 1_800),
    ("PT1H", 3_600),
    ("PT6H", 21_600),
    ("PT12H", 43_200),
    ("P1D", 86_400),
];

/// An ISO 8601 duration of days and smaller units: `PT1H`, `P1DT12H`, `PT3600.0S`.
pub(super) fn iso_duration(text: &str) -> Option<Duration> {
    let upper = text.trim().to_ascii_uppercase();
    let rest = upper.strip_prefix('P')?;
    let (days, clock) = rest.split_once('T').unwrap_or((rest, ""));
    let mut seconds = 0.0;
    let mut parts = 0;
    for (mut part, units) in [
        (days, &[('W', 604_800.0), ('D', 86_400.0)][..]),
        (clock, &[('H', 3_600.0), ('M', 60.0), ('S', 1.0)][..]),
    ] {
        while !part.is_empty() {
            let end = part.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let number: f64 = part[..end].parse().ok()?;
            let unit = part[end..].chars().next()?;
            let (_, length) = units.iter().find(|(known, _)| *known == unit)?;
            seconds += number * length;
            parts += 1;
            part = &part[end + unit.len_utf8()..];
        }
    }
    (parts > 0).then_some(())?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// A moment; without an offset it is UTC, as Azure takes it.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()
    })
}

/// `FROM/TO`, `FROM/PT1H`, `PT1H/TO`, or a length that ends now. Percent signs that are left are
/// those of a client that encodes twice.
pub(super) fn timespan(text: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let decoded = unescape(text);
    let text = decoded.as_str();
    let Some((from, to)) = text.split_once('/') else {
        return Some((now.checked_sub(iso_duration(text)?).ok()?, now));
    };
    let (from, to) = match (moment(from), moment(to)) {
        (Some(from), Some(to)) => (from, to),
        (Some(from), None) => (from, from.checked_add(iso_duration(to)?).ok()?),
        (None, Some(to)) => (to.checked_sub(iso_duration(from)?).ok()?, to),
        (None, None) => return None,
    };
    (from < to).then_some((from, to))
}

/// Percent encoding undone, with what is no encoding left as it is.
pub(super) fn unescape(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let hex = text.get(place + 1..place + 3);
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.filter(|_| bytes[place] == b'%') {
            Some(byte) => {
                out.push(byte);
                place += 3;
            }
            None => {
                out.push(bytes[place]);
                place += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// As answers write moments.
pub(super) fn zulu(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [
            ("PT1H", 3_600.0),
            ("pt30m", 1_800.0),
            ("P1D", 86_400.0),
            ("P1DT1H", 90_000.0),
            ("PT3600.0S", 3_600.0),
            ("PT0.5S", 0.5),
        ] {
            assert_eq!(
                iso_duration(text),
                Some(Duration::from_secs_f64(seconds)),
                "{text}"
            );
        }
        for text in ["", "P", "PT", "1h", "PT1X", "PTH", "P1H", "PT1.2.3S", "PT1"] {
            assert_eq!(iso_duration(text), None, "{text}");
        }
    }

    #[test]
    fn spans_are_read_in_every_form_that_clients_send() {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let hour = "2026-01-01T11:00:00Z 2026-01-01T12:00:00Z";
        for text in [
            "PT1H",
            "2026-01-01T11:00:00Z/2026-01-01T12:00:00Z",
            "2026-01-01T11:00:00Z/PT1H",
            "PT1H/2026-01-01T12:00:00Z",
            "2026-01-01T11:00:00/2026-01-01T12:00:00",
            // az encodes twice; the router has undone one.
            "2026-01-01T11%3A00%3A00Z/2026-01-01T12%3A00%3A00Z",
            "2026-01-01T11%3A00%3A00Z%2F2026-01-01T12%3A00%3A00Z",
            "2026-01-01T12:00:00%2B01:00/2026-01-01T12:00:00Z",
        ] {
            let (from, to) = timespan(text, now).expect(text);
            assert_eq!(format!("{} {}", zulu(from), zulu(to)), hour, "{text}");
        }
        for text in ["", "x/y", "2026-01-01T12:00:00Z/2026-01-01T11:00:00Z"] {
            assert_eq!(timespan(text, now), None, "{text}");
        }
    }
}
