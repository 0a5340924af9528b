//! The conformance suite, and what the format promises.
#![expect(
    clippy::disallowed_methods,
    reason = "test: the suite is files on disk"
)]

mod mistakes;
mod outcome;
mod schema;
mod switches;
mod trace;

use std::path::{Path, PathBuf};

use crate::base::{Source, render};

use super::{Outcome, Suite, TestFile};

#[test]
fn the_engine_behaves_as_the_specification_says() {
    let mut tests = 0;
    let mut failed = Vec::new();
    let paths = conformance();
    for path in &paths {
        for outcome in run_file(path) {
            tests += 1;
            if !outcome.passed() {
                failed.push((path.clone(), outcome));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(
        paths.len() >= 50 && tests >= 71,
        "{} files, {tests} tests: some went missing",
        paths.len()
    );
}

#[test]
fn the_shipped_test_file_passes() {
    let path = repository().join("policies/token-limit.test.yaml");
    let outcomes = run_file(&path);
    assert!(outcomes.len() >= 9);
    assert!(outcomes.iter().all(Outcome::passed), "{outcomes:#?}");
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the conformance suite.
fn conformance() -> Vec<PathBuf> {
    let folder = repository().join("tests/conformance");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".test.yaml"));
    paths.sort();
    paths
}

fn run_file(path: &Path) -> Vec<Outcome> {
    let text = std::fs::read_to_string(path).unwrap();
    let source = Source::new(path.file_name().unwrap().to_string_lossy(), text);
    let mut load = |name: &str| {
        let text = std::fs::read_to_string(path.parent().unwrap().join(name));
        text.map(|text| Source::new(name, text))
            .map_err(|error| error.to_string())
    };
    let suite = TestFile::parse(&source)
        .and_then(|file| Suite::prepare(file, &mut load, &|behaviour| behaviour));
    match suite {
        Ok(suite) => suite.run(&|_| true, false),
        Err(problems) => panic!("{}", render(&problems, false)),
    }
}

/// A suite of one text, with no files beside it.
fn suite(text: &str) -> Suite {
    let source = Source::new("t.test.yaml", text);
    let mut load = |name: &str| Err(format!("there is no `{name}`"));
    TestFile::parse(&source)
        .and_then(|file| Suite::prepare(file, &mut load, &|behaviour| behaviour))
        .unwrap_or_else(|problems| panic!("{}", render(&problems, false)))
}
