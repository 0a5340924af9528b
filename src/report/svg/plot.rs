use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::DrawingArea;

use super::backend::{SCALE, SvgBackend};
use super::canvas::{NEVER, scaled};
use super::shape::{Form, Shape};
use super::{Anchor, Canvas, Ink};
use crate::report::axis::Axis;

/// Edges of a plot in SVG units; labels stand outside of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) struct Frame {
    pub(in crate::report) left: f64,
    pub(in crate::report) right: f64,
    pub(in crate::report) top: f64,
    pub(in crate::report) bottom: f64,
}

/// Axes and the room between them, in the units of the data.
pub(in crate::report) struct Plot<'c, 'a> {
    canvas: &'c Canvas<'a>,
    area: DrawingArea<SvgBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    frame: Frame,
}

impl<'c, 'a> Plot<'c, 'a> {
    pub(super) fn new(
        canvas: &'c Canvas<'a>,
        area: &DrawingArea<SvgBackend<'a>, Shift>,
        frame: &Frame,
        x: &Axis,
        y: &Axis,
    ) -> Plot<'c, 'a> {
        let across = scaled(frame.left)..scaled(frame.right);
        // SVG counts downwards, data upwards.
        let up = scaled(frame.bottom)..scaled(frame.top);
        let spec = Cartesian2d::new(x.start..x.end, y.start..y.end, (across, up));
        let plot = Plot {
            canvas,
            area: area.apply_coord_spec(spec),
            frame: *frame,
        };
        plot.axes(x, y);
        plot
    }

    fn axes(&self, x: &Axis, y: &Axis) {
        let Frame {
            left,
            right,
            top,
            bottom,
        } = self.frame;
        self.canvas
            .text((left, top - 14.0), Anchor::Left, Ink::Soft, &y.unit);
        for (value, label) in &y.ticks {
            let (_, height) = self.at(x.start, *value);
            let ink = if *value == 0.0 { Ink::Axis } else { Ink::Grid };
            self.canvas
                .line(&[(left, height), (right, height)], ink, None);
            self.canvas
                .text((left - 6.0, height), Anchor::Right, Ink::Soft, label);
        }
        for (value, label) in &x.ticks {
            let (across, _) = self.at(*value, 0.0);
            self.canvas
                .line(&[(across, bottom), (across, bottom + 4.0)], Ink::Axis, None);
            self.canvas
                .text((across, bottom + 14.0), Anchor::Middle, Ink::Soft, label);
        }
        let middle = f64::midpoint(left, right);
        self.canvas
            .text((middle, bottom + 33.0), Anchor::Middle, Ink::Soft, &x.unit);
    }

    /// A point of the data in SVG units.
    pub(in crate::report) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let (across, down) = self.area.map_coordinate(&(x, y));
        (
            f64::from(across) / f64::from(SCALE),
            f64::from(down) / f64::from(SCALE),
        )
    }

    /// A filled box; one that is too low to see is drawn a unit high, because it is not nothing.
    pub(in crate::report) fn bar(&self, x: Range<f64>, y: Range<f64>, ink: Ink, title: String) {
        let (left, low) = self.at(x.start, y.start);
        let (right, high) = self.at(x.end, y.end);
        if low - high < 1.0 {
            self.canvas
                .rect(left..right, low - 1.0..low, ink, Some(title));
            return;
        }
        let points = vec![(x.start, y.end), (x.end, y.start)];
        self.area
            .draw(&Shape {
                form: Form::Box,
                points,
                ink,
                title: Some(title),
            })
            .expect(NEVER);
    }

    pub(in crate::report) fn line(&self, points: Vec<(f64, f64)>, ink: Ink, title: Option<String>) {
        self.area
            .draw(&Shape {
                form: Form::Line,
                points,
                ink,
                title,
            })
            .expect(NEVER);
    }

    /// The area between a line and the zero line.
    pub(in crate::report) fn area(&self, points: &[(f64, f64)], ink: Ink) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return;
        };
        let mut corners = vec![(first.0, 0.0)];
        corners.extend_from_slice(points);
        corners.push((last.0, 0.0));
        self.polygon(corners, ink);
    }

    /// A filled polygon.
    pub(in crate::report) fn polygon(&self, points: Vec<(f64, f64)>, ink: Ink) {
        self.filled(Form::Area, points, ink);
    }

    /// Filled boxes, given by two corners each, that look alike and mean one thing.
    pub(in crate::report) fn boxes(&self, corners: Vec<(f64, f64)>, ink: Ink) {
        self.filled(Form::Boxes, corners, ink);
    }

    fn filled(&self, form: Form, points: Vec<(f64, f64)>, ink: Ink) {
        let shape = Shape {
            form,
            points,
            ink,
            title: None,
        };
        self.area.draw(&shape).expect(NEVER);
    }

    pub(in crate::report) fn frame(&self) -> Frame {
        self.frame
    }
}
