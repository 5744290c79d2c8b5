//! Listening: connections, with or without TLS, and what is asked over them (decision 0009).
//!
//! A room of its own because of rules 38, 46 and 47: whoever is slow, silent or many costs little and hinders nobody. [`accept`] takes connections within
//! their caps, [`connection`] serves one, [`answer`] one request of it. What a connection is doing stands in its [`watch`], which it changes without locks
//! or timers; one task looks at all of them once in a while ([`connections`]) and ends what has waited too long for its client.
//!
//! **Invariant:** nothing here waits for a client without a deadline, and a client that is at least as fast as configured meets none.

mod accept;
mod answer;
mod clock;
mod connection;
mod connections;

mod limits;
mod pace;
mod peer;
mod protocol;
mod refuse;
mod request_body;
mod response_body;
mod socket;
mod source;
mod stop;
mod stream;
mod tls;
mod transfer;
mod watch;

use std::io;
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response};

pub use limits::{InvalidLimit, Limits};
pub use peer::Peer;
pub use stop::{Stop, Stopping};
pub use tls::Tls;

/// How to listen.
#[derive(Debug)]
pub struct Listening {
    /// The bounds of everything.
    pub limits: Limits,
    /// Proxies of the operator: many clients come from their addresses, so the caps of one source are not theirs.
    pub trusted_proxies: Vec<IpAddr>,
    /// The certificate; without it connections are plain.
    pub tls: Option<Tls>,
}

/// Serves what comes to `listener` with `handler`, until `stopping` says to stop; then ends idle connections and waits, as long as it is told, for the
/// requests that are being answered.
///
/// # Errors
/// Those of the listening socket's own settings. What befalls single connections ends those alone.
pub async fn serve<H, F>(listener: TcpListener, listening: Listening, handler: H, stopping: Stopping) -> io::Result<()>
where
    H: Fn(Arc<Peer>, Request<Body>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    socket::prepare(&listener, &listening.limits)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    accept::run(listener, listening, handler, stopping).await;
    Ok(())
}
