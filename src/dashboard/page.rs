//! The dashboard as a page: no script, no network, it asks its browser to load it again.

use std::fmt::Write as _;

use super::parts::{clean, codes, count, hour, latency, reason, share, throttled, used};
use super::state::State;
use crate::base::percent;

const STYLE: &str = include_str!("page.css");

/// `refresh` is the number of seconds after which the browser asks again.
pub(crate) fn page(state: &State, refresh: u64) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"refresh\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n",
        refresh.max(1),
        escape(&throttled(state)),
    );
    // Writing into a string cannot fail.
    let _written = body(&mut out, state);
    out.push_str("</body>\n</html>\n");
    out
}

fn body(out: &mut String, state: &State) -> std::fmt::Result {
    let source = &state.source;
    let delay = source
        .delay
        .as_deref()
        .map_or(String::new(), |delay| format!(", {delay}"));
    write!(
        out,
        "<header>\n<h1>{}</h1>\n<p class=\"soft\">{} UTC{}, every {}</p>\n</header>\n<main>\n",
        escape(&source.name),
        hour(&escape(&state.now.at)),
        escape(&delay),
        escape(&source.interval)
    )?;
    if let Some(why) = &state.silence {
        writeln!(
            out,
            "<p class=\"old\" role=\"alert\">these numbers are old: {}</p>",
            escape(why)
        )?;
    }
    writeln!(
        out,
        "<p class=\"figures\"><b>{}</b> · {} · {}</p>",
        escape(&throttled(state)),
        escape(&codes(state)),
        escape(&latency(state))
    )?;
    limits(out, state)?;
    subscriptions(out, state)?;
    errors(out, state)?;
    out.push_str("</main>\n");
    Ok(())
}

fn limits(out: &mut String, state: &State) -> std::fmt::Result {
    out.push_str("<table>\n<caption>tokens this minute against each limit</caption>\n");
    out.push_str("<thead><tr><th>counter</th><th>level</th><th class=\"number\">tokens</th><th class=\"number\">share</th></tr></thead>\n<tbody>\n");
    for counter in &state.now.counters {
        let level = share(counter);
        let shown = level.map_or("–".to_owned(), percent);
        let width = level.unwrap_or(0.0).clamp(0.0, 1.0);
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td><meter max=\"1\" high=\"0.8\" value=\"{width:.3}\">{shown}</meter></td>\
             <td class=\"number\">{}</td><td class=\"number\">{shown}</td></tr>",
            escape(&counter.key),
            escape(&used(counter)),
        )?;
    }
    out.push_str("</tbody>\n</table>\n");
    Ok(())
}

fn subscriptions(out: &mut String, state: &State) -> std::fmt::Result {
    out.push_str("<table>\n<caption>subscriptions, last minute</caption>\n");
    out.push_str("<thead><tr><th>subscription</th><th class=\"number\">tokens</th><th class=\"number\">requests</th><th class=\"number\">429</th></tr></thead>\n<tbody>\n");
    for row in &state.now.subscriptions {
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td></tr>",
            escape(&row.id),
            count(row.tokens),
            count(row.requests),
            count(row.throttled)
        )?;
    }
    out.push_str("</tbody>\n</table>\n");
    Ok(())
}

fn errors(out: &mut String, state: &State) -> std::fmt::Result {
    out.push_str("<table>\n<caption>last errors</caption>\n");
    out.push_str("<thead><tr><th>UTC</th><th>what</th></tr></thead>\n<tbody>\n");
    for error in &state.now.errors {
        writeln!(
            out,
            "<tr><td>{}</td><td>{}</td></tr>",
            escape(&hour(&error.at)),
            escape(&reason(error))
        )?;
    }
    out.push_str("</tbody>\n</table>\n");
    Ok(())
}

/// Text as it may stand in an element or a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
