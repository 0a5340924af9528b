//! What the colours mean, in a row above the plot: a swatch and a word each, no box.

use crate::report::svg::Anchor;
use crate::report::svg::{Canvas, Ink, WIDTH};

/// Width of a letter on a phone, where the style sheet makes text larger than elsewhere.
pub(super) const LETTER: f64 = 8.6;
/// The same for the labels that are set in bold.
pub(super) const BOLD: f64 = 10.0;
const ROW: f64 = 20.0;
const SWATCH: f64 = 12.0;

pub(super) struct Key {
    /// Row, left edge, ink, word.
    entries: Vec<(f64, f64, Ink, String)>,
    rows: f64,
}

pub(super) fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// Of a label in bold.
pub(super) fn bold_width(text: &str) -> f64 {
    text.chars().count() as f64 * BOLD
}

impl Key {
    pub(super) fn new(words: impl IntoIterator<Item = (Ink, String)>) -> Key {
        Key::under(words.into_iter().map(|(ink, word)| (0.0, ink, word)))
    }

    /// Entries that stand at or right of the places given, as far as a row has room for that.
    pub(super) fn under(words: impl IntoIterator<Item = (f64, Ink, String)>) -> Key {
        let (mut row, mut left) = (0.0, 0.0_f64);
        let mut entries = Vec::new();
        for (place, ink, word) in words {
            let width = SWATCH + 6.0 + text_width(&word);
            if left > 0.0 && left + width > WIDTH {
                row += 1.0;
                left = 0.0;
            }
            left = left.max(place.min(WIDTH - width));
            entries.push((row, left, ink, word));
            left += width + 18.0;
        }
        let rows = if entries.is_empty() { 0.0 } else { row + 1.0 };
        Key { entries, rows }
    }

    pub(super) fn height(&self) -> f64 {
        self.rows * ROW
    }

    pub(super) fn draw(&self, canvas: &Canvas<'_>, top: f64) {
        for (row, left, ink, word) in &self.entries {
            let middle = top + row * ROW + ROW / 2.0;
            canvas.rect(
                *left..left + SWATCH,
                middle - SWATCH / 2.0..middle + SWATCH / 2.0,
                *ink,
                None,
            );
            canvas.text((left + SWATCH + 6.0, middle), Anchor::Left, Ink::Text, word);
        }
    }
}
