use super::Sketch;
use crate::report::stats::{
    latency_us, lateness_us, service_us, tpot_us, ttft_from_sent_us, ttft_us,
};
use crate::results::Line;

/// The times of requests; `report::stats` says what each of them is.
#[derive(Debug, Default, Clone, PartialEq)]
pub(in crate::report) struct Times {
    pub(in crate::report) latency: Sketch,
    pub(in crate::report) service: Sketch,
    pub(in crate::report) ttft: Sketch,
    pub(in crate::report) ttft_from_sent: Sketch,
    pub(in crate::report) per_token: Sketch,
    pub(in crate::report) lateness: Sketch,
}

impl Times {
    pub(super) fn add(&mut self, line: &Line<'_>) {
        self.lateness.add(lateness_us(line));
        for (sketch, time) in [
            (&mut self.latency, latency_us(line)),
            (&mut self.service, service_us(line)),
            (&mut self.ttft, ttft_us(line)),
            (&mut self.ttft_from_sent, ttft_from_sent_us(line)),
            (&mut self.per_token, tpot_us(line)),
        ] {
            if let Some(time) = time {
                sketch.add(time);
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Times) {
        self.latency.merge(&other.latency);
        self.service.merge(&other.service);
        self.ttft.merge(&other.ttft);
        self.ttft_from_sent.merge(&other.ttft_from_sent);
        self.per_token.merge(&other.per_token);
        self.lateness.merge(&other.lateness);
    }
}
