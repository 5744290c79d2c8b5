//! A request's body, which has to come fast enough (rule 46).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::transfer::{Direction, Transfer};
use super::watch::Watch;

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestBodyError {
    /// The client sends less than the slowest rate.
    #[error("the body came too slowly")]
    TooSlow,
    /// The connection broke, or what came is not HTTP.
    #[error(transparent)]
    Connection(hyper::Error),
}

/// A body that is watched.
#[derive(Debug)]
pub(super) struct RequestBody {
    body: Incoming,
    transfer: Arc<Transfer>,
    watch: Arc<Watch>,
}

impl RequestBody {
    pub(super) fn new(body: Incoming, watch: &Arc<Watch>) -> Self {
        Self {
            body,
            transfer: watch.begin_transfer(Direction::In, 0),
            watch: Arc::clone(watch),
        }
    }

    pub(super) fn transfer(&self) -> Arc<Transfer> {
        Arc::clone(&self.transfer)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = RequestBodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.transfer.is_too_slow() {
            return Poll::Ready(Some(Err(RequestBodyError::TooSlow)));
        }
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Pending => self.transfer.wait(cx.waker()),
            Poll::Ready(frame) => {
                self.transfer.go_on();
                if let Some(Ok(frame)) = frame {
                    self.transfer.moved(frame.data_ref().map_or(0, Bytes::len));
                }
            }
        }
        polled.map_err(RequestBodyError::Connection)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.watch.end_transfer(&self.transfer);
    }
}
