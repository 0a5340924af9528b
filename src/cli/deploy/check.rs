//! The pre-flight as lines, and soft-deleted twins as a question.

use super::arguments::SoftDeleted;
use super::{ask, job};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::deployer::{Ahead, Job, Twin, TwinKind};
use crate::provision::{Check, Grade, Ink, Look};

/// What becomes of the twins.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Twins {
    pub(super) purge: Vec<Twin>,
    /// They come back with a first deployment; a second one then sets everything else.
    pub(super) restored: bool,
}

/// Shows the pre-flight. What is fine is talk; what is not is said in any case.
///
/// # Errors
///
/// When the deployment would fail for sure.
pub(super) fn show(terminal: &Terminal, ahead: &Ahead) -> Result<(), Failure> {
    let look = Look {
        colour: terminal.colour_err(),
    };
    let mut hints = Vec::new();
    for check in &ahead.checks {
        let text = line(check, look);
        match check.grade {
            Grade::Ok => terminal.note(&text),
            Grade::Warning | Grade::Bad => terminal.complain(&text),
        }
        if check.grade == Grade::Bad && !check.hint.is_empty() {
            hints.push(check.hint.clone());
        } else if check.grade == Grade::Warning && !check.hint.is_empty() {
            terminal.complain(&format!("{:<15} {}", "", check.hint));
        }
    }
    if !ahead.is_bad() {
        return Ok(());
    }
    let mut failure = Failure::remote("the deployment would fail, and nothing was changed");
    for hint in hints {
        failure = failure.hint(hint);
    }
    Err(failure)
}

fn line(check: &Check, look: Look) -> String {
    let (word, ink) = match check.grade {
        Grade::Ok => ("ok", Ink::Green),
        Grade::Warning => ("note", Ink::Yellow),
        Grade::Bad => ("no", Ink::Red),
    };
    format!(
        "{} {:<12} {}",
        look.paint(ink, &format!("{word:<4}")),
        check.about,
        check.said
    )
}

/// Decides on soft-deleted twins.
///
/// # Errors
///
/// When nobody decides, and when the template cannot bring back.
pub(super) fn twins(
    terminal: &Terminal,
    wanted: SoftDeleted,
    ahead: &Ahead,
    job: &mut Job,
) -> Result<Twins, Failure> {
    let mut decided = Twins::default();
    for twin in &ahead.twins {
        let parameter = match twin.kind {
            TwinKind::ApiManagement => "restoreApiManagement",
            TwinKind::Account => "restoreOpenAi",
        };
        if job::is_on(job, parameter) {
            continue;
        }
        let until = twin
            .purged_on
            .get(..10)
            .map(|day| format!(" until {day}"))
            .unwrap_or_default();
        terminal.complain(&format!(
            "{} is soft-deleted{until} and keeps its name",
            twin.shown()
        ));
        let purges = match wanted {
            SoftDeleted::Purge => true,
            SoftDeleted::Restore => false,
            SoftDeleted::Ask if ask::can_ask() => {
                let question =
                    "stop (s), delete it for good and make a new one (p), or bring it back (r)?";
                match ask::choice(terminal, question, &['s', 'p', 'r'])? {
                    'p' => true,
                    'r' => false,
                    _ => return Err(stopped(twin)),
                }
            }
            SoftDeleted::Ask | SoftDeleted::Fail => return Err(stopped(twin)),
        };
        if purges {
            decided.purge.push(twin.clone());
        } else if job::switch(job, parameter, true) {
            decided.restored = true;
        } else {
            let message =
                format!("the template cannot bring back: it has no parameter `{parameter}`");
            return Err(Failure::input(message).hint("purge with `--soft-deleted purge`"));
        }
    }
    Ok(decided)
}

fn stopped(twin: &Twin) -> Failure {
    Failure::remote(format!("{} is soft-deleted, so the deployment would fail", twin.shown()))
        .hint("delete it for good with `--soft-deleted purge`, or bring it back with `--soft-deleted restore`")
}
