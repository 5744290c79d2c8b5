//! An answer's body, with whose end the request ends.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::transfer::{Direction, Transfer};
use super::watch::Watch;

/// Over HTTP/2 the client's demand is seen piece by piece: each is handed out when there is room for some of it.
const PIECE_BYTES: usize = 64 * 1024;

/// A request from its head to the end of its answer.
#[derive(Debug)]
pub(super) struct InProgress(Arc<Watch>);

impl InProgress {
    pub(super) fn begin(watch: &Arc<Watch>) -> Self {
        watch.request_begins();
        Self(Arc::clone(watch))
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.request_ends();
    }
}

/// A body that is watched.
#[derive(Debug)]
pub(super) struct ResponseBody {
    body: axum::body::Body,
    /// Only HTTP/2 has a demand of each answer's own. What an HTTP/1 client reads is seen at its connection.
    pieces: Option<Pieces>,
    in_progress: InProgress,
}

#[derive(Debug)]
struct Pieces {
    transfer: Arc<Transfer>,
    rest: Bytes,
}

impl ResponseBody {
    pub(super) fn new(body: axum::body::Body, in_progress: InProgress) -> Self {
        let watch = &in_progress.0;
        let pieces = (watch.is_multiplexed() && !body.is_end_stream()).then(|| Pieces {
            transfer: watch.begin_transfer(Direction::Out, PIECE_BYTES as u64),
            rest: Bytes::new(),
        });
        Self {
            body,
            pieces,
            in_progress,
        }
    }
}

impl Pieces {
    fn next(&mut self) -> Option<Frame<Bytes>> {
        let piece = self.rest.split_to(self.rest.len().min(PIECE_BYTES));
        self.transfer.offered(piece.len());
        (!piece.is_empty()).then(|| Frame::data(piece))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        let Some(pieces) = &mut this.pieces else {
            return Pin::new(&mut this.body).poll_frame(cx);
        };
        if let Some(piece) = pieces.next() {
            return Poll::Ready(Some(Ok(piece)));
        }
        pieces.transfer.go_on();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        match frame.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(data))) => {
                pieces.rest = data;
                Poll::Ready(Some(Ok(pieces.next().unwrap_or_else(|| Frame::data(Bytes::new())))))
            }
            Some(Ok(Err(trailers))) => Poll::Ready(Some(Ok(trailers))),
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && self.pieces.as_ref().is_none_or(|pieces| pieces.rest.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.pieces.as_ref().map_or(0, |pieces| pieces.rest.len() as u64);
        let hint = self.body.size_hint();
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Some(pieces) = &self.pieces {
            self.in_progress.0.end_transfer(&pieces.transfer);
        }
    }
}
