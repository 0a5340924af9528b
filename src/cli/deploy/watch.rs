//! Progress: rows of a terminal, or lines of a log.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::base::Moment;
use crate::cli::terminal::Terminal;
use crate::provision::{Board, Ink, Look, RowState};

/// How often a log hears that nothing has moved.
const STILL_EVERY: Duration = Duration::from_secs(15);

/// Shows a board: a row for what is under way, a line above for what has ended.
#[derive(Debug)]
pub(in crate::cli) struct Watch<'t> {
    terminal: &'t Terminal,
    bars: MultiProgress,
    rows: BTreeMap<String, ProgressBar>,
    said: Moment,
}

impl<'t> Watch<'t> {
    pub(in crate::cli) fn new(terminal: &'t Terminal) -> Watch<'t> {
        let target = if terminal.live() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Watch {
            terminal,
            bars: MultiProgress::with_draw_target(target),
            rows: BTreeMap::new(),
            said: Moment::ZERO,
        }
    }

    /// Takes what moved at a look.
    pub(in crate::cli) fn moved(&mut self, board: &Board, rows: &[usize], now: Moment) {
        if self.terminal.live() {
            self.draw(board, rows, now);
            return;
        }
        for row in rows {
            self.terminal.note(&board.rows()[*row].line(now));
        }
        if !rows.is_empty() {
            self.said = now;
        } else if now.since(self.said) >= STILL_EVERY {
            self.said = now;
            self.terminal.note(&board.count());
        }
    }

    fn draw(&mut self, board: &Board, rows: &[usize], now: Moment) {
        let look = Look {
            colour: self.terminal.colour_err(),
        };
        for row in rows.iter().map(|row| &board.rows()[*row]) {
            let ink = match row.state {
                RowState::Running => continue,
                RowState::Succeeded => Ink::Green,
                RowState::Failed => Ink::Red,
                RowState::Canceled => Ink::Yellow,
            };
            if let Some(bar) = self.rows.remove(&row.id) {
                bar.finish_and_clear();
            }
            let line = look.paint(ink, &row.line(now));
            // A terminal that is gone shows nothing.
            let _gone = self.bars.println(line);
        }
        for row in board
            .rows()
            .iter()
            .filter(|row| row.state == RowState::Running)
        {
            let bars = &self.bars;
            let bar = self
                .rows
                .entry(row.id.clone())
                .or_insert_with(|| spinner(bars));
            bar.set_message(row.line(now));
        }
    }

    /// Says how many of a number are left, when that has changed.
    pub(in crate::cli) fn left(&mut self, text: &str, now: Moment) {
        if self.terminal.live() {
            let bars = &self.bars;
            let bar = self
                .rows
                .entry(String::new())
                .or_insert_with(|| spinner(bars));
            bar.set_message(text.to_owned());
        } else {
            self.terminal.note(text);
            self.said = now;
        }
    }

    /// Nothing was said for a while.
    pub(in crate::cli) fn still(&self, now: Moment) -> bool {
        now.since(self.said) >= STILL_EVERY
    }

    pub(in crate::cli) fn end(&mut self) {
        for bar in std::mem::take(&mut self.rows).into_values() {
            bar.finish_and_clear();
        }
    }
}

fn spinner(bars: &MultiProgress) -> ProgressBar {
    let bar = bars.add(ProgressBar::new_spinner());
    let style = ProgressStyle::with_template("{spinner} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
