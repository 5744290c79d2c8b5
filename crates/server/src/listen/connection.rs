//! Serving one connection.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::answer::Asker;
use super::connections::Entry;
use super::peer::Peer;
use super::protocol::{Connection, Protocols};
use super::source::Place;
use super::stream::{Carrier, Watched};
use super::tls::{HTTP_2, Tls};
use super::watch::{Phase, Watch, Wish};

/// What every connection is served with.
#[derive(Debug)]
pub(super) struct Serving<H> {
    pub(super) protocols: Protocols,
    pub(super) tls: Option<Tls>,
    pub(super) queue: Duration,
    pub(super) handler: H,
}

/// How a client without TLS says that it speaks HTTP/2 (RFC 9113 §3.4). No method of HTTP/1 is called so.
const PREFACE: &[u8] = b"PRI ";
/// How much is read to find out.
const FIRST_BYTES: usize = 1024;

impl<H, F> Serving<H>
where
    H: Fn(Arc<Peer>, Request<Body>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    /// Serves a connection to its end.
    pub(super) async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        address: SocketAddr,
        place: Place,
        entry: Entry,
    ) {
        let watch = entry.watch();
        let asker = |server_name| Asker {
            peer: Arc::new(Peer { address, server_name }),
            watch: Arc::clone(watch),
            place,
            queue: self.queue,
        };
        let result = match &self.tls {
            Some(tls) => Box::pin(self.with_tls(tls, stream, watch, asker)).await,
            None => self.plain(stream, watch, asker).await,
        };
        if let Err(error) = result {
            tracing::trace!(peer.address = %address, %error, "a connection ended early");
        }
    }

    async fn with_tls(
        &self,
        tls: &Tls,
        stream: TcpStream,
        watch: &Arc<Watch>,
        asker: impl FnOnce(Option<Box<str>>) -> Asker,
    ) -> io::Result<()> {
        // On the heap, as the connection below: each step on the way would have room for its own copy of it.
        let stream = Box::new(unless_ended(watch, tls.acceptor().accept(stream)).await?);
        let session = stream.get_ref().1;
        let is_http2 = session.alpn_protocol() == Some(HTTP_2);
        let server_name = session.server_name().map(|name| name.to_ascii_lowercase().into());
        watch.enter(Phase::New);
        self.serve(stream, Bytes::new(), is_http2, watch, asker(server_name))
            .await
    }

    async fn plain(
        &self,
        mut stream: TcpStream,
        watch: &Arc<Watch>,
        asker: impl FnOnce(Option<Box<str>>) -> Asker,
    ) -> io::Result<()> {
        let first = unless_ended(watch, first_bytes(&mut stream, watch)).await?;
        let is_http2 = first.starts_with(PREFACE);
        self.serve(stream, first, is_http2, watch, asker(None)).await
    }

    async fn serve<S>(
        &self,
        stream: S,
        first: Bytes,
        is_http2: bool,
        watch: &Arc<Watch>,
        asker: Asker,
    ) -> io::Result<()>
    where
        S: Carrier,
    {
        let stream = TokioIo::new(Watched::new(stream, first, Arc::clone(watch)));
        let (asker, handler) = (Arc::new(asker), self.handler.clone());
        let service = service_fn(move |request| {
            let (asker, handler) = (Arc::clone(&asker), handler.clone());
            async move { asker.answer(request, &handler).await }
        });
        if is_http2 {
            watch.multiplex();
            drive(Box::pin(self.protocols.http2.serve_connection(stream, service)), watch).await
        } else {
            drive(Box::pin(self.protocols.http1.serve_connection(stream, service)), watch).await
        }
    }
}

/// Enough bytes to tell the versions of HTTP apart. They are the first of a request's head.
async fn first_bytes(stream: &mut TcpStream, watch: &Watch) -> io::Result<Bytes> {
    let mut first = BytesMut::with_capacity(FIRST_BYTES);
    loop {
        if stream.read_buf(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        watch.has_read();
        let seen = first.len().min(PREFACE.len());
        if seen == PREFACE.len() || first[..seen] != PREFACE[..seen] {
            return Ok(first.freeze());
        }
    }
}

/// What `work` comes to, unless the connection is wished to end before.
async fn unless_ended<T>(watch: &Watch, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let mut work = pin!(work);
    poll_fn(|cx| match watch.wish(cx.waker()) {
        Wish::End => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        Wish::GoOn | Wish::MakeRoom | Wish::Finish => work.as_mut().poll(cx),
    })
    .await
}

/// Runs a connection as its watch wishes.
async fn drive(mut connection: Pin<Box<impl Connection>>, watch: &Watch) -> io::Result<()> {
    let mut is_finishing = false;
    poll_fn(|cx| {
        match watch.wish(cx.waker()) {
            Wish::End => return Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Wish::MakeRoom if !is_finishing => {
                // A request may have come that nobody has looked at yet: where many come at once, they wait for a while.
                if let ended @ Poll::Ready(_) = connection.as_mut().poll(cx) {
                    return ended.map_err(io::Error::other);
                }
                if watch.is_idle() {
                    is_finishing = true;
                    connection.as_mut().finish();
                } else {
                    watch.stay();
                }
            }
            Wish::Finish if !is_finishing => {
                is_finishing = true;
                connection.as_mut().finish();
            }
            Wish::MakeRoom | Wish::Finish | Wish::GoOn => {}
        }
        connection.as_mut().poll(cx).map_err(io::Error::other)
    })
    .await
}
