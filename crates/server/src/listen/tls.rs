//! The certificate in use, which may be renewed while connections are open.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

/// How TLS is spoken. Cheap to clone; all clones are renewed together.
#[derive(Clone, Debug)]
pub struct Tls(Arc<RwLock<Arc<ServerConfig>>>);

impl Tls {
    /// With this certificate, and `h2` and `http/1.1` to choose from.
    #[must_use]
    pub fn new(config: ServerConfig) -> Self {
        Self(Arc::new(RwLock::new(with_protocols(config))))
    }

    /// Another certificate for connections from now on.
    pub fn renew(&self, config: ServerConfig) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = with_protocols(config);
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

fn with_protocols(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// HTTP/2's name in the handshake (RFC 9113 §3.2).
pub(super) const HTTP_2: &[u8] = b"h2";
