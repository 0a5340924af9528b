//! Dates and time spans from text.

use super::date::{DateTime, Fields, Kind, TICKS_PER_SECOND, TimeSpan};
use super::date_format::{MONTHS, Part, parts};
use crate::policy::expression::fault::{Fault, Raise};

/// A text read from the left.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let digits = self
            .0
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count();
        if digits < least {
            return None;
        }
        let number = self.0[..digits].parse().ok()?;
        self.0 = &self.0[digits..];
        Some(number)
    }

    fn eat(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    fn eat_any(&mut self, choices: &[char]) -> Option<char> {
        let c = self.0.chars().next().filter(|c| choices.contains(c))?;
        self.0 = &self.0[c.len_utf8()..];
        Some(c)
    }

    /// Digits after a point, as ticks.
    fn fraction(&mut self, most: usize) -> Option<i64> {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > most {
            return None;
        }
        let padded = format!("{:0<7}", &self.0[..digits]);
        self.0 = &self.0[digits..];
        padded[..7].parse().ok()
    }

    /// `Z`, `+hh:mm`, `+hhmm`, `+hh`, or nothing.
    fn zone(&mut self) -> Option<Zone> {
        match self.eat_any(&['Z', 'z', '+', '-']) {
            None => Some(Zone::None),
            Some('Z' | 'z') => Some(Zone::Utc),
            Some(sign) => {
                let hours = self.number(1, 2)?;
                let colon = self.eat_any(&[':']).is_some();
                let minutes = if colon {
                    self.number(2, 2)?
                } else {
                    self.number(2, 2).unwrap_or(0)
                };
                let minutes = i16::try_from(hours * 60 + minutes)
                    .ok()
                    .filter(|minutes| *minutes <= 14 * 60)?;
                Some(Zone::Offset(if sign == '-' { -minutes } else { minutes }))
            }
        }
    }

    fn clock(&mut self, fields: &mut Fields) -> Option<()> {
        fields.hour = self.number(1, 2)?;
        self.eat(":")?;
        fields.minute = self.number(2, 2)?;
        if self.eat(":").is_some() {
            fields.second = self.number(2, 2)?;
            if self.eat(".").is_some() {
                fields.fraction = self.fraction(16)?;
            }
        }
        self.0 = self.0.trim_start();
        let half = self.0.get(..2).map(str::to_ascii_uppercase);
        if let Some(half @ ("AM" | "PM")) = half.as_deref() {
            fields.hour = fields.hour % 12 + if half == "PM" { 12 } else { 0 };
            self.0 = &self.0[2..];
        }
        Some(())
    }
}

#[derive(Debug, Clone, Copy)]
enum Zone {
    None,
    Utc,
    Offset(i16),
}

const EMPTY: Fields = Fields {
    year: 1,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    fraction: 0,
};

/// `DateTimeStyles`, as far as they change what a text means. The gateway's local time is UTC.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Styles {
    pub(crate) adjust_to_universal: bool,
    /// `AssumeLocal` and `AssumeUniversal` mean the same where local time is UTC.
    pub(crate) assume: bool,
    pub(crate) round_trip: bool,
}

impl Styles {
    /// .NET gives local time for a text that names a zone, unless it is told otherwise.
    fn applied(self, moment: DateTime) -> DateTime {
        let of = |kind| DateTime { kind, ..moment };
        match moment.kind {
            Kind::Offset(_) if self.adjust_to_universal => DateTime {
                ticks: moment.instant(),
                kind: Kind::Offset(0),
            },
            Kind::Unspecified if !self.assume => moment,
            Kind::Unspecified | Kind::Utc | Kind::Local if self.adjust_to_universal => {
                of(Kind::Utc)
            }
            Kind::Unspecified => of(Kind::Local),
            Kind::Utc if !self.round_trip => of(Kind::Local),
            Kind::Utc | Kind::Local | Kind::Offset(_) => moment,
        }
    }
}

impl DateTime {
    /// What Newtonsoft takes for a date while it reads JSON.
    pub(super) fn from_json(text: &str) -> Option<DateTime> {
        let shape = (19..=40).contains(&text.len())
            && text.as_bytes()[10] == b'T'
            && text.as_bytes()[0].is_ascii_digit();
        if !shape {
            return None;
        }
        let mut cursor = Cursor(text);
        let mut fields = EMPTY;
        date_with(&mut cursor, &mut fields, '-')?;
        cursor.eat("T")?;
        fields.hour = cursor.number(2, 2)?;
        cursor.eat(":")?;
        fields.minute = cursor.number(2, 2)?;
        cursor.eat(":")?;
        fields.second = cursor.number(2, 2)?;
        if cursor.eat(".").is_some() {
            fields.fraction = cursor.fraction(16)?;
        }
        let zone = cursor.zone()?;
        if !cursor.0.is_empty() {
            return None;
        }
        in_zone(fields, zone, false)
    }

    /// `Parse`: the forms of the invariant culture, and ISO 8601. `offset`: as a `DateTimeOffset`.
    pub(crate) fn parse(text: &str, offset: bool) -> Result<DateTime, Raise> {
        DateTime::parse_styled(text, offset, Styles::default())
    }

    /// As [`parse`](Self::parse), with `DateTimeStyles`.
    pub(crate) fn parse_styled(
        text: &str,
        offset: bool,
        styles: Styles,
    ) -> Result<DateTime, Raise> {
        let read = read(text.trim(), offset);
        read.map(|moment| styles.applied(moment)).ok_or_else(|| {
            Fault::format(format!(
                "String '{text}' was not recognized as a valid DateTime."
            ))
        })
    }

    /// `ParseExact`
    pub(crate) fn parse_exact(
        text: &str,
        pattern: &str,
        offset: bool,
        styles: Styles,
    ) -> Result<DateTime, Raise> {
        let pattern = match pattern {
            "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fffffffK",
            "s" => "yyyy-MM-ddTHH:mm:ss",
            "u" => "yyyy-MM-dd HH:mm:ssZ",
            "r" | "R" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
            "d" => "MM/dd/yyyy",
            "G" => "MM/dd/yyyy HH:mm:ss",
            other => other,
        };
        let read = read_exact(text, &parts(pattern)?, offset);
        read.map(|moment| styles.applied(moment)).ok_or_else(|| {
            Fault::format(format!(
                "String '{text}' was not recognized as a valid DateTime."
            ))
        })
    }
}

/// `yyyy-MM-dd` with that separator.
fn date_with(cursor: &mut Cursor<'_>, fields: &mut Fields, separator: char) -> Option<()> {
    fields.year = cursor.number(4, 4)?;
    cursor.eat_any(&[separator])?;
    fields.month = cursor.number(1, 2)?;
    cursor.eat_any(&[separator])?;
    fields.day = cursor.number(1, 2)?;
    Some(())
}

fn in_zone(fields: Fields, zone: Zone, offset: bool) -> Option<DateTime> {
    let wall = |kind| DateTime::from_fields(fields, kind);
    match zone {
        Zone::None | Zone::Utc if offset => wall(Kind::Offset(0)),
        Zone::None => wall(Kind::Unspecified),
        Zone::Utc => wall(Kind::Utc),
        Zone::Offset(minutes) if offset => wall(Kind::Offset(minutes)),
        Zone::Offset(minutes) => {
            let moment = wall(Kind::Local)?;
            moment
                .plus(-i64::from(minutes) * 60 * TICKS_PER_SECOND)
                .ok()
        }
    }
}

fn read(text: &str, offset: bool) -> Option<DateTime> {
    let mut cursor = Cursor(text);
    let mut fields = EMPTY;
    // `Tue, 15 Nov 1994 08:12:31 GMT`
    if let Some((day, rest)) = text.split_once(", ")
        && day.bytes().all(|byte| byte.is_ascii_alphabetic())
    {
        cursor.0 = rest;
    }
    day(&mut cursor, &mut fields)?;
    if cursor.eat_any(&['T', ' ']).is_some() {
        cursor.0 = cursor.0.trim_start();
        cursor.clock(&mut fields)?;
    }
    cursor.0 = cursor.0.trim_start();
    let zone = if cursor.eat("GMT").is_some() {
        Zone::Utc
    } else {
        cursor.zone()?
    };
    if !cursor.0.is_empty() {
        return None;
    }
    in_zone(fields, zone, offset)
}

fn day(cursor: &mut Cursor<'_>, fields: &mut Fields) -> Option<()> {
    let start = cursor.0;
    for separator in ['-', '/'] {
        if date_with(cursor, fields, separator).is_some() {
            return Some(());
        }
        cursor.0 = start;
    }
    fields.day = cursor.number(1, 2)?;
    if cursor.eat("/").is_some() {
        // The invariant culture puts the month first.
        fields.month = fields.day;
        fields.day = cursor.number(1, 2)?;
        cursor.eat("/")?;
        fields.year = cursor.number(4, 4)?;
        return Some(());
    }
    cursor.eat_any(&[' ', '-'])?;
    fields.month = month(cursor)?;
    cursor.eat_any(&[' ', '-'])?;
    fields.year = cursor.number(4, 4)?;
    Some(())
}

fn month(cursor: &mut Cursor<'_>) -> Option<i64> {
    for (index, name) in MONTHS.iter().enumerate() {
        for name in [name, &name[..3]] {
            if cursor
                .0
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
            {
                cursor.0 = &cursor.0[name.len()..];
                return i64::try_from(index + 1).ok();
            }
        }
    }
    None
}

fn read_exact(text: &str, parts: &[Part], offset: bool) -> Option<DateTime> {
    let mut cursor = Cursor(text);
    let mut fields = EMPTY;
    let mut zone = Zone::None;
    let mut afternoon = None;
    for part in parts {
        let digits = |count: usize| if count == 1 { (1, 2) } else { (2, 2) };
        match part {
            Part::Literal(literal) => cursor.eat(literal)?,
            Part::Field('y', count @ 3..) => {
                fields.year = cursor.number(*count, (*count).max(4))?;
            }
            Part::Field('y', _) => fields.year = 2000 + cursor.number(2, 2)?,
            Part::Field('M', 3..) => fields.month = month(&mut cursor)?,
            Part::Field('d', 3..) => {
                cursor.0 = cursor
                    .0
                    .trim_start_matches(|c: char| c.is_ascii_alphabetic());
            }
            Part::Field('f', count) => {
                let digits = cursor.0.get(..*count)?;
                fields.fraction = Cursor(digits).fraction(7)?;
                cursor.0 = &cursor.0[*count..];
            }
            Part::Field('F', _) => fields.fraction = cursor.fraction(7).unwrap_or(0),
            Part::Field('z' | 'K', _) => zone = cursor.zone()?,
            Part::Field('t', count) => {
                afternoon = Some(
                    cursor
                        .eat_any(&['A', 'P', 'a', 'p'])?
                        .eq_ignore_ascii_case(&'p'),
                );
                if *count > 1 {
                    cursor.eat_any(&['M', 'm'])?;
                }
            }
            Part::Field(letter, count) => {
                let (least, most) = digits(*count);
                let number = cursor.number(least, most)?;
                match letter {
                    'M' => fields.month = number,
                    'd' => fields.day = number,
                    'H' | 'h' => fields.hour = number,
                    'm' => fields.minute = number,
                    's' => fields.second = number,
                    _ => return None,
                }
            }
        }
    }
    if let Some(afternoon) = afternoon {
        fields.hour = fields.hour % 12 + if afternoon { 12 } else { 0 };
    }
    if !cursor.0.is_empty() {
        return None;
    }
    in_zone(fields, zone, offset)
}

impl TimeSpan {
    /// `[-][d.]hh:mm[:ss[.fffffff]]`, or days alone.
    pub(crate) fn parse(text: &str) -> Result<TimeSpan, Raise> {
        span(text.trim()).ok_or_else(|| {
            Fault::format(format!(
                "String '{text}' was not recognized as a valid TimeSpan."
            ))
        })
    }
}

fn span(text: &str) -> Option<TimeSpan> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let mut cursor = Cursor(text);
    let first = cursor.number(1, 8)?;
    let mut seconds = first * 86_400;
    let mut fraction = 0;
    if !cursor.0.is_empty() {
        let days = cursor.eat(".").is_some();
        let hours = if days { cursor.number(1, 2)? } else { first };
        seconds = if days { seconds } else { 0 };
        cursor.eat(":")?;
        let minutes = cursor.number(1, 2)?;
        let second = if cursor.eat(":").is_some() {
            cursor.number(1, 2)?
        } else {
            0
        };
        if cursor.eat(".").is_some() {
            fraction = cursor.fraction(7)?;
        }
        if !cursor.0.is_empty() || hours > 23 || minutes > 59 || second > 59 {
            return None;
        }
        seconds += hours * 3_600 + minutes * 60 + second;
    }
    Some(TimeSpan(
        sign * (seconds.checked_mul(TICKS_PER_SECOND)? + fraction),
    ))
}
