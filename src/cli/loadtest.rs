//! `apimon loadtest`

use std::path::Path;
use std::sync::mpsc;

use tokio::sync::watch;

use super::args::LoadtestArguments;
use super::exporter::Exporter;
use super::failure::{Failure, Verdict};
use super::prepare::{Prepared, prepare};
use super::progress::Progress;
use super::recorder::{self, Intervals, Recorded, Recorder};
use super::target::{self, Target};
use super::terminal::Terminal;
use super::{Outcome, config, output, plan, sending, spending};
use crate::base::Moment;
use crate::clock::Clock;
use crate::files::{self, RunDir, RunWriter};
use crate::http;
use crate::loadtest::{self, Client, Counts, Ended, LoadTest, Stop, Tally};
use crate::results::{ClientInfo, Origin, RunInfo};

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
    if arguments.plan {
        return plan::run(terminal, &prepared, arguments.scenario.printed.format);
    }
    spending::guard(terminal, &settings, &mut prepared)?;
    let clock = arguments.place.clock()?;
    // Only our own model knows how to be told how long an answer is to be.
    prepared.scenario.orders_lengths =
        settings.gateway_url.is_none() && arguments.backend.backend.is_none();
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
    let due: Vec<Moment> = prepared
        .plan
        .arrivals
        .iter()
        .map(|planned| planned.at)
        .collect();
    let test = load_test(prepared, &target, arguments, clock)?;
    let workers = test.workers;
    let exporter = arguments.sending.exporter(terminal, &test.scenario)?;
    let (ended, recorded) = play(terminal, test, &directory, info.planned, exporter)?;
    let end = clock.now();
    info.duration_us = Some(end.as_micros());
    let client = Client {
        ended: &ended,
        counts: recorded.counts,
        tally: &recorded.tally,
        workers,
        asked: recorded
            .counts
            .arrivals
            .max(due.iter().filter(|at| **at <= end).count() as u64),
        took: end.since_start(),
    };
    let client = client.info();
    conclude(terminal, &mut info, &ended, &recorded, &client);
    directory.write_info(&info)?;
    if let Some(gateway) = &target.gateway {
        output::note_metrics(terminal, &gateway.metrics());
    }
    drop(target);
    let verdict = judge(terminal, arguments, &directory, &recorded, &ended)?;
    terminal.note(&sending::line(&client));
    let sound = arguments.sending.judge(terminal, &client);
    Ok(match verdict {
        Verdict::Done if !sound => Verdict::No,
        other => other,
    })
}

fn load_test(
    prepared: Prepared,
    target: &Target,
    arguments: &LoadtestArguments,
    clock: Clock,
) -> Result<LoadTest, Failure> {
    Ok(LoadTest {
        names: prepared.header_names(),
        meter: prepared.meter()?,
        live: prepared.live(),
        scenario: prepared.scenario,
        plan: prepared.plan,
        endpoint: target.endpoint.clone(),
        key_header: target.key_header.clone(),
        keys: target.keys.clone(),
        clock,
        workers: arguments.sending.workers(),
        most_connections: arguments.sending.most_connections(target.gateway.is_some()),
    })
}

/// Puts into `run.json` how the run ended, and says so where it was not as planned.
fn conclude(
    terminal: &Terminal,
    info: &mut RunInfo,
    ended: &Ended,
    recorded: &Recorded,
    client: &ClientInfo,
) {
    match &ended.stopped {
        None => info.interrupted = !ended.complete,
        Some(stopped) => {
            terminal.complain(&format!("stopped: {}", stopped.why));
            info.interrupted = stopped.broken;
            info.stopped = Some(stopped.why.clone());
        }
    }
    info.planned = info.planned.max(recorded.counts.arrivals);
    info.client = Some(client.clone());
    for line in sending::failures(&recorded.tally) {
        terminal.complain(&format!("warning: {line}"));
    }
}

/// Makes the report, unless that is left for later, and says whether the run is what was wanted.
fn judge(
    terminal: &Terminal,
    arguments: &LoadtestArguments,
    directory: &RunDir,
    recorded: &Recorded,
    ended: &Ended,
) -> Outcome {
    if !arguments.sending.no_report {
        let run = files::read_run(directory.path())?.without_warm_up();
        let printed = &arguments.scenario.printed;
        return output::finish(terminal, directory.path(), &run, printed);
    }
    terminal.note(&format!(
        "recorded: `apimon report {}` makes the report",
        directory.path().display()
    ));
    let counts = &recorded.counts;
    let budget = ended
        .stopped
        .as_ref()
        .is_some_and(|stopped| !stopped.broken);
    Ok(if !ended.complete && !budget {
        Verdict::No
    } else if counts.requests > 0 && counts.requests == counts.failed {
        Verdict::Silence
    } else {
        Verdict::Done
    })
}

/// Plays the plan, records as it goes, and minds Ctrl-C.
fn play(
    terminal: &Terminal,
    test: LoadTest,
    directory: &RunDir,
    planned: u64,
    exporter: Option<Exporter>,
) -> Result<(Ended, Recorded), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::bug)?;
    let subscriptions = test.scenario.subscriptions.len();
    let writer: RunWriter = directory.records()?;
    let intervals: &Path = &directory.path().join(INTERVALS);
    let (batches, received) = mpsc::channel();
    let (stop, stopped) = watch::channel(Stop::No);
    let recorder = Recorder {
        terminal: terminal.clone(),
        clock: test.clock,
        writer,
        progress: Progress::new(terminal, planned),
        recorded: Recorded {
            counts: Counts::default(),
            tally: Tally::new(subscriptions),
        },
        intervals: Intervals::begin(intervals, test.clock, subscriptions)?,
        exporter,
        stop: stop.clone(),
    };
    let recording = recorder.start(received).map_err(Failure::bug)?;
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = loadtest::run(test, batches, stopped) => ended.map_err(Failure::bug),
            never = interrupt(terminal, &stop) => match never {},
        }
    })?;
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
