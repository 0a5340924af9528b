//! A run as Markdown, for the summary page of a pipeline or a comment on a pull request.

use super::listing::{self, Listing};
use super::svg::{put, turns};
use super::verdict::{sentence, thresholds_words};
use super::whole::Report;
use crate::results::Origin;

/// GitHub's flavour: a heading, the verdict, tables of thresholds, subscriptions, limits and times.
/// With `images`, the URL under which the run's folder can be read, the charts come too.
pub(crate) fn markdown(report: &Report<'_>, images: Option<&str>) -> String {
    let (info, summary) = (report.info, &report.summary);
    let mut out = String::new();
    let mark = match (summary.thresholds.is_empty(), summary.passed()) {
        (true, _) => "",
        (false, true) => " ✅",
        (false, false) => " ❌",
    };
    let kind = match info.origin {
        Origin::Measured => "Load test",
        Origin::Simulated => "Simulation",
    };
    put!(out, "## {kind}: {}{mark}\n\n", text(&info.scenario));
    if let Some(words) = thresholds_words(summary) {
        put!(out, "**{words}.** ");
    }
    put!(out, "{}.\n", text(&sentence(info, summary)));
    if info.interrupted || summary.torn || info.duration_us.is_none() {
        put!(
            out,
            "\n> This run is not whole: {} of {} planned requests have a record.\n",
            summary.arrived,
            summary.planned
        );
    }
    for caution in &report.cautions {
        put!(out, "\n> {}.\n", text(caution));
    }
    for listing in [
        listing::thresholds(summary),
        listing::groups("subscription", &summary.subscriptions),
        listing::limits(summary),
        listing::times(summary),
    ] {
        table(&mut out, &listing);
    }
    if let Some(cost) = &summary.cost {
        put!(out, "\nTokens cost {}.\n", text(&cost.words()));
    }
    if let Some(base) = images {
        for chart in report.charts.iter().filter(|chart| chart.inline.is_some()) {
            let address = format!("{}/{}.svg", base.trim_end_matches('/'), chart.id);
            put!(out, "\n![{}]({})\n", text(&chart.title), link(&address));
        }
    }
    put!(
        out,
        "\n<sub>{} against {}, seed {}, started {}, apimon {}</sub>\n",
        match info.origin {
            Origin::Measured => "measured",
            Origin::Simulated => "simulated",
        },
        text(&info.target.name),
        info.seed,
        text(&info.started),
        text(&info.tool_version)
    );
    out
}

pub(super) fn table(out: &mut String, listing: &Listing) {
    if listing.rows.is_empty() {
        return;
    }
    put!(out, "\n#### {}\n\n|", text(&listing.caption));
    for (name, _) in &listing.columns {
        put!(out, " {name} |");
    }
    out.push_str("\n|");
    for (_, numeric) in &listing.columns {
        out.push_str(if *numeric { " ---: |" } else { " --- |" });
    }
    out.push('\n');
    for row in &listing.rows {
        out.push('|');
        for cell in row {
            put!(out, " {} |", text(cell));
        }
        out.push('\n');
    }
}

/// A URL that cannot end the brackets it stands in.
fn link(address: &str) -> String {
    let ends = |letter: char| letter.is_whitespace() || "<>()\"\\".contains(letter);
    address.chars().filter(|letter| !ends(*letter)).collect()
}

/// Data as it stands in Markdown: nothing of it becomes markup, a link or a mention.
pub(super) fn text(data: &str) -> String {
    let mut out = String::with_capacity(data.len());
    for letter in data.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '|' | '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '!' => {
                out.push('\\');
                out.push(letter);
            }
            letter if letter.is_control() => out.push(' '),
            letter if turns(letter) => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;
    use crate::report::junit::junit;

    #[test]
    fn a_burst_as_markdown() {
        insta::assert_snapshot!(markdown(
            &Report::of(&fixtures::burst()),
            Some("https://example.org/run 1/")
        ));
    }

    #[test]
    fn a_burst_and_half_a_run_as_junit() {
        let texts =
            [fixtures::burst(), fixtures::interrupted()].map(|run| junit(&Report::of(&run)));
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn names_cannot_become_markup() {
        let run = fixtures::hostile();
        let page = markdown(&Report::of(&run), None);
        assert!(!page.contains("<script") && !page.contains("](") && !page.contains("<img"));
        let rows = page.lines().filter(|line| line.starts_with('|'));
        for table in rows
            .collect::<Vec<_>>()
            .chunk_by(|one, other| cells(one) == cells(other))
        {
            assert!(table.len() >= 3, "a row broke off: {table:?}");
        }
        let junit = junit(&Report::of(&run));
        assert!(!junit.contains("<script") && junit.ends_with("</testsuites>\n"));
    }

    fn cells(row: &str) -> usize {
        row.replace("\\|", "").matches('|').count()
    }
}
