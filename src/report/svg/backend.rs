use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use std::convert::Infallible;

use super::{Ink, escape, put};

/// Back-end units in one SVG unit. plotters counts in whole units, so this is also the precision.
pub(super) const SCALE: i32 = 10;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Writes shapes into a text, one element each.
pub(super) struct SvgBackend<'a> {
    out: &'a mut String,
    size: (u32, u32),
    /// Tooltip of the shapes that follow; see `Titled`.
    title: Option<String>,
}

impl<'a> SvgBackend<'a> {
    pub(super) fn new(out: &'a mut String, size: (u32, u32)) -> SvgBackend<'a> {
        SvgBackend {
            out,
            size,
            title: None,
        }
    }

    pub(super) fn titled(&mut self, title: Option<&str>) {
        self.title = title.map(str::to_owned);
    }

    /// Ends an element, with its tooltip inside if it has one.
    fn close(&mut self, element: &str) {
        match &self.title {
            Some(title) => put!(self.out, "><title>{}</title></{element}>\n", escape(title)),
            None => self.out.push_str("/>\n"),
        }
    }

    /// Boxes between every two points, as one path.
    pub(super) fn boxes<S: BackendStyle>(
        &mut self,
        mut corners: impl Iterator<Item = BackendCoord>,
        style: &S,
    ) {
        put!(self.out, "<path class=\"{}\" d=\"", class(style.color()));
        while let (Some((left, top)), Some((right, bottom))) = (corners.next(), corners.next()) {
            let (left, right) = (left.min(right), left.max(right));
            let (top, bottom) = (top.min(bottom), top.max(bottom));
            put!(
                self.out,
                "M{} {}h{}v{}h{}Z",
                units(left),
                units(top),
                units(right - left),
                units(bottom - top),
                units(left - right),
            );
        }
        self.out.push('"');
        self.close("path");
    }

    fn path(&mut self, points: impl IntoIterator<Item = BackendCoord>, class: &str, end: &str) {
        put!(self.out, "<path class=\"{class}\" d=\"");
        // From point to point, which is shorter than where each of them is.
        let mut before: Option<BackendCoord> = None;
        for (x, y) in points {
            match before {
                None => put!(self.out, "M{} {}", units(x), units(y)),
                Some((left, top)) if top == y => put!(self.out, "h{}", units(x - left)),
                Some((left, top)) if left == x => put!(self.out, "v{}", units(y - top)),
                Some((left, top)) => {
                    put!(self.out, "l{} {}", units(x - left), units(y - top));
                }
            }
            before = Some((x, y));
        }
        put!(self.out, "{end}\"");
        self.close("path");
    }
}

/// A coordinate in SVG units, without a needless `.0`.
fn units(coordinate: i32) -> String {
    let sign = if coordinate < 0 { "-" } else { "" };
    let (whole, tenths) = (coordinate.abs() / SCALE, coordinate.abs() % SCALE);
    if tenths == 0 {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{tenths}")
    }
}

fn class(colour: BackendColor) -> &'static str {
    Ink::class(colour.rgb).expect("charts draw with inks only")
}

impl DrawingBackend for SvgBackend<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        self.path(
            [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)],
            class(colour),
            "Z",
        );
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let line = if fill { "" } else { "line " };
        put!(
            self.out,
            "<rect class=\"{line}{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            class(style.color()),
            units(left.min(right)),
            units(top.min(bottom)),
            units((right - left).abs()),
            units((bottom - top).abs()),
        );
        self.close("rect");
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.path(path, &format!("line {}", class(style.color())), "");
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let line = if fill { "" } else { "line " };
        let radius = i32::try_from(radius).unwrap_or(i32::MAX);
        put!(
            self.out,
            "<circle class=\"{line}{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"",
            class(style.color()),
            units(x),
            units(y),
            units(radius),
        );
        self.close("circle");
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        self.path(corners, class(style.color()), "Z");
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &T,
        (x, y): BackendCoord,
    ) -> Drawn {
        let anchor = style.anchor();
        let side = match anchor.h_pos {
            HPos::Left => "",
            HPos::Center => " text-anchor=\"middle\"",
            HPos::Right => " text-anchor=\"end\"",
        };
        let lower = match anchor.v_pos {
            VPos::Bottom => "",
            VPos::Center => " dy=\".35em\"",
            VPos::Top => " dy=\".8em\"",
        };
        put!(
            self.out,
            "<text class=\"{}\" x=\"{}\" y=\"{}\"{side}{lower}>{}</text>\n",
            class(style.color()),
            units(x),
            units(y),
            escape(text),
        );
        Ok(())
    }

    /// plotters asks before it lays text out; our charts place text themselves, so a guess will do.
    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        _style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Ok((letters.saturating_mul(70), 120))
    }
}
