//! Retry-After: how long callers were asked to wait, whether they did, and whether that was enough
//! the first time.

use std::collections::BTreeMap;

use super::built::{Chart, DataTable};
use super::key::Key;
use super::timeline::{frame, height};
use crate::base::{number, percent};
use crate::report::axis::{Axis, amount};
use crate::report::digest::{Digest, Waited};
use crate::report::retry::share;
use crate::report::svg::{Ink, Plot, picture};
use crate::report::verdict::plural;

const ID: &str = "retry-after";
const TITLE: &str = "Retry-After: asked against waited";
const MOST_BARS: u64 = 60;
const PARTS: [(Ink, &str); 4] = [
    (Ink::Passed, "waited, passed first time"),
    (Ink::Throttled, "waited, did not pass"),
    (Ink::Failed, "came early"),
    (Ink::Gone, "did not come back"),
];

fn parts(waited: &Waited) -> [u64; 4] {
    let back = waited.worked + waited.refused_again + waited.early;
    [
        waited.worked,
        waited.refused_again,
        waited.early,
        waited.asked.saturating_sub(back),
    ]
}

pub(super) fn chart(digest: &Digest) -> Chart {
    let waited = digest.waited();
    let Some(longest) = waited.keys().next_back().copied() else {
        return Chart::empty(ID, TITLE, "no 429 asked to wait in this run");
    };
    let width = (longest + 1).div_ceil(MOST_BARS).max(1);
    let mut bars: BTreeMap<u64, [u64; 4]> = BTreeMap::new();
    for (asked, waited) in waited {
        let bar = bars.entry(asked / width).or_default();
        for (part, more) in bar.iter_mut().zip(parts(waited)) {
            *part += more;
        }
    }
    let highest = bars.values().map(|bar| bar.iter().sum()).max().unwrap_or(0);
    let y = amount(highest, "429 answers");
    // Bars stand over their second, so the axis begins half a bar before zero.
    let x = Axis {
        start: -(width as f64) / 2.0,
        ..amount(
            (longest / width + 1) * width,
            "seconds that Retry-After asked to wait",
        )
    };
    let used = |part: usize| bars.values().any(|bar| bar[part] > 0);
    let key = PARTS.iter().enumerate().filter(|(part, _)| used(*part));
    let key = Key::new(key.map(|(_, (ink, word))| (*ink, (*word).to_owned())));
    let frame = frame(&y, key.height(), 0.0);
    let drawn = picture(height(&frame), |canvas| {
        key.draw(canvas, 0.0);
        let plot = canvas.plot(&frame, &x, &y);
        for (place, bar) in &bars {
            column(&plot, place * width, width, bar);
        }
    });
    Chart::drawn(ID, TITLE, words(waited), &drawn, table(waited))
}

fn column(plot: &Plot<'_, '_>, asked: u64, width: u64, bar: &[u64; 4]) {
    let (middle, half) = (asked as f64 + (width - 1) as f64 / 2.0, width as f64 * 0.4);
    let mut below = 0;
    for ((ink, word), count) in PARTS.iter().zip(bar).filter(|(_, count)| **count > 0) {
        let title = format!("asked {asked} s: {}, {word}", plural(*count, "answer"));
        let height = below as f64..(below + count) as f64;
        plot.bar(middle - half..middle + half, height, *ink, title);
        below += count;
    }
}

fn words(waited: &BTreeMap<u64, Waited>) -> String {
    let sum = |of: fn(&Waited) -> u64| waited.values().map(of).sum::<u64>();
    let (asked, early) = (sum(|waited| waited.asked), sum(|waited| waited.early));
    let (worked, again) = (
        sum(|waited| waited.worked),
        sum(|waited| waited.refused_again),
    );
    let back = worked + again + early;
    let mut words = format!("{} asked to wait", plural(asked, "429 answer"));
    match share(worked, worked + again) {
        Some(worked) => {
            words.push_str("; of those who waited as told, ");
            words.push_str(&percent(worked));
            words.push_str(" passed the first time");
        }
        None if back == 0 => words.push_str("; nobody tried again"),
        None => words.push_str("; nobody waited as told"),
    }
    words
}

fn table(waited: &BTreeMap<u64, Waited>) -> DataTable {
    let mut table = DataTable::new(&["asked, s", "429 answers"]);
    table.head.extend(PARTS.map(|(_, word)| word.to_owned()));
    table.head.push("waited on average, s".to_owned());
    for (asked, waited) in waited {
        let mut row = vec![number(*asked as f64, 0), number(waited.asked as f64, 0)];
        row.extend(parts(waited).map(|count| number(count as f64, 0)));
        let back = waited.worked + waited.refused_again + waited.early;
        let mean = (back > 0).then(|| waited.until_back_us as f64 / 1e6 / back as f64);
        row.push(mean.map_or("–".to_owned(), |mean| number(mean, 2)));
        table.rows.push(row);
    }
    table
}
