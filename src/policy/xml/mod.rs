//! Reading policy XML as the portal does: raw C# with quotes, `<` and `&&` inside attributes and
//! text is fine (gateway specification, section 4.2). Every node keeps its place in the text, and
//! nothing is thrown away, so writing a document back is copying the text.

mod reader;
#[cfg(test)]
mod tests;
mod text;
mod tree;

pub(crate) use reader::read;
pub(crate) use text::Text;
pub(in crate::policy) use text::is_entity;
pub(crate) use tree::{Attribute, Element, Node};
