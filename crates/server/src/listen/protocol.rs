//! HTTP/1.1 and HTTP/2 with their bounds (rules 45 and 46).

use std::pin::Pin;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::TokioExecutor;

use super::limits::Limits;

/// The largest head of a request; beyond it the answer is 431.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// The most that is read of an HTTP/1 body at once, and so the largest piece that a handler gets. What a slow client has costs what it sent.
const READ_BYTES: usize = 128 * 1024;
/// What a client may send on an HTTP/2 connection before somebody takes it, in all and for each request.
const WINDOW_BYTES: u32 = 1024 * 1024;
/// What is held of one answer for an HTTP/2 client to make room for.
const SEND_BYTES: usize = 256 * 1024;
/// HPACK's table of a client's headers (RFC 7541 §4.2).
const HEADER_TABLE_BYTES: u32 = 4096;
/// Requests that a client may take back before they were looked at, and so on for those that we refused: more is a flood (CVE-2023-44487), and ends the
/// connection.
const MAX_RESETS: usize = 32;

/// Makes connections of streams.
#[derive(Clone, Debug)]
pub(super) struct Protocols {
    pub(super) http1: http1::Builder,
    pub(super) http2: http2::Builder<TokioExecutor>,
}

impl Protocols {
    pub(super) fn new(limits: &Limits) -> Self {
        let mut http1 = http1::Builder::new();
        // The watch has the deadlines; hyper's own would be a timer for each request, and would hold for idle connections as well.
        http1
            .header_read_timeout(None)
            .max_header_size(MAX_HEAD_BYTES)
            .max_buf_size(READ_BYTES);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .max_header_list_size(MAX_HEAD_BYTES as u32)
            .header_table_size(HEADER_TABLE_BYTES)
            .max_concurrent_streams(limits.http2_streams)
            .max_pending_accept_reset_streams(MAX_RESETS)
            .max_local_error_reset_streams(MAX_RESETS)
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
            .max_send_buf_size(SEND_BYTES);
        Self { http1, http2 }
    }
}

/// A connection that can be asked to finish.
pub(super) trait Connection: Future<Output = hyper::Result<()>> {
    /// No request after those that it is in the middle of.
    fn finish(self: Pin<&mut Self>);
}

impl<I, B, S> Connection for http1::Connection<I, S>
where
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, B, S> Connection for http2::Connection<I, S, TokioExecutor>
where
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    TokioExecutor: hyper::rt::bounds::Http2ServerConnExec<S::Future, B>,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}
