//! What is wrong with a policy before any request: what its reader says, and what lint says.

use super::model::TestFile;
use crate::base::{Diagnostic, Severity, Source};
use crate::policy::lint::{self, Options, Platform, PolicyScope, lint_all};
use crate::policy::{self, Fragments, Policy};

/// The policies around one: how they are read, and how they are linted.
pub(super) struct Judge {
    fragments: Fragments,
    options: Options,
    /// Lint is asked for every policy, because nothing else knows what the gateway lacks.
    strict: bool,
}

/// One policy, judged.
pub(super) struct Judged {
    /// `None` when the reader found errors.
    pub(super) policy: Option<Policy>,
    /// What keeps tests from running.
    pub(super) errors: Vec<Diagnostic>,
}

impl Judge {
    pub(super) fn new(file: &TestFile, fragments: Vec<(String, Source)>) -> Judge {
        let mut read = Fragments::new();
        let mut linted = lint::Fragments::default();
        for (id, source) in fragments {
            linted.insert(id.clone(), source.clone());
            read.insert(id, source);
        }
        Judge {
            fragments: read,
            options: Options {
                platform: file.platform,
                named_values: file.named_values.clone(),
                fragments: Some(linted),
                ..Options::default()
            },
            strict: file.platform == Platform::Consumption,
        }
    }

    /// Reads a policy to be run. On a gateway that lacks token limits and more (specification 1.1),
    /// what lint calls an error could not have been deployed either.
    pub(super) fn read(&self, source: &Source, scope: PolicyScope) -> Judged {
        let (policy, mut found) =
            policy::parse_with(source, &self.options.named_values, &self.fragments);
        if self.strict {
            found = together(self.lint(source, scope), found);
        }
        found.retain(|diagnostic| diagnostic.severity == Severity::Error);
        Judged {
            policy,
            errors: found,
        }
    }

    /// Everything that a policy of API scope must be told, for `expect-diagnostics`.
    pub(super) fn diagnostics(&self, source: &Source) -> Vec<Diagnostic> {
        let (_, read) = policy::parse_with(source, &self.options.named_values, &self.fragments);
        together(self.lint(source, PolicyScope::Api), read)
    }

    fn lint(&self, source: &Source, scope: PolicyScope) -> Vec<Diagnostic> {
        let options = Options {
            scope,
            ..self.options.clone()
        };
        let findings = lint_all(std::slice::from_ref(source), &options);
        findings
            .into_iter()
            .map(|finding| finding.diagnostic)
            .collect()
    }
}

/// Lint's findings, and those of the reader that lint has no word for, file by file in the order of
/// their places.
fn together(linted: Vec<Diagnostic>, read: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let line = |diagnostic: &Diagnostic| diagnostic.source.position(diagnostic.span.start).line;
    let same = |one: &Diagnostic, other: &Diagnostic| {
        one.source.text == other.source.text
            // What deploys and does not run here stays an error: an info of lint is no word for it.
            && one.severity >= other.severity
            && (one.span.start == other.span.start
                || one.code == other.code && line(one) == line(other))
    };
    let mut untold: Vec<Diagnostic> = linted.clone();
    let mut all = linted;
    for diagnostic in read {
        match untold.iter().position(|known| same(known, &diagnostic)) {
            Some(index) => {
                untold.swap_remove(index);
            }
            None => all.push(diagnostic),
        }
    }
    let mut files: Vec<Source> = Vec::new();
    for diagnostic in &all {
        if !files.iter().any(|file| file.text == diagnostic.source.text) {
            files.push(diagnostic.source.clone());
        }
    }
    all.sort_by_key(|diagnostic| {
        let file = files
            .iter()
            .position(|file| file.text == diagnostic.source.text);
        (file, diagnostic.span.start)
    });
    all
}
