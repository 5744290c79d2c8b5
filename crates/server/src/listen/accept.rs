//! Taking connections, within their caps (rules 46 and 47).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::Listening;
use super::connection::Serving;
use super::connections::Connections;
use super::limits::seconds;
use super::peer::Peer;
use super::protocol::Protocols;
use super::refuse::Refusals;
use super::source::Sources;
use super::stop::{Stage, Stopping};
use super::watch::Phase;

/// How many idle connections are ended at once when there is no place left.
const IDLE_AT_ONCE: usize = 64;
/// How long to wait for a place before idle connections are looked for again, and after an error of the system's.
const PAUSE: Duration = Duration::from_millis(100);
/// How often it is logged that there is no place.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// How long connections that were told to end at once may take to do so.
const END: Duration = Duration::from_secs(2);

/// Takes connections until it is told to stop, and then ends them.
pub(super) async fn run<H, F>(listener: TcpListener, listening: Listening, handler: H, mut stopping: Stopping)
where
    H: Fn(Arc<Peer>, Request<Body>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let limits = listening.limits;
    let connections = Arc::new(Connections::new(&limits));
    let places = Arc::new(Semaphore::new(limits.connections as usize));
    let look = tokio::spawn(look(Arc::clone(&connections), limits.tick()));
    let mut door = Door {
        listener,
        places: Arc::clone(&places),
        connections: Arc::clone(&connections),
        sources: Arc::new(Sources::new(&limits, listening.trusted_proxies)),
        refusals: Refusals::new(),
        serving: Arc::new(Serving {
            protocols: Protocols::new(&limits),
            tls: listening.tls,
            queue: seconds(limits.queue_seconds),
            handler,
        }),
        logged: None,
    };
    let stage = tokio::select! {
        () = door.open() => Stage::Ended,
        stage = stopping.ordered() => stage,
    };
    // Whoever comes now is refused by the system.
    drop(door);
    // All places are free when all connections have ended.
    let gone = || places.acquire_many(limits.connections);
    if let Stage::Draining(at_most) = stage {
        connections.finish();
        tokio::select! {
            _ = timeout(at_most, gone()) => {}
            () = stopping.ended() => {}
        }
    }
    connections.end();
    if timeout(END, gone()).await.is_err() {
        tracing::warn!("some connections did not end");
    }
    look.abort();
}

async fn look(connections: Arc<Connections>, tick: Duration) {
    let mut ticks = interval(tick);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        connections.look();
    }
}

struct Door<H> {
    listener: TcpListener,
    places: Arc<Semaphore>,
    connections: Arc<Connections>,
    sources: Arc<Sources>,
    refusals: Refusals,
    serving: Arc<Serving<H>>,
    logged: Option<Instant>,
}

impl<H, F> Door<H>
where
    H: Fn(Arc<Peer>, Request<Body>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    async fn open(&mut self) {
        loop {
            let Some(place) = self.place().await else { return };
            match self.listener.accept().await {
                Ok((stream, address)) => self.admit(stream, address, place),
                Err(error) => self.failed(&error).await,
            }
        }
    }

    /// A place for one more connection. While there is none, nobody is let in: clients wait in the system's queue.
    async fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                return Some(place);
            }
            self.connections.end_idle(IDLE_AT_ONCE);
            self.log("as many connections are open as may be (limits.connections): new ones wait");
            match timeout(PAUSE, Arc::clone(&self.places).acquire_owned()).await {
                Ok(place) => return place.ok(),
                Err(_) => continue,
            }
        }
    }

    fn admit(&self, stream: TcpStream, address: std::net::SocketAddr, place: OwnedSemaphorePermit) {
        let has_tls = self.serving.tls.is_some();
        let Some(of_source) = self.sources.enter(address.ip()) else {
            tracing::debug!(peer.address = %address, "a connection was refused: its source has as many as may be");
            if !has_tls {
                self.refusals.refuse(stream);
            }
            return;
        };
        let entry = self
            .connections
            .add(if has_tls { Phase::Handshake } else { Phase::New });
        let connection = Arc::clone(&self.serving).connection(stream, address, of_source, entry);
        tokio::spawn(async move {
            // Given back when the connection is gone, also when it ends in a panic.
            let _place = place;
            connection.await;
        });
    }

    /// A client that went away before it was let in is no trouble. All else is the system's, of which open files are the likeliest to run out: trying
    /// again at once would only keep a processor busy.
    async fn failed(&mut self, error: &io::Error) {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
        if matches!(
            error.kind(),
            ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
        ) {
            return;
        }
        self.log(&format!("cannot accept connections: {error}"));
        self.connections.end_idle(IDLE_AT_ONCE);
        sleep(PAUSE).await;
    }

    fn log(&mut self, text: &str) {
        let now = Instant::now();
        if self.logged.is_none_or(|logged| now.duration_since(logged) >= LOG_EVERY) {
            self.logged = Some(now);
            tracing::warn!("{text}");
        }
    }
}
