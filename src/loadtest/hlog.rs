//! `intervals.hlog`: histograms of every second, in the log format of `HdrHistogram`'s tools.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};

use super::tally::Tally;
use crate::base::Moment;

/// What comes before the first interval. Values are microseconds; intervals and their beginnings are
/// seconds, the latter since the start, and maxima are milliseconds.
pub(crate) fn hlog_header(started: jiff::Timestamp) -> String {
    format!(
        "#[Histogram log format version 1.3]\n#[Values are microseconds of passed requests]\n\
         #[StartTime: {seconds:.3} (seconds since epoch), {started}]\n\
         \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
        seconds = started.as_microsecond() as f64 / 1e6,
    )
}

/// The lines of one interval: one for each kind of time that has values.
pub(crate) fn hlog_lines(tally: &Tally, from: Moment, took: Duration) -> String {
    let mut lines = String::new();
    let kinds = [
        ("latency", &tally.latency),
        ("ttft", &tally.ttft),
        ("itl", &tally.itl),
        ("lateness", &tally.lateness),
    ];
    for (tag, histogram) in kinds {
        if histogram.is_empty() {
            continue;
        }
        // Writing into a string cannot fail.
        let _written = writeln!(
            lines,
            "Tag={tag},{:.3},{:.3},{:.3},{}",
            from.since_start().as_secs_f64(),
            took.as_secs_f64(),
            histogram.max() as f64 / 1e3,
            compressed(histogram)
        );
    }
    lines
}

fn compressed(histogram: &Histogram<u64>) -> String {
    let mut bytes = Vec::new();
    V2DeflateSerializer::new()
        .serialize(histogram, &mut bytes)
        .expect("a vector takes everything");
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;

    #[test]
    fn other_readers_find_every_value() {
        let mut tally = Tally::new(1);
        for micros in [100, 5_000, 5_000, 70_000] {
            tally.note_lateness(micros);
        }
        tally.note_gap(20_000);
        let mut log = hlog_header("2026-01-02T03:04:05Z".parse().unwrap());
        log += &hlog_lines(
            &tally,
            Moment::from_micros(3_000_000),
            Duration::from_secs(1),
        );
        let mut read = Vec::new();
        for entry in IntervalLogIterator::new(log.as_bytes()) {
            match entry.unwrap() {
                LogEntry::Interval(interval) => {
                    let bytes = STANDARD.decode(interval.encoded_histogram()).unwrap();
                    let histogram: Histogram<u64> = Deserializer::new()
                        .deserialize(&mut bytes.as_slice())
                        .unwrap();
                    let tag = interval.tag().unwrap().as_str().to_owned();
                    assert_eq!(interval.start_timestamp(), Duration::from_secs(3));
                    read.push((tag, histogram.len(), histogram.max()));
                }
                LogEntry::StartTime(start) => assert_eq!(start.as_secs(), 1_767_323_045),
                LogEntry::BaseTime(_) => unreachable!("none is written"),
            }
        }
        let max = tally.lateness.max();
        assert_eq!(
            read,
            [
                ("itl".to_owned(), 1, tally.itl.max()),
                ("lateness".to_owned(), 4, max)
            ]
        );
    }
}
