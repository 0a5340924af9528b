use super::Text;
use crate::base::Span;

/// An element with everything in it, in document order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) name_span: Span,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Vec<Node>,
    /// From `<` of the start tag to `>` of the end tag.
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) name_span: Span,
    pub(crate) value: Text,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Element(Element),
    /// Character data or CDATA, blanks included.
    Text(Text),
    /// A comment, processing instruction or document type: kept, never read.
    Skipped(Span),
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) | Node::Skipped(_) => None,
        })
    }

    /// The pieces of text that are not blank.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.children.iter().filter_map(|child| match child {
            Node::Text(text) if !text.value.trim().is_empty() => Some(text),
            Node::Text(_) | Node::Element(_) | Node::Skipped(_) => None,
        })
    }
}
