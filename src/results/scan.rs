//! Reading one line fast.
//!
//! Lines that stand as [`encode_line`](super::encode_line) writes them (fields in its order, no
//! spaces, no escapes) are read in one pass that builds nothing and borrows the names. Any other
//! line, and any that is wrong, goes through serde, whose answer counts and who explains mistakes.

use std::borrow::Cow;

use memchr::memchr2;

use super::record::{Failure, Line, Record, decode_line};

/// One line of `requests.jsonl`, without its newline.
///
/// # Errors
///
/// When the line is not a whole record.
pub(crate) fn read_line(line: &str) -> Result<Line<'_>, serde_json::Error> {
    match scan(line) {
        Some(line) => Ok(line),
        None => decode_line(line).map(Record::into_line),
    }
}

/// `None` when the line does not stand as we write it.
fn scan(line: &str) -> Option<Line<'_>> {
    let mut rest = Rest(line);
    let record = Line {
        arrival: rest.count("{\"arrival\":")?,
        attempt: u32::try_from(rest.count(",\"attempt\":")?).ok()?,
        caller: rest.name(",\"caller\":\"")?,
        subscription: rest.name(",\"subscription\":\"")?,
        stream: rest.flag(",\"stream\":")?,
        warm_up: rest.takes(",\"warm_up\":true"),
        scheduled_us: rest.count(",\"scheduled_us\":")?,
        sent_us: rest.count(",\"sent_us\":")?,
        first_token_us: rest.perhaps(",\"first_token_us\":")?,
        last_token_us: rest.perhaps(",\"last_token_us\":")?,
        done_us: rest.count(",\"done_us\":")?,
        status: match rest.perhaps(",\"status\":")? {
            Some(status) => Some(u16::try_from(status).ok()?),
            None => None,
        },
        failure: rest.failure()?,
        retry_after_s: rest.perhaps(",\"retry_after_s\":")?,
        remaining_tokens: rest.perhaps(",\"remaining_tokens\":")?,
        consumed_tokens: rest.perhaps(",\"consumed_tokens\":")?,
        prompt_tokens: rest.perhaps(",\"prompt_tokens\":")?,
        completion_tokens: rest.perhaps(",\"completion_tokens\":")?,
        planned_prompt_tokens: rest.count(",\"planned_prompt_tokens\":")?,
        reason: if rest.takes(",\"reason\":\"") {
            Some(rest.text()?)
        } else {
            None
        },
        waited_until_us: rest.perhaps(",\"waited_until_us\":")?,
    };
    (rest.0 == "}").then_some(record)
}

/// What of a line is not read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Goes past `text` if it comes next.
    fn takes(&mut self, text: &str) -> bool {
        match self.0.strip_prefix(text) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn count(&mut self, key: &str) -> Option<u64> {
        if self.takes(key) { self.number() } else { None }
    }

    /// A field that may be absent: `Some(None)` when it is, `None` when it is not a count.
    #[expect(clippy::option_option, reason = "absent and wrong are two things here")]
    fn perhaps(&mut self, key: &str) -> Option<Option<u64>> {
        if self.takes(key) {
            self.number().map(Some)
        } else {
            Some(None)
        }
    }

    /// Digits of a whole number that surely fits; JSON knows no leading zeros.
    fn number(&mut self) -> Option<u64> {
        const SURELY_FITS: usize = 18;
        let bytes = self.0.as_bytes();
        let mut value = 0;
        let mut length = 0;
        while let Some(digit) = bytes.get(length).map(|byte| byte.wrapping_sub(b'0'))
            && digit < 10
        {
            value = value * 10 + u64::from(digit);
            length += 1;
            if length > SURELY_FITS {
                return None;
            }
        }
        if length == 0 || (length > 1 && bytes[0] == b'0') {
            return None;
        }
        self.0 = &self.0[length..];
        Some(value)
    }

    fn flag(&mut self, key: &str) -> Option<bool> {
        if !self.takes(key) {
            None
        } else if self.takes("false") {
            Some(false)
        } else if self.takes("true") {
            Some(true)
        } else {
            None
        }
    }

    fn name(&mut self, key: &str) -> Option<Cow<'a, str>> {
        if self.takes(key) { self.text() } else { None }
    }

    /// The rest of a text whose opening quote is read; one with escapes is not ours to read.
    fn text(&mut self) -> Option<Cow<'a, str>> {
        let bytes = self.0.as_bytes();
        let end = memchr2(b'"', b'\\', bytes)?;
        let plain = bytes[end] == b'"' && bytes[..end].iter().all(|byte| *byte >= b' ');
        plain.then(|| {
            let text = &self.0[..end];
            self.0 = &self.0[end + 1..];
            Cow::Borrowed(text)
        })
    }

    #[expect(clippy::option_option, reason = "absent and wrong are two things here")]
    fn failure(&mut self) -> Option<Option<Failure>> {
        if !self.takes(",\"failure\":\"") {
            return Some(None);
        }
        let failure = match self.text()?.as_ref() {
            "connect" => Failure::Connect,
            "broken" => Failure::Broken,
            "timeout" => Failure::Timeout,
            "malformed" => Failure::Malformed,
            "interrupted" => Failure::Interrupted,
            _ => return None,
        };
        Some(Some(failure))
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;

    use super::super::record::encode_line;
    use super::*;
    use crate::base::Moment;

    /// A name that needs no escapes, or one that does.
    fn name() -> impl Strategy<Value = String> {
        prop_oneof![3 => "[a-zA-Zß-ÿ0-9 .:/-]{0,12}", 1 => "\\PC{0,6}[\"\\\\\n\u{7f}]?"]
    }

    fn failure() -> impl Strategy<Value = Failure> {
        prop_oneof![
            Just(Failure::Connect),
            Just(Failure::Broken),
            Just(Failure::Timeout),
            Just(Failure::Malformed),
            Just(Failure::Interrupted),
        ]
    }

    fn record() -> impl Strategy<Value = Record> {
        let count = || option::of(prop_oneof![0..2_000_u64, any::<u64>()]);
        let counts = [count(), count(), count(), count(), count()];
        let times = [count(), count(), count(), count(), count()];
        let words = (name(), name(), option::of(name()), option::of(failure()));
        let rest = (any::<u32>(), any::<[bool; 2]>(), option::of(any::<u16>()));
        (counts, times, words, rest).prop_map(|(counts, times, words, rest)| {
            let (caller, subscription, reason, failure) = words;
            let (attempt, [stream, warm_up], status) = rest;
            Record {
                stream,
                warm_up,
                status,
                failure,
                reason,
                first_token_us: times[0],
                last_token_us: times[1],
                waited_until_us: times[2],
                done_us: times[3].unwrap_or(0),
                sent_us: times[4].unwrap_or(7),
                retry_after_s: counts[0],
                remaining_tokens: counts[1],
                consumed_tokens: counts[2],
                prompt_tokens: counts[3],
                completion_tokens: counts[4],
                ..Record::new(
                    counts[0].unwrap_or(3),
                    attempt,
                    &caller,
                    &subscription,
                    Moment::default(),
                )
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read(record in record()) {
            let line = encode_line(&record);
            prop_assert_eq!(read_line(line.trim_end_matches('\n')).unwrap().to_record(), record);
        }

        /// Whatever happened to a line, the fast way says what serde says or leaves it to serde.
        #[test]
        fn a_damaged_line_is_read_as_serde_reads_it(
            record in record(), place in 0..400_usize, letter in "[ 0-9a-z\",:{}\\\\-]?", cut in any::<bool>(),
        ) {
            let mut line = encode_line(&record).trim_end_matches('\n').to_owned();
            let place = (0..=place.min(line.len())).rev().find(|place| line.is_char_boundary(*place)).unwrap();
            if cut {
                line.truncate(place);
            }
            line.insert_str(place, &letter);
            if let Some(scanned) = scan(&line) {
                prop_assert_eq!(scanned.to_record(), decode_line(&line).unwrap());
            }
        }
    }

    #[test]
    fn our_own_lines_take_the_fast_way() {
        let mut record = Record::new(7, 1, "loud", "team-a", Moment::default());
        record.status = Some(429);
        record.retry_after_s = Some(7);
        let line = encode_line(&record);
        assert!(scan(line.trim_end()).is_some());
        assert!(scan(&line.replace(":7", ":07")).is_none(), "no JSON");
        let spaced = line.trim_end().replace(',', ", ");
        assert!(scan(&spaced).is_none());
        assert_eq!(read_line(&spaced).unwrap().to_record(), record);
        assert!(read_line("{\"arrival\":1}").is_err());
    }
}
