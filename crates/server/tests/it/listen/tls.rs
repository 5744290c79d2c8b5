//! TLS: handshakes, the name in them, and renewal.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wharf_server::listen::{Limits, Tls};

use super::{Client, Listener, limits, soon};

fn certificate() -> (ServerConfig, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["web.wharf.test".to_owned()]).expect("it is good");
    let key = signing_key.serialize_der().try_into().expect("it is good");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("it is good");
    let config = builder
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("it is good");
    (config, cert.der().clone())
}

impl Listener {
    async fn shake_hands(
        &self,
        trusted: &CertificateDer<'static>,
        protocol: &str,
    ) -> std::io::Result<Client<TlsStream<TcpStream>>> {
        let mut roots = RootCertStore::empty();
        roots.add(trusted.clone()).expect("it is good");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("it is good");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let name = ServerName::try_from("web.wharf.test").expect("it is good");
        let stream = self.connect().await.0;
        soon(TlsConnector::from(Arc::new(config)).connect(name, stream))
            .await
            .map(Client)
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end_hinders_nobody_and_is_ended() {
    let (config, trusted) = certificate();
    let listener = Listener::start_with(limits(), Some(Tls::new(config)));
    let mut silent = listener.connect().await;
    let mut half = listener.connect().await;
    half.send([0x16, 0x03, 0x01, 0x01]).await;
    let mut client = listener.shake_hands(&trusted, "http/1.1").await.expect("it is good");
    client.get("/").await;
    client.until("hello").await;
    assert_eq!(silent.rest().await, "");
    assert_eq!(half.rest().await, "");
}

#[tokio::test]
async fn whoever_shakes_hands_and_then_sends_nothing_is_ended() {
    let (config, trusted) = certificate();
    let listener = Listener::start_with(limits(), Some(Tls::new(config)));
    let mut client = listener.shake_hands(&trusted, "http/1.1").await.expect("it is good");
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn handlers_learn_the_name_of_the_handshake() {
    let (config, trusted) = certificate();
    let listener = Listener::start_with(Limits::default(), Some(Tls::new(config)));
    let mut client = listener.shake_hands(&trusted, "http/1.1").await.expect("it is good");
    client.get("/peer").await;
    client.until("web.wharf.test").await;
}

#[tokio::test]
async fn the_handshake_chooses_the_version_of_http() {
    let (config, trusted) = certificate();
    let listener = Listener::start_with(Limits::default(), Some(Tls::new(config)));
    let client = listener.shake_hands(&trusted, "h2").await.expect("it is good");
    assert_eq!(client.0.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    assert!(listener.shake_hands(&trusted, "spdy/3").await.is_err());
}

#[tokio::test]
async fn a_renewed_certificate_is_used_by_the_next_connection() {
    let ((config, first), (renewed, second)) = (certificate(), certificate());
    let tls = Tls::new(config);
    let listener = Listener::start_with(Limits::default(), Some(tls.clone()));
    let mut old = listener.shake_hands(&first, "http/1.1").await.expect("it is good");
    tls.renew(renewed);
    assert!(listener.shake_hands(&first, "http/1.1").await.is_err());
    listener.shake_hands(&second, "http/1.1").await.expect("it is good");
    old.get("/").await;
    old.until("hello").await;
}

/// As browsers do, which open connections before they need them.
#[tokio::test]
async fn a_stop_does_not_wait_for_whoever_has_asked_for_nothing() {
    let (config, trusted) = certificate();
    // Deadlines that are no help here.
    let patient = Limits {
        handshake_seconds: 3600,
        head_seconds: 3600,
        idle_seconds: 3600,
        ..Limits::default()
    };
    let listener = Listener::start_with(patient, Some(Tls::new(config)));
    let mut silent = listener.connect().await;
    let mut half = listener.connect().await;
    half.send([0x16, 0x03, 0x01, 0x01]).await;
    let mut spare = listener.shake_hands(&trusted, "http/1.1").await.expect("it is good");
    let mut multiplexed = listener.shake_hands(&trusted, "h2").await.expect("it is good");
    listener.stop.drain(Duration::from_secs(3600));
    for client in [&mut silent, &mut half] {
        assert_eq!(client.rest().await, "");
    }
    assert_eq!(spare.rest().await, "");
    // Over HTTP/2 it is told what the server can do, and that it goes.
    multiplexed.rest().await;
    soon(listener.task).await.expect("it is good").expect("it is good");
}
