//! `apimon loadtest`

use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;

use super::args::LoadtestArguments;
use super::failure::Failure;
use super::prepare::prepare;
use super::progress::Progress;
use super::report::text_or_json;
use super::target;
use super::terminal::Terminal;
use super::{Outcome, config, output, plan};
use crate::clock::Clock;
use crate::files::{FileError, RunWriter};
use crate::http;
use crate::loadtest::{self, Ended, LoadTest};
use crate::results::{Origin, Record, Run};

/// Records that may wait for the disk before callers have to.
const RECORDS_IN_FLIGHT: usize = 4_096;

pub(super) fn run(terminal: &Terminal, arguments: &LoadtestArguments) -> Outcome {
    http::install_crypto();
    let settings = config::read(arguments.target.as_deref())?;
    let shard = arguments.place.shard(settings.gateway_url.is_none())?;
    let mut prepared = prepare(terminal, &arguments.scenario)?;
    if let Some(shard) = shard {
        prepared.plan = prepared.plan.shard(shard);
    }
    if arguments.plan {
        let format = text_or_json(arguments.scenario.printed.format, "a plan")?;
        return plan::run(terminal, &prepared, format);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::bug)?;
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
    let writer = directory.records()?;
    let progress = Progress::new(terminal, info.planned);
    let names = prepared.header_names();
    let (meter, live) = (prepared.meter()?, prepared.live());
    let test = LoadTest {
        scenario: prepared.scenario,
        plan: prepared.plan,
        endpoint: target.endpoint.clone(),
        key_header: target.key_header.clone(),
        keys: target.keys.clone(),
        names,
        clock,
        meter,
        live,
    };
    let (ended, records) =
        LocalSet::new().block_on(&runtime, play(terminal, test, writer, progress))?;
    info.duration_us = Some(clock.now().as_micros());
    match ended {
        Ended::Complete => {}
        Ended::Interrupted => info.interrupted = true,
        Ended::Stopped { why, broken } => {
            terminal.complain(&format!("stopped: {why}"));
            info.interrupted = broken;
            info.stopped = Some(why);
        }
    }
    let arrived = records.iter().filter(|record| record.attempt == 1).count();
    info.planned = info.planned.max(arrived as u64);
    directory.write_info(&info)?;
    if let Some(gateway) = &target.gateway {
        output::note_metrics(terminal, &gateway.metrics());
    }
    drop(target);
    let run = Run {
        info,
        records,
        torn: false,
    };
    let run = run.without_warm_up();
    output::finish(
        terminal,
        directory.path(),
        &run,
        &arguments.scenario.printed,
        &prepared.prices,
    )
}

/// Plays the plan, records as it goes, and minds Ctrl-C.
async fn play(
    terminal: &Terminal,
    test: LoadTest,
    writer: RunWriter,
    progress: Progress,
) -> Result<(Ended, Vec<Record>), Failure> {
    let (records, received) = mpsc::channel(RECORDS_IN_FLIGHT);
    let (stop, stopped) = watch::channel(false);
    let recording = record(terminal, test.clock, received, writer, progress);
    let playing = loadtest::run(test, records, stopped);
    let both = async { tokio::join!(playing, recording) };
    tokio::select! {
        (ended, records) = both => Ok((ended.map_err(Failure::bug)?, records?)),
        never = interrupt(terminal, &stop) => match never {},
    }
}

/// Stops the run in order at the first Ctrl-C, at once at the second.
async fn interrupt(terminal: &Terminal, stop: &watch::Sender<bool>) -> std::convert::Infallible {
    for count in 0.. {
        if tokio::signal::ctrl_c().await.is_err() {
            // No signals on this system: the run simply goes on to its end.
            return std::future::pending().await;
        }
        if count == 0 {
            terminal.complain(
                "interrupted: keeping what was measured; press Ctrl-C again to stop at once",
            );
            stop.send_replace(true);
        } else {
            stop_at_once();
        }
    }
    std::future::pending().await
}

/// Every record so far is on disk already.
fn stop_at_once() -> ! {
    #[expect(clippy::exit, reason = "the user asked a second time")]
    std::process::exit(1)
}

async fn record(
    terminal: &Terminal,
    clock: Clock,
    mut received: mpsc::Receiver<Record>,
    mut writer: RunWriter,
    mut progress: Progress,
) -> Result<Vec<Record>, FileError> {
    let mut records = Vec::new();
    loop {
        let record = tokio::select! {
            record = received.recv() => record,
            () = clock.sleep_until(progress.next_tick()) => {
                progress.tick(terminal, clock.now());
                continue;
            }
        };
        let Some(record) = record else { break };
        writer.append(&record)?;
        // One write for everything that is there, none left behind when nothing follows.
        if received.is_empty() {
            writer.flush()?;
        }
        progress.record(&record);
        records.push(record);
    }
    writer.flush()?;
    progress.finish();
    Ok(records)
}
