//! Vectors for texts, so that the semantic cache has something to compare.
//!
//! No model of language: words and their three-letter pieces are hashed into a fixed number of
//! directions. Texts that share words point the same way, and equal texts have equal vectors; a
//! paraphrase in other words is as far away as any other text, which a real embeddings model would
//! know better. Distances are therefore not those of Azure's models: a `score-threshold` that fits
//! here says nothing about the one that fits there.

use bytes::Bytes;
use serde_json::{Value, json};

use super::refusal::Refusal;
use crate::tokens;

/// Directions of a vector.
const DIMENSIONS: usize = 256;
/// What a whole word weighs against one of its pieces.
const WORD: f64 = 2.0;

/// The answer to the body of an embeddings request.
pub(super) fn answer(body: &[u8], deployment: &str) -> Result<Bytes, Refusal> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let texts: Vec<&str> = match &body["input"] {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if texts.is_empty() {
        let message = "'$.input' is invalid. It is a text or a list of texts.";
        return Err(Refusal::invalid(None, Some("input"), message));
    }
    let spent: u64 = texts.iter().map(|text| tokens::count(text).0).sum();
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            json!({ "object": "embedding", "index": index, "embedding": vector(text) })
        })
        .collect();
    let answer = json!({
        "object": "list", "data": data, "model": deployment,
        "usage": { "prompt_tokens": spent, "total_tokens": spent },
    });
    Ok(Bytes::from(answer.to_string()))
}

/// Length 1, unless the text has no letters or digits at all.
fn vector(text: &str) -> Vec<f64> {
    let mut vector = vec![0.0; DIMENSIONS];
    let text = text.to_lowercase();
    for word in text.split(|character: char| !character.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        add(&mut vector, word, WORD);
        let framed: Vec<char> = format!("<{word}>").chars().collect();
        for piece in framed.windows(3) {
            let piece: String = piece.iter().collect();
            add(&mut vector, &piece, 1.0);
        }
    }
    let length = libm::sqrt(vector.iter().map(|part| part * part).sum());
    if length > 0.0 {
        for part in &mut vector {
            // Six places: what a service writes, and the same bytes everywhere.
            *part = (*part / length * 1e6).round() / 1e6;
        }
    }
    vector
}

fn add(vector: &mut [f64], piece: &str, weight: f64) {
    let hash = fnv(piece);
    let sign = if hash & 1 == 0 { 1.0 } else { -1.0 };
    let direction = usize::try_from(hash >> 1).unwrap_or_default() % DIMENSIONS;
    vector[direction] += sign * weight;
}

/// FNV-1a, 32 bits.
fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(one: &str, other: &str) -> f64 {
        vector(one)
            .iter()
            .zip(vector(other))
            .map(|(a, b)| a * b)
            .sum()
    }

    #[test]
    fn similar_texts_point_the_same_way() {
        let question = "What is the capital of France?";
        assert!(likeness(question, question) > 0.999);
        assert!(likeness(question, "what is the capital of france") > 0.999);
        assert!(likeness(question, "Which is the capital of France?") > 0.7);
        assert!(likeness(question, "Write a poem about rain") < 0.4);
        assert_eq!(vector("?!"), vec![0.0; DIMENSIONS]);
    }

    #[test]
    fn a_list_of_texts_has_a_vector_each_and_nothing_is_refused() {
        let answer = answer(br#"{"input":["a","b"]}"#, "e").unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(
            answer["data"][1]["embedding"].as_array().unwrap().len(),
            DIMENSIONS
        );
        assert!(super::answer(b"{}", "e").is_err());
    }
}
