//! `apimon test-policy`: policy tests in virtual time.

mod show;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Outcome;
use super::args::{Format, TestPolicyArguments};
use super::behaviour;
use super::failure::{Failure, Verdict};
use super::prepare::{beside, plain};
use super::terminal::Terminal;
use crate::base::{Diagnostic, Source};
use crate::files::{self, Stamp};
use crate::policytest::{self, Coverage, Suite, TestFile};

const ENDING: &str = ".test.yaml";

pub(super) fn run(terminal: &Terminal, arguments: &TestPolicyArguments) -> Outcome {
    // Prompts are counted; loading the vocabulary takes longest, so it starts first.
    std::thread::spawn(crate::tokens::load);
    let mut files = Files::default();
    if arguments.watch {
        return watch::run(terminal, arguments);
    }
    round(terminal, arguments, &mut files)
}

/// The files that a round looked at.
#[derive(Debug, Default)]
struct Files {
    /// Test files, their folders and policies as they stood before they were read: what `--watch`
    /// looks at.
    read: BTreeMap<PathBuf, Stamp>,
    /// Names of the policies that are files of their own.
    policies: BTreeSet<String>,
}

impl Files {
    fn note(&mut self, path: &Path) {
        self.read
            .entry(path.to_owned())
            .or_insert_with(|| files::stamp(path));
    }

    fn changed(&self) -> bool {
        self.read
            .iter()
            .any(|(path, before)| files::stamp(path) != *before)
    }
}

/// How the tests of one file went.
type Tested = (String, Vec<policytest::Outcome>);

/// Runs everything once.
fn round(terminal: &Terminal, arguments: &TestPolicyArguments, files: &mut Files) -> Outcome {
    let suites = read(arguments, files)?;
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let wanted = |name: &str| name.contains(filter);
    let mut coverage = Coverage::default();
    let mut tested: Vec<Tested> = Vec::new();
    for suite in &suites {
        let outcomes = suite.run(&wanted, arguments.trace);
        coverage.merge(suite.coverage());
        if !outcomes.is_empty() {
            tested.push((suite.file().source().name.to_string(), outcomes));
        }
    }
    if tested.is_empty() {
        let names = suites.iter().flat_map(|suite| suite.file().names());
        let failure = Failure::input(format!("no test has `{filter}` in its name"));
        return Err(match names.into_iter().next() {
            Some(name) => failure.hint(format!("the first test is called `{name}`")),
            None => failure,
        });
    }
    if let Some(path) = &arguments.junit {
        let describe = |failure: &policytest::StepFailure| show::failure(failure);
        files::write(path, &policytest::junit(&tested, &describe))?;
    }
    if let Some(path) = &arguments.lcov {
        let is_file = |name: &str| files.policies.contains(name);
        files::write(path, &coverage.lcov(&is_file))?;
    }
    let shown = arguments.coverage.then_some(&coverage);
    match arguments.format {
        Format::Text => terminal.data(&show::text(&tested, shown, terminal.quiet())),
        Format::Json => terminal.data(&show::json(&tested, shown)),
    }
    let all = tested.iter().flat_map(|(_, outcomes)| outcomes);
    let passed = all.clone().all(policytest::Outcome::passed);
    Ok(if passed { Verdict::Done } else { Verdict::No })
}

/// Every suite, or all that is wrong with any of the files.
fn read(arguments: &TestPolicyArguments, files: &mut Files) -> Result<Vec<Suite>, Failure> {
    let adapt = behaviour::adaptation(&arguments.behaviour)?;
    let mut paths = BTreeSet::new();
    for path in &arguments.paths {
        files.note(path);
        let found = files::find(path, ENDING)?;
        if found.is_empty() {
            let failure = Failure::input(format!("`{}` holds no policy test", path.display()));
            return Err(failure.hint(format!("names of policy tests end in `{ENDING}`")));
        }
        paths.extend(found);
    }
    for path in &paths {
        files.note(path);
    }
    let mut suites = Vec::with_capacity(paths.len());
    let mut problems: Vec<Diagnostic> = Vec::new();
    for path in &paths {
        let source = Source::new(plain(path).display().to_string(), files::read_text(path)?);
        let mut load = |name: &str| {
            let path = beside(path, name);
            files.note(&path);
            let text = files::read_text(&path).map_err(|error| error.to_string())?;
            let source = Source::new(plain(&path).display().to_string(), text);
            files.policies.insert(source.name.to_string());
            Ok(source)
        };
        let suite =
            TestFile::parse(&source).and_then(|file| Suite::prepare(file, &mut load, &*adapt));
        match suite {
            Ok(suite) => suites.push(suite),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(suites)
    } else {
        Err(Failure::from(problems))
    }
}
