//! `apimon loadtest --plan`: what would be sent, when, and what it would cost.

use comfy_table::{Cell, CellAlignment, Table};

use super::Outcome;
use super::args::Format;
use super::failure::{Failure, Verdict};
use super::prepare::Prepared;
use super::terminal::Terminal;
use crate::base::{Moment, Money, format_duration, number};
use crate::prices::Prices;
use crate::scenario::{Amounts, Outline};

/// Requests and minutes that are listed for people; programs get all of them.
const LISTED: usize = 20;

pub(super) fn run(terminal: &Terminal, prepared: &Prepared, format: Format) -> Outcome {
    let Prepared {
        scenario,
        plan,
        prices,
        ..
    } = prepared;
    let outline = scenario.outline(plan, prepared.meter()?, |model| prices.of(model));
    match format {
        Format::Json => {
            let json = serde_json::json!({
                "scenario": scenario.name,
                "seed": scenario.seed_number,
                "currency": prices.currency,
                "prices_of": prices.date,
                "plan": outline,
            });
            let text = serde_json::to_string_pretty(&json).map_err(Failure::bug)?;
            terminal.data(&text);
        }
        Format::Text => terminal.data(&text(prepared, &outline)),
    }
    for model in &outline.unpriced {
        terminal.complain(&format!(
            "warning: the price of model `{model}` is not known"
        ));
        terminal.complain(&format!("hint: {}", prices.hint(model)));
    }
    Ok(Verdict::Done)
}

fn text(prepared: &Prepared, outline: &Outline) -> String {
    let Prepared {
        scenario, prices, ..
    } = prepared;
    let head = format!(
        "plan of {}, seed {}: {} requests in {}, {} tokens, {}\n",
        scenario.name,
        scenario.seed_number,
        count(outline.total.requests),
        at(outline.ends_us),
        count(outline.total.tokens()),
        cost(outline.cost_nanos, prices)
    );
    let mut parts = vec![head, groups(outline, prices)];
    if outline.minutes.len() > 1 {
        parts.push(minutes(outline));
    }
    parts.push(requests(outline));
    parts.push(notes(outline, prices).join("\n"));
    parts.join("\n")
}

fn groups(outline: &Outline, prices: &Prices) -> String {
    let mut table = table(&[
        "caller",
        "model",
        "requests",
        "streamed",
        "first",
        "last",
        "prompt",
        "completion",
        "tokens",
        "most in a minute",
        "cost",
    ]);
    for group in &outline.groups {
        let about = if group.estimated { "about " } else { "" };
        let moment = |micros: Option<u64>| micros.map_or_else(|| "–".to_owned(), at);
        let Amounts {
            requests,
            streamed,
            prompt_tokens,
            completion_tokens,
        } = group.amounts;
        table.add_row(cells(
            &[
                &group.name,
                &group.model,
                &format!("{about}{}", count(requests)),
                &count(streamed),
                &moment(group.first_us),
                &moment(group.last_us),
                &count(prompt_tokens),
                &count(completion_tokens),
                &count(group.amounts.tokens()),
                &count(group.peak_tokens),
                &cost(group.cost_nanos, prices),
            ],
            2,
        ));
    }
    format!("{}\n", table.trim_fmt())
}

fn minutes(outline: &Outline) -> String {
    let mut table = table(&["minute", "requests", "prompt", "completion", "tokens"]);
    for (minute, amounts) in outline.minutes.iter().take(LISTED) {
        table.add_row(cells(
            &[
                &minute.to_string(),
                &count(amounts.requests),
                &count(amounts.prompt_tokens),
                &count(amounts.completion_tokens),
                &count(amounts.tokens()),
            ],
            0,
        ));
    }
    format!(
        "{}\n{}",
        table.trim_fmt(),
        more(outline.minutes.len(), "minutes")
    )
}

fn requests(outline: &Outline) -> String {
    let mut table = table(&[
        "request",
        "at",
        "caller",
        "subscription",
        "stream",
        "prompt",
        "completion",
        "max-tokens",
    ]);
    for planned in outline.arrivals.iter().take(LISTED) {
        let most = planned
            .max_tokens
            .map_or_else(|| "–".to_owned(), |most| count(most.into()));
        table.add_row(cells(
            &[
                &planned.number.to_string(),
                &format!("{} s", number(planned.at_us as f64 / 1e6, 3)),
                &planned.caller,
                &planned.subscription,
                if planned.stream { "yes" } else { "no" },
                &count(planned.prompt_tokens),
                &count(planned.completion_tokens),
                &most,
            ],
            5,
        ));
    }
    format!(
        "{}\n{}",
        table.trim_fmt(),
        more(outline.arrivals.len(), "requests")
    )
}

fn notes(outline: &Outline, prices: &Prices) -> Vec<String> {
    let mut notes = vec![format!(
        "prices in {} of {}, list prices unless `--prices` names others; answers are taken to be as long as planned, retries come on top",
        prices.currency, prices.date
    )];
    if outline.groups.iter().any(|group| group.estimated) {
        notes.push("closed-loop callers send when they have their answers: here those of the simulated model".to_owned());
    }
    if outline.warm_up_requests > 0 {
        let warm = count(outline.warm_up_requests);
        notes.push(format!(
            "{warm} of the requests warm up and are left out of statistics"
        ));
    }
    if let Some(stops) = &outline.stops {
        notes.push(format!(
            "the run ends after {} requests, at {}: {}",
            count(stops.after_requests),
            at(stops.at_us),
            stops.why
        ));
    }
    notes
}

fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.force_no_tty();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
    table.set_header(columns.iter().map(Cell::new));
    table
}

/// Texts first, so many, then numbers.
fn cells(row: &[&str], texts: usize) -> Vec<Cell> {
    let cell = |(place, text): (usize, &&str)| {
        let numeric = place >= texts;
        let side = if numeric {
            CellAlignment::Right
        } else {
            CellAlignment::Left
        };
        Cell::new(text).set_alignment(side)
    };
    row.iter().enumerate().map(cell).collect()
}

fn more(all: usize, what: &str) -> String {
    if all <= LISTED {
        return String::new();
    }
    let rest = count((all - LISTED) as u64);
    format!("… and {rest} more {what}: `--format json` lists all\n")
}

fn count(count: u64) -> String {
    number(count as f64, 0)
}

fn at(micros: u64) -> String {
    format_duration(Moment::from_micros(micros).since_start())
}

fn cost(cost: Option<Money>, prices: &Prices) -> String {
    cost.map_or_else(
        || "cost not known".to_owned(),
        |cost| format!("{cost} {}", prices.currency),
    )
}
