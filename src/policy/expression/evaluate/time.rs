//! Members and methods of dates and time spans.

use jiff::Timestamp;

use super::call::{int, unknown};
use super::convert;
use super::operator;
use super::statics::static_unknown;
use super::{Eval, Interpreter};
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{
    DateTime, Kind, Native, Styles, TICKS_PER_SECOND, TimeSpan, Value, leap,
};

const MINUTE: i64 = 60 * TICKS_PER_SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MILLISECOND: i64 = TICKS_PER_SECOND / 1000;

const KINDS: [&(&str, &str); 3] = [
    &("DateTimeKind", "Unspecified"),
    &("DateTimeKind", "Utc"),
    &("DateTimeKind", "Local"),
];
const DAYS: [&(&str, &str); 7] = [
    &("DayOfWeek", "Sunday"),
    &("DayOfWeek", "Monday"),
    &("DayOfWeek", "Tuesday"),
    &("DayOfWeek", "Wednesday"),
    &("DayOfWeek", "Thursday"),
    &("DayOfWeek", "Friday"),
    &("DayOfWeek", "Saturday"),
];

pub(super) fn moment(timestamp: Timestamp, kind: Kind) -> DateTime {
    DateTime::from_timestamp(timestamp, kind)
}

fn small(number: i64) -> Value {
    Value::Int(i32::try_from(number).unwrap_or(i32::MAX))
}

pub(super) fn span_member(span: TimeSpan, name: &str) -> Result<Value, Raise> {
    Ok(match name {
        "Ticks" => Value::Long(span.0),
        "Days" => small(span.0 / DAY),
        "Hours" => small(span.0 / HOUR % 24),
        "Minutes" => small(span.0 / MINUTE % 60),
        "Seconds" => small(span.0 / TICKS_PER_SECOND % 60),
        "Milliseconds" => small(span.0 / MILLISECOND % 1000),
        "TotalDays" => Value::Double(span.total(DAY)),
        "TotalHours" => Value::Double(span.total(HOUR)),
        "TotalMinutes" => Value::Double(span.total(MINUTE)),
        "TotalSeconds" => Value::Double(span.total(TICKS_PER_SECOND)),
        "TotalMilliseconds" => Value::Double(span.total(MILLISECOND)),
        _ => return Err(unknown(&Value::TimeSpan(span), name)),
    })
}

pub(super) fn date_member(moment: DateTime, name: &str) -> Eval {
    let fields = moment.fields();
    let offset = matches!(moment.kind, Kind::Offset(_));
    let plain = |kind| Ok(Value::DateTime(DateTime { kind, ..moment }));
    match name {
        "Year" => Ok(small(fields.year)),
        "Month" => Ok(small(fields.month)),
        "Day" => Ok(small(fields.day)),
        "Hour" => Ok(small(fields.hour)),
        "Minute" => Ok(small(fields.minute)),
        "Second" => Ok(small(fields.second)),
        "Millisecond" => Ok(small(fields.fraction / MILLISECOND)),
        "Ticks" => Ok(Value::Long(moment.ticks)),
        "UtcTicks" if offset => Ok(Value::Long(moment.instant())),
        "DayOfWeek" => Ok(Value::Enum(DAYS[moment.weekday()])),
        "DayOfYear" => Ok(small(moment.day_of_year())),
        "TimeOfDay" => Ok(Value::TimeSpan(TimeSpan(moment.ticks % DAY))),
        "Date" if offset => plain(Kind::Unspecified).map(|date| match date {
            Value::DateTime(moment) => Value::DateTime(moment.date()),
            other => other,
        }),
        "Date" => Ok(Value::DateTime(moment.date())),
        "DateTime" if offset => plain(Kind::Unspecified),
        "UtcDateTime" if offset => Ok(Value::DateTime(DateTime {
            ticks: moment.instant(),
            kind: Kind::Utc,
        })),
        "LocalDateTime" if offset => Ok(Value::DateTime(DateTime {
            ticks: moment.instant(),
            kind: Kind::Local,
        })),
        "Offset" if offset => Ok(Value::TimeSpan(TimeSpan(moment.offset_minutes() * MINUTE))),
        "Kind" if !offset => Ok(Value::Enum(match moment.kind {
            Kind::Utc => KINDS[1],
            Kind::Local => KINDS[2],
            Kind::Unspecified | Kind::Offset(_) => KINDS[0],
        })),
        _ => Err(unknown(&Value::DateTime(moment), name).into()),
    }
}

impl Interpreter<'_> {
    pub(super) fn date_call(&mut self, moment: DateTime, name: &str, arguments: &[Value]) -> Eval {
        let plus = |unit: i64| -> Eval {
            let amount = arguments.first().and_then(Value::as_f64);
            let amount =
                amount.ok_or_else(|| Fault::refused(format!("`{name}` needs a number")))?;
            let span = TimeSpan::of(amount, unit).map_err(|_| Fault::range("value"))?;
            Ok(Value::DateTime(moment.plus(span.0)?))
        };
        let moved = |kind| {
            Ok(Value::DateTime(DateTime {
                ticks: moment.instant(),
                kind,
            }))
        };
        let offset = matches!(moment.kind, Kind::Offset(_));
        match (name, arguments) {
            ("AddDays", [_]) => plus(DAY),
            ("AddHours", [_]) => plus(HOUR),
            ("AddMinutes", [_]) => plus(MINUTE),
            ("AddSeconds", [_]) => plus(TICKS_PER_SECOND),
            ("AddMilliseconds", [_]) => plus(MILLISECOND),
            ("AddTicks", [ticks]) => Ok(Value::DateTime(moment.plus(ticks.as_i64().unwrap_or(0))?)),
            ("AddMonths", [Value::Int(months)]) => {
                Ok(Value::DateTime(moment.plus_months(i64::from(*months))?))
            }
            ("AddYears", [Value::Int(years)]) => {
                Ok(Value::DateTime(moment.plus_months(i64::from(*years) * 12)?))
            }
            ("Add", [Value::TimeSpan(span)]) => Ok(Value::DateTime(moment.plus(span.0)?)),
            ("Subtract", [Value::TimeSpan(span)]) => {
                Ok(Value::DateTime(moment.plus(span.0.saturating_neg())?))
            }
            ("Subtract", [Value::DateTime(other)]) => Ok(Value::TimeSpan(TimeSpan(
                moment.instant() - other.instant(),
            ))),
            // The gateway's own time zone is UTC.
            ("ToUniversalTime", []) => moved(if offset { Kind::Offset(0) } else { Kind::Utc }),
            ("ToLocalTime", []) => moved(if offset { Kind::Offset(0) } else { Kind::Local }),
            ("ToUnixTimeSeconds", []) if offset => Ok(Value::Long(
                moment.unix_ticks().div_euclid(TICKS_PER_SECOND),
            )),
            ("ToUnixTimeMilliseconds", []) if offset => {
                Ok(Value::Long(moment.unix_ticks().div_euclid(MILLISECOND)))
            }
            ("ToShortDateString", []) => self.new_text(moment.format("d")?),
            ("ToLongDateString", []) => self.new_text(moment.format("D")?),
            ("ToShortTimeString", []) => self.new_text(moment.format("t")?),
            ("ToLongTimeString", []) => self.new_text(moment.format("T")?),
            ("ToString", [Value::Str(format)] | [Value::Str(format), _]) => {
                self.read(format)?;
                self.new_text(moment.format(format)?)
            }
            ("ToString", [_]) => self.new_text(moment.to_text()),
            _ => Err(unknown(&Value::DateTime(moment), name).into()),
        }
    }

    pub(super) fn span_call(&mut self, span: TimeSpan, name: &str, arguments: &[Value]) -> Eval {
        match (name, arguments) {
            ("Add", [Value::TimeSpan(other)]) => {
                Ok(Value::TimeSpan(TimeSpan(span.0.saturating_add(other.0))))
            }
            ("Subtract", [Value::TimeSpan(other)]) => {
                Ok(Value::TimeSpan(TimeSpan(span.0.saturating_sub(other.0))))
            }
            ("Duration", []) => Ok(Value::TimeSpan(TimeSpan(span.0.saturating_abs()))),
            ("Negate", []) => Ok(Value::TimeSpan(TimeSpan(span.0.saturating_neg()))),
            ("ToString", [Value::Str(format)] | [Value::Str(format), _]) => {
                self.read(format)?;
                self.new_text(span.format(format)?)
            }
            _ => Err(unknown(&Value::TimeSpan(span), name).into()),
        }
    }
}

/// `new DateTime(…)`, `new TimeSpan(…)`.
pub(super) fn new_moment(arguments: &[Value], offset: bool) -> Eval {
    let mut kind = if offset {
        Kind::Offset(0)
    } else {
        Kind::Unspecified
    };
    let mut numbers = Vec::new();
    for argument in arguments {
        match argument {
            Value::Enum(("DateTimeKind", "Utc")) => kind = Kind::Utc,
            Value::Enum(("DateTimeKind", "Local")) => kind = Kind::Local,
            Value::Enum(("DateTimeKind", _)) => {}
            Value::TimeSpan(span) if offset => {
                kind = Kind::Offset(i16::try_from(span.0 / MINUTE).unwrap_or(0));
            }
            Value::DateTime(moment) if offset => {
                return Ok(Value::DateTime(convert::with_offset(*moment)));
            }
            other => {
                let number = other.as_i64();
                numbers.push(number.ok_or_else(|| Fault::refused("a date is made of numbers"))?);
            }
        }
    }
    let moment = match numbers[..] {
        [] => Some(DateTime {
            kind,
            ..DateTime::MIN
        }),
        [ticks] => Some(DateTime::new(ticks, kind)?),
        [year, month, day] => from_parts([year, month, day, 0, 0, 0, 0], kind),
        [year, month, day, hour, minute, second] => {
            from_parts([year, month, day, hour, minute, second, 0], kind)
        }
        [year, month, day, hour, minute, second, milli] => {
            from_parts([year, month, day, hour, minute, second, milli], kind)
        }
        _ => None,
    };
    let message = "Year, Month, and Day parameters describe an un-representable DateTime.";
    Ok(Value::DateTime(moment.ok_or_else(|| {
        Fault::raise("ArgumentOutOfRangeException", message)
    })?))
}

pub(super) fn new_span(arguments: &[Value]) -> Eval {
    let numbers: Option<Vec<i64>> = arguments.iter().map(Value::as_i64).collect();
    let numbers = numbers.ok_or_else(|| Fault::refused("a time span is made of integers"))?;
    let parts = match numbers[..] {
        [] => [0; 5],
        [ticks] => return Ok(Value::TimeSpan(TimeSpan(ticks))),
        [hours, minutes, seconds] => [0, hours, minutes, seconds, 0],
        [days, hours, minutes, seconds] => [days, hours, minutes, seconds, 0],
        [days, hours, minutes, seconds, milli] => [days, hours, minutes, seconds, milli],
        _ => return Err(Fault::refused("`TimeSpan` has no such constructor").into()),
    };
    let units = [DAY, HOUR, MINUTE, TICKS_PER_SECOND, MILLISECOND];
    let ticks = parts
        .iter()
        .zip(units)
        .map(|(part, unit)| i128::from(*part) * i128::from(unit))
        .sum::<i128>();
    let ticks = i64::try_from(ticks).map_err(|_| Fault::overflow("a TimeSpan"))?;
    Ok(Value::TimeSpan(TimeSpan(ticks)))
}

fn from_parts(parts: [i64; 7], kind: Kind) -> Option<DateTime> {
    let [year, month, day, hour, minute, second, milli] = parts;
    if !(0..1000).contains(&milli) {
        return None;
    }
    let fields = crate::policy::expression::value::Fields {
        year,
        month,
        day,
        hour,
        minute,
        second,
        fraction: milli * MILLISECOND,
    };
    DateTime::from_fields(fields, kind)
}

/// Static members of `DateTime`, `DateTimeOffset` and `TimeSpan` that count something.
fn days_in_month(year: i64, month: i64) -> Result<Value, Raise> {
    if !(1..=12).contains(&month) || !(1..=9999).contains(&year) {
        return Err(Fault::range("month"));
    }
    let days = crate::policy::expression::value::days_in_month(year, month);
    Ok(int(usize::try_from(days).unwrap_or(0)))
}

/// The `DateTimeStyles` among the arguments.
pub(super) fn styles(arguments: &[Value]) -> Eval<Styles> {
    let mut members: Vec<&str> = Vec::new();
    for argument in arguments {
        match argument {
            Value::Enum(("DateTimeStyles", style)) => members.push(style),
            Value::Native(object) => {
                if let Native::Flags("DateTimeStyles", several) = &**object {
                    members.extend(several);
                }
            }
            _ => {}
        }
    }
    let has = |style: &str| members.contains(&style);
    let assumes = [has("AssumeLocal"), has("AssumeUniversal")];
    let together = assumes == [true; 2]
        || has("RoundtripKind") && (assumes.contains(&true) || has("AdjustToUniversal"));
    if together {
        let message = "The given DateTimeStyles value is not valid: its styles exclude each other.";
        return Err(Fault::argument(message).into());
    }
    Ok(Styles {
        adjust_to_universal: has("AdjustToUniversal"),
        assume: assumes.contains(&true),
        round_trip: has("RoundtripKind"),
    })
}

/// Static methods of `DateTime` and `DateTimeOffset`.
pub(super) fn date_static(named: &Type, name: &str, arguments: &[Value]) -> Eval {
    let offset = *named == Type::DateTimeOffset;
    let styles = styles(arguments)?;
    match (name, arguments) {
        ("Parse", [Value::Str(text), ..]) => Ok(Value::DateTime(DateTime::parse_styled(
            text, offset, styles,
        )?)),
        ("Parse", [Value::Null, ..]) => Err(Fault::null_argument("s").into()),
        ("ParseExact", [Value::Str(text), Value::Str(format), ..]) => Ok(Value::DateTime(
            DateTime::parse_exact(text, format, offset, styles)?,
        )),
        ("FromUnixTimeSeconds", [seconds]) if offset => {
            let seconds = seconds
                .as_i64()
                .ok_or_else(|| Fault::refused("seconds are a `long`"))?;
            Ok(Value::DateTime(DateTime::from_unix(
                seconds,
                Kind::Offset(0),
            )?))
        }
        ("FromUnixTimeMilliseconds", [milliseconds]) if offset => {
            let milliseconds = milliseconds
                .as_i64()
                .ok_or_else(|| Fault::refused("milliseconds are a `long`"))?;
            let epoch = DateTime::from_unix(0, Kind::Offset(0))?;
            Ok(Value::DateTime(
                epoch.plus(milliseconds.saturating_mul(MILLISECOND))?,
            ))
        }
        ("SpecifyKind", [Value::DateTime(moment), Value::Enum((_, kind))]) => {
            let kind = match *kind {
                "Utc" => Kind::Utc,
                "Local" => Kind::Local,
                _ => Kind::Unspecified,
            };
            Ok(Value::DateTime(DateTime { kind, ..*moment }))
        }
        ("Compare", [left, right]) => Ok(Value::Int(i32::from(
            operator::total_order(left, right)? as i8,
        ))),
        ("DaysInMonth", [Value::Int(year), Value::Int(month)]) => {
            Ok(days_in_month(i64::from(*year), i64::from(*month))?)
        }
        ("IsLeapYear", [Value::Int(year)]) => Ok(Value::Bool(leap(i64::from(*year)))),
        _ => Err(static_unknown(named, name).into()),
    }
}

pub(super) fn span_static(name: &str, arguments: &[Value]) -> Eval {
    let unit = match name {
        "FromDays" => DAY,
        "FromHours" => HOUR,
        "FromMinutes" => MINUTE,
        "FromSeconds" => TICKS_PER_SECOND,
        "FromMilliseconds" => MILLISECOND,
        "FromTicks" => 1,
        "Parse" => match arguments {
            [Value::Str(text), ..] => return Ok(Value::TimeSpan(TimeSpan::parse(text)?)),
            _ => return Err(Fault::null_argument("input").into()),
        },
        _ => return Err(static_unknown(&Type::TimeSpan, name).into()),
    };
    match arguments {
        [Value::Long(ticks)] if unit == 1 => Ok(Value::TimeSpan(TimeSpan(*ticks))),
        [amount] => {
            let amount = amount
                .as_f64()
                .ok_or_else(|| Fault::refused(format!("`{name}` needs a number")))?;
            Ok(Value::TimeSpan(TimeSpan::of(amount, unit)?))
        }
        _ => Err(static_unknown(&Type::TimeSpan, name).into()),
    }
}
