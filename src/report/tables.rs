//! The report as terminal text, for stdout.

use super::grid::{Grid, printable};
use super::listing;
use super::summary::Summary;
use super::svg::put;
use super::verdict::{plural, sentence, thresholds_words};
use super::whole::Report;
use crate::base::number;
use crate::results::Origin;

/// `width` is that of the terminal; without one the text is for a file or a pipe: plain characters,
/// nothing wrapped.
pub(crate) fn tables(report: &Report<'_>, width: Option<u16>, colour: bool) -> String {
    let (info, summary) = (report.info, &report.summary);
    let grid = Grid { width, colour };
    let mut out = String::new();
    let origin = match info.origin {
        Origin::Measured => "",
        Origin::Simulated => " (simulated)",
    };
    let verdict = printable(&sentence(info, summary));
    let line = format!("{}{origin}: {verdict}", printable(&info.scenario));
    put!(out, "{}\n", wrapped(&line, width));
    if let Some(words) = thresholds_words(summary) {
        put!(out, "{words}\n");
    }
    if info.interrupted || summary.torn || info.duration_us.is_none() {
        put!(
            out,
            "this run is not whole: {} of {} have a record\n",
            number(summary.arrived as f64, 0),
            plural(info.planned, "planned request")
        );
    }
    for caution in &report.cautions {
        put!(out, "{}\n", wrapped(caution, width));
    }
    grid.write(
        &mut out,
        listing::groups("subscription", &summary.subscriptions),
    );
    if summary.callers.len() > 1 {
        grid.write(&mut out, listing::groups("caller", &summary.callers));
    }
    grid.write(&mut out, listing::limits(summary));
    grid.write(&mut out, listing::times(summary));
    out.push_str(&retries(summary));
    if let Some(cost) = &summary.cost {
        put!(out, "\ntokens cost {}\n", cost.words());
    }
    grid.write(&mut out, listing::thresholds(summary));
    out
}

/// Broken between words so that no line is wider than the terminal.
fn wrapped(text: &str, width: Option<u16>) -> String {
    let Some(width) = width.map(usize::from) else {
        return text.to_owned();
    };
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out
}

fn retries(summary: &Summary) -> String {
    let retry = &summary.retry_after;
    if retry.asked + retry.without_header == 0 {
        return String::new();
    }
    let mut text = format!("\nRetry-After: asked {}", plural(retry.asked, "time"));
    if let Some(longest) = retry.longest_s {
        put!(text, ", for {} s at most", number(longest as f64, 0));
    }
    if retry.without_header > 0 {
        put!(
            text,
            "; {} without the header",
            plural(retry.without_header, "429 answer")
        );
    }
    put!(
        text,
        "; {} tried again, {} after the wait, {} then passed\n",
        number(retry.retried as f64, 0),
        number(retry.honoured as f64, 0),
        number(retry.worked as f64, 0)
    );
    text
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn prose_breaks_between_words_on_a_terminal_only() {
        let text = "one two three fourteen-letters";
        assert_eq!(wrapped(text, None), text);
        assert_eq!(wrapped(text, Some(9)), "one two\nthree\nfourteen-letters");
        assert_eq!(wrapped(text, Some(80)), text);
    }
}
