use jiff::civil::{DateTime, Weekday};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A UTC date in a .NET date format, standard or custom, in the invariant culture; nothing when
/// the format has a part that is not known here.
pub(super) fn format(date: DateTime, spec: &str) -> Option<String> {
    let spec = match spec {
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "f" => "dddd, dd MMMM yyyy HH:mm",
        "F" | "U" => "dddd, dd MMMM yyyy HH:mm:ss",
        "g" => "MM/dd/yyyy HH:mm",
        "G" => "MM/dd/yyyy HH:mm:ss",
        "m" | "M" => "MMMM dd",
        "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fffffffK",
        "r" | "R" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ss'Z'",
        "y" | "Y" => "yyyy MMMM",
        one if one.chars().count() == 1 => return None,
        custom => custom,
    };
    let chars: Vec<char> = spec.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        match c {
            '\'' | '"' => {
                let end = chars[at + 1..].iter().position(|other| *other == c)?;
                out.extend(&chars[at + 1..at + 1 + end]);
                at += end + 2;
            }
            '\\' => {
                out.push(*chars.get(at + 1)?);
                at += 2;
            }
            '%' => at += 1,
            _ => {
                let count = chars[at..].iter().take_while(|other| **other == c).count();
                out.push_str(&part(date, c, count)?);
                at += count;
            }
        }
    }
    Some(out)
}

/// One run of the same letter.
fn part(date: DateTime, letter: char, count: usize) -> Option<String> {
    let padded = |value: i64| format!("{value:0>count$}");
    let hour = i64::from(date.hour());
    let month = usize::try_from(date.month() - 1).ok()?;
    Some(match letter {
        'y' if count <= 2 => padded(i64::from(date.year() % 100)),
        'y' => padded(i64::from(date.year())),
        'M' if count <= 2 => padded(i64::from(date.month())),
        'M' if count == 3 => MONTHS[month][..3].to_owned(),
        'M' => MONTHS[month].to_owned(),
        'd' if count <= 2 => padded(i64::from(date.day())),
        'd' if count == 3 => day(date)[..3].to_owned(),
        'd' => day(date).to_owned(),
        'H' if count <= 2 => padded(hour),
        'h' if count <= 2 => padded((hour + 11) % 12 + 1),
        'm' if count <= 2 => padded(i64::from(date.minute())),
        's' if count <= 2 => padded(i64::from(date.second())),
        'f' | 'F' if count <= 7 => {
            let digits = format!("{:09}", date.subsec_nanosecond());
            let digits = &digits[..count];
            match letter {
                'F' => digits.trim_end_matches('0').to_owned(),
                _ => digits.to_owned(),
            }
        }
        't' => {
            let mark = if hour < 12 { "AM" } else { "PM" };
            mark[..count.min(2)].to_owned()
        }
        'z' => match count {
            1 => "+0",
            2 => "+00",
            _ => "+00:00",
        }
        .to_owned(),
        'K' => "Z".repeat(count),
        'H' | 'h' | 'm' | 's' | 'f' | 'F' => return None,
        other => std::iter::repeat_n(other, count).collect(),
    })
}

fn day(date: DateTime) -> &'static str {
    match date.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}
