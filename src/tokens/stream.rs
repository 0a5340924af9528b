//! Reading a model's server-sent events as they arrive.

use super::chunk::{Chunk, StreamError, skim};
use super::count;
use super::lines::{LINE_LIMIT, Line, Lines};
use super::usage::Usage;
use crate::base::Tokens;

/// How much text of one stream is kept.
pub(super) const TEXT_LIMIT: usize = 1 << 20;
/// Text beyond the limit is counted whenever this much has gathered, and then forgotten.
const SURPLUS_LIMIT: usize = 1 << 16;

/// What one piece of a stream brought.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// It held text of the model: content, reasoning, a refusal or a tool call. The first such piece
    /// is the first token; the chunk that only names the role is not.
    pub(crate) content: bool,
    /// Events that ended in it, `[DONE]` and malformed ones included.
    pub(crate) events: u32,
    /// Those of them that held text of the model.
    pub(crate) content_events: u32,
    /// The stream said in it that it is over.
    pub(crate) done: bool,
}

impl Progress {
    fn note_content(&mut self, there: bool) {
        self.content |= there;
        self.content_events += u32::from(there);
    }
}

/// Reads a server-sent-event stream as it arrives in pieces of any size.
#[derive(Debug, Default)]
pub(crate) struct StreamReader {
    /// Everything that was pushed.
    bytes: u64,
    lines: Lines,
    events: Events,
}

/// Everything behind the line cutter, apart from it so that both can be borrowed at once.
#[derive(Debug, Default)]
struct Events {
    /// Data lines of the event in progress, each followed by LF.
    data: Vec<u8>,
    named_error: bool,
    /// A line of the event in progress was too long, so the event means nothing.
    spoilt: bool,
    mould: Mould,
    content: Text,
    aside: Text,
    usage: Option<Usage>,
    error: Option<StreamError>,
    finished: bool,
    malformed: u32,
}

impl StreamReader {
    pub(crate) fn new() -> StreamReader {
        StreamReader::default()
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Progress {
        self.bytes += bytes.len() as u64;
        let mut progress = Progress::default();
        let events = &mut self.events;
        self.lines
            .push(bytes, |line| events.line(line, &mut progress));
        progress
    }

    /// How much was pushed.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the stream reported, if it did; with several reports the last one holds.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.events.usage
    }

    #[cfg(test)]
    /// All content so far, at most 1 MiB of it; what comes later is counted but not kept.
    pub(crate) fn content(&self) -> &str {
        &self.events.content.kept
    }

    /// Our own count of all that the model wrote so far, reasoning and tool calls included. It counts
    /// the text afresh, so ask at the end and not at every piece. Of a text longer than 1 MiB each
    /// stretch is counted by itself, which can be off by a token a stretch.
    pub(crate) fn completion_estimate(&self) -> Tokens {
        self.events.content.count() + self.events.aside.count()
    }

    /// The first error event.
    pub(crate) fn error(&self) -> Option<&StreamError> {
        self.events.error.as_ref()
    }

    /// `[DONE]` came, or the event that ends a responses stream.
    pub(crate) fn finished(&self) -> bool {
        self.events.finished
    }

    #[cfg(test)]
    /// Events that could not be read: not JSON, or longer than 1 MiB.
    pub(crate) fn malformed(&self) -> u32 {
        self.events.malformed
    }
}

impl Events {
    fn line(&mut self, line: Line<'_>, progress: &mut Progress) {
        let Line::Whole(line) = line else {
            self.spoilt = true;
            return;
        };
        if line.is_empty() {
            return self.end_event(progress);
        }
        let colon = memchr::memchr(b':', line).unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        // Comments have an empty name; `id`, `retry` and unknown names mean nothing here.
        match &line[..colon] {
            b"data" => self.add_data(value),
            b"event" => self.named_error = value == b"error",
            _ => {}
        }
    }

    fn add_data(&mut self, value: &[u8]) {
        if self.data.len() + value.len() > LINE_LIMIT {
            self.spoilt = true;
            self.data.clear();
        }
        if !self.spoilt {
            self.data.extend_from_slice(value);
            self.data.push(b'\n');
        }
    }

    fn end_event(&mut self, progress: &mut Progress) {
        let mut lines = std::mem::take(&mut self.data);
        let data = lines.strip_suffix(b"\n").unwrap_or_default();
        let named_error = std::mem::take(&mut self.named_error);
        if std::mem::take(&mut self.spoilt) {
            progress.events += 1;
            self.malformed += 1;
        } else if !data.is_empty() {
            progress.events += 1;
            self.event(data, named_error, progress);
        }
        // The buffer goes back, so that a long stream allocates once.
        lines.clear();
        self.data = lines;
    }

    fn event(&mut self, data: &[u8], named_error: bool, progress: &mut Progress) {
        if data == b"[DONE]" {
            self.finished = true;
            progress.done = true;
        } else if let Some(content) = self.mould.content(data).filter(|_| !named_error) {
            progress.note_content(!content.is_empty());
            self.content.push(content);
        } else if let Some(content) = skim(data).filter(|_| !named_error) {
            progress.note_content(!content.is_empty());
            self.mould.take(data, content);
            self.content.push(content);
        } else if let Some(chunk) = Chunk::parse(data, named_error) {
            progress.note_content(!chunk.content.is_empty() || !chunk.aside.is_empty());
            self.content.push(&chunk.content);
            self.aside.push(&chunk.aside);
            self.usage = chunk.usage.or(self.usage);
            self.error = self.error.take().or(chunk.error);
            self.finished |= chunk.last;
            progress.done |= chunk.last;
        } else {
            self.malformed += 1;
        }
    }
}

/// What the last event that [`skim`] read has before and after its content. The events of one
/// stream differ in nothing else, so the next one is read by comparing.
#[derive(Debug, Default)]
struct Mould {
    /// Both, one after the other; empty until there is one.
    bytes: Vec<u8>,
    before: usize,
}

impl Mould {
    /// The content of an event that is the same but for it. A text without quotation mark and
    /// backslash cannot end the string that it stands in, so the structure is the same too.
    fn content<'a>(&self, data: &'a [u8]) -> Option<&'a str> {
        let (before, after) = self.bytes.split_at(self.before);
        if before.is_empty() {
            return None;
        }
        let content = data.strip_prefix(before)?.strip_suffix(after)?;
        let plain = memchr::memchr2(b'"', b'\\', content).is_none();
        plain.then(|| std::str::from_utf8(content).ok())?
    }

    /// Remembers an event of which [`skim`] found `content` to be a part.
    fn take(&mut self, data: &[u8], content: &str) {
        let inside = (content.as_ptr().addr()).checked_sub(data.as_ptr().addr());
        if let Some(before) = inside.filter(|before| before + content.len() < data.len()) {
            self.bytes.clear();
            self.bytes.extend_from_slice(&data[..before]);
            self.bytes
                .extend_from_slice(&data[before + content.len()..]);
            self.before = before;
        }
    }
}

/// Text that grows to a limit and is only counted from there on.
#[derive(Debug, Default)]
struct Text {
    kept: String,
    surplus: String,
    counted: Tokens,
}

impl Text {
    fn push(&mut self, text: &str) {
        if self.surplus.is_empty()
            && self.counted == Tokens::ZERO
            && self.kept.len() + text.len() <= TEXT_LIMIT
        {
            return self.kept.push_str(text);
        }
        self.surplus.push_str(text);
        if self.surplus.len() >= SURPLUS_LIMIT {
            self.counted += count(&self.surplus);
            self.surplus.clear();
        }
    }

    fn count(&self) -> Tokens {
        count(&self.kept) + self.counted + count(&self.surplus)
    }
}
