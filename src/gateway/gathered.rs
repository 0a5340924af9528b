//! Pieces of a body on their way to becoming one.

use bytes::{Bytes, BytesMut};

/// Pieces of a body that become one. Most bodies come in one piece, which is not copied.
#[derive(Debug, Default)]
pub(super) enum Gathered {
    #[default]
    Nothing,
    One(Bytes),
    Several(BytesMut),
}

impl Gathered {
    pub(super) fn len(&self) -> usize {
        match self {
            Gathered::Nothing => 0,
            Gathered::One(piece) => piece.len(),
            Gathered::Several(pieces) => pieces.len(),
        }
    }

    pub(super) fn push(&mut self, more: Bytes) {
        *self = match std::mem::take(self) {
            Gathered::Nothing => Gathered::One(more),
            Gathered::One(first) => {
                let mut pieces = BytesMut::with_capacity(4 * (first.len() + more.len()));
                pieces.extend_from_slice(&first);
                pieces.extend_from_slice(&more);
                Gathered::Several(pieces)
            }
            Gathered::Several(mut pieces) => {
                pieces.extend_from_slice(&more);
                Gathered::Several(pieces)
            }
        };
    }

    pub(super) fn take(&mut self) -> Option<Bytes> {
        match std::mem::take(self) {
            Gathered::Nothing => None,
            Gathered::One(piece) => Some(piece),
            Gathered::Several(pieces) => Some(pieces.freeze()),
        }
    }
}
