//! Lines from pieces of any size.

use memchr::memchr2;

/// Longest line that is put together; a longer one is dropped.
pub(super) const LINE_LIMIT: usize = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Cuts a stream into lines that end in LF, CRLF or CR, as server-sent events do. A byte-order
/// mark at the very beginning belongs to no line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line whose end has not come yet.
    pending: Vec<u8>,
    /// The line in progress is too long and is thrown away up to its end.
    overlong: bool,
    /// The last byte was a CR, so an LF that follows belongs to it.
    after_cr: bool,
    past_first_line: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Line<'a> {
    Whole(&'a [u8]),
    /// A line longer than [`LINE_LIMIT`] ended.
    Overlong,
}

impl Lines {
    /// Hands every line that ends in this piece to `take`, without its end.
    pub(super) fn push(&mut self, piece: &[u8], mut take: impl FnMut(Line<'_>)) {
        let mut rest = piece;
        while !rest.is_empty() {
            if std::mem::take(&mut self.after_cr) && rest[0] == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let Some(end) = memchr2(b'\n', b'\r', rest) else {
                self.keep(rest);
                return;
            };
            self.after_cr = rest[end] == b'\r';
            self.end_line(&rest[..end], &mut take);
            rest = &rest[end + 1..];
        }
    }

    fn end_line(&mut self, last: &[u8], take: &mut impl FnMut(Line<'_>)) {
        let at_once = self.pending.is_empty() && !self.overlong && last.len() <= LINE_LIMIT;
        if !at_once {
            self.keep(last);
        }
        let mut line = if at_once { last } else { &self.pending };
        if !std::mem::replace(&mut self.past_first_line, true) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if std::mem::take(&mut self.overlong) {
            take(Line::Overlong);
        } else {
            take(Line::Whole(line));
        }
        self.pending.clear();
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.overlong {
            return;
        }
        if self.pending.len() + bytes.len() > LINE_LIMIT {
            self.overlong = true;
            self.pending = Vec::new();
        } else {
            self.pending.extend_from_slice(bytes);
        }
    }
}
