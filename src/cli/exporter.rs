//! `loadtest --metrics-addr`: what the run did so far, for Prometheus.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::failure::Failure;
use crate::loadtest::Tally;
use crate::metrics::{
    Buckets, CLIENT_DURATION, CLIENT_FIRST_CHUNK, CLIENT_OUTPUT_CHUNK, CONTENT_TYPE, LOAD_LATENESS,
    LOAD_REQUESTS, LOAD_TOKENS, Registry,
};

/// Whoever asks and then says nothing is left.
const PATIENCE: Duration = Duration::from_secs(2);

/// The text that is served, and who is in it.
#[derive(Debug, Clone)]
pub(super) struct Exporter {
    text: Arc<Mutex<String>>,
    subscriptions: Vec<String>,
}

impl Exporter {
    /// Serves on a thread of its own for as long as the program runs. Answers with the address too,
    /// because port 0 lets the system choose.
    pub(super) fn start(
        address: SocketAddr,
        subscriptions: Vec<String>,
    ) -> Result<(Exporter, SocketAddr), Failure> {
        let failed = |cause| Failure::input(format!("cannot listen on {address}: {cause}"));
        let listener = TcpListener::bind(address).map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let text = Arc::new(Mutex::new(String::new()));
        let served = Arc::clone(&text);
        std::thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    // Whoever asked and went away misses nothing but its own answer.
                    let _gone = answer(stream, &served);
                }
            })
            .map_err(Failure::bug)?;
        let exporter = Exporter {
            text,
            subscriptions,
        };
        Ok((exporter, bound))
    }

    /// Shows what a run did so far.
    pub(super) fn show(&self, tally: &Tally) {
        let text = series(tally, &self.subscriptions).prometheus();
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

fn answer(mut stream: TcpStream, text: &Mutex<String>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = [0; 4096];
    let mut read = 0;
    while !head[..read].ends_with(b"\r\n\r\n") {
        match stream.read(&mut head[read..])? {
            0 => break,
            more => read += more,
        }
    }
    let (status, body) = if head.starts_with(b"GET /metrics ") {
        let text = text.lock().unwrap_or_else(PoisonError::into_inner);
        ("200 OK", text.clone())
    } else {
        ("404 Not Found", "the series are at /metrics\n".to_owned())
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn series(tally: &Tally, subscriptions: &[String]) -> Registry {
    let mut registry = Registry::default();
    for (counts, id) in tally.subscriptions.iter().zip(subscriptions) {
        for (outcome, count) in [
            ("passed", counts.passed),
            ("throttled", counts.throttled),
            ("quota-exceeded", counts.quota_exceeded),
            ("failed", counts.failed),
        ] {
            let labels = [("subscription", id.as_str()), ("outcome", outcome)];
            registry.set(&LOAD_REQUESTS, &labels, count as f64);
        }
        for (kind, tokens) in [
            ("input", counts.prompt_tokens),
            ("output", counts.completion_tokens),
        ] {
            let labels = [("subscription", id.as_str()), ("gen_ai_token_type", kind)];
            registry.set(&LOAD_TOKENS, &labels, tokens as f64);
        }
    }
    for (family, histogram) in [
        (&CLIENT_DURATION, &tally.latency),
        (&CLIENT_FIRST_CHUNK, &tally.ttft),
        (&CLIENT_OUTPUT_CHUNK, &tally.itl),
        (&LOAD_LATENESS, &tally.lateness),
    ] {
        let mut from = 0;
        let mut counts = Vec::new();
        for bound in Buckets::Seconds.bounds() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "bounds are some seconds"
            )]
            let to = (bound * 1e6) as u64;
            counts.push(histogram.count_between(from, to));
            from = to + 1;
        }
        counts.push(histogram.len() - counts.iter().sum::<u64>().min(histogram.len()));
        let sum = histogram.mean() * histogram.len() as f64 / 1e6;
        registry.set_histogram(family, &[], counts, sum);
    }
    registry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_read_while_it_goes_on() {
        let (exporter, address) =
            Exporter::start("127.0.0.1:0".parse().unwrap(), vec!["team".to_owned()]).unwrap();
        let mut tally = Tally::new(1);
        tally.subscriptions[0].passed = 3;
        tally.subscriptions[0].completion_tokens = 60;
        for micros in [5_000, 15_000, 200_000_000] {
            tally.latency.record(micros).unwrap();
        }
        exporter.show(&tally);
        let ask = |path: &str| {
            let mut stream = TcpStream::connect(address).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        let text = ask("/metrics");
        for line in [
            "apimon_load_requests_total{subscription=\"team\",outcome=\"passed\"} 3",
            "apimon_load_tokens_total{subscription=\"team\",gen_ai_token_type=\"output\"} 60",
            "gen_ai_client_operation_duration_seconds_bucket{le=\"0.01\"} 1",
            "gen_ai_client_operation_duration_seconds_bucket{le=\"0.02\"} 2",
            "gen_ai_client_operation_duration_seconds_bucket{le=\"+Inf\"} 3",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(ask("/other").starts_with("HTTP/1.1 404"));
    }
}
