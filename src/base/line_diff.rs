//! What changed from one list of lines to another.

/// A line, and which side has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DiffLine<'a> {
    Both(&'a str),
    Removed(&'a str),
    Added(&'a str),
    /// So many lines that both have and that tell nothing.
    Skipped(usize),
}

/// Unchanged lines that are shown around a change.
const CONTEXT: usize = 3;

/// The shortest way from `old` to `new`, with a few unchanged lines around each change; nothing
/// when they are the same.
pub(crate) fn line_diff<'a>(old: &'a [String], new: &'a [String]) -> Vec<DiffLine<'a>> {
    let whole = whole(old, new);
    let changed = |line: &DiffLine<'_>| !matches!(line, DiffLine::Both(_));
    if !whole.iter().any(changed) {
        return Vec::new();
    }
    let near = |index: usize| {
        let from = index.saturating_sub(CONTEXT);
        let to = (index + CONTEXT + 1).min(whole.len());
        whole[from..to].iter().any(changed)
    };
    let mut shown = Vec::new();
    let mut skipped = 0;
    for (index, line) in whole.iter().enumerate() {
        if !near(index) {
            skipped += 1;
            continue;
        }
        if skipped > 0 {
            shown.push(DiffLine::Skipped(skipped));
            skipped = 0;
        }
        shown.push(*line);
    }
    if skipped > 0 {
        shown.push(DiffLine::Skipped(skipped));
    }
    shown
}

/// Longest common subsequence; what the ends share is set aside first.
fn whole<'a>(old: &'a [String], new: &'a [String]) -> Vec<DiffLine<'a>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest
        .iter()
        .rev()
        .zip(new_rest.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (
        &old_rest[..old_rest.len() - tail],
        &new_rest[..new_rest.len() - tail],
    );
    // `lengths[i][j]`: lines that `a[i..]` and `b[j..]` have in common.
    let mut lengths = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i][j] = if a[i] == b[j] {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let mut lines: Vec<DiffLine<'a>> = old[..head]
        .iter()
        .map(|line| DiffLine::Both(line))
        .collect();
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push(DiffLine::Both(&a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && lengths[i + 1][j] >= lengths[i][j + 1]) {
            lines.push(DiffLine::Removed(&a[i]));
            i += 1;
        } else {
            lines.push(DiffLine::Added(&b[j]));
            j += 1;
        }
    }
    lines.extend(
        old[old.len() - tail..]
            .iter()
            .map(|line| DiffLine::Both(line)),
    );
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(old: &str, new: &str) -> String {
        let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let (old, new) = (lines(old), lines(new));
        let text = line_diff(&old, &new).into_iter().map(|line| match line {
            DiffLine::Both(line) => format!(" {line}"),
            DiffLine::Removed(line) => format!("-{line}"),
            DiffLine::Added(line) => format!("+{line}"),
            DiffLine::Skipped(count) => format!("~{count}"),
        });
        text.collect()
    }

    #[test]
    fn changes_are_shown_with_what_is_around_them() {
        assert_eq!(shown("abc", "abc"), "");
        assert_eq!(shown("abc", "axc"), " a-b+x c");
        assert_eq!(shown("", "ab"), "+a+b");
        assert_eq!(shown("abcdefghij", "abcdeXfghij"), "~2 c d e+X f g h~2");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn a_diff_holds_both_sides(old in "[abc]{0,12}", new in "[abc]{0,12}") {
            let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
            let (old, new) = (lines(&old), lines(&new));
            let side = |keep: fn(&DiffLine<'_>) -> Option<String>| {
                whole(&old, &new).iter().filter_map(keep).collect::<Vec<_>>()
            };
            let before = side(|line| match line {
                DiffLine::Both(line) | DiffLine::Removed(line) => Some((*line).to_owned()),
                _ => None,
            });
            let after = side(|line| match line {
                DiffLine::Both(line) | DiffLine::Added(line) => Some((*line).to_owned()),
                _ => None,
            });
            prop_assert_eq!(before, old);
            prop_assert_eq!(after, new);
        }
    }
}
