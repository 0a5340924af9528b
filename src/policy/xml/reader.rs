use super::{Attribute, Element, Node, Text};
use crate::base::{Diagnostic, Source, Span, nearest};
use crate::policy::expression;

/// Elements may nest this deep; real policies stay below twenty.
const MAX_DEPTH: usize = 200;

/// Reads a document: its root element, and every problem found on the way.
///
/// What could be read is returned even when there were problems. Without a root element there is
/// at least one problem.
pub(crate) fn read(source: &Source) -> (Option<Element>, Vec<Diagnostic>) {
    let mut reader = Reader {
        source,
        text: &source.text,
        at: 0,
        problems: Vec::new(),
    };
    let root = reader.document();
    (root, reader.problems)
}

struct Reader<'a> {
    source: &'a Source,
    text: &'a str,
    at: usize,
    problems: Vec<Diagnostic>,
}

/// An element whose end tag has not been seen yet.
struct Open {
    element: Element,
    /// True when text may still hold an expression: nothing but blanks came before.
    first_text: bool,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Option<Element> {
        let mut stack: Vec<Open> = Vec::new();
        let mut root: Option<Element> = None;
        while self.at < self.text.len() {
            let rest = self.rest();
            if let Some(node) = self.skipped(rest) {
                attach(&mut stack, node);
            } else if rest.starts_with("</") {
                self.end_tag(&mut stack, &mut root);
            } else if rest.starts_with('<') && rest[1..].starts_with(is_name_start) {
                self.start_tag(&mut stack, &mut root);
            } else {
                self.text_node(&mut stack);
            }
        }
        while let Some(open) = stack.pop() {
            self.problem(
                open.element.name_span,
                format!("element `{}` is never closed", open.element.name),
            )
            .hints
            .push(format!("add `</{}>`", open.element.name));
            close(open.element, self.text.len(), &mut stack, &mut root);
        }
        if root.is_none() && self.problems.is_empty() {
            self.problem(Span::new(0, self.text.len()), "the document has no element")
                .hints
                .push("a policy starts with `<policies>`".to_owned());
        }
        root
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn problem(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.problems
            .push(Diagnostic::error(self.source, span, message));
        self.problems.last_mut().expect("just pushed")
    }

    /// A comment, CDATA section, processing instruction or document type at the cursor.
    fn skipped(&mut self, rest: &'a str) -> Option<Node> {
        const KINDS: [(&str, &str, &str); 4] = [
            ("<!--", "-->", "comment"),
            ("<![CDATA[", "]]>", "CDATA section"),
            ("<?", "?>", "processing instruction"),
            ("<!", ">", "declaration"),
        ];
        let (open, close, kind) = KINDS
            .into_iter()
            .find(|(open, _, _)| rest.starts_with(open))?;
        let start = self.at;
        let inner = &rest[open.len()..];
        let Some(length) = inner.find(close) else {
            self.at = self.text.len();
            self.problem(
                Span::new(start, start + open.len()),
                format!("the {kind} is never closed"),
            )
            .hints
            .push(format!("end it with `{close}`"));
            return Some(Node::Skipped(Span::new(start, self.at)));
        };
        self.at = start + open.len() + length + close.len();
        if kind == "CDATA section" {
            return Some(Node::Text(Text::verbatim(
                &inner[..length],
                start + open.len(),
            )));
        }
        Some(Node::Skipped(Span::new(start, self.at)))
    }

    fn start_tag(&mut self, stack: &mut Vec<Open>, root: &mut Option<Element>) {
        let start = self.at;
        self.at += 1;
        let (name, name_span) = self.name();
        let attributes = self.attributes(&name);
        let empty = self.rest().starts_with("/>");
        if empty {
            self.at += 2;
        } else if self.rest().starts_with('>') {
            self.at += 1;
        } else {
            self.problem(
                name_span,
                format!("the start tag of `{name}` is never closed"),
            );
        }
        if stack.is_empty() && root.is_some() {
            self.problem(
                name_span,
                format!("`{name}` stands after the end of the document"),
            );
        }
        let element = Element {
            name,
            name_span,
            attributes,
            children: Vec::new(),
            span: Span::new(start, self.at),
        };
        if stack.len() >= MAX_DEPTH {
            self.problem(name_span, format!("elements nest deeper than {MAX_DEPTH}"));
            self.at = self.text.len();
        }
        if empty {
            close(element, self.at, stack, root);
        } else {
            stack.push(Open {
                element,
                first_text: true,
            });
        }
    }

    fn attributes(&mut self, element: &str) -> Vec<Attribute> {
        let mut attributes: Vec<Attribute> = Vec::new();
        loop {
            self.blanks();
            let rest = self.rest();
            if rest.is_empty()
                || rest.starts_with('>')
                || rest.starts_with("/>")
                || rest.starts_with('<')
            {
                return attributes;
            }
            if !rest.starts_with(is_name_start) {
                let length = rest.chars().next().map_or(0, char::len_utf8);
                let found = &rest[..length];
                self.problem(Span::new(self.at, self.at + length), format!("`{found}` cannot stand in the start tag of `{element}`"))
                    .hints
                    .push("an attribute is written `name=\"value\"`; is a quote missing or doubled before this?".to_owned());
                self.recover();
                continue;
            }
            if let Some(attribute) = self.attribute() {
                if attributes.iter().any(|known| known.name == attribute.name) {
                    self.problem(
                        attribute.name_span,
                        format!("attribute `{}` is given twice", attribute.name),
                    );
                }
                attributes.push(attribute);
            }
        }
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let (name, name_span) = self.name();
        self.blanks();
        if !self.rest().starts_with('=') {
            self.problem(name_span, format!("attribute `{name}` has no value"))
                .hints
                .push(format!("write `{name}=\"…\"`"));
            return None;
        }
        self.at += 1;
        self.blanks();
        let Some(quote @ ('"' | '\'')) = self.rest().chars().next() else {
            self.problem(
                Span::new(name_span.start, self.at),
                format!("the value of attribute `{name}` is not quoted"),
            )
            .hints
            .push(format!("write `{name}=\"…\"`"));
            return self.bare_value(name, name_span);
        };
        self.at += 1;
        let value = self.attribute_value(&name, quote)?;
        Some(Attribute {
            name,
            name_span,
            value,
        })
    }

    /// What was meant by `name=value`, so that the attribute is not missed as well.
    fn bare_value(&mut self, name: String, name_span: Span) -> Option<Attribute> {
        let rest = self.rest();
        let is_end = |c: char| c.is_whitespace() || matches!(c, '>' | '<' | '"' | '\'' | '@');
        let end = rest.find(is_end).unwrap_or(rest.len());
        let end = rest[..end].strip_suffix('/').map_or(end, str::len);
        if end == 0 {
            self.recover();
            return None;
        }
        let value = Text::decoded(&rest[..end], self.at);
        self.at += end;
        Some(Attribute {
            name,
            name_span,
            value,
        })
    }

    /// The value after its opening quote; the cursor ends after the closing one.
    fn attribute_value(&mut self, name: &str, quote: char) -> Option<Text> {
        let start = self.at;
        let plain = self.rest().find(quote).map(|length| start + length);
        if !is_expression(self.rest()) {
            return match plain {
                Some(end) => {
                    self.at = end + 1;
                    Some(Text::decoded(&self.text[start..end], start))
                }
                None => {
                    self.problem(
                        Span::new(start - 1, start),
                        format!("the value of attribute `{name}` is never closed"),
                    )
                    .hints
                    .push(format!("end it with `{quote}`"));
                    self.at = self.text.len();
                    None
                }
            };
        }
        // The plain reading wins where it is a whole expression: entities may stand for quotes.
        if let Some(end) = plain {
            let text = Text::decoded(&self.text[start..end], start);
            if is_whole(&text.value) {
                self.at = end + 1;
                return Some(text);
            }
        }
        match expression::scan(self.text, start) {
            Ok(end) => {
                let blanks = self.text[end..].len() - self.text[end..].trim_start().len();
                if self.text[end + blanks..].starts_with(quote) {
                    self.at = end + blanks + 1;
                } else {
                    self.problem(Span::new(end, end + 1), format!("the value of attribute `{name}` goes on after its expression"))
                        .hints
                        .push(format!("close the attribute with `{quote}` right after the expression's last bracket"));
                    self.at = plain.map_or(self.text.len(), |end| end + 1).max(end);
                }
                Some(Text::decoded(&self.text[start..end], start))
            }
            Err(error) => {
                self.problem(error.span, error.message).code = "X01";
                self.at = plain.map_or(self.text.len(), |end| end + 1);
                self.recover();
                None
            }
        }
    }

    fn end_tag(&mut self, stack: &mut Vec<Open>, root: &mut Option<Element>) {
        let start = self.at;
        self.at += 2;
        let (name, name_span) = self.name();
        self.blanks();
        if self.rest().starts_with('>') {
            self.at += 1;
        } else {
            self.problem(
                Span::new(start, self.at),
                format!("the end tag of `{name}` is not closed"),
            );
        }
        let depth = stack.iter().rposition(|open| open.element.name == name);
        let Some(depth) = depth.or_else(|| self.misspelled(&name, name_span, stack)) else {
            return;
        };
        while stack.len() > depth {
            let Some(open) = stack.pop() else { return };
            if stack.len() > depth {
                let expected = &open.element.name;
                self.problem(
                    open.element.name_span,
                    format!("element `{expected}` is not closed before `</{name}>`"),
                )
                .hints
                .push(format!("add `</{expected}>`, or write `<{expected} … />`"));
            }
            close(open.element, self.at, stack, root);
        }
    }

    /// Reports an end tag that closes nothing; answers with the element that it was meant for.
    fn misspelled(&mut self, name: &str, span: Span, stack: &[Open]) -> Option<usize> {
        let innermost = stack.last().map(|open| open.element.name.as_str());
        // Where the right end tag follows, this one is just too many.
        let follows = |meant: &str| {
            let rest = self.rest();
            let next = rest.find("</").map(|at| &rest[at + 2..]);
            next.is_some_and(|next| next.starts_with(meant))
        };
        let meant = nearest(name, innermost).filter(|meant| !follows(meant));
        let message = format!("`</{name}>` closes an element that is not open");
        let problem = self.problem(span, message);
        meant.map(|meant| {
            problem.hints.push(format!("did you mean `</{meant}>`?"));
            stack.len() - 1
        })
    }

    fn text_node(&mut self, stack: &mut [Open]) {
        let start = self.at;
        let blanks = self.rest().len() - self.rest().trim_start().len();
        let first = stack.last().is_some_and(|open| open.first_text);
        let begin = start + blanks;
        let plain = self.text[begin..]
            .find('<')
            .map_or(self.text.len(), |length| begin + length);
        let mut end = plain.max(start + 1);
        if first
            && is_expression(&self.text[begin..])
            && !is_whole(
                Text::decoded(&self.text[begin..plain], begin)
                    .value
                    .trim_end(),
            )
        {
            match expression::scan(self.text, begin) {
                Ok(close) => end = close,
                Err(error) => self.problem(error.span, error.message).code = "X01",
            }
        }
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        let text = Text::decoded(&self.text[start..end], start);
        self.at = end;
        match stack.last_mut() {
            Some(open) => {
                open.first_text &= text.value.trim().is_empty();
                open.element.children.push(Node::Text(text));
            }
            None if !text.value.trim_matches('\u{feff}').trim().is_empty() => {
                let span = Span::new(begin, end.min(begin + 1).max(begin));
                self.problem(span, "text stands outside the document's element");
            }
            None => {}
        }
    }

    fn name(&mut self) -> (String, Span) {
        let start = self.at;
        let length = self
            .rest()
            .find(|c: char| !is_name_part(c))
            .unwrap_or(self.rest().len());
        self.at += length;
        (
            self.text[start..self.at].to_owned(),
            Span::new(start, self.at),
        )
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// After a mistake inside a start tag: on to the next blank, bracket or end of tag.
    fn recover(&mut self) {
        let mut rest = self.rest().char_indices().skip(1);
        let stop = rest
            .find(|(_, c)| c.is_whitespace() || matches!(c, '<' | '>'))
            .map(|(index, _)| index);
        self.at += stop.unwrap_or(self.rest().len());
    }
}

fn close(mut element: Element, end: usize, stack: &mut [Open], root: &mut Option<Element>) {
    element.span.end = end;
    match stack.last_mut() {
        Some(parent) => {
            parent.first_text = false;
            parent.element.children.push(Node::Element(element));
        }
        None if root.is_none() => *root = Some(element),
        None => {}
    }
}

fn attach(stack: &mut [Open], node: Node) {
    if let Some(open) = stack.last_mut() {
        open.first_text &= !matches!(&node, Node::Text(text) if !text.value.trim().is_empty());
        open.element.children.push(node);
    }
}

fn is_expression(text: &str) -> bool {
    text.starts_with("@(") || text.starts_with("@{")
}

fn is_whole(text: &str) -> bool {
    is_expression(text) && expression::scan(text, 0).is_ok_and(|end| end == text.len())
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == ':'
}

fn is_name_part(c: char) -> bool {
    is_name_start(c) || c.is_ascii_digit() || c == '-' || c == '.'
}
