//! "Did you mean": the known word that takes the fewest changes to reach.

/// The nearest of the known words, when at most a third of its letters (and at least one) differ.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    known
        .into_iter()
        .map(|candidate| (changes(&word, candidate), candidate))
        .filter(|(changes, candidate)| *changes <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, candidate)| candidate)
}

/// A hint that names the nearest word, or all of them when none is near.
pub(crate) fn nearest_hint<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    if let Some(candidate) = nearest(word, known.clone()) {
        return format!("did you mean `{candidate}`?");
    }
    let all: Vec<String> = known
        .into_iter()
        .map(|candidate| format!("`{candidate}`"))
        .collect();
    format!("use one of {}", all.join(", "))
}

/// Letters to insert, remove, replace, or swap with their neighbour.
fn changes(from: &[char], to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (j, other) in to.iter().enumerate() {
            let replaced = row[j] + usize::from(letter != other);
            let mut least = replaced.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *letter == to[j - 1] && from[i - 1] == *other {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        for (word, found) in [
            ("promt", Some("prompt")),
            ("prmopt", Some("prompt")),
            ("Prompts", Some("prompts")),
            ("sytem", Some("system")),
            ("temperature", None),
            ("", None),
        ] {
            assert_eq!(
                nearest(word, ["prompt", "prompts", "system"]),
                found,
                "{word}"
            );
        }
        assert_eq!(nearest_hint("x", ["one", "two"]), "use one of `one`, `two`");
    }
}
