//! Where the text of an answer ends before its time.

/// Ends the text before the piece in which a stop sequence begins. True when there was one.
pub(super) fn stop_at(pieces: &mut Vec<&'static str>, sequences: &[String]) -> bool {
    if sequences.is_empty() {
        return false;
    }
    let text = pieces.concat();
    let Some(place) = sequences
        .iter()
        .filter_map(|sequence| text.find(sequence.as_str()))
        .min()
    else {
        return false;
    };
    let mut end = 0;
    let kept = pieces.iter().take_while(|piece| {
        end += piece.len();
        end <= place
    });
    pieces.truncate(kept.count());
    true
}
