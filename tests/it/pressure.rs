//! What large answers and slow readers cost: backends written by hand, so that every byte is known.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::builder::Folder;
use crate::gateway::Emulator;

/// Only what asks for a stream gets one.
const STREAMED: &str = r#"{"messages":[{"role":"user","content":"Hello"}],"stream":true}"#;
const WHOLE: &str = r#"{"messages":[{"role":"user","content":"Hello"}]}"#;
const MEGABYTE: usize = 1 << 20;
const STREAM_HEAD: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A backend that reads each request and lets `answer` write what it likes, a connection at a time.
fn backend(answer: impl Fn(&mut TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Ends with the test's process; nothing waits for it.
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut seen = Vec::new();
            let mut buffer = [0; 4096];
            // The body is the last thing that comes.
            while !(seen.ends_with(WHOLE.as_bytes()) || seen.ends_with(STREAMED.as_bytes())) {
                match stream.read(&mut buffer) {
                    Ok(read @ 1..) => seen.extend_from_slice(&buffer[..read]),
                    _ => break,
                }
            }
            answer(&mut stream);
        }
    });
    url
}

/// A megabyte of an event stream as one chunk: comments, which no reader has to keep.
fn megabyte_of_comments() -> Vec<u8> {
    let comment = format!(": {}\n\n", "x".repeat(1020));
    let mut chunk = format!("{MEGABYTE:x}\r\n").into_bytes();
    chunk.extend(comment.as_bytes().iter().cycle().take(MEGABYTE));
    chunk.extend(b"\r\n");
    chunk
}

fn start(folder: &Folder, backend: &str) -> Emulator {
    Emulator::start(folder, &["--tpm", "100000", "--backend", backend])
}

/// Sends a chat request on a connection of its own and leaves the answer unread.
fn ask(emulator: &Emulator, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    write!(
        stream,
        "POST /openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21 HTTP/1.1\r\nHost: g\r\n\
         Connection: close\r\napi-key: {}\r\nContent-Length: {}\r\n\r\n{body}",
        emulator.key(),
        body.len()
    )
    .unwrap();
    stream
}

fn read_all(mut stream: TcpStream) -> (String, usize) {
    let mut beginning = Vec::new();
    let mut total = 0;
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        total += read;
        if beginning.len() < 4096 {
            beginning.extend_from_slice(&buffer[..read]);
        }
    }
    (String::from_utf8_lossy(&beginning).into_owned(), total)
}

/// The most that the gateway ever had in memory, where the system tells.
#[cfg(target_os = "linux")]
fn most_resident_bytes(emulator: &Emulator) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", emulator.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(not(target_os = "linux"))]
fn most_resident_bytes(_emulator: &Emulator) -> Option<usize> {
    None
}

#[test]
fn a_hundred_megabytes_of_stream_pass_without_being_held() {
    let folder = Folder::new("pressure-stream");
    let url = backend(|stream| {
        let chunk = megabyte_of_comments();
        stream.write_all(STREAM_HEAD.as_bytes()).unwrap();
        for _ in 0..100 {
            stream.write_all(&chunk).unwrap();
        }
        stream.write_all(b"0\r\n\r\n").unwrap();
    });
    let emulator = start(&folder, &url);
    let before = most_resident_bytes(&emulator);
    let (head, total) = read_all(ask(&emulator, STREAMED));
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(total >= 100 * MEGABYTE, "{total} bytes came");
    if let (Some(before), Some(after)) = (before, most_resident_bytes(&emulator)) {
        let grown = after - before;
        assert!(grown < 20 * MEGABYTE, "{grown} bytes more were held");
    }
}

#[test]
fn a_hundred_megabytes_that_policies_would_hold_are_refused() {
    let folder = Folder::new("pressure-whole");
    for announced in [true, false] {
        let url = backend(move |stream| {
            let length = if announced {
                format!("Content-Length: {}", 100 * MEGABYTE)
            } else {
                "Transfer-Encoding: chunked".to_owned()
            };
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{length}\r\n\r\n");
            let mut open = stream.write_all(head.as_bytes());
            let mut megabyte = vec![b' '; MEGABYTE];
            if !announced {
                megabyte = megabyte_of_comments();
            }
            for _ in 0..100 {
                // The gateway closes what it does not want.
                open = open.and_then(|()| stream.write_all(&megabyte));
            }
        });
        let emulator = start(&folder, &url);
        let (head, _) = read_all(ask(&emulator, WHOLE));
        assert!(head.starts_with("HTTP/1.1 500"), "{head}");
        let (head, _) = read_all(ask(&emulator, WHOLE));
        assert!(head.starts_with("HTTP/1.1 500"), "still there: {head}");
    }
}

#[test]
fn a_caller_who_does_not_read_holds_the_backend_back() {
    let folder = Folder::new("pressure-reader");
    let (tell, told) = mpsc::channel();
    let url = backend(move |stream| {
        let chunk = megabyte_of_comments();
        stream.write_all(STREAM_HEAD.as_bytes()).unwrap();
        stream
            .set_write_timeout(Some(Duration::from_secs(2)))
            .unwrap();
        let mut written = 0;
        let mut held_back = false;
        while !held_back && written < 256 * MEGABYTE {
            match stream.write_all(&chunk) {
                Ok(()) => written += chunk.len(),
                Err(error) => {
                    let kind = error.kind();
                    assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut));
                    held_back = true;
                }
            }
        }
        let _gone = tell.send((held_back, written));
    });
    let emulator = start(&folder, &url);
    let unread = ask(&emulator, STREAMED);
    let (held_back, written) = told.recv_timeout(Duration::from_mins(1)).unwrap();
    assert!(held_back, "{written} bytes were taken");
    // Buffers of four sockets on the way, and of the gateway.
    assert!(written < 64 * MEGABYTE, "{written} bytes were taken");
    if let Some(resident) = most_resident_bytes(&emulator) {
        assert!(resident < 200 * MEGABYTE, "{resident} bytes are held");
    }
    drop(unread);
}

#[test]
fn requests_sent_ahead_are_answered_in_order() {
    let folder = Folder::new("pressure-pipeline");
    let emulator = Emulator::start(&folder, &["--tpm", "100000"]);
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    let mut text = String::new();
    for (size, close) in [(7, "keep-alive"), (11, "keep-alive"), (13, "close")] {
        write!(
            text,
            "POST /openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21 HTTP/1.1\r\nHost: g\r\n\
             Connection: {close}\r\napi-key: {}\r\nx-simulate-prompt-tokens: 1\r\nx-simulate-completion-tokens: {size}\r\n\
             x-simulate-latency: 1ms\r\nContent-Length: {}\r\n\r\n{WHOLE}",
            emulator.key(),
            WHOLE.len()
        )
        .unwrap();
    }
    stream.write_all(text.as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    let charged: Vec<&str> = answers
        .lines()
        .filter_map(|line| line.strip_prefix("x-apim-consumed-tokens: "))
        .collect();
    assert_eq!(charged, ["8", "12", "14"], "{answers}");
}

/// A shell lowers what the process may open; the gateway raises it as far as it may.
#[cfg(unix)]
#[test]
fn more_callers_than_the_usual_limit_of_descriptors_are_served() {
    let folder = Folder::new("pressure-descriptors");
    let emulator = Emulator::with_few_descriptors(&folder, &["--tpm", "100000"]);
    let callers: Vec<TcpStream> = (0..200)
        .map(|_| TcpStream::connect(emulator.address()).unwrap())
        .collect();
    let (head, _) = emulator.chat("x-simulate-latency: 1ms\r\n", WHOLE);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    drop(callers);
}
