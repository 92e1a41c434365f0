//! A body that goes out in the pieces in which it lies in memory, its length told beforehand.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};

use crate::serve::store::query::Pieces;

struct Sending(vec::IntoIter<Bytes>);

impl From<Pieces> for Body {
    fn from(Pieces(mut pieces): Pieces) -> Self {
        pieces.retain(|piece| !piece.is_empty());
        Self::new(Sending(pieces.into_iter()))
    }
}

impl hyper::body::Body for Sending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        let left: usize = self.0.as_slice().iter().map(Bytes::len).sum();
        SizeHint::with_exact(left.try_into().unwrap_or(u64::MAX))
    }
}
