//! Text that means nothing: harmless sentences of exactly as many tokens as asked for.
//!
//! Every piece below is one token by itself, an opener also without its blank, and no two of them
//! merge when joined, because the encoder splits a text before each blank and each full stop. Tests
//! hold all three.

use crate::base::Seed;

const FULL_STOP: &str = ".";

/// How a sentence begins; the blank falls away at the beginning of the text.
pub(crate) const OPENERS: [&str; 16] = [
    " The", " Each", " A", " Every", " This", " One", " That", " Our", " Some", " Another", " No",
    " Most", " Any", " Such", " My", " Your",
];

pub(crate) const WORDS: [&str; 64] = [
    " river",
    " stone",
    " light",
    " garden",
    " morning",
    " window",
    " paper",
    " bridge",
    " answer",
    " question",
    " small",
    " quiet",
    " early",
    " open",
    " green",
    " simple",
    " moves",
    " keeps",
    " follows",
    " holds",
    " turns",
    " brings",
    " finds",
    " leaves",
    " and",
    " then",
    " with",
    " under",
    " over",
    " near",
    " after",
    " before",
    " house",
    " road",
    " table",
    " summer",
    " winter",
    " city",
    " water",
    " story",
    " letter",
    " market",
    " north",
    " south",
    " field",
    " forest",
    " cloud",
    " rain",
    " slow",
    " warm",
    " clear",
    " bright",
    " walks",
    " waits",
    " grows",
    " rests",
    " sings",
    " reads",
    " works",
    " begins",
    " ends",
    " again",
    " often",
    " still",
];

/// A text of `tokens` tokens, piece by piece. One that is not `cut` short ends with a full stop if
/// it is long enough to hold a sentence.
pub(crate) fn pieces(seed: &mut Seed, tokens: u64, cut: bool) -> Vec<&'static str> {
    let mut pieces: Vec<&'static str> = Vec::new();
    let mut left_in_sentence = 0;
    for index in 0..tokens {
        let last = index + 1 == tokens && !cut;
        let previous = pieces.last().copied();
        // Two full stops in a row would be one token.
        let may_stop = previous.is_some_and(|previous| previous != FULL_STOP);
        let piece = match previous {
            _ if may_stop && (last || left_in_sentence == 0) => FULL_STOP,
            None | Some(FULL_STOP) => {
                left_in_sentence = 6 + seed.below(9);
                choose(seed, &OPENERS)
            }
            Some(_) => choose(seed, &WORDS),
        };
        left_in_sentence = left_in_sentence.saturating_sub(1);
        pieces.push(if index == 0 {
            piece.trim_start()
        } else {
            piece
        });
    }
    pieces
}

fn choose(seed: &mut Seed, from: &[&'static str]) -> &'static str {
    let index = seed.below(from.len() as u64);
    from[usize::try_from(index).expect("an index below the length of a list")]
}
