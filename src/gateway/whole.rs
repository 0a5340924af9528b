//! A whole answer that leaves piece by piece.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::intake::Share;

/// The next piece is taken when there is room for it, so a body that is not read stays here.
const PIECE_BYTES: usize = 64 * 1024;

/// A whole answer on its way to the caller, counted among what is held until its last piece leaves.
#[derive(Debug)]
pub(super) struct Whole {
    rest: Bytes,
    /// Given back with this body.
    _share: Share,
}

impl Whole {
    pub(super) fn new(body: Bytes, share: Share) -> Whole {
        Whole {
            rest: body,
            _share: share,
        }
    }
}

impl Body for Whole {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let rest = &mut self.get_mut().rest;
        let piece = rest.split_to(rest.len().min(PIECE_BYTES));
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
