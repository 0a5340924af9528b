//! `apimon loadtest`

use std::path::Path;
use std::sync::{Arc, mpsc};

use tokio::sync::watch;

use super::args::LoadtestArguments;
use super::failure::{Failure, Verdict};
use super::prepare::prepare;
use super::progress::Progress;
use super::recorder::{self, Intervals, Recorded, Recorder};
use super::target::{self, KEY_HEADER};
use super::terminal::Terminal;
use super::{Outcome, config, output, sending};
use crate::files::{self, RunWriter};
use crate::http;
use crate::loadtest::{self, Client, Ended, LoadTest, Stop, Tally};
use crate::results::Origin;

/// Histograms of every second, in a run's folder.
const INTERVALS: &str = "intervals.hlog";

pub(super) fn run(terminal: &Terminal, arguments: &LoadtestArguments) -> Outcome {
    http::install_crypto();
    let settings = config::read(arguments.target.as_deref())?;
    let shard = arguments.place.shard(settings.gateway_url.is_none())?;
    let mut prepared = prepare(terminal, &arguments.scenario)?;
    if let Some(shard) = shard {
        prepared.plan = prepared.plan.shard(shard);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::bug)?;
    let clock = arguments.place.clock()?;
    let target = target::open(terminal, arguments, &prepared, clock)?;
    let mut info = output::run_info(
        &prepared,
        Origin::Measured,
        clock.started(),
        target.info.clone(),
    );
    info.shard = shard;
    let directory = output::begin(&arguments.scenario.out, &prepared, &info, clock.started())?;
    terminal.note(&format!(
        "playing {}: {} arrivals, seed {}, into {}",
        info.scenario,
        info.planned,
        info.seed,
        directory.path().display()
    ));
    let writer = directory.records()?;
    let names = prepared.header_names();
    let plan = Arc::new(prepared.plan);
    let workers = arguments.sending.workers();
    let test = LoadTest {
        scenario: prepared.scenario,
        plan: Arc::clone(&plan),
        endpoint: target.endpoint.clone(),
        key_header: KEY_HEADER.to_owned(),
        keys: target.keys.clone(),
        names,
        clock,
        workers,
        most_connections: arguments.sending.most_connections(target.gateway.is_some()),
    };
    let (ended, recorded) = runtime.block_on(play(
        terminal,
        test,
        writer,
        &directory.path().join(INTERVALS),
    ))?;
    let end = clock.now();
    info.duration_us = Some(end.as_micros());
    info.interrupted = !ended.complete;
    let due = plan.arrivals.iter().filter(|arrival| arrival.at <= end);
    let client = Client {
        ended,
        counts: recorded.counts,
        tally: &recorded.tally,
        workers,
        asked: due.count() as u64,
        took: end.since_start(),
    };
    let client = client.info();
    info.client = Some(client.clone());
    directory.write_info(&info)?;
    if let Some(gateway) = &target.gateway {
        output::note_metrics(terminal, &gateway.metrics());
    }
    drop(target);
    for line in sending::failures(&recorded.tally) {
        terminal.complain(&format!("warning: {line}"));
    }
    let verdict = if arguments.sending.no_report {
        terminal.note(&format!(
            "recorded: `apimon report {}` makes the report",
            directory.path().display()
        ));
        recorded_only(&recorded, ended)
    } else {
        let run = files::read_run(directory.path())?;
        let printed = &arguments.scenario.printed;
        output::finish(terminal, directory.path(), &run, printed)?
    };
    terminal.note(&sending::line(&client));
    let sound = arguments.sending.judge(terminal, &client, true);
    Ok(match verdict {
        Verdict::Done if !sound => Verdict::No,
        other => other,
    })
}

/// What can be said of a run that nobody has judged.
fn recorded_only(recorded: &Recorded, ended: Ended) -> Verdict {
    let answered = recorded.counts.requests > recorded.counts.failed;
    if !ended.complete {
        Verdict::No
    } else if recorded.counts.requests > 0 && !answered {
        Verdict::Silence
    } else {
        Verdict::Done
    }
}

/// Plays the plan, records as it goes, and minds Ctrl-C.
async fn play(
    terminal: &Terminal,
    test: LoadTest,
    writer: RunWriter,
    intervals: &Path,
) -> Result<(Ended, Recorded), Failure> {
    let (batches, received) = mpsc::channel();
    let (stop, stopped) = watch::channel(Stop::No);
    let recorder = Recorder {
        terminal: *terminal,
        clock: test.clock,
        writer,
        progress: Progress::new(terminal, test.plan.arrivals.len() as u64),
        recorded: Recorded {
            counts: loadtest::Counts::default(),
            tally: Tally::new(test.scenario.subscriptions.len()),
        },
        intervals: Intervals::begin(intervals, test.clock, test.scenario.subscriptions.len())?,
        stop: stop.clone(),
    };
    let recording = recorder.start(received).map_err(Failure::bug)?;
    let ended = tokio::select! {
        ended = loadtest::run(test, batches, stopped) => ended.map_err(Failure::bug)?,
        never = interrupt(terminal, &stop) => match never {},
    };
    Ok((ended, recorder::join(recording)?))
}

/// Ends the run in order at the first Ctrl-C, gives up what is under way at the second, and leaves
/// at once at the third.
async fn interrupt(terminal: &Terminal, stop: &watch::Sender<Stop>) -> std::convert::Infallible {
    for count in 0.. {
        if tokio::signal::ctrl_c().await.is_err() {
            // No signals on this system: the run simply goes on to its end.
            return std::future::pending().await;
        }
        match count {
            0 => {
                terminal.complain(
                    "interrupted: waiting for the answers under way; press Ctrl-C again to give them up",
                );
                stop.send_replace(Stop::Drain);
            }
            1 => {
                stop.send_replace(Stop::Now);
            }
            _ => leave(),
        }
    }
    std::future::pending().await
}

/// Records are on disk up to the last fifth of a second.
fn leave() -> ! {
    #[expect(clippy::exit, reason = "the user asked a third time")]
    std::process::exit(1)
}
