//! Whom a connection is with.

use std::net::SocketAddr;

/// What is known of a connection, and so of each request that comes over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its other end: a client, or a proxy.
    pub address: SocketAddr,
    /// The host that it named in its TLS handshake, in lower case (rule 38).
    pub server_name: Option<Box<str>>,
}
