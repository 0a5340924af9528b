//! Lint: every problem of a policy file that can be known without deploying it.
//!
//! Pure. It works on the XML tree and on parsed expressions, never on the executable model: what
//! API Management knows and the local gateway does not execute is an info here, no error.
//! [`Rule`] lists the rules with their explanations; [`lint_all`] applies them to files.

mod checks;
mod document;
mod finding;
mod options;
mod rule;
mod rules;
#[cfg(test)]
mod tests;
mod together;

pub(crate) use finding::Finding;
pub(crate) use options::{Fragments, Options, Platform, PolicyFormat, PolicyScope, Scale};
pub(crate) use rule::Rule;
pub(crate) use together::lint_all;

use crate::base::Source;

/// All findings of one file by itself, in the order of their places.
pub(crate) fn lint(source: &Source, options: &Options) -> Vec<Finding> {
    let (root, problems) = super::xml::read(source);
    let mut report = finding::Report::new(source, root.as_ref());
    report.reader(problems);
    if let Some(root) = &root {
        let mut options = options.clone();
        if root.name == "fragment" {
            options.scope = PolicyScope::Fragment;
        }
        checks::all(&document::Document::of(source, root, &options), &mut report);
    }
    report.finish()
}
