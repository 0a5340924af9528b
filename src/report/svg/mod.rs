//! A drawing back end for plotters that writes the SVG we want: coordinates finer than a pixel, CSS
//! classes in place of colours, text as text, tooltips as `<title>`.
//!
//! One drawing then serves light, dark, print and forced colours, because the style sheet decides.

mod backend;
mod canvas;
mod ink;
mod plot;
mod shape;

pub(super) use canvas::{Anchor, Canvas, Picture, WIDTH, picture};
pub(super) use ink::Ink;
pub(super) use plot::{Frame, Plot};

/// Text as it may stand in SVG and HTML, in elements and in quoted attributes. Control characters,
/// which XML cannot hold, and direction overrides, which reach beyond their element, become `�`.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(' '),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() || turns(c) => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Marks that turn the direction of writing beyond where they stand.
pub(super) fn turns(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Appends to a text; a `String` takes everything.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {
        {
            use std::fmt::Write as _;
            write!($out, $($arg)*).expect("a string takes everything")
        }
    };
}
pub(super) use put;
