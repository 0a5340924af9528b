use std::sync::Arc;

/// A text that somebody wrote, with the name under which messages mention it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Path as the user gave it, or a label such as `named value tpm`.
    pub(crate) name: Arc<str>,
    pub(crate) text: Arc<str>,
}

impl Source {
    pub(crate) fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Source {
        Source {
            name: name.into(),
            text: text.into(),
        }
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// `name:line:column` of a span's first byte.
    #[cfg(test)]
    pub(crate) fn place(&self, span: Span) -> String {
        let Position { line, column } = self.position(span.start);
        format!("{}:{line}:{column}", self.name)
    }

    /// Byte offset of a line and column, both counted from 1; the end of the text when it has no
    /// such place.
    pub(crate) fn offset(&self, position: Position) -> usize {
        let line_start = match position.line {
            0 | 1 => 0,
            line => match self.text.match_indices('\n').nth(line - 2) {
                Some((newline, _)) => newline + 1,
                None => return self.text.len(),
            },
        };
        self.text[line_start..]
            .char_indices()
            .nth(position.column.saturating_sub(1))
            .map_or(self.text.len(), |(index, _)| line_start + index)
    }
}

/// Line and column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Byte range in one [`Source`].
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Span {
        Span {
            start,
            end: end.max(start),
        }
    }

    /// The same range, counted from the start of an enclosing text.
    pub(crate) fn shifted(self, by: usize) -> Span {
        Span {
            start: self.start + by,
            end: self.end + by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_offsets_agree() {
        let source = Source::new("f", "aé\n\nxyz");
        for (offset, line, column) in [
            (0, 1, 1),
            (3, 1, 3),
            (4, 2, 1),
            (5, 3, 1),
            (7, 3, 3),
            (8, 3, 4),
        ] {
            let position = Position { line, column };
            assert_eq!(source.position(offset), position);
            assert_eq!(source.offset(position), offset);
        }
        assert_eq!(
            source.position(2),
            Position { line: 1, column: 2 },
            "inside a character"
        );
        assert_eq!(source.position(99), Position { line: 3, column: 4 });
    }
}
