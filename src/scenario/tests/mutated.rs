use proptest::prelude::*;

use crate::base::render;

use super::{FULL, SHIPPED, parse};

proptest! {
    /// Whatever people do to a file: an answer, with places inside the text that can be shown.
    #[test]
    fn mutated_files_never_panic(
        shipped in 0..SHIPPED.len() + 1,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, mutation()), 1..4),
    ) {
        let mut text = SHIPPED.get(shipped).map_or(FULL, |(_, text)| text).to_owned();
        for (place, removed, inserted) in edits {
            let letters: Vec<char> = text.chars().collect();
            let start = place.index(letters.len());
            let end = (start + removed).min(letters.len());
            text = letters[..start].iter().collect::<String>() + &inserted + &letters[end..].iter().collect::<String>();
        }
        match parse(&text) {
            Ok(scenario) => {
                let callers = scenario.callers.iter();
                let expected = callers.map(|caller| caller.schedule.expected(&caller.request));
                // Without its files a scenario has no plan.
                if expected.sum::<f64>() < 10_000.0 && scenario.files().is_empty() {
                    let mut plan = scenario.plan();
                    for looped in plan.loops.iter_mut().take(10) {
                        if let Some(first) = looped.begins(&scenario) {
                            looped.next(&scenario, first.at);
                        }
                    }
                }
            }
            Err(problems) => {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.iter().all(|problem| problem.span.start <= text.len()));
                render(&problems, true);
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "",
        ":",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\t",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "*small",
        "<<: ",
        "|",
        ">",
        "'",
        "\"",
        "#",
        "!",
        "~",
        "0",
        "-1",
        "1e999",
        "é",
        "\u{0}",
        "\u{feff}",
        "---\n",
        "%",
        "/min",
        "99999999999999999999",
    ]);
    prop_oneof![
        pieces.prop_map(str::to_owned),
        any::<char>().prop_map(String::from)
    ]
}
