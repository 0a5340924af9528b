//! Files that are linted in one run: what only shows when they are seen together.

use super::document::Document;
use super::finding::{Finding, Report};
use super::options::{Options, PolicyScope};
use super::{checks, lint};
use crate::base::{Diagnostic, Source};
use crate::policy::xml::{self, Element};

/// All findings of several files: file by file in the given order, each in the order of its places.
///
/// A fragment that one of the files includes and that is not itself among them is linted after the
/// first file that includes it. Limits of one counter key are compared across files of one folder
/// and of the folders above it.
pub(crate) fn lint_all(sources: &[Source], options: &Options) -> Vec<Finding> {
    let read: Vec<(&Source, Option<Element>, Vec<Diagnostic>)> = sources
        .iter()
        .map(|source| {
            let (root, problems) = xml::read(source);
            (source, root, problems)
        })
        .collect();
    let of_fragments = Options {
        scope: PolicyScope::Fragment,
        ..options.clone()
    };
    let documents: Vec<Option<Document<'_>>> = read
        .iter()
        .map(|(source, root, _)| {
            let root = root.as_ref()?;
            let fragment = root.name == "fragment";
            let options = if fragment { &of_fragments } else { options };
            Some(Document::of(source, root, options))
        })
        .collect();
    let mut findings = Vec::new();
    let mut fragments: Vec<&str> = Vec::new();
    for (index, (source, root, problems)) in read.iter().enumerate() {
        let mut report = Report::new(source, root.as_ref());
        report.reader(problems.clone());
        if let Some(document) = &documents[index] {
            checks::all(document, &mut report);
            let earlier = documents[..index].iter().flatten();
            checks::across(earlier, document, &mut report);
        }
        findings.extend(report.finish());
        for (id, fragment) in documents[index].iter().flat_map(Document::fragments) {
            let given = sources.iter().any(|source| source.text == fragment.text);
            if !given && !fragments.contains(&id) {
                fragments.push(id);
                findings.extend(lint(fragment, &of_fragments));
            }
        }
    }
    findings
}
