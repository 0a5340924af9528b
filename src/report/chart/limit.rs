//! The limit as a dashed line with its words beside it.

use super::key::bold_width;
use crate::report::svg::{Anchor, Canvas, Ink, Plot};

pub(super) struct LimitLine {
    pub(super) value: f64,
    pub(super) label: String,
    /// Where the line ends, in the unit of the horizontal axis.
    pub(super) end: f64,
}

const LINE_TO_LABEL: f64 = 10.0;

impl LimitLine {
    fn line(&self, plot: &Plot<'_, '_>) -> f64 {
        let points = vec![(0.0, self.value), (self.end, self.value)];
        plot.line(points, Ink::Limit, Some(self.label.clone()));
        plot.at(0.0, self.value).1
    }

    /// Over bars, whose tops are given by place on the horizontal axis.
    pub(super) fn over_bars(&self, canvas: &Canvas<'_>, plot: &Plot<'_, '_>, bars: &[(f64, f64)]) {
        let line = self.line(plot);
        self.tied(canvas, plot, line, bars);
    }

    /// The label above everything, at the end where that is lower, with a thin line to the limit.
    fn tied(&self, canvas: &Canvas<'_>, plot: &Plot<'_, '_>, line: f64, drawn: &[(f64, f64)]) {
        let frame = plot.frame();
        let width = bold_width(&self.label);
        let highest = |reach: &dyn Fn(f64) -> bool| {
            let tops = drawn.iter().map(|(across, top)| plot.at(*across, *top));
            tops.filter(|(across, _)| reach(*across))
                .fold(line, |top, (_, down)| top.min(down))
        };
        let right = highest(&|across| across > frame.right - width);
        let left = highest(&|across| across < frame.left + width);
        let (anchor, across, tie, top) = if left > right {
            (Anchor::Left, frame.left + 4.0, frame.left + 8.0, left)
        } else {
            (Anchor::Right, frame.right, frame.right - 4.0, right)
        };
        let height = (top - LINE_TO_LABEL).max(frame.top - 8.0);
        if line - height > 2.0 * LINE_TO_LABEL {
            canvas.line(&[(tie, line), (tie, height)], Ink::Leader, None);
        }
        canvas.text((across, height), anchor, Ink::Strong, &self.label);
    }

    /// Among lines, given as points that lie close enough together: the label stays beside the limit,
    /// above or below it and at either end, where no line runs through it if there is such a place.
    pub(super) fn among_lines(
        &self,
        canvas: &Canvas<'_>,
        plot: &Plot<'_, '_>,
        lines: &[(f64, f64)],
    ) {
        let line = self.line(plot);
        let frame = plot.frame();
        let width = bold_width(&self.label);
        let places = [
            (Anchor::Right, frame.right, -LINE_TO_LABEL),
            (Anchor::Left, frame.left + 4.0, -LINE_TO_LABEL),
            (Anchor::Right, frame.right, LINE_TO_LABEL),
            (Anchor::Left, frame.left + 4.0, LINE_TO_LABEL),
        ];
        let free = |(anchor, _, off): &(Anchor, f64, f64)| {
            !lines
                .iter()
                .map(|(across, value)| plot.at(*across, *value))
                .any(|(across, down)| {
                    let beside = match anchor {
                        Anchor::Right => across > frame.right - width,
                        _ => across < frame.left + 4.0 + width,
                    };
                    beside && (down - line - off).abs() < LINE_TO_LABEL
                })
        };
        match places.iter().copied().find(free) {
            Some((anchor, across, off)) => {
                canvas.text((across, line + off), anchor, Ink::Strong, &self.label);
            }
            None => self.tied(canvas, plot, line, lines),
        }
    }
}
