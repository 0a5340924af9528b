//! How reports look: one palette for charts and page, and the frame around a picture.

use std::sync::LazyLock;

use super::svg::{Frame, Picture, WIDTH, escape, put};

/// Colours as CSS variables: light, dark on screens, forced colours.
pub(super) const PALETTE: &str = include_str!("palette.css");
/// What the classes of chart shapes look like.
pub(super) const CHART: &str = include_str!("chart.css");
pub(super) const PAGE: &str = include_str!("page.css");
/// What a page can do beyond being read: sort and filter tables, zoom time, pick subscriptions.
/// It leaves without indentation and comments, which nobody reads there; none of its texts goes over
/// several lines.
pub(super) static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("page.js").lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
});

/// Patterns that tell outcomes apart without colour; once in every document.
pub(super) const PATTERNS: &str = include_str!("patterns.svg");

/// Height of the visible title of a picture that stands alone.
const TITLE: f64 = 34.0;
const MARGIN: f64 = 12.0;

/// A picture as a document of its own, with title, style and background.
pub(super) fn standalone(title: &str, description: &str, picture: &Picture) -> String {
    let (title, description) = (escape(title), escape(description));
    let width = WIDTH + 2.0 * MARGIN;
    let height = picture.height + TITLE + 2.0 * MARGIN;
    let mut out = String::new();
    put!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"{} {} {width} {height}\" \
         role=\"img\" aria-labelledby=\"title description\">\n\
         <title id=\"title\">{title}</title>\n<desc id=\"description\">{description}</desc>\n\
         <style>\n{PALETTE}{CHART}</style>\n{PATTERNS}\
         <rect class=\"sheet\" x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\"/>\n\
         <text class=\"heading\" x=\"0\" y=\"{}\">{title}</text>\n",
        -MARGIN,
        -TITLE - MARGIN,
        -MARGIN,
        -TITLE - MARGIN,
        -TITLE / 2.0,
    );
    out.push_str(&picture.shapes);
    out.push_str("</svg>\n");
    out
}

/// A picture inside a page that has palette, chart style and patterns already.
pub(super) fn inline(title: &str, description: &str, picture: &Picture) -> String {
    // Edges of the plot and the end of its time, for a page that zooms.
    let time = picture.time.map_or(String::new(), |(frame, end)| {
        let Frame {
            left,
            right,
            top,
            bottom,
        } = frame;
        format!(" data-time=\"{left} {right} {top} {bottom} {end}\"")
    });
    format!(
        "<svg class=\"chart\"{time} viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}. {}\">\n{}</svg>",
        picture.height,
        escape(title),
        escape(description),
        picture.shapes,
    )
}
