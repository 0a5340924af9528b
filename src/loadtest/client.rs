//! What the load generator says of itself at the end.

use std::time::Duration;

use super::batch::Counts;
use super::run::Ended;
use super::tally::Tally;
use crate::base::number;
use crate::results::{ClientInfo, Failure};

/// A request in a hundred that is later than that, and than [`LATE_SHARE`] of what it measures, was
/// measured wrong.
const LATE_US: u64 = 1_000;
/// Lateness that matters, as a share of the median latency of passed requests.
const LATE_SHARE: f64 = 0.02;
/// Share of their processors above which sending threads wait for each other.
const BUSY_SHARE: f64 = 0.85;

/// How a run went for its client.
#[derive(Debug)]
pub(crate) struct Client<'a> {
    pub(crate) ended: &'a Ended,
    pub(crate) counts: Counts,
    pub(crate) tally: &'a Tally,
    pub(crate) workers: usize,
    /// Arrivals that were due before the end.
    pub(crate) asked: u64,
    pub(crate) took: Duration,
}

impl Client<'_> {
    pub(crate) fn info(&self) -> ClientInfo {
        let lateness = &self.tally.lateness;
        let refused = self.tally.failures.get(&Failure::NoConnection);
        let refused = refused.map_or(0, |(count, _)| *count);
        let cpu_share = self.ended.cpu.map(|cpu| {
            let could = self.took.as_secs_f64() * self.workers as f64;
            (cpu.as_secs_f64() / could.max(1e-6)).min(1.0)
        });
        let mut info = ClientInfo {
            workers: self.workers as u64,
            lateness_p50_us: lateness.value_at_quantile(0.5),
            lateness_p99_us: lateness.value_at_quantile(0.99),
            lateness_max_us: lateness.max(),
            asked: self.asked,
            sent: self.counts.arrivals.saturating_sub(refused),
            refused,
            connections: self.tally.connections,
            connections_at_once: self.ended.connections_at_once,
            cpu_us: self
                .ended
                .cpu
                .map(|cpu| u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX)),
            cpu_share: cpu_share.map(|share| (share * 1e4).round() / 1e4),
            limited: None,
        };
        info.limited = self.limited(&info);
        info
    }

    /// Why the client was the limit, worst first.
    fn limited(&self, info: &ClientInfo) -> Option<String> {
        if info.refused > 0 {
            return Some(format!(
                "{} of {} requests were not sent, because all {} connections were busy",
                number(info.refused as f64, 0),
                number(info.asked as f64, 0),
                number(info.connections_at_once as f64, 0),
            ));
        }
        let median = self.tally.latency.value_at_quantile(0.5) as f64;
        let late = info.lateness_p99_us;
        if late > LATE_US && late as f64 > median * LATE_SHARE {
            return Some(format!(
                "one request in a hundred was sent {} ms late or later",
                number(late as f64 / 1e3, 1)
            ));
        }
        let share = info.cpu_share.filter(|share| *share > BUSY_SHARE)?;
        Some(format!(
            "its {} sending threads were busy for {} % of the time",
            info.workers,
            number(share * 100.0, 0)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lateness_us: &[u64], latency_us: u64, cpu_ms: u64, refused: u64) -> Option<String> {
        let mut tally = Tally::new(1);
        for late in lateness_us {
            tally.note_lateness(*late);
        }
        tally.latency.record(latency_us).unwrap();
        for _ in 0..refused {
            tally.note_failure(Failure::NoConnection, "");
        }
        let client = Client {
            ended: &Ended {
                complete: true,
                stopped: None,
                cpu: Some(Duration::from_millis(cpu_ms)),
                connections_at_once: 7,
            },
            counts: Counts::default(),
            tally: &tally,
            workers: 2,
            asked: 100,
            took: Duration::from_secs(1),
        };
        client.info().limited
    }

    #[test]
    fn the_client_says_when_it_was_the_limit() {
        assert_eq!(check(&[10, 900], 5_000, 1_000, 0), None);
        assert_eq!(check(&[10, 4_000], 300_000, 1_000, 0), None, "one percent");
        let late = check(&[10, 4_000], 5_000, 1_000, 0).unwrap();
        assert!(late.contains("sent 4 ms late"), "{late}");
        let busy = check(&[10], 5_000, 1_800, 0).unwrap();
        assert!(
            busy.contains("2 sending threads") && busy.contains("90 %"),
            "{busy}"
        );
        let refused = check(&[90_000], 5_000, 1_800, 3).unwrap();
        assert!(refused.contains("3 of 100"), "{refused}");
    }
}
