//! Writing: named values, fragments, then the policy that needs them.

use std::path::Path;

use super::conflict;
use super::show::{Changes, diff_text};
use super::wanted::TextChange;
use crate::azure::{Apim, AzureError, Refusal};
use crate::base::{Diagnostic, Position, Source, Span};
use crate::cli::azure::{Connection, refused};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::files;
use crate::policy::canonical;

/// Writes what differs, and answers with the policy's new ETag. `source` is the file that the
/// policy is from.
pub(super) async fn push(
    terminal: &Terminal,
    connection: &Connection,
    apim: &Apim,
    changes: &Changes,
    source: &Source,
    expected: &Expected<'_>,
) -> Result<String, Failure> {
    for change in &changes.values {
        let put = apim.put_named_value(
            &change.id,
            &change.name,
            &change.to.text,
            change.to.is_secret,
        );
        put.await.map_err(refused)?;
        terminal.note(&format!("named value `{}` is set", change.name));
    }
    for change in &changes.fragments {
        let source = Source::new(change.place.to_string(), change.text.as_str());
        put(
            terminal,
            connection,
            apim,
            change,
            &source,
            &Expected::default(),
        )
        .await?;
        terminal.note(&format!("policy `{}` is set", change.place));
    }
    let change = &changes.policy;
    if change.is_nothing() {
        return Ok(change
            .live
            .as_ref()
            .map(|live| live.etag.clone())
            .unwrap_or_default());
    }
    let etag = put(terminal, connection, apim, change, source, expected).await?;
    terminal.note(&format!(
        "policy `{}` is set and reads back the same, ETag {etag}",
        change.place
    ));
    Ok(etag)
}

/// What is known before a policy is written.
#[derive(Debug, Default)]
pub(super) struct Expected<'a> {
    /// Only while this ETag is the live one, whatever was read.
    pub(super) if_match: Option<&'a str>,
    /// Where the replaced text is kept; it goes when nothing was replaced.
    pub(super) kept: Option<&'a Path>,
}

impl Expected<'_> {
    /// Nothing was written, so nothing was replaced.
    fn nothing_replaced(&self, failure: Failure) -> Failure {
        match self.kept.map(files::remove) {
            Some(Err(error)) => {
                failure.hint(format!("what it holds is no replaced policy: {error}"))
            }
            _ => failure,
        }
    }
}

async fn put(
    terminal: &Terminal,
    connection: &Connection,
    apim: &Apim,
    change: &TextChange,
    source: &Source,
    known: &Expected<'_>,
) -> Result<String, Failure> {
    let live = change.live.as_ref().map(|live| live.etag.as_str());
    let expected = known.if_match.or(live);
    let written = if change.text.is_empty() {
        apim.delete_policy(&change.place, expected.unwrap_or("*"))
            .await
    } else {
        apim.put_policy(&change.place, &change.text, expected)
            .await
            .map(|_| ())
    };
    match written {
        Ok(()) => verified(terminal, apim, change).await,
        Err(error) if error.status() == Some(412) => {
            let expected = expected.unwrap_or_default();
            let told = conflict::told(terminal, connection, apim, change, expected).await;
            told.map_err(|failure| known.nothing_replaced(failure))
        }
        Err(error) if error.refusal().is_some() => {
            Err(known.nothing_replaced(misplaced(error, source)))
        }
        // Nobody knows whether it was written.
        Err(error) => Err(refused(error)),
    }
}

/// Reads back what was written.
async fn verified(
    terminal: &Terminal,
    apim: &Apim,
    change: &TextChange,
) -> Result<String, Failure> {
    let now = apim.policy(&change.place).await.map_err(refused)?;
    let text = now
        .as_ref()
        .map(|now| canonical(&now.text))
        .unwrap_or_default();
    let wanted = if change.text.is_empty() {
        Vec::new()
    } else {
        canonical(&change.text)
    };
    if text == wanted {
        return Ok(now.map(|now| now.etag).unwrap_or_default());
    }
    terminal.complain(&diff_text(&wanted, &text, terminal.colour_err()));
    Err(Failure::remote(format!(
        "policy `{}` reads back different from what was sent",
        change.place
    ))
    .hint("somebody else wrote it meanwhile, or API Management changed it; run `--check` later"))
}

/// API Management's own complaint, at its place in the file.
fn misplaced(error: AzureError, source: &Source) -> Failure {
    let found = error
        .refusal()
        .map(|refusal| complaints(refusal, source))
        .unwrap_or_default();
    if found.is_empty() {
        return refused(error);
    }
    found.into()
}

fn complaints(refusal: &Refusal, source: &Source) -> Vec<Diagnostic> {
    let error = &refusal.error;
    let details = error.details.iter().map(|detail| detail.message.as_str());
    let mut found: Vec<Diagnostic> = Vec::new();
    for message in details.chain([error.message.as_str()]) {
        let Some(position) = position(message) else {
            continue;
        };
        let start = source.offset(position);
        let length = source.text[start..]
            .chars()
            .next()
            .map_or(0, char::len_utf8);
        let mut diagnostic = Diagnostic::error(
            source,
            Span::new(start, start + length),
            format!("API Management: {message}"),
        );
        if let Some(id) = &refusal.request_id {
            diagnostic = diagnostic.hint(format!("request id {id}"));
        }
        if !found
            .iter()
            .any(|known| known.message == diagnostic.message)
        {
            found.push(diagnostic);
        }
    }
    found
}

/// The place in `Error in element 'x' on line 3, column 6: …`.
fn position(message: &str) -> Option<Position> {
    let after = |marker: &str| -> Option<usize> {
        let rest = &message[message.find(marker)? + marker.len()..];
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    Some(Position {
        line: after("on line ")?,
        column: after("column ")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::ErrorDetail;

    #[test]
    fn a_complaint_of_api_management_stands_at_its_place() {
        let source = Source::new("p.xml", "<policies>\n  <inbound>\n    <bad />\n");
        let detail = |message: &str| ErrorDetail {
            code: "ValidationError".to_owned(),
            message: message.to_owned(),
            ..ErrorDetail::default()
        };
        let refusal = Refusal {
            operation: "PUT /p".to_owned(),
            status: 400,
            error: ErrorDetail {
                details: vec![
                    detail("Error in element 'bad' on line 3, column 6: unknown"),
                    detail("something without a place"),
                ],
                ..detail("One or more fields contain incorrect values:")
            },
            request_id: Some("r-1".to_owned()),
        };
        let found = complaints(&refusal, &source);
        let lines: Vec<String> = found.iter().map(Diagnostic::one_line).collect();
        assert_eq!(
            lines,
            ["p.xml:3:6: API Management: Error in element 'bad' on line 3, column 6: unknown"]
        );
        assert_eq!(found[0].hints, ["request id r-1"]);
    }
}
