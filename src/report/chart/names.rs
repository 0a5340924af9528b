//! Names to the right of a plot, beside the ends of their lines.

use super::key::bold_width;
use super::series::Series;
use crate::report::svg::{Anchor, Canvas, Ink, Plot};

/// A word beside the plot, at a value of the vertical axis.
pub(super) type Aside = (f64, &'static str);

/// Names beside the ends of their lines, moved apart where lines end close together.
pub(super) fn labels(canvas: &Canvas<'_>, plot: &Plot<'_, '_>, mut ends: Vec<(f64, Ink, &str)>) {
    const APART: f64 = 18.0;
    ends.sort_by(|left, right| left.0.total_cmp(&right.0));
    let frame = plot.frame();
    let mut lowest = frame.top - APART;
    for (height, ..) in &mut ends {
        *height = height.max(lowest + APART);
        lowest = *height;
    }
    // Back up again from the lower edge, where the last ones may have been pushed out.
    let mut ceiling = frame.bottom + APART;
    for (height, ..) in ends.iter_mut().rev() {
        *height = height.min(ceiling - APART);
        ceiling = *height;
    }
    for (height, ink, name) in ends {
        canvas.text((frame.right + 6.0, height), Anchor::Left, ink, &short(name));
    }
}

/// At most twelve letters of a name: its beginning and, where names differ more often, its end.
pub(super) fn short(name: &str) -> String {
    let letters = name.chars().count();
    if letters <= 12 {
        return name.to_owned();
    }
    name.chars()
        .take(5)
        .chain(['…'])
        .chain(name.chars().skip(letters - 6))
        .collect()
}

/// Room to the right of a plot for the names of its lines and the word beside them.
pub(super) fn label_room(lines: &[Series], aside: Option<Aside>) -> f64 {
    let names = lines.iter().map(|series| series.name.as_str());
    let names = names.filter(|_| lines.len() > 1);
    let longest = names
        .chain(aside.map(|(_, word)| word))
        .map(|name| bold_width(&short(name)))
        .reduce(f64::max);
    longest.map_or(0.0, |longest| longest + 8.0)
}
