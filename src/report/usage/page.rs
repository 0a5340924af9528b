//! For people: terminal tables, Markdown, charts and the page.

use jiff::tz::TimeZone;

use super::listings;
use super::words::{sentence, warnings};
use crate::report::Chart;
use crate::report::chart;
use crate::report::grid::{Grid, printable};
use crate::report::html::{UsagePage, usage_page};
use crate::report::markdown;
use crate::report::svg::put;
use crate::usage::Usage;

pub(crate) fn usage_charts(usage: &Usage, zone: &TimeZone) -> Vec<Chart> {
    chart::usage_charts(usage, zone)
}

/// `width` is that of the terminal; without one the text is for a file or a pipe.
pub(crate) fn usage_tables(
    usage: &Usage,
    zone: &TimeZone,
    width: Option<u16>,
    colour: bool,
) -> String {
    let mut out = String::new();
    put!(
        out,
        "{}: {}\n",
        printable(&usage.name),
        printable(&sentence(usage, zone))
    );
    for warning in warnings(usage, zone) {
        put!(out, "note: {}\n", printable(&warning));
    }
    let grid = Grid { width, colour };
    for listing in listings::all(usage) {
        grid.write(&mut out, listing);
    }
    out
}

/// GitHub's flavour. With a base URL, charts are images below it.
pub(crate) fn usage_markdown(usage: &Usage, zone: &TimeZone, images: Option<&str>) -> String {
    let mut out = String::new();
    let text = markdown::text;
    put!(
        out,
        "## Usage: {}\n\n{}.\n",
        text(&usage.name),
        text(&sentence(usage, zone))
    );
    for warning in warnings(usage, zone) {
        put!(out, "\n> {}\n", text(&warning));
    }
    if let Some(base) = images {
        for chart in usage_charts(usage, zone) {
            let base = base.trim_end_matches('/');
            put!(
                out,
                "\n![{}](<{base}/{}.svg>)\n",
                text(&chart.title),
                chart.id
            );
        }
    }
    for listing in listings::all(usage) {
        markdown::table(&mut out, &listing);
    }
    out
}

pub(crate) fn usage_html(usage: &Usage, zone: &TimeZone) -> String {
    usage_page(&UsagePage {
        usage,
        sentence: sentence(usage, zone),
        warnings: warnings(usage, zone),
        charts: usage_charts(usage, zone),
        listings: listings::all(usage),
        zone: super::zone_name(zone),
    })
}
