//! The report as one file: no network, light or dark, on a phone and on paper. It says everything
//! without its script, which only sorts, filters, zooms and picks.
//!
//! Whatever comes from the data goes through `escape`; nothing of it can become markup.

mod cards;
mod facts;
mod figures;
mod sections;
mod table;
mod usage;

pub(super) use usage::{UsagePage, usage_page};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use super::look;
use super::svg::{escape, put};
use super::verdict::{sentence, thresholds_words};
use super::whole::Report;
use crate::results::{Origin, RunInfo};

/// Pages allow themselves nothing but their own style, so a mistake in escaping could not run or load
/// anything either.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The same with one script, known by its digest.
fn policy() -> String {
    let digest = BASE64_STANDARD.encode(Sha256::digest(look::SCRIPT.as_str()));
    format!("{POLICY}; script-src 'sha256-{digest}'")
}

pub(crate) fn html(report: &Report<'_>) -> String {
    let (info, summary) = (report.info, &report.summary);
    let mut out = String::new();
    head(&mut out, info);
    put!(
        out,
        "<body>\n<a class=\"skip\" href=\"#main\">skip to the report</a>\n"
    );
    put!(
        out,
        "<svg class=\"patterns\" width=\"0\" height=\"0\" aria-hidden=\"true\">{}</svg>\n",
        look::PATTERNS
    );
    header(&mut out, info);
    out.push_str("<main id=\"main\" tabindex=\"-1\">\n");
    verdict(&mut out, report);
    cards::write(&mut out, summary);
    sections::thresholds(&mut out, summary);
    figures::write(&mut out, &report.charts);
    sections::groups(&mut out, summary);
    sections::limits(&mut out, summary);
    sections::times(&mut out, summary);
    sections::refusals(&mut out, report);
    out.push_str("</main>\n");
    facts::write(&mut out, info, summary);
    put!(
        out,
        "<script>{}</script>\n</body>\n</html>\n",
        *look::SCRIPT
    );
    out
}

fn head(out: &mut String, info: &RunInfo) {
    put!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}: run report</title>\n\
         <style>\n{}{}{}</style>\n</head>\n",
        escape(&policy()),
        escape(&info.scenario),
        look::PALETTE,
        look::CHART,
        look::PAGE,
    );
}

fn header(out: &mut String, info: &RunInfo) {
    let target = info.target.url.as_deref().unwrap_or(&info.target.name);
    put!(
        out,
        "<header>\n<h1>{}: {}</h1>\n<p class=\"soft\">{} · {} · {}</p>\n",
        match info.origin {
            Origin::Measured => "Load test",
            Origin::Simulated => "Simulation",
        },
        escape(&info.scenario),
        origin(info.origin),
        escape(target),
        escape(&started(&info.started)),
    );
    if let Some(description) = &info.description {
        put!(out, "<p>{}</p>\n", escape(description));
    }
    out.push_str("</header>\n");
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Measured => "measured",
        Origin::Simulated => "simulated",
    }
}

/// A start as people read it, to the second; what is no time is shown as it is.
fn started(text: &str) -> String {
    text.parse::<jiff::Timestamp>()
        .map_or(text.to_owned(), |moment| {
            moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
        })
}

fn verdict(out: &mut String, report: &Report<'_>) {
    let (info, summary) = (report.info, &report.summary);
    let class = match (summary.thresholds.is_empty(), summary.passed()) {
        (true, _) => "plain",
        (false, true) => "good",
        (false, false) => "bad",
    };
    let word = thresholds_words(summary).unwrap_or_else(|| "no thresholds".to_owned());
    put!(
        out,
        "<section class=\"verdict {class}\" aria-label=\"verdict\">\n<p class=\"word\">{word}</p>\n<p>{}</p>\n</section>\n",
        escape(&sentence(info, summary)),
    );
    for warning in facts::warnings(report) {
        put!(
            out,
            "<p class=\"banner\" role=\"note\">{}</p>\n",
            escape(&warning)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_shown_to_the_second() {
        for (text, shown) in [
            ("2026-11-24T06:35:11.730620389Z", "2026-11-24 06:35:11 UTC"),
            ("2026-11-24T06:35:11Z", "2026-11-24 06:35:11 UTC"),
            ("2026-11-24T06:35:11+01:00", "2026-11-24 05:35:11 UTC"),
            ("this morning", "this morning"),
        ] {
            assert_eq!(started(text), shown);
        }
    }
}
