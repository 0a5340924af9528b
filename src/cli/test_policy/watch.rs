//! `--watch`: runs again whenever a test or one of its policies changes, until Ctrl-C.

use std::time::Duration;

use super::super::Outcome;
use super::super::args::TestPolicyArguments;
use super::super::failure::{Failure, Verdict};
use super::super::terminal::Terminal;
use super::{Files, round};
use crate::clock::Clock;

/// Short enough to feel at once, long enough to cost nothing.
const LOOK_EVERY: Duration = Duration::from_millis(300);

pub(super) fn run(terminal: &Terminal, arguments: &TestPolicyArguments) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::bug)?;
    runtime.block_on(async {
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => stopped.map(|()| Verdict::Done).map_err(Failure::bug),
            never = again(terminal, arguments) => match never {},
        }
    })
}

async fn again(terminal: &Terminal, arguments: &TestPolicyArguments) -> std::convert::Infallible {
    let clock = Clock::start();
    loop {
        let mut files = Files::default();
        // A file that is wrong now may be right after the next change.
        if let Err(failure) = round(terminal, arguments, &mut files) {
            failure.report(terminal);
        }
        terminal.note("waiting for a change; Ctrl-C stops");
        while !files.changed() {
            clock.sleep_until(clock.now() + LOOK_EVERY).await;
        }
    }
}
