//! A model that answers after exactly known delays: one thread, epoll, and a timer that is exact to
//! some ten microseconds. What `tests/bench/load.py` measures clients against.
//!
//! ```text
//! mock [--delay-us N] [--events N] [--gap-us N] [--stall-at-ms N --stall-ms N]
//! ```
//!
//! Prints the port that it listens on. Every POST is answered `--delay-us` after it was read: with
//! a JSON answer, or with `--events` server-sent events, `--gap-us` apart and each sent by itself
//! (the role, text, `usage`, `[DONE]`). With a stall it does nothing at all for that long, that long
//! after the first request. `GET /stats` answers with what it did since the last such request, as
//! JSON: how many, its own service times (read to written), the variation of the times between
//! requests, and when the first of them came (Unix time).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::epoll;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

const LISTENER: u64 = u64::MAX;
const TIMER: u64 = u64::MAX - 1;
const USAGE: &str = r#"{"prompt_tokens":13,"completion_tokens":20,"total_tokens":33}"#;

struct Settings {
    delay: Duration,
    events: usize,
    gap: Duration,
    stall: Option<(Duration, Duration)>,
}

/// One connection and the request that is read or answered on it.
struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
    /// When the request was there whole.
    since: Instant,
    /// Pieces of the answer that were written.
    written: usize,
}

#[derive(Default)]
struct Stats {
    service_us: Vec<u64>,
    arrivals: Vec<Instant>,
    first_unix_us: u128,
    open_most: usize,
}

struct Server {
    settings: Settings,
    epoll: rustix::fd::OwnedFd,
    timer: rustix::fd::OwnedFd,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    pieces: Vec<Vec<u8>>,
    stats: Stats,
    first: Option<Instant>,
}

fn main() {
    let _refused = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let _refused = rustix::process::setrlimit(rustix::process::Resource::Nofile, raised);
    let settings = settings();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    // The standard library asks for 128 waiting connections; a burst needs more.
    rustix::net::listen(&listener, 16_384).expect("a longer queue");
    listener.set_nonblocking(true).expect("a socket");
    println!("{}", listener.local_addr().expect("a bound socket").port());
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("epoll");
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK).expect("a timer");
    let watch = |fd: &dyn rustix::fd::AsFd, data| {
        epoll::add(
            &epoll,
            fd.as_fd(),
            epoll::EventData::new_u64(data),
            epoll::EventFlags::IN,
        )
        .expect("a descriptor to watch");
    };
    watch(&listener, LISTENER);
    watch(&timer, TIMER);
    let pieces = pieces(&settings);
    let mut server = Server {
        settings,
        epoll,
        timer,
        listener,
        connections: Vec::new(),
        free: Vec::new(),
        due: BinaryHeap::new(),
        pieces,
        stats: Stats::default(),
        first: None,
    };
    server.serve();
}

fn settings() -> Settings {
    let mut settings = Settings {
        delay: Duration::ZERO,
        events: 0,
        gap: Duration::ZERO,
        stall: None,
    };
    let mut arguments = std::env::args().skip(1);
    let mut stall_at = Duration::ZERO;
    while let Some(name) = arguments.next() {
        let value: u64 = arguments
            .next()
            .and_then(|text| text.parse().ok())
            .expect("a number after each name");
        match name.as_str() {
            "--delay-us" => settings.delay = Duration::from_micros(value),
            "--events" => settings.events = value as usize,
            "--gap-us" => settings.gap = Duration::from_micros(value),
            "--stall-at-ms" => stall_at = Duration::from_millis(value),
            "--stall-ms" => settings.stall = Some((stall_at, Duration::from_millis(value))),
            _ => panic!("`{name}` is not known"),
        }
    }
    settings
}

/// The answer, in the pieces in which it is sent.
fn pieces(settings: &Settings) -> Vec<Vec<u8>> {
    if settings.events == 0 {
        let body = format!(
            r#"{{"id":"chatcmpl-0","object":"chat.completion","created":1,"model":"mock","choices":[{{"index":0,"message":{{"role":"assistant","content":"Hello there, this is an answer of about twenty tokens, and no more than that."}},"finish_reason":"stop"}}],"usage":{USAGE}}}"#
        );
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nx-ratelimit-remaining-tokens: 4711\r\n\r\n",
            body.len()
        );
        return vec![(head + &body).into_bytes()];
    }
    let chunk = |choices: &str, usage: &str| {
        format!(
            r#"{{"id":"chatcmpl-0","object":"chat.completion.chunk","created":1,"model":"mock","choices":[{choices}],"usage":{usage}}}"#
        )
    };
    let delta = |delta: &str| {
        let choice = format!(r#"{{"index":0,"delta":{delta},"finish_reason":null}}"#);
        chunk(&choice, "null")
    };
    let mut events = vec![delta(r#"{"role":"assistant","content":""}"#)];
    events.extend(
        (0..settings.events.saturating_sub(3))
            .map(|number| delta(&format!(r#"{{"content":" word{number}"}}"#))),
    );
    events.push(chunk("", USAGE));
    events.push("[DONE]".to_owned());
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut pieces: Vec<Vec<u8>> = events
        .iter()
        .map(|event| {
            let event = format!("data: {event}\n\n");
            format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()
        })
        .collect();
    pieces[0].splice(0..0, head.bytes());
    if let Some(last) = pieces.last_mut() {
        last.extend(b"0\r\n\r\n");
    }
    pieces
}

impl Server {
    fn serve(&mut self) {
        let mut events = Vec::with_capacity(1024);
        loop {
            self.set_timer();
            events.clear();
            match epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                None,
            ) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => panic!("{error}"),
            }
            self.stall();
            for event in &events {
                match event.data.u64() {
                    LISTENER => self.accept(),
                    TIMER => {}
                    index => self.read(index as usize),
                }
            }
            let now = Instant::now();
            while let Some(Reverse((at, index))) = self.due.peek().copied()
                && at <= now
            {
                self.due.pop();
                self.write(index);
            }
        }
    }

    fn set_timer(&self) {
        let wait = self.due.peek().map_or(Duration::ZERO, |Reverse((at, _))| {
            at.saturating_duration_since(Instant::now())
                .max(Duration::from_nanos(1))
        });
        let spec = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: Timespec {
                tv_sec: wait.as_secs() as i64,
                tv_nsec: i64::from(wait.subsec_nanos()),
            },
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &spec).expect("a timer");
    }

    fn stall(&mut self) {
        if let (Some((at, span)), Some(first)) = (self.settings.stall, self.first)
            && first.elapsed() >= at
        {
            self.settings.stall = None;
            std::thread::sleep(span.saturating_sub(first.elapsed().saturating_sub(at)));
        }
    }

    fn accept(&mut self) {
        while let Ok((stream, _)) = self.listener.accept() {
            stream.set_nonblocking(true).expect("a socket");
            stream.set_nodelay(true).expect("a socket");
            let index = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            epoll::add(
                &self.epoll,
                &stream,
                epoll::EventData::new_u64(index as u64),
                epoll::EventFlags::IN,
            )
            .expect("a socket to watch");
            self.connections[index] = Some(Connection {
                stream,
                read: Vec::new(),
                since: Instant::now(),
                written: 0,
            });
            let open = self.connections.len() - self.free.len();
            self.stats.open_most = self.stats.open_most.max(open);
        }
    }

    fn read(&mut self, index: usize) {
        let Some(connection) = &mut self.connections[index] else {
            return;
        };
        let mut buffer = [0; 8192];
        match connection.stream.read(&mut buffer) {
            Ok(0) => self.close(index),
            Ok(read) => {
                connection.read.extend_from_slice(&buffer[..read]);
                self.request(index);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.close(index),
        }
    }

    fn close(&mut self, index: usize) {
        self.connections[index] = None;
        self.free.push(index);
    }

    /// Begins to answer, when a request is there whole.
    fn request(&mut self, index: usize) {
        let Some(connection) = &mut self.connections[index] else {
            return;
        };
        let Some(head) = find(&connection.read, b"\r\n\r\n") else {
            return;
        };
        let length = content_length(&connection.read[..head]);
        if connection.read.len() < head + 4 + length {
            return;
        }
        let asks = connection.read.starts_with(b"GET");
        connection.read.clear();
        if asks {
            let body = self.stats.take_json();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _gone = connection.stream.write_all(answer.as_bytes());
            return;
        }
        let now = Instant::now();
        connection.since = now;
        connection.written = 0;
        self.first.get_or_insert(now);
        if self.stats.arrivals.is_empty() {
            self.stats.first_unix_us = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_micros());
        }
        self.stats.arrivals.push(now);
        if self.settings.delay.is_zero() {
            self.write(index);
        } else {
            self.due.push(Reverse((now + self.settings.delay, index)));
        }
    }

    /// Writes the piece that is due, and all that follow at once.
    fn write(&mut self, index: usize) {
        loop {
            let Some(connection) = &mut self.connections[index] else {
                return;
            };
            let piece = &self.pieces[connection.written];
            // Answers are small: a socket that takes no more has a client that reads no more.
            if connection.stream.write_all(piece).is_err() {
                return self.close(index);
            }
            connection.written += 1;
            if connection.written == self.pieces.len() {
                let took = connection.since.elapsed().as_micros() as u64;
                self.stats.service_us.push(took);
                return;
            }
            if !self.settings.gap.is_zero() {
                let next = connection.since
                    + self.settings.delay
                    + self.settings.gap * connection.written as u32;
                self.due.push(Reverse((next, index)));
                return;
            }
        }
    }
}

impl Stats {
    fn take_json(&mut self) -> String {
        let mut stats = std::mem::take(self);
        stats.service_us.sort_unstable();
        let at = |share: f64| {
            let rank = ((stats.service_us.len() as f64 * share).ceil() as usize).max(1);
            stats.service_us.get(rank - 1).copied().unwrap_or(0)
        };
        let gaps: Vec<f64> = stats
            .arrivals
            .windows(2)
            .map(|pair| pair[1].duration_since(pair[0]).as_secs_f64())
            .collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len().max(1) as f64;
        let variance =
            gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len().max(1) as f64;
        format!(
            r#"{{"count":{},"p50_us":{},"p95_us":{},"p99_us":{},"gap_cv":{:.4},"first_unix_us":{},"open_most":{}}}"#,
            stats.service_us.len(),
            at(0.5),
            at(0.95),
            at(0.99),
            variance.sqrt() / mean.max(1e-12),
            stats.first_unix_us,
            stats.open_most,
        )
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}
