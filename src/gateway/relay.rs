use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use tokio::time::Sleep;

use super::backend::Pieces;
use super::ledger::Entry;
use super::monitor::About;
use super::server::Shared;
use crate::engine::Settlement;
use crate::tokens::StreamReader;

/// A stream on its way from the backend to the caller. What it came to is settled when it ends
/// and also when the caller leaves before: dropping it settles.
pub(super) struct Relay {
    shared: Arc<Shared>,
    pieces: Pieces,
    timer: Option<Pin<Box<Sleep>>>,
    reader: StreamReader,
    settlement: Option<Settlement>,
    /// Set when series are wanted.
    about: Option<About>,
    /// Set when requests are told when they are over.
    entry: Option<Entry>,
}

impl Relay {
    pub(super) fn new(
        shared: Arc<Shared>,
        pieces: Pieces,
        settlement: Settlement,
        about: Option<About>,
        entry: Option<Entry>,
    ) -> Relay {
        Relay {
            shared,
            pieces,
            timer: None,
            reader: StreamReader::new(),
            settlement: Some(settlement),
            about,
            entry,
        }
    }

    fn settle(&mut self) {
        if let Some(settlement) = self.settlement.take() {
            let now = self.shared.clock.now();
            let settled = self
                .shared
                .engine()
                .settle_stream(now, &settlement, &self.reader);
            if let (Some(monitor), Some(about)) = (&self.shared.monitor, &self.about) {
                monitor.streamed(about, now, settled.usage);
            }
            if let Some(mut entry) = self.entry.take() {
                entry.emit(&settled.metrics);
                entry.done(&self.shared, Some(settled.usage));
            }
            self.shared.emit(settled.metrics);
        }
    }

    fn poll_pieces(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match &mut self.pieces {
            Pieces::Remote(stream) => stream.poll_next(context),
            Pieces::Timed(pieces) => loop {
                let now = self.shared.clock.now();
                // Everything that is due goes out together: one write instead of many.
                let mut due = BytesMut::new();
                while let Some((_, piece)) = pieces.pop_front_if(|(at, _)| *at <= now) {
                    due.extend_from_slice(&piece);
                }
                if !due.is_empty() {
                    self.timer = None;
                    return Poll::Ready(Some(Ok(due.freeze())));
                }
                let Some((at, _)) = pieces.front() else {
                    return Poll::Ready(None);
                };
                let clock = self.shared.clock;
                let timer = self.timer.get_or_insert_with(|| Box::pin(clock.timer(*at)));
                std::task::ready!(timer.as_mut().poll(context));
                self.timer = None;
            },
        }
    }
}

impl Body for Relay {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let relay = self.get_mut();
        match std::task::ready!(relay.poll_pieces(context)) {
            Some(Ok(bytes)) => {
                let pushed = relay.reader.push(&bytes);
                if pushed.content {
                    let now = relay.shared.clock.now();
                    if let Some(about) = &mut relay.about {
                        about.content(now);
                    }
                    if let Some(entry) = &mut relay.entry {
                        entry.content(now);
                    }
                }
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            end => {
                // Before the last byte leaves: the caller's next request sees the charge.
                relay.settle();
                Poll::Ready(end.map(|piece| piece.map(Frame::data)))
            }
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.settle();
    }
}
