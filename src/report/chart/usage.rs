//! Charts of what Azure Monitor reported: the same looks as those of runs, over the hours of a day.

use jiff::tz::TimeZone;

use super::built::{Chart, DataTable};
use super::key::{Key, bold_width};
use super::limit::LimitLine;
use super::names::{labels, short};
use super::timeline::{frame, height};
use crate::base::{number, percent};
use crate::report::axis::{Axis, amount, level};
use crate::report::svg::{Canvas, Ink, Plot, picture, put};
use crate::report::usage::{Bins, hour};
use crate::usage::{Level, TokenSource, Usage};

/// Subscriptions that have a line of their own.
const MOST_LINES: usize = 4;

/// Steps between ticks, in minutes.
const STEPS: [i64; 15] = [
    1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080, 20_160,
];
const MOST_TICKS: i64 = 7;

/// Statuses that a stack tells apart, bottom first.
const STACK: [(Ink, &str); 4] = [
    (Ink::Passed, "passed"),
    (Ink::Throttled, "throttled (429)"),
    (Ink::Quota, "quota (403)"),
    (Ink::Failed, "other errors"),
];

/// Everything that there is data for, the one that matters most first.
pub(in crate::report) fn usage_charts(usage: &Usage, zone: &TimeZone) -> Vec<Chart> {
    let sheet = Sheet {
        usage,
        zone,
        bins: Bins::of(&usage.window),
    };
    vec![
        sheet.tokens(),
        sheet.requests(),
        sheet.throttled(),
        sheet.latency(),
    ]
}

struct Sheet<'a> {
    usage: &'a Usage,
    zone: &'a TimeZone,
    bins: Bins,
}

/// A line with holes where nothing is known.
struct Line {
    name: String,
    values: Vec<Option<f64>>,
}

impl Sheet<'_> {
    fn requests(&self) -> Chart {
        let (id, title) = ("usage-requests", format!("Requests per {}", self.bins.step));
        let cells = self.stack();
        let highest = cells
            .iter()
            .map(|cells| cells.iter().sum())
            .max()
            .unwrap_or(0);
        if highest == 0 {
            return Chart::empty(id, title, "no requests are known of this window");
        }
        let used: Vec<usize> = (0..STACK.len())
            .filter(|cell| cells.iter().any(|cells| cells[*cell] > 0))
            .collect();
        let key = self.key(used.iter().map(|cell| STACK[*cell]));
        let y = amount(highest, format!("requests per {}", self.bins.step));
        let frame = frame(&y, key.height(), 0.0);
        let drawn = picture(height(&frame), |canvas| {
            key.draw(canvas, 0.0);
            let plot = canvas.plot(&frame, &self.axis(), &y);
            self.uncertain(canvas, &plot);
            for (place, cells) in cells.iter().enumerate() {
                self.column(&plot, place, cells);
            }
        });
        let mut table = self.table(used.iter().map(|cell| STACK[*cell].1.to_owned()));
        for (row, cells) in table.rows.iter_mut().zip(&cells) {
            row.extend(used.iter().map(|cell| number(cells[*cell] as f64, 0)));
        }
        let description = "answers of the gateway by status, as its metrics count them";
        Chart::drawn(id, title, description, &drawn, table)
    }

    fn stack(&self) -> Vec<[u64; 4]> {
        let mut cells = vec![[0; 4]; self.bins.count];
        for (code, counts) in &self.usage.codes {
            let cell = match code {
                429 => 1,
                403 => 2,
                100..400 => 0,
                _ => 3,
            };
            for (place, count) in counts.iter().enumerate() {
                cells[self.bins.of_interval(place)][cell] += count;
            }
        }
        cells
    }

    fn column(&self, plot: &Plot<'_, '_>, place: usize, cells: &[u64; 4]) {
        let (from, to) = self.bins.span(place);
        let gap = (to - from) * 0.08;
        let mut below = 0;
        for (count, (ink, name)) in cells.iter().zip(STACK).filter(|(count, _)| **count > 0) {
            let title = format!("{}: {} {name}", self.words(place), number(*count as f64, 0));
            let height = below as f64..(below + count) as f64;
            plot.bar(from + gap..to - gap, height, ink, title);
            below += count;
        }
    }

    fn tokens(&self) -> Chart {
        let (id, title) = ("usage-tokens", "Tokens per minute by subscription");
        let rows = &self.usage.subscriptions;
        if self.usage.tokens() == 0 {
            return Chart::empty(id, title, "no tokens are known of this window");
        }
        let minutes = self.usage.window.minutes() * self.bins.per as f64;
        let lines = rows
            .iter()
            .take(MOST_LINES)
            .filter(|row| row.total() > 0)
            .map(|row| {
                let mut sums = vec![0; self.bins.count];
                for (place, tokens) in row.tokens.iter().enumerate() {
                    sums[self.bins.of_interval(place)] += tokens;
                }
                let values = sums.into_iter().map(|sum| Some(sum as f64 / minutes));
                Line {
                    name: row.id.clone(),
                    values: values.collect(),
                }
            });
        let lines: Vec<Line> = lines.collect();
        let mut description = self
            .usage
            .token_source
            .map_or("", TokenSource::words)
            .to_owned();
        if minutes > 1.0 {
            put!(
                description,
                "; averages of {}, peaks in between are higher",
                self.bins.step
            );
        }
        if rows.len() > lines.len() {
            put!(description, "; {} more below", rows.len() - lines.len());
        }
        let limit = self.usage.limit.map(|limit| LimitLine {
            value: limit as f64,
            label: format!("limit {} tokens/min each", number(limit as f64, 0)),
            end: self.bins.length,
        });
        self.lines(
            id,
            title,
            &description,
            &lines,
            "tokens per minute",
            limit,
            0,
        )
    }

    fn throttled(&self) -> Chart {
        let (id, title) = ("usage-throttled", "Throttled share of requests");
        let values = self.stack().into_iter().map(|cells| {
            let all: u64 = cells.iter().sum();
            (all > 0).then(|| cells[1] as f64 * 100.0 / all as f64)
        });
        let line = Line {
            name: "throttled".to_owned(),
            values: values.collect(),
        };
        if line.values.iter().flatten().all(|value| *value <= 0.0) {
            return Chart::empty(id, title, "no request was throttled, or none is known");
        }
        let description = "answers 429 of all; a gap where there was no request";
        self.lines(id, title, description, &[line], "% of requests", None, 1)
    }

    fn latency(&self) -> Chart {
        let (id, title) = ("usage-latency", "Duration of requests");
        let line = |name: &str, levels: &[Option<Level>]| {
            let mut sums = vec![(0.0, 0); self.bins.count];
            for (place, level) in levels.iter().enumerate() {
                if let Some(level) = level {
                    let (sum, count) = &mut sums[self.bins.of_interval(place)];
                    *sum += level.average;
                    *count += 1;
                }
            }
            let values = sums.into_iter();
            Line {
                name: name.to_owned(),
                values: values
                    .map(|(sum, count)| (count > 0).then(|| sum / f64::from(count)))
                    .collect(),
            }
        };
        let mut lines = vec![
            line("gateway", &self.usage.duration),
            line("backend", &self.usage.backend_duration),
        ];
        lines.retain(|line| line.values.iter().any(Option::is_some));
        if lines.is_empty() {
            return Chart::empty(id, title, "no duration is known of this window");
        }
        let description = "averages, throttled requests included: Azure keeps no percentiles";
        self.lines(id, title, description, &lines, "ms", None, 1)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the words and the data of one chart"
    )]
    fn lines(
        &self,
        id: &'static str,
        title: &str,
        description: &str,
        lines: &[Line],
        unit: &str,
        limit: Option<LimitLine>,
        decimals: usize,
    ) -> Chart {
        let room = limit.as_ref().map(|limit| limit.value * 1.1);
        let known = lines
            .iter()
            .flat_map(|line| line.values.iter().flatten().copied());
        let y = level(0.0, known.chain(room).fold(0.0, f64::max), unit);
        let several = lines.len() > 1;
        let names = lines.iter().filter(|_| several);
        let widest = names.map(|line| bold_width(&short(&line.name)) + 8.0);
        let key = self.key([].into_iter());
        let frame = frame(&y, key.height(), widest.fold(0.0, f64::max));
        let drawn = picture(height(&frame), |canvas| {
            key.draw(canvas, 0.0);
            let plot = canvas.plot(&frame, &self.axis(), &y);
            self.uncertain(canvas, &plot);
            let mut ends = Vec::new();
            for (line, ink) in lines.iter().zip(Ink::SERIES) {
                let ink = if several { ink } else { Ink::Series1 };
                ends.extend(
                    self.draw(&plot, line, ink)
                        .map(|end| (end, ink, line.name.as_str())),
                );
            }
            if several {
                labels(canvas, &plot, ends);
            }
            if let Some(limit) = &limit {
                let points: Vec<(f64, f64)> =
                    lines.iter().flat_map(|line| self.points(line)).collect();
                limit.among_lines(canvas, &plot, &points);
            }
        });
        let mut table = self.table(lines.iter().map(|line| line.name.clone()));
        for line in lines {
            for (row, value) in table.rows.iter_mut().zip(&line.values) {
                row.push(value.map_or("–".to_owned(), |value| number(value, decimals)));
            }
        }
        Chart::drawn(id, title, description, &drawn, table)
    }

    fn points(&self, line: &Line) -> Vec<(f64, f64)> {
        let values = line.values.iter().enumerate();
        values
            .filter_map(|(place, value)| Some((self.middle(place), (*value)?)))
            .collect()
    }

    /// Stretches between the holes; the height at which the last one ends.
    fn draw(&self, plot: &Plot<'_, '_>, line: &Line, ink: Ink) -> Option<f64> {
        let mut stretch: Vec<(f64, f64)> = Vec::new();
        for place in 0..=line.values.len() {
            match line.values.get(place).copied().flatten() {
                Some(value) => stretch.push((self.middle(place), value)),
                None if stretch.is_empty() => {}
                None => {
                    let mut points = std::mem::take(&mut stretch);
                    if let [(at, value)] = points[..] {
                        // One value alone is drawn as wide as its time.
                        let half = self.bins.width / 2.0;
                        points = vec![(at - half, value), (at + half, value)];
                    }
                    plot.line(points, ink, Some(line.name.clone()));
                }
            }
        }
        for (place, value) in line.values.iter().enumerate() {
            if let Some(value) = value {
                let (from, to) = self.bins.span(place);
                let title = format!(
                    "{}, {}: {}",
                    self.words(place),
                    line.name,
                    number(*value, 1)
                );
                // A box around the value that shows its tooltip.
                plot.bar(from..to, 0.0..*value, Ink::Hover, title);
            }
        }
        let last = self.points(line).last().copied()?;
        Some(plot.at(last.0, last.1).1)
    }

    fn middle(&self, place: usize) -> f64 {
        let (from, to) = self.bins.span(place);
        f64::midpoint(from, to)
    }

    /// The end of the window, which Azure may still add to.
    fn uncertain(&self, canvas: &Canvas<'_>, plot: &Plot<'_, '_>) {
        let Some(from) = self.bins.uncertain_from else {
            return;
        };
        let frame = plot.frame();
        let (left, _) = plot.at(from, 0.0);
        let (right, _) = plot.at(self.bins.length, 0.0);
        canvas.rect(
            left..right,
            frame.top..frame.bottom,
            Ink::Wait,
            Some("may still grow: Azure reports with a delay".to_owned()),
        );
    }

    fn key(&self, words: impl Iterator<Item = (Ink, &'static str)>) -> Key {
        let uncertain = self
            .bins
            .uncertain_from
            .map(|_| (Ink::Wait, "may still grow"));
        let words = words.chain(uncertain);
        Key::new(words.map(|(ink, word)| (ink, word.to_owned())))
    }

    fn table(&self, names: impl Iterator<Item = String>) -> DataTable {
        let mut table = DataTable::new(&["time"]);
        table.head.extend(names);
        table.rows = (0..self.bins.count)
            .map(|place| vec![self.words(place)])
            .collect();
        table
    }

    fn words(&self, place: usize) -> String {
        hour(self.bins.start(place), self.zone, self.bins.days)
    }

    /// Ticks at whole steps of the local clock.
    fn axis(&self) -> Axis {
        let window = &self.usage.window;
        let offset = i64::from(self.zone.to_offset(window.from).seconds());
        let length = window.to.as_second() - window.from.as_second();
        let step = STEPS.iter().map(|minutes| minutes * 60);
        let step = step
            .clone()
            .find(|step| length / step < MOST_TICKS)
            .unwrap_or(20_160 * 60);
        let first = (window.from.as_second() + offset).div_euclid(step) * step - offset;
        let ticks = (0..=MOST_TICKS + 1)
            .map(|tick| first + tick * step)
            .filter(|second| (window.from.as_second()..=window.to.as_second()).contains(second))
            .filter_map(|second| {
                let at = jiff::Timestamp::from_second(second).ok()?;
                let across = (second - window.from.as_second()) as f64;
                Some((across, hour(at, self.zone, step >= 86_400)))
            });
        Axis {
            ticks: ticks.collect(),
            start: 0.0,
            end: self.bins.length,
            unit: crate::report::usage::zone_name(self.zone),
        }
    }
}

/// A share of the window's requests, for words.
pub(in crate::report) fn share(part: u64, of: u64) -> String {
    if of == 0 {
        return "–".to_owned();
    }
    percent(part as f64 / of as f64)
}
