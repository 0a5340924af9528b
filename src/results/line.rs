//! Writing one line fast: what serde writes for a [`Record`], without its detours. The load path
//! writes a line for every request, and a line costs as much as reading an answer otherwise.

use super::record::{Failure, Record, TokensBy};

/// One line of `requests.jsonl`, with its newline.
pub(crate) fn encode_line(record: &Record) -> String {
    let mut line = Vec::with_capacity(512);
    write_line(&mut line, record);
    String::from_utf8(line).expect("names are text, and all else is ASCII")
}

/// Adds the line to `out`.
pub(crate) fn write_line(out: &mut Vec<u8>, record: &Record) {
    let mut line = Line(out);
    line.count("{\"arrival\":", record.arrival);
    line.count(",\"attempt\":", u64::from(record.attempt));
    line.text(",\"caller\":", &record.caller);
    line.text(",\"subscription\":", &record.subscription);
    line.raw(if record.stream {
        ",\"stream\":true"
    } else {
        ",\"stream\":false"
    });
    if record.warm_up {
        line.raw(",\"warm_up\":true");
    }
    line.count(",\"scheduled_us\":", record.scheduled_us);
    line.count(",\"sent_us\":", record.sent_us);
    line.perhaps(",\"first_token_us\":", record.first_token_us);
    line.perhaps(",\"last_token_us\":", record.last_token_us);
    line.count(",\"done_us\":", record.done_us);
    line.perhaps(",\"status\":", record.status.map(u64::from));
    if let Some(failure) = record.failure {
        line.text(",\"failure\":", failure.as_str());
    }
    line.perhaps(",\"retry_after_s\":", record.retry_after_s);
    line.perhaps(",\"remaining_tokens\":", record.remaining_tokens);
    line.perhaps(",\"consumed_tokens\":", record.consumed_tokens);
    line.perhaps(",\"prompt_tokens\":", record.prompt_tokens);
    line.perhaps(",\"completion_tokens\":", record.completion_tokens);
    line.count(",\"planned_prompt_tokens\":", record.planned_prompt_tokens);
    if let Some(reason) = &record.reason {
        line.text(",\"reason\":", reason);
    }
    line.perhaps(",\"waited_until_us\":", record.waited_until_us);
    line.perhaps(",\"connect_us\":", record.connect_us);
    line.perhaps(",\"tls_us\":", record.tls_us);
    line.perhaps(",\"sent_bytes\":", record.sent_bytes);
    line.perhaps(",\"received_bytes\":", record.received_bytes);
    line.perhaps(",\"content_events\":", record.content_events);
    line.perhaps(",\"itl_p50_us\":", record.itl_p50_us);
    line.perhaps(",\"itl_p99_us\":", record.itl_p99_us);
    line.perhaps(",\"itl_max_us\":", record.itl_max_us);
    match record.tokens_by {
        Some(TokensBy::Reported) => line.raw(",\"tokens_by\":\"reported\""),
        Some(TokensBy::Counted) => line.raw(",\"tokens_by\":\"counted\""),
        None => {}
    }
    if record.in_stream {
        line.raw(",\"in_stream\":true");
    }
    line.raw("}\n");
}

struct Line<'a>(&'a mut Vec<u8>);

impl Line<'_> {
    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn count(&mut self, key: &str, count: u64) {
        self.raw(key);
        self.raw(itoa::Buffer::new().format(count));
    }

    fn perhaps(&mut self, key: &str, count: Option<u64>) {
        if let Some(count) = count {
            self.count(key, count);
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        self.raw(key);
        if text
            .bytes()
            .any(|byte| byte < b' ' || byte == b'"' || byte == b'\\')
        {
            serde_json::to_writer(&mut *self.0, text).expect("a vector takes everything");
        } else {
            self.raw("\"");
            self.raw(text);
            self.raw("\"");
        }
    }
}

impl Failure {
    /// As it stands in a record.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Failure::Connect => "connect",
            Failure::Broken => "broken",
            Failure::Timeout => "timeout",
            Failure::Malformed => "malformed",
            Failure::Interrupted => "interrupted",
            Failure::NoConnection => "no-connection",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;

    use super::super::record::decode_line;
    use super::*;
    use crate::base::Moment;

    fn failure() -> impl Strategy<Value = Failure> {
        prop_oneof![
            Just(Failure::Connect),
            Just(Failure::Broken),
            Just(Failure::Timeout),
            Just(Failure::Malformed),
            Just(Failure::Interrupted),
            Just(Failure::NoConnection),
        ]
    }

    fn record() -> impl Strategy<Value = Record> {
        let counts = || prop::array::uniform10(option::of(any::<u64>()));
        let words = (".{0,9}", ".{0,9}", option::of(".{0,9}"));
        let by = prop_oneof![Just(TokensBy::Reported), Just(TokensBy::Counted)];
        let kinds = (
            option::of(failure()),
            option::of(by),
            any::<[bool; 3]>(),
            option::of(any::<u16>()),
        );
        (counts(), counts(), words, kinds).prop_map(|(some, more, words, kinds)| {
            let mut record = Record::new(7, 2, &words.0, &words.1, Moment::from_micros(5));
            record.first_token_us = some[0];
            record.last_token_us = some[1];
            record.retry_after_s = some[2];
            record.remaining_tokens = some[3];
            record.consumed_tokens = some[4];
            record.prompt_tokens = some[5];
            record.completion_tokens = some[6];
            record.waited_until_us = some[7];
            record.sent_us = some[8].unwrap_or(0);
            record.done_us = some[9].unwrap_or(0);
            record.connect_us = more[0];
            record.tls_us = more[1];
            record.sent_bytes = more[2];
            record.received_bytes = more[3];
            record.content_events = more[4];
            record.itl_p50_us = more[5];
            record.itl_p99_us = more[6];
            record.itl_max_us = more[7];
            record.planned_prompt_tokens = more[8].unwrap_or(0);
            record.arrival = more[9].unwrap_or(0);
            record.reason = words.2;
            record.failure = kinds.0;
            record.tokens_by = kinds.1;
            [record.stream, record.in_stream, record.warm_up] = kinds.2;
            record.status = kinds.3;
            record
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_line_is_what_serde_writes_and_reads(record in record()) {
            let line = encode_line(&record);
            prop_assert_eq!(line.trim_end_matches('\n'), serde_json::to_string(&record).unwrap());
            prop_assert_eq!(decode_line(&line).unwrap(), record);
        }
    }
}
