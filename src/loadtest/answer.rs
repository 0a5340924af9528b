//! Reading an answer, every moment noted.

use bytes::Bytes;
use hyper::Response;
use hyper::body::Incoming;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};

use super::lane::Problem;
use super::link::Link;
use super::worker::Worker;
use crate::results::{Failure, Record};
use crate::tokens::{StreamReader, Usage};

/// Longest answer whose body is kept to be read; of a longer one only the length is known.
const BODY_LIMIT: usize = 4 << 20;

/// Reads the response to its end and fills `record` with what it says.
pub(super) async fn read(
    worker: &Worker,
    link: &mut Link,
    response: Response<Incoming>,
    record: &mut Record,
) -> Result<(), Problem> {
    let head_at = worker.test.clock.now().as_micros();
    let (head, body) = response.into_parts();
    note_head(worker, head.status.as_u16(), &head.headers, record);
    let encoded = text(&head.headers, &CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"));
    if encoded {
        record.first_token_us = Some(head_at);
        read_unread(link, body, record).await?;
        worker.tally(|tally| *tally.unread.entry("is compressed").or_default() += 1);
        return Ok(());
    }
    let event_stream = text(&head.headers, &CONTENT_TYPE)
        .is_some_and(|kind| kind.starts_with("text/event-stream"));
    if event_stream {
        read_stream(worker, link, body, record).await
    } else {
        record.first_token_us = Some(head_at);
        read_whole(worker, link, body, record).await
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn note_head(worker: &Worker, status: u16, headers: &HeaderMap, record: &mut Record) {
    let names = &worker.names;
    let text = |name: &Option<HeaderName>| text(headers, name.as_ref()?);
    let count = |name: &Option<HeaderName>| text(name)?.trim().parse().ok();
    record.status = Some(status);
    record.retry_after_s = count(&names.retry_after);
    record.remaining_tokens = count(&names.remaining);
    record.consumed_tokens = count(&names.consumed);
    record.reason = text(&names.reason).map(str::to_owned);
}

/// The next piece with data in it.
async fn data(link: &mut Link, body: &mut Incoming) -> Option<Result<Bytes, Problem>> {
    loop {
        match link.piece(body).await? {
            Ok(frame) => {
                if let Ok(data) = frame.into_data() {
                    return Some(Ok(data));
                }
            }
            Err(error) => return Some(Err(Problem::from(&error))),
        }
    }
}

/// Reads and forgets.
async fn read_unread(
    link: &mut Link,
    mut body: Incoming,
    record: &mut Record,
) -> Result<(), Problem> {
    let mut bytes = 0;
    while let Some(piece) = data(link, &mut body).await {
        bytes += piece?.len() as u64;
        record.received_bytes = Some(bytes);
    }
    Ok(())
}

async fn read_whole(
    worker: &Worker,
    link: &mut Link,
    mut body: Incoming,
    record: &mut Record,
) -> Result<(), Problem> {
    let mut first = Bytes::new();
    let mut all = Vec::new();
    let mut bytes = 0;
    while let Some(piece) = data(link, &mut body).await {
        let piece = piece?;
        let known = bytes;
        bytes += piece.len();
        record.received_bytes = Some(bytes as u64);
        if known == 0 {
            // Nearly every answer is one piece, and needs no copy.
            first = piece;
        } else if bytes <= BODY_LIMIT {
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&piece);
        } else {
            (first, all) = (Bytes::new(), Vec::new());
        }
    }
    if bytes > BODY_LIMIT {
        worker.tally(|tally| *tally.unread.entry("is longer than 4 MiB").or_default() += 1);
        return Ok(());
    }
    if let Some(usage) = Usage::of_body(if all.is_empty() { &first } else { &all }) {
        record.note_usage(usage.prompt.0, usage.completion.0);
    }
    Ok(())
}

/// Times between content events.
#[derive(Debug, Default)]
struct Gaps {
    events: u64,
    last_us: u64,
    micros: Vec<u32>,
}

/// Gaps of one stream that are kept for its summary.
const GAPS_LIMIT: usize = 1 << 16;

impl Gaps {
    /// Takes `events` content events that were there at `now`.
    fn note(&mut self, worker: &Worker, now_us: u64, events: u32) {
        for _ in 0..events {
            if self.events > 0 {
                let gap = now_us.saturating_sub(self.last_us);
                worker.tally(|tally| tally.note_gap(gap));
                if self.micros.len() < GAPS_LIMIT {
                    self.micros.push(u32::try_from(gap).unwrap_or(u32::MAX));
                }
            }
            self.events += 1;
            self.last_us = now_us;
        }
    }

    fn summarize(&mut self, record: &mut Record) {
        record.content_events = Some(self.events);
        self.micros.sort_unstable();
        // Nearest rank, as reports have it.
        let at = |hundredths: usize| {
            let rank = (self.micros.len() * hundredths).div_ceil(100).max(1);
            self.micros.get(rank - 1).map(|gap| u64::from(*gap))
        };
        record.itl_p50_us = at(50);
        record.itl_p99_us = at(99);
        record.itl_max_us = at(100);
    }
}

async fn read_stream(
    worker: &Worker,
    link: &mut Link,
    mut body: Incoming,
    record: &mut Record,
) -> Result<(), Problem> {
    let clock = worker.test.clock;
    let mut reader = StreamReader::new();
    let mut gaps = Gaps::default();
    let mut broken = None;
    while let Some(piece) = data(link, &mut body).await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(problem) => {
                broken = Some(problem);
                break;
            }
        };
        let progress = reader.push(&piece);
        record.received_bytes = Some(reader.bytes());
        if progress.content {
            let now = clock.now().as_micros();
            record.first_token_us.get_or_insert(now);
            record.last_token_us = Some(now);
            gaps.note(worker, now, progress.content_events);
        }
    }
    gaps.summarize(record);
    match reader.usage() {
        Some(usage) => record.note_usage(usage.prompt.0, usage.completion.0),
        None => record.note_counted(reader.completion_estimate().0),
    }
    if let Some(problem) = broken {
        return Err(problem);
    }
    // An error inside a 200 stream is what the status could no longer say.
    match reader.error() {
        Some(error) if error.throttled => {
            record.status = Some(429);
            record.in_stream = true;
            Ok(())
        }
        Some(error) => {
            let detail = format!("the stream ended with an error: {}", error.message);
            Err(Problem::new(Failure::Broken, detail))
        }
        None if !reader.finished() => {
            let detail = "the stream ended without `[DONE]`";
            Err(Problem::new(Failure::Broken, detail))
        }
        None => Ok(()),
    }
}
