//! The one writer of records: a thread that takes what workers hand over.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use super::exporter::Exporter;
use super::failure::Failure;
use super::progress::Progress;
use super::terminal::Terminal;
use crate::base::Moment;
use crate::clock::Clock;
use crate::files::{Appender, FileError, RunWriter};
use crate::loadtest::{self, Batch, Counts, Stop, Tally};

/// Everything that was done.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) counts: Counts,
    pub(super) tally: Tally,
}

/// Where records go, and who hears of them.
pub(super) struct Recorder {
    pub(super) terminal: Terminal,
    pub(super) clock: Clock,
    pub(super) writer: RunWriter,
    pub(super) progress: Progress,
    pub(super) recorded: Recorded,
    pub(super) intervals: Intervals,
    pub(super) exporter: Option<Exporter>,
    /// A run that cannot be recorded is not played on.
    pub(super) stop: watch::Sender<Stop>,
}

impl Recorder {
    /// Records until every worker is done.
    pub(super) fn start(
        self,
        batches: Receiver<Batch>,
    ) -> std::io::Result<JoinHandle<Result<Recorded, FileError>>> {
        std::thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || self.record(&batches))
    }

    fn record(mut self, batches: &Receiver<Batch>) -> Result<Recorded, FileError> {
        loop {
            let wait = self.clock.until(self.progress.next_tick());
            match batches.recv_timeout(wait) {
                Ok(batch) => {
                    if let Err(error) = self.take(&batch) {
                        self.stop.send_replace(Stop::Now);
                        self.progress.finish();
                        return Err(error);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.progress.tick(&self.terminal, self.clock.now());
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.progress.finish();
        self.intervals.end(self.clock.now())?;
        Ok(self.recorded)
    }

    fn take(&mut self, batch: &Batch) -> Result<(), FileError> {
        if !batch.lines.is_empty() {
            self.writer.lines(&batch.lines)?;
        }
        self.recorded.counts += batch.counts;
        self.progress.add(&batch.counts, self.clock.now());
        if let Some(tally) = &batch.tally {
            self.recorded.tally.add(tally);
            if let Some(exporter) = &self.exporter {
                exporter.show(&self.recorded.tally);
            }
            self.intervals.add(tally, self.clock.now())?;
        }
        Ok(())
    }
}

/// Histograms of every second, for other tools.
pub(super) struct Intervals {
    log: Appender,
    since: Moment,
    tally: Tally,
}

/// How long an interval is at least.
const INTERVAL: Duration = Duration::from_millis(950);

impl Intervals {
    /// Begins the log.
    pub(super) fn begin(
        path: &Path,
        clock: Clock,
        subscriptions: usize,
    ) -> Result<Intervals, FileError> {
        let mut log = Appender::open(path)?;
        log.line(loadtest::hlog_header(clock.started()).trim_end())?;
        Ok(Intervals {
            log,
            since: Moment::ZERO,
            tally: Tally::new(subscriptions),
        })
    }

    /// Workers hand their tallies over about once a second, each at its own time.
    fn add(&mut self, tally: &Tally, now: Moment) -> Result<(), FileError> {
        if now.since(self.since) >= INTERVAL {
            self.end(now)?;
        }
        self.tally.add(tally);
        Ok(())
    }

    fn end(&mut self, now: Moment) -> Result<(), FileError> {
        let lines = loadtest::hlog_lines(&self.tally, self.since, now.since(self.since));
        self.since = now;
        self.tally = Tally::new(self.tally.subscriptions.len());
        match lines.trim_end() {
            "" => Ok(()),
            lines => self.log.line(lines),
        }
    }
}

/// What the recorder's thread came to.
pub(super) fn join(thread: JoinHandle<Result<Recorded, FileError>>) -> Result<Recorded, Failure> {
    match thread.join() {
        Ok(recorded) => Ok(recorded?),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::cli::args::Colour;
    use crate::files::RunDir;

    #[test]
    fn a_full_disk_ends_the_run() {
        let parent = std::env::temp_dir().join(format!("apimon-full-{}", std::process::id()));
        let directory = RunDir::create(&parent, "run").unwrap();
        std::os::unix::fs::symlink("/dev/full", directory.path().join("requests.jsonl")).unwrap();
        let terminal = Terminal::new(true, Colour::Never);
        let (stop, told) = watch::channel(Stop::No);
        let recorder = Recorder {
            terminal,
            clock: Clock::start(),
            writer: directory.records().unwrap(),
            progress: Progress::new(&terminal, 1),
            recorded: Recorded {
                counts: Counts::default(),
                tally: Tally::new(1),
            },
            intervals: Intervals::begin(&directory.path().join("i.hlog"), Clock::start(), 1)
                .unwrap(),
            exporter: None,
            stop,
        };
        let (batches, received) = mpsc::channel();
        let thread = recorder.start(received).unwrap();
        let lines = b"{}\n".to_vec();
        batches
            .send(Batch {
                lines,
                ..Batch::default()
            })
            .unwrap();
        let error = thread.join().unwrap().unwrap_err().to_string();
        assert!(error.contains("cannot write"), "{error}");
        assert_eq!(*told.borrow(), Stop::Now);
        std::fs::remove_dir_all(&parent).unwrap();
    }
}
