//! Callers who are slow, broken or greedy get a clear refusal, and nobody else notices.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::builder::Folder;
use crate::gateway::{Emulator, HELLO};

const QUICK: &str = "x-simulate-completion-tokens: 1\r\nx-simulate-latency: 1ms\r\n";

fn connect(emulator: &Emulator) -> TcpStream {
    let stream = TcpStream::connect(emulator.address()).unwrap();
    // Nothing here takes long; what hangs fails.
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// Sends raw bytes and reads until the gateway closes. Writing may fail when it refuses before it
/// has read everything.
fn raw(emulator: &Emulator, pieces: &[&[u8]]) -> String {
    let mut stream = connect(emulator);
    for piece in pieces {
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn others_are_served(emulator: &Emulator) {
    let (head, _) = emulator.chat(QUICK, HELLO);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[test]
fn broken_chunks_and_short_bodies_are_refused() {
    let folder = Folder::new("hardship-chunks");
    let emulator = Emulator::start(&folder, &["--tpm", "100000"]);
    let head = b"POST /openai/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = raw(&emulator, &[head, b"5\r\nhello\r\nZZ\r\n"]);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("Request body is not readable"), "{answer}");

    let mut stream = connect(&emulator);
    stream
        .write_all(b"POST /openai/x HTTP/1.1\r\nHost: g\r\nContent-Length: 100\r\n\r\nshort")
        .unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    let _closed = stream.read_to_string(&mut answer);
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");

    let answer = raw(&emulator, &[b"NOT HTTP AT ALL\r\n\r\n"]);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    others_are_served(&emulator);
}

#[test]
fn floods_of_headers_are_refused() {
    let folder = Folder::new("hardship-headers");
    let emulator = Emulator::start(&folder, &["--tpm", "100000"]);
    let many = "x-many: y\r\n".repeat(5_000);
    let long = format!("x-long: {}\r\n", "y".repeat(1_000_000));
    for headers in [many, long] {
        let request = format!("GET / HTTP/1.1\r\nHost: g\r\n{headers}\r\n");
        let answer = raw(&emulator, &[request.as_bytes()]);
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    others_are_served(&emulator);
}

#[test]
fn a_hundred_megabytes_are_refused_before_they_are_read() {
    let folder = Folder::new("hardship-large");
    let emulator = Emulator::start(&folder, &["--tpm", "100000"]);
    let head = b"POST /openai/x HTTP/1.1\r\nHost: g\r\nContent-Length: 104857600\r\n\r\n";
    let answer = raw(&emulator, &[head]);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("Request body is too large"), "{answer}");

    // Without a length, as many as come are counted.
    let mut chunk = b"100000\r\n".to_vec();
    chunk.extend(vec![b' '; 0x0010_0000]);
    chunk.extend(b"\r\n");
    let head: &[u8] = b"POST /openai/x HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut pieces = vec![head];
    pieces.extend(std::iter::repeat_n(chunk.as_slice(), 100));
    let answer = raw(&emulator, &pieces);
    // The refusal may be lost with the connection that is closed on an unread rest.
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 413"),
        "{answer}"
    );
    others_are_served(&emulator);
}

#[test]
fn hundreds_of_idle_and_slow_callers_disturb_nobody() {
    let folder = Folder::new("hardship-idle");
    let emulator = Emulator::start(&folder, &["--tpm", "100000"]);
    let mut held = Vec::new();
    for number in 0..400 {
        let mut stream = connect(&emulator);
        let beginnings: [&[u8]; 4] = [
            b"",
            b"POST /openai/x HT",
            b"POST /openai/x HTTP/1.1\r\nHost: g\r\nContent-Length: 10\r\n\r\nfive!",
            // Pipelined, and never read.
            b"GET / HTTP/1.1\r\nHost: g\r\n\r\nGET / HTTP/1.1\r\nHost: g\r\n\r\n",
        ];
        stream.write_all(beginnings[number % 4]).unwrap();
        held.push(stream);
    }
    for _ in 0..5 {
        others_are_served(&emulator);
    }
}

#[test]
fn one_after_another_exactly_the_limit_is_admitted() {
    let folder = Folder::new("hardship-exact");
    // A window forgets nothing within the test's time, a bucket refills 50 a second.
    let emulator = Emulator::start(&folder, &["--tpm", "3000", "--tier", "developer"]);
    let sizes = "x-simulate-prompt-tokens: 8\r\nx-simulate-completion-tokens: 92\r\nx-simulate-latency: 1ms\r\n";
    let admitted = (0..40)
        .filter(|_| emulator.chat(sizes, HELLO).0.starts_with("HTTP/1.1 200"))
        .count();
    assert_eq!(admitted, 30, "30 requests of 100 tokens are 3000 tokens");
}
