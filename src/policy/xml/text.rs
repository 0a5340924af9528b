use crate::base::Span;

/// A piece of text as meant (entities decoded, named values put in) that still knows where each
/// of its bytes stands in the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) value: String,
    /// Where the piece stands in the file, quotes excluded.
    pub(crate) span: Span,
    /// Runs of `value` that are copied from the file, in order; what lies between two runs was
    /// decoded or put in.
    runs: Vec<Run>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    /// Offset in `value`.
    start: usize,
    /// Offset in the file.
    raw: usize,
    length: usize,
}

impl Text {
    /// A piece copied as it stands (CDATA, or nothing to decode).
    pub(in crate::policy) fn verbatim(raw: &str, at: usize) -> Text {
        let run = Run {
            start: 0,
            raw: at,
            length: raw.len(),
        };
        Text {
            value: raw.to_owned(),
            span: Span::new(at, at + raw.len()),
            runs: vec![run],
        }
    }

    /// A piece with its entities decoded; what looks like an entity and is none stays as it is.
    pub(super) fn decoded(raw: &str, at: usize) -> Text {
        let mut text = Text {
            value: String::with_capacity(raw.len()),
            span: Span::new(at, at + raw.len()),
            runs: Vec::new(),
        };
        let mut copied = 0;
        let mut search = 0;
        while let Some(found) = raw[search..].find('&') {
            let ampersand = search + found;
            match entity(&raw[ampersand..]) {
                Some((character, length)) => {
                    text.copy(&raw[copied..ampersand], at + copied);
                    text.value.push(character);
                    copied = ampersand + length;
                    search = copied;
                }
                None => search = ampersand + 1,
            }
        }
        text.copy(&raw[copied..], at + copied);
        text
    }

    fn copy(&mut self, piece: &str, raw: usize) {
        if !piece.is_empty() {
            self.runs.push(Run {
                start: self.value.len(),
                raw,
                length: piece.len(),
            });
            self.value.push_str(piece);
        }
    }

    /// Place in the file of a range of `value`.
    pub(crate) fn place(&self, range: Span) -> Span {
        let start = self.raw_offset(range.start);
        // The end is where the last byte ends, not where the next piece begins.
        let end = if range.end > range.start {
            self.raw_offset(range.end - 1) + 1
        } else {
            start
        };
        Span::new(start, end.min(self.span.end.max(start)))
    }

    fn raw_offset(&self, offset: usize) -> usize {
        let index = self.runs.partition_point(|run| run.start <= offset);
        match index.checked_sub(1).map(|index| self.runs[index]) {
            Some(run) => run.raw + (offset - run.start).min(run.length),
            None => self.span.start,
        }
    }

    /// The piece with every `{{name}}` replaced by what `lookup` gives for it, once: a value that
    /// holds `{{…}}` itself stays literal (specification 4.5). Names without a value are returned
    /// with their places and stay as they are.
    pub(crate) fn with_named_values(
        &self,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> (Text, Vec<(String, Span)>) {
        let mut text = Text {
            value: String::new(),
            span: self.span,
            runs: Vec::new(),
        };
        let mut missing = Vec::new();
        let mut rest = 0;
        while let Some((open, close)) = placeholder(&self.value, rest) {
            text.append(self, rest, open);
            let name = self.value[open + 2..close - 2].trim();
            match lookup(name) {
                Some(value) => text.value.push_str(&value),
                None => {
                    missing.push((name.to_owned(), self.place(Span::new(open, close))));
                    text.append(self, open, close);
                }
            }
            rest = close;
        }
        text.append(self, rest, self.value.len());
        (text, missing)
    }

    /// Copies `from.value[start..end]` with its places.
    fn append(&mut self, from: &Text, start: usize, end: usize) {
        for run in &from.runs {
            let (first, last) = (run.start.max(start), (run.start + run.length).min(end));
            if first < last {
                let start_here = self.value.len() + first - start;
                self.runs.push(Run {
                    start: start_here,
                    raw: run.raw + first - run.start,
                    length: last - first,
                });
            }
        }
        self.value.push_str(&from.value[start..end]);
    }
}

/// The next `{{name}}` at or after `from`: offsets of its first brace and just after its last.
/// Display names are letters, digits, `-`, `.` and `_`, so the C# of `new { … {` is never one.
fn placeholder(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut search = from;
    while let Some(found) = text[search..].find("{{") {
        let open = search + found;
        let inner = &text[open + 2..];
        if let Some(length) = inner.find("}}") {
            let name = inner[..length].trim();
            let is_name = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
            if is_name {
                return Some((open, open + 2 + length + 2));
            }
        }
        search = open + 1;
    }
    None
}

/// True when the text starts with an entity that XML knows without a document type.
pub(in crate::policy) fn is_entity(text: &str) -> bool {
    entity(text).is_some()
}

/// The character of an entity at the start of `text`, and the entity's length.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.char_indices().take(12).find(|(_, c)| *c == ';')?.0;
    let character = match &text[1..end] {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        numeric => {
            let digits = numeric.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((character, end + 1))
}
