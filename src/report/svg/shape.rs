use std::convert::Infallible;

use plotters::element::{Drawable, PointCollection};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

use super::Ink;
use super::backend::SvgBackend;

/// What plotters draws for us: points in the coordinates of a plot or of the sheet, and a tooltip,
/// which browsers show without any script.
pub(super) struct Shape<C> {
    pub(super) form: Form,
    pub(super) points: Vec<C>,
    pub(super) ink: Ink,
    pub(super) title: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A filled box between two corners.
    Box,
    Line,
    /// A filled polygon.
    Area,
    /// Many filled boxes in one element; every two points are corners of one.
    Boxes,
}

impl<'a, C: 'a> PointCollection<'a, C> for &'a Shape<C> {
    type Point = &'a C;
    type IntoIter = &'a [C];

    fn point_iter(self) -> &'a [C] {
        &self.points
    }
}

impl<'b, C> Drawable<SvgBackend<'b>> for Shape<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut points: I,
        backend: &mut SvgBackend<'b>,
        _parent: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let colour = self.ink.colour();
        backend.titled(self.title.as_deref());
        let drawn = match self.form {
            Form::Box => match (points.next(), points.next()) {
                (Some(from), Some(to)) => backend.draw_rect(from, to, &colour, true),
                _ => Ok(()),
            },
            Form::Line => backend.draw_path(points, &colour),
            Form::Area => backend.fill_polygon(points, &colour),
            Form::Boxes => {
                backend.boxes(points, &colour);
                Ok(())
            }
        };
        backend.titled(None);
        drawn
    }
}
