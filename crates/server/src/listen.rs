//! Listening: plain or with TLS, and draining at the end.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;

/// A request's head has to be there after this long (rule 46).
const HEADER_DEADLINE: Duration = Duration::from_secs(10);
/// The largest head (rule 45), and the bounds of HTTP/2 (rule 46).
const MAX_HEAD_BYTES: u32 = 32 * 1024;
const MAX_STREAMS: u32 = 128;
const MAX_RESET_STREAMS: usize = 32;

/// Serves `router` on `listener` until `handle` is told to stop; then waits, at most as long as it was told, for the requests that are being answered.
pub async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    handle: Handle<SocketAddr>,
) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        None => {
            let mut server = axum_server::from_tcp(listener)?.handle(handle);
            limit(server.http_builder());
            server.serve(service).await
        }
        Some(config) => {
            let mut server = axum_server::from_tcp_rustls(listener, config)?.handle(handle);
            limit(server.http_builder());
            server.serve(service).await
        }
    }
}

fn limit<E>(builder: &mut hyper_util::server::conn::auto::Builder<E>) {
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_DEADLINE)
        .max_headers(100);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD_BYTES)
        .max_concurrent_streams(MAX_STREAMS)
        .max_pending_accept_reset_streams(MAX_RESET_STREAMS)
        .keep_alive_interval(Duration::from_secs(60));
}
