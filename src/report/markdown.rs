//! A run as Markdown, for the summary page of a pipeline or a comment on a pull request.

use super::listing::{self, Listing};
use super::summary::summary;
use super::svg::put;
use super::verdict::{sentence, thresholds_words};
use crate::results::{Origin, Run};

/// GitHub's flavour: a heading, the verdict, tables of thresholds, subscriptions, limits and times.
pub(crate) fn markdown(run: &Run) -> String {
    let summary = summary(run);
    let mut out = String::new();
    let mark = match (summary.thresholds.is_empty(), summary.passed()) {
        (true, _) => "",
        (false, true) => " ✅",
        (false, false) => " ❌",
    };
    let kind = match run.info.origin {
        Origin::Measured => "Load test",
        Origin::Simulated => "Simulation",
    };
    put!(out, "## {kind}: {}{mark}\n\n", text(&run.info.scenario));
    if let Some(words) = thresholds_words(&summary) {
        put!(out, "**{words}.** ");
    }
    put!(out, "{}.\n", text(&sentence(run, &summary)));
    if run.info.interrupted || run.torn || run.info.duration_us.is_none() {
        put!(
            out,
            "\n> This run is not whole: {} of {} planned requests have a record.\n",
            summary.arrived,
            summary.planned
        );
    }
    for listing in [
        listing::thresholds(&summary),
        listing::groups("subscription", &summary.subscriptions),
        listing::limits(&summary),
        listing::times(&summary),
    ] {
        table(&mut out, &listing);
    }
    put!(
        out,
        "\n<sub>{} against {}, seed {}, started {}, apimon {}</sub>\n",
        match run.info.origin {
            Origin::Measured => "measured",
            Origin::Simulated => "simulated",
        },
        text(&run.info.target.name),
        run.info.seed,
        text(&run.info.started),
        text(&run.info.tool_version)
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
        insta::assert_snapshot!(markdown(&fixtures::burst()));
    }

    #[test]
    fn a_burst_and_half_a_run_as_junit() {
        let texts = [fixtures::burst(), fixtures::interrupted()].map(|run| junit(&run));
        insta::assert_snapshot!(texts.join("\n"));
    }

    #[test]
    fn names_cannot_become_markup() {
        let run = fixtures::hostile();
        let page = markdown(&run);
        assert!(!page.contains("<script") && !page.contains("](") && !page.contains("<img"));
        let rows = page.lines().filter(|line| line.starts_with('|'));
        for table in rows
            .collect::<Vec<_>>()
            .chunk_by(|one, other| cells(one) == cells(other))
        {
            assert!(table.len() >= 3, "a row broke off: {table:?}");
        }
        let junit = junit(&run);
        assert!(!junit.contains("<script") && junit.ends_with("</testsuites>\n"));
    }

    fn cells(row: &str) -> usize {
        row.replace("\\|", "").matches('|').count()
    }
}
