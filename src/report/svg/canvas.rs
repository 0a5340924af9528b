use std::cell::Cell;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::Text;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, TextStyle};

use super::backend::{SCALE, SvgBackend};
use super::shape::{Form, Shape};
use super::{Frame, Ink, Plot};
use crate::report::axis::Axis;

/// Every picture is that wide; how large it appears is the page's business.
pub(in crate::report) const WIDTH: f64 = 560.0;

pub(super) const NEVER: &str = "drawing into a string cannot fail";

/// Shapes without the `<svg>` around them.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Picture {
    pub(in crate::report) height: f64,
    pub(in crate::report) shapes: String,
    /// The plot and the seconds at its right edge, when it has time across.
    pub(in crate::report) time: Option<(Frame, f64)>,
}

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Anchor {
    Left,
    Middle,
    Right,
}

/// A sheet to draw on, in SVG units from the top left corner.
pub(in crate::report) struct Canvas<'a> {
    area: DrawingArea<SvgBackend<'a>, Shift>,
    time: Cell<Option<(Frame, f64)>>,
}

pub(in crate::report) fn picture(height: f64, paint: impl FnOnce(&Canvas<'_>)) -> Picture {
    let mut shapes = String::new();
    let size = (scaled(WIDTH).unsigned_abs(), scaled(height).unsigned_abs());
    let area = SvgBackend::new(&mut shapes, size).into_drawing_area();
    let canvas = Canvas {
        area,
        time: Cell::new(None),
    };
    paint(&canvas);
    let time = canvas.time.get();
    drop(canvas);
    Picture {
        height,
        shapes,
        time,
    }
}

/// SVG units as the whole numbers that plotters wants.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a chart is some hundred units wide and high"
)]
pub(super) fn scaled(units: f64) -> i32 {
    (units * f64::from(SCALE)).round() as i32
}

impl<'a> Canvas<'a> {
    pub(in crate::report) fn text(&self, (x, y): (f64, f64), anchor: Anchor, ink: Ink, text: &str) {
        let side = match anchor {
            Anchor::Left => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        let colour = ink.colour();
        let style = TextStyle::from(("sans-serif", 12).into_font())
            .color(&colour)
            .pos(Pos::new(side, VPos::Center));
        self.area
            .draw(&Text::new(text.to_owned(), (scaled(x), scaled(y)), style))
            .expect(NEVER);
    }

    pub(in crate::report) fn rect(
        &self,
        x: Range<f64>,
        y: Range<f64>,
        ink: Ink,
        title: Option<String>,
    ) {
        let points = vec![
            (scaled(x.start), scaled(y.start)),
            (scaled(x.end), scaled(y.end)),
        ];
        self.area
            .draw(&Shape {
                form: Form::Box,
                points,
                ink,
                title,
            })
            .expect(NEVER);
    }

    pub(in crate::report) fn line(&self, points: &[(f64, f64)], ink: Ink, title: Option<String>) {
        let points = points
            .iter()
            .map(|(x, y)| (scaled(*x), scaled(*y)))
            .collect();
        self.area
            .draw(&Shape {
                form: Form::Line,
                points,
                ink,
                title,
            })
            .expect(NEVER);
    }

    /// Draws the axes into a frame and gives back the plot inside.
    pub(in crate::report) fn plot<'c>(&'c self, frame: &Frame, x: &Axis, y: &Axis) -> Plot<'c, 'a> {
        if x.is_time() {
            self.time.set(Some((*frame, x.end)));
        }
        Plot::new(self, &self.area, frame, x, y)
    }
}
