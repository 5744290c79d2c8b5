//! The listener over real sockets: whoever is slow, silent, many or mad costs little and hinders nobody.
//!
//! Deadlines are the shortest that can be configured, one second. A test waits for what has to happen, and never for time to pass by itself.

mod bodies;
mod connections;
mod heads;
mod http2;
mod stopping;
mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::StreamExt;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wharf_server::listen::{Limits, Listening, Peer, Stop, Tls, bind, serve};

/// What no step of a test takes.
const LIMIT: Duration = Duration::from_secs(20);

/// The result of `work`, which has to come in time.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    timeout(LIMIT, work).await.expect("it comes in time")
}

/// A listener with its task, and a handler whose paths do what their names say.
struct Listener {
    address: SocketAddr,
    stop: Stop,
    task: JoinHandle<std::io::Result<()>>,
    /// Opens the gate that `/wait` waits at.
    gate: watch::Sender<bool>,
    /// What happened in handlers.
    events: mpsc::UnboundedReceiver<&'static str>,
}

/// The shortest deadlines.
fn limits() -> Limits {
    Limits {
        queue_seconds: 1,
        handshake_seconds: 1,
        head_seconds: 1,
        idle_seconds: 1,
        transfer_grace_seconds: 1,
        ..Limits::default()
    }
}

impl Listener {
    fn start(limits: Limits) -> Self {
        Self::start_with(limits, None)
    }

    fn start_with(limits: Limits, tls: Option<Tls>) -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = bind(any, &limits).expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let (stop, stopping) = Stop::new();
        let (gate, open) = watch::channel(false);
        let (sender, events) = mpsc::unbounded_channel();
        let listening = Listening {
            limits,
            trusted_proxies: Vec::new(),
            tls,
        };
        let handler = move |peer, request| handle(peer, request, open.clone(), sender.clone());
        let task = tokio::spawn(serve(listener, listening, handler, stopping));
        Self {
            address,
            stop,
            task,
            gate,
            events,
        }
    }

    async fn connect(&self) -> Client {
        self.connect_from("127.0.0.1").await
    }

    /// From another address of this machine: another source.
    async fn connect_from(&self, source: &str) -> Client {
        let socket = TcpSocket::new_v4().expect("a socket");
        let source = SocketAddr::new(source.parse().expect("an address"), 0);
        socket.bind(source).expect("all of 127/8 is this machine");
        Client(soon(socket.connect(self.address)).await.expect("it listens"))
    }

    async fn event(&mut self) -> &'static str {
        soon(self.events.recv()).await.expect("the handler lives")
    }
}

/// Says when an answer's body is dropped.
struct Dropped(mpsc::UnboundedSender<&'static str>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

async fn handle(
    peer: Arc<Peer>,
    request: Request<Body>,
    mut open: watch::Receiver<bool>,
    events: mpsc::UnboundedSender<&'static str>,
) -> Response<Body> {
    let _ = events.send("asked");
    match request.uri().path() {
        "/wait" => {
            let _ = open.wait_for(|open| *open).await;
            Response::new("waited".into())
        }
        "/body" => match request.into_body().collect().await {
            Ok(body) => Response::new(format!("{} bytes", body.to_bytes().len()).into()),
            Err(_) => answer(StatusCode::BAD_REQUEST, "the body broke off"),
        },
        // Without end, as long as somebody reads it.
        "/zeros" => {
            let zeros = Bytes::from(vec![0; 1024 * 1024]);
            let guard = Dropped(events);
            let stream = futures_util::stream::repeat(zeros).map(move |piece| {
                let _guard = &guard;
                Ok::<_, Infallible>(piece)
            });
            Response::new(Body::from_stream(stream))
        }
        "/peer" => Response::new(peer.server_name.as_deref().unwrap_or("-").to_owned().into()),
        _ => Response::new("hello".into()),
    }
}

fn answer(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response
}

/// The client's end of a connection.
struct Client<S = TcpStream>(S);

impl<S: AsyncReadExt + AsyncWriteExt + Unpin> Client<S> {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.0.write_all(bytes.as_ref())).await.expect("it is taken");
    }

    async fn get(&mut self, path: &str) {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await;
    }

    /// Everything up to and with `end`.
    async fn until(&mut self, end: &str) -> String {
        let mut seen = Vec::new();
        while !seen.ends_with(end.as_bytes()) {
            let byte = soon(self.0.read_u8()).await;
            seen.push(byte.unwrap_or_else(|error| panic!("{error} after {:?}", String::from_utf8_lossy(&seen))));
        }
        String::from_utf8(seen).expect("text")
    }

    /// Everything until the connection ends, however it does.
    async fn rest(&mut self) -> String {
        let mut seen = Vec::new();
        let _ = soon(self.0.read_to_end(&mut seen)).await;
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// Sends one byte again and again, until the other end does not take them any more. Returns what it said.
    async fn dribble(&mut self) -> String {
        let mut seen = Vec::new();
        soon(async {
            loop {
                if self.0.write_all(b"x").await.is_err() {
                    return;
                }
                if let Ok(Ok(0) | Err(_)) = timeout(Duration::from_millis(50), self.0.read_buf(&mut seen)).await {
                    return;
                }
            }
        })
        .await;
        String::from_utf8_lossy(&seen).into_owned()
    }
}
