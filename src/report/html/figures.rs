//! The charts, each with its words and, folded away, its data.

use super::table;
use crate::report::chart::Chart;
use crate::report::svg::{escape, put};

pub(super) fn write(out: &mut String, charts: &[Chart]) {
    out.push_str("<section aria-labelledby=\"charts\">\n<h2 id=\"charts\">Charts</h2>\n<div class=\"figures\">\n");
    // What could not be drawn goes last, where it leaves no hole.
    let (drawn, empty): (Vec<&Chart>, Vec<&Chart>) =
        charts.iter().partition(|chart| chart.inline.is_some());
    for chart in drawn.into_iter().chain(empty) {
        figure(out, chart);
    }
    out.push_str("</div>\n</section>\n");
}

fn figure(out: &mut String, chart: &Chart) {
    put!(out, "<figure id=\"{}\">\n", chart.id);
    let Some(inline) = &chart.inline else {
        let words = chart.words.unwrap_or_default();
        put!(
            out,
            "<figcaption><h3>{}</h3></figcaption>\n<p class=\"soft\">{words}</p>\n</figure>\n",
            escape(&chart.title)
        );
        return;
    };
    put!(
        out,
        "<figcaption><h3>{}</h3> <span class=\"soft\">{}</span></figcaption>\n{inline}\n<details><summary>data</summary>\n",
        escape(&chart.title),
        escape(&chart.description),
    );
    let columns: Vec<table::Column<'_>> = chart
        .table
        .head
        .iter()
        .enumerate()
        .map(|(place, name)| (name.as_str(), place > 0))
        .collect();
    table::write(out, &chart.title, &columns, &chart.table.rows);
    out.push_str("</details>\n</figure>\n");
}
