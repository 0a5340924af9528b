//! A way to the local Azure on which things go wrong: throttling, faults of the server, lost
//! requests, lost answers, tokens that are refused.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::base::Seed;

pub(super) struct Proxy {
    pub(super) url: String,
    pub(super) faults: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    Answer(&'static str),
    /// The request never arrives.
    LostRequest,
    /// It arrives, and the answer does not.
    LostAnswer,
}

const THROTTLED: &str = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 66\r\nconnection: close\r\n\r\n{\"error\":{\"code\":\"TooManyRequests\",\"message\":\"slow down, please\"}}";
const UNAVAILABLE: &str =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 66\r\nconnection: close\r\n\r\n{\"error\":{\"code\":\"InternalServerError\",\"message\":\"it broke here.\"}}";
const EXPIRED: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 68\r\nconnection: close\r\n\r\n{\"error\":{\"code\":\"ExpiredAuthenticationToken\",\"message\":\"it expired\"}}";

impl Proxy {
    /// `share` of requests go wrong, drawn from the seed.
    pub(super) async fn start(target: &str, seed: u64, share: f64) -> Proxy {
        let target = target.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let faults = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&faults);
        let seed = Arc::new(Mutex::new(Seed::new(seed).derive("faults")));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (target, seed) = (target.clone(), Arc::clone(&seed));
                let counted = Arc::clone(&counted);
                tokio::spawn(async move {
                    let _closed = pass(stream, &target, &seed, share, &counted).await;
                });
            }
        });
        Proxy { url, faults, task }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn fault(seed: &Mutex<Seed>, share: f64, metadata: bool) -> Fault {
    let mut seed = seed.lock().unwrap();
    if metadata || seed.unit() >= share {
        return Fault::None;
    }
    let faults = [
        Fault::Answer(THROTTLED),
        Fault::Answer(UNAVAILABLE),
        Fault::Answer(BROKEN),
        Fault::Answer(EXPIRED),
        Fault::LostRequest,
        Fault::LostAnswer,
    ];
    faults[(seed.unit() * 6.0) as usize % 6]
}

/// One request and its answer; connections are not kept.
async fn pass(
    mut stream: TcpStream,
    target: &str,
    seed: &Mutex<Seed>,
    share: f64,
    faults: &AtomicU64,
) -> std::io::Result<()> {
    let request = read_request(&mut stream).await?;
    let metadata = request.starts_with(b"GET /metadata") || request.starts_with(b"GET /msi");
    let fault = fault(seed, share, metadata);
    if fault != Fault::None {
        faults.fetch_add(1, Ordering::Relaxed);
    }
    match fault {
        Fault::LostRequest => return Ok(()),
        Fault::Answer(text) => {
            stream.write_all(text.as_bytes()).await?;
            return stream.shutdown().await;
        }
        Fault::None | Fault::LostAnswer => {}
    }
    let mut behind = TcpStream::connect(target).await?;
    behind.write_all(&request).await?;
    let mut answer = Vec::new();
    behind.read_to_end(&mut answer).await?;
    if fault == Fault::None {
        stream.write_all(&answer).await?;
        stream.shutdown().await?;
    }
    Ok(())
}

/// A whole request, with `connection: close` in it.
async fn read_request(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let mut buffer = [0; 8192];
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
        .unwrap_or(0);
    let mut rest = vec![0; (head + length).saturating_sub(bytes.len())];
    stream.read_exact(&mut rest).await?;
    bytes.extend_from_slice(&rest);
    let mut whole = bytes[..head - 2].to_vec();
    whole.extend_from_slice(b"connection: close\r\n\r\n");
    whole.extend_from_slice(&bytes[head..]);
    Ok(whole)
}
