//! The dashboard in a terminal: it says all that matters on 80 columns and 24 lines, and uses what
//! is there beyond that.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Sparkline};

use super::parts::{codes, count, hour, latency, reason, share, short, throttled, used};
use super::state::State;
use crate::base::percent;

/// Lines of the little chart.
const CHART: u16 = 3;

/// Draws everything anew. Without `colour`, weight and signs say the same.
pub(crate) fn draw(frame: &mut Frame<'_>, state: &State, colour: bool) {
    let ink = Inks { colour };
    let limits = u16::try_from(state.now.counters.len().max(1)).unwrap_or(u16::MAX);
    // The limits may take a third of the height; what does not fit is counted.
    let most = (frame.area().height / 3).max(2);
    let [head, limits, requests, chart, rest, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(limits.min(most) + 1),
        Constraint::Length(3),
        Constraint::Length(CHART + 1),
        Constraint::Min(4),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    header(frame, head, state, ink);
    bars(frame, limits, state, ink);
    summary(frame, requests, state, ink);
    history(frame, chart, state, ink);
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(45), Constraint::Percentage(55)])
            .spacing(2)
            .areas(rest);
    subscriptions(frame, left, state, ink);
    errors(frame, right, state, ink);
    footer(frame, foot, state, ink);
}

const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);

#[derive(Clone, Copy)]
struct Inks {
    colour: bool,
}

impl Inks {
    fn of(self, colour: Color) -> Style {
        if self.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    fn soft(self) -> Style {
        if self.colour {
            Style::new().add_modifier(Modifier::DIM)
        } else {
            Style::new()
        }
    }

    /// Colour of a level: calm, close to the limit, at it.
    fn level(self, share: f64) -> Style {
        match share {
            ..0.8 => self.of(Color::Blue),
            ..1.0 => self.of(Color::Yellow),
            _ => self.of(Color::Red),
        }
    }
}

/// The area below a ruled heading.
fn section(frame: &mut Frame<'_>, area: Rect, title: &str, ink: Inks) -> Rect {
    let title = Line::styled(format!("{title} "), STRONG);
    let block = Block::new()
        .borders(Borders::TOP)
        .border_style(ink.soft())
        .title(title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

fn header(frame: &mut Frame<'_>, area: Rect, state: &State, ink: Inks) {
    let source = &state.source;
    let when = match &source.delay {
        Some(delay) => format!("{} UTC, {delay}", hour(&state.now.at)),
        None => format!("{} UTC", hour(&state.now.at)),
    };
    let width = usize::from(area.width);
    let room = width.saturating_sub(when.chars().count() + 2);
    let name = short(&source.name, room);
    let gap = width.saturating_sub(name.chars().count() + when.chars().count());
    let line = Line::from(vec![
        Span::styled(name, STRONG),
        Span::raw(" ".repeat(gap)),
        Span::raw(when),
    ]);
    frame.render_widget(Paragraph::new(line), area);
}

fn bars(frame: &mut Frame<'_>, area: Rect, state: &State, ink: Inks) {
    let inner = section(frame, area, "tokens this minute against each limit", ink);
    let counters = &state.now.counters;
    if counters.is_empty() {
        let words = Line::styled("no token limit was asked yet", ink.soft());
        frame.render_widget(Paragraph::new(words), inner);
        return;
    }
    let mut order: Vec<_> = counters.iter().collect();
    order.sort_by(|a, b| {
        let level = |counter| share(counter).unwrap_or(0.0);
        level(b).total_cmp(&level(a)).then(b.used.cmp(&a.used))
    });
    let height = usize::from(inner.height);
    let shown = if order.len() > height {
        height.saturating_sub(1)
    } else {
        order.len()
    };
    let (width, name) = (
        usize::from(inner.width),
        usize::from(inner.width / 4).max(12),
    );
    let room = width.saturating_sub(name + 34);
    let mut lines: Vec<Line<'_>> = order[..shown]
        .iter()
        .map(|counter| {
            let level = share(counter);
            let mut spans = vec![Span::raw(format!("{:name$} ", short(&counter.key, name)))];
            spans.extend(bar(level.unwrap_or(0.0), room, ink));
            let words = level.map_or(String::new(), percent);
            spans.push(Span::raw(format!(" {:>18}  {words:>8}", used(counter))));
            if counter.overshoot > 0 {
                spans.push(Span::raw(" +"));
            }
            Line::from(spans)
        })
        .collect();
    if shown < order.len() {
        let more = order.len() - shown;
        lines.push(Line::styled(format!("and {more} more"), ink.soft()));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Full and empty parts of a level; what is beyond the end is a sign of its own.
fn bar(level: f64, room: usize, ink: Inks) -> [Span<'static>; 2] {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "cut to the room first"
    )]
    let full = (level.clamp(0.0, 1.0) * room as f64).round() as usize;
    let mut filled = "█".repeat(full);
    if level > 1.0 && full > 0 {
        filled.truncate(filled.len() - '█'.len_utf8());
        filled.push('▶');
    }
    [
        Span::styled(filled, ink.level(level)),
        Span::styled("·".repeat(room - full), ink.soft()),
    ]
}

fn summary(frame: &mut Frame<'_>, area: Rect, state: &State, ink: Inks) {
    let inner = section(frame, area, "requests of the last minute", ink);
    let style = if state.throttled() > 0 {
        ink.of(Color::Yellow).add_modifier(Modifier::BOLD)
    } else {
        Style::new()
    };
    let lines = vec![
        Line::from(vec![
            Span::styled(throttled(state), style),
            Span::raw(format!("   {}", codes(state))),
        ]),
        Line::raw(latency(state)),
    ];
    frame.render_widget(Paragraph::new(lines), inner);
}

fn history(frame: &mut Frame<'_>, area: Rect, state: &State, ink: Inks) {
    let width = usize::from(area.width);
    let skipped = state.tokens.len().saturating_sub(width);
    let samples: Vec<u64> = state.tokens.iter().skip(skipped).copied().collect();
    let most = samples.iter().copied().max().unwrap_or(0);
    let title = format!(
        "tokens of the last minute, every {}; highest {}",
        state.source.interval,
        count(most)
    );
    let inner = section(frame, area, &title, ink);
    let chart = Sparkline::default()
        .data(samples)
        .max(most.max(1))
        .style(ink.of(Color::Blue));
    frame.render_widget(chart, inner);
}

fn subscriptions(frame: &mut Frame<'_>, area: Rect, state: &State, ink: Inks) {
    let inner = section(frame, area, "subscriptions", ink);
    let name = usize::from(inner.width).saturating_sub(24);
    let head = format!("{:name$} {:>8} {:>6} {:>7}", "", "tokens", "calls", "429");
    let mut lines = vec![Line::styled(head, ink.soft())];
    let rows = usize::from(inner.height).saturating_sub(1);
    for row in state.now.subscriptions.iter().take(rows) {
        lines.push(Line::raw(format!(
            "{:name$} {:>8} {:>6} {:>7}",
            short(&row.id, name),
            count(row.tokens),
            count(row.requests),
            count(row.throttled)
        )));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

fn errors(frame: &mut Frame<'_>, area: Rect, state: &State, ink: Inks) {
    let inner = section(frame, area, "last errors", ink);
    let width = usize::from(inner.width).saturating_sub(9);
    let rows = usize::from(inner.height);
    let lines: Vec<Line<'_>> = state
        .now
        .errors
        .iter()
        .take(rows)
        .map(|error| {
            Line::from(vec![
                Span::styled(hour(&error.at), ink.soft()),
                Span::raw(format!(" {}", short(&reason(error), width))),
            ])
        })
        .collect();
    let lines = if lines.is_empty() {
        vec![Line::styled("none", ink.soft())]
    } else {
        lines
    };
    frame.render_widget(Paragraph::new(lines), inner);
}

fn footer(frame: &mut Frame<'_>, area: Rect, state: &State, ink: Inks) {
    let line = match &state.silence {
        Some(why) => Line::styled(
            short(
                &format!("these numbers are old: {why}"),
                usize::from(area.width),
            ),
            ink.of(Color::Red).add_modifier(Modifier::BOLD),
        ),
        None => Line::styled("q quits", ink.soft()),
    };
    frame.render_widget(Paragraph::new(line), area);
}
