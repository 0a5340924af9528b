//! How a load test sends: threads, connections, and what is said of the client at the end.

use std::net::SocketAddr;

use clap::Args;

use super::exporter::Exporter;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::base::number;
use crate::loadtest::Tally;
use crate::results::{self, ClientInfo};
use crate::scenario::Scenario;

/// Descriptors that are not for connections to the target.
const RESERVED: u64 = 256;
/// Connections that are never exceeded unless asked for: one address has about as many local ports.
const MOST_CONNECTIONS: u64 = 28_000;

#[derive(Debug, Args)]
pub(super) struct SendingArguments {
    /// Threads that send; one per processor when absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// Connections that may be open at once; a request that finds none left is recorded as not sent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_connections: Option<u32>,

    /// Fail when this machine, and not the gateway, was the limit: requests sent late or not at
    /// all, or no processor time left
    #[arg(long)]
    fail_if_client_limited: bool,

    /// Only record: `apimon report` makes the report and judges the thresholds later
    #[arg(long)]
    pub(super) no_report: bool,

    /// Serve Prometheus series of the run at `http://ADDRESS/metrics` while it goes on, such as
    /// `127.0.0.1:9464`
    #[arg(long, value_name = "ADDRESS")]
    metrics_addr: Option<SocketAddr>,
}

impl SendingArguments {
    pub(super) fn workers(&self) -> usize {
        self.workers.map_or_else(
            || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            usize::from,
        )
    }

    /// `ours` says that the gateway is in this process and needs as many descriptors.
    pub(super) fn most_connections(&self, ours: bool) -> usize {
        let asked = self.max_connections.map(u64::from);
        let descriptors = allow_descriptors().saturating_sub(RESERVED);
        let possible = if ours { descriptors / 2 } else { descriptors };
        let most = asked.unwrap_or_else(|| possible.min(MOST_CONNECTIONS));
        usize::try_from(most.max(1)).unwrap_or(usize::MAX)
    }

    /// Serves series, if that is wanted.
    pub(super) fn exporter(
        &self,
        terminal: &Terminal,
        scenario: &Scenario,
    ) -> Result<Option<Exporter>, Failure> {
        let Some(address) = self.metrics_addr else {
            return Ok(None);
        };
        let ids = scenario.subscriptions.iter().map(|known| known.id.clone());
        let (exporter, bound) = Exporter::start(address, ids.collect())?;
        terminal.note(&format!("metrics: http://{bound}/metrics"));
        Ok(Some(exporter))
    }

    /// Says how the client did. False when it was the limit and that was to be a failure.
    pub(super) fn judge(&self, terminal: &Terminal, client: &ClientInfo) -> bool {
        let Some(limited) = &client.limited else {
            return true;
        };
        if self.fail_if_client_limited {
            terminal.complain(&format!("error: the client was the limit: {limited}"));
        } else {
            terminal.note(&format!("the client was the limit: {limited}"));
        }
        !self.fail_if_client_limited
    }
}

/// One line about the client.
pub(super) fn line(client: &ClientInfo) -> String {
    let ms = |micros: u64| number(micros as f64 / 1e3, 2);
    let cpu = client.cpu_share.map_or_else(String::new, |share| {
        format!(
            " · {} % of {} sending threads busy",
            number(share * 100.0, 0),
            client.workers
        )
    });
    format!(
        "client: sent {} of {} · late p50 {} ms, p99 {} ms, max {} ms · {} connections{cpu}",
        number(client.sent as f64, 0),
        number(client.asked as f64, 0),
        ms(client.lateness_p50_us),
        ms(client.lateness_p99_us),
        ms(client.lateness_max_us),
        number(client.connections as f64, 0),
    )
}

/// One line for each way in which requests failed, and for answers that could not be read.
pub(super) fn failures(tally: &Tally) -> Vec<String> {
    let mut lines = Vec::new();
    for (failure, (count, detail)) in &tally.failures {
        let what = match failure {
            results::Failure::Connect => "could not connect",
            results::Failure::Broken => "broke off",
            results::Failure::Timeout => "took too long",
            results::Failure::Malformed => "made no sense",
            results::Failure::Interrupted => "were given up",
            results::Failure::NoConnection => "were not sent",
        };
        lines.push(format!("{} {what}: {detail}", requests(*count)));
    }
    for (why, count) in &tally.unread {
        lines.push(format!(
            "the tokens of {} are not known: the answer {why}",
            requests(*count)
        ));
    }
    lines
}

fn requests(count: u64) -> String {
    match count {
        1 => "1 request".to_owned(),
        _ => format!("{} requests", number(count as f64, 0)),
    }
}

/// Raises the limit of open descriptors as far as it goes; answers with what it is.
fn allow_descriptors() -> u64 {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        // A system that refuses leaves the lower limit in place.
        let _refused = setrlimit(Resource::Nofile, raised);
        getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
    }
    #[cfg(not(unix))]
    u64::MAX
}
