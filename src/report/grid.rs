//! A listing laid out for a terminal, or as plain text for a file.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table,
    TableStyle, Width,
};

use super::listing::{self, Listing};
use super::svg::{put, turns};

/// A line under the head and nothing else.
const RULED: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Columns that a narrow terminal can do without, in the order in which they go.
const DISPENSABLE: [&str; 7] = [
    "stretches",
    "per minute",
    "refused first at",
    "share of tokens",
    "of the limit",
    "throttled share",
    "first 429 at",
];

/// Between two columns.
const GAP: usize = 2;

pub(super) struct Grid {
    /// Of the terminal; `None` for a file or a pipe.
    pub(super) width: Option<u16>,
    pub(super) colour: bool,
}

impl Grid {
    /// The table under its caption; nothing when it has no rows.
    pub(super) fn write(&self, out: &mut String, mut listing: Listing) {
        if listing.rows.is_empty() {
            return;
        }
        self.fit(&mut listing);
        let mut table = Table::new();
        // Asking whether stdout is a terminal is the caller's business.
        table.force_no_tty();
        if self.colour {
            table.enforce_styling();
        }
        match self.width {
            Some(width) => table
                .load_style(RULED)
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width),
            None => table
                .load_style(ASCII_MARKDOWN)
                .set_content_arrangement(ContentArrangement::Disabled),
        };
        table.set_header(listing.columns.iter().map(|(name, numeric)| {
            Cell::new(name)
                .set_alignment(side(*numeric))
                .add_attribute(Attribute::Bold)
        }));
        for row in &listing.rows {
            let cells = row.iter().zip(&listing.columns);
            table.add_row(cells.map(|(text, (name, numeric))| cell(text, name, *numeric)));
        }
        if self.width.is_some() {
            keep_whole(&mut table, &listing);
        }
        put!(out, "\n{}\n{}\n", listing.caption, table.trim_fmt());
    }

    /// Leaves out columns in which nothing happened, then as many as the width asks for.
    fn fit(&self, listing: &mut Listing) {
        for place in (1..listing.columns.len()).rev() {
            let mut cells = listing.rows.iter().map(|row| row[place].as_str());
            let unused = match listing.columns[place].0 {
                "quota" | "failed" => cells.all(|cell| cell == "0"),
                _ => cells.all(|cell| cell == listing::none()),
            };
            if unused {
                listing.remove(place);
            }
        }
        let Some(width) = self.width else {
            return;
        };
        for name in DISPENSABLE {
            let columns = 0..listing.columns.len();
            let least: usize = columns.map(|place| least(listing, place) + GAP).sum();
            if least <= usize::from(width) + GAP {
                return;
            }
            if let Some(place) = listing.columns.iter().position(|(known, _)| *known == name) {
                listing.remove(place);
            }
        }
    }
}

/// The width that a column needs: heads wrap between words, never inside one; numbers do not wrap at
/// all, nor does the first column, which names its row, unless the name is long.
fn least(listing: &Listing, place: usize) -> usize {
    const MOST_OF_NAME: usize = 14;
    let (name, numeric) = listing.columns[place];
    let letters = |text: &str| text.chars().count();
    let word = name.split(' ').map(letters).max().unwrap_or(0);
    let cell = listing
        .rows
        .iter()
        .map(|row| letters(&row[place]))
        .max()
        .unwrap_or(0);
    match (place, numeric) {
        (0, _) => word.max(cell.min(MOST_OF_NAME)),
        (_, true) => word.max(cell),
        (_, false) => word,
    }
}

fn keep_whole(table: &mut Table, listing: &Listing) {
    for place in 0..listing.columns.len() {
        let least = u16::try_from(least(listing, place)).unwrap_or(u16::MAX);
        if let Some(column) = table.column_mut(place) {
            // Nothing follows the last column.
            column.set_padding((0, u16::from(place + 1 < listing.columns.len())));
            let width = Width::Fixed(least.saturating_add(column.padding_width()));
            column.set_constraint(ColumnConstraint::LowerBoundary(width));
        }
    }
}

fn side(numeric: bool) -> CellAlignment {
    if numeric {
        CellAlignment::Right
    } else {
        CellAlignment::Left
    }
}

fn cell(text: &str, column: &str, numeric: bool) -> Cell {
    let cell = Cell::new(printable(text)).set_alignment(side(numeric));
    match column {
        "verdict" if text == "kept" => cell.fg(Color::Green),
        "verdict" => cell.fg(Color::Red),
        "throttled" if text != "0" => cell.fg(Color::Yellow),
        "failed" if text != "0" => cell.fg(Color::Red),
        _ => cell,
    }
}

/// Names come from files and headers; none of them may move the cursor or turn the writing around.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || turns(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}
