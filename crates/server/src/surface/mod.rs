//! The surfaces, and which of them a request is for.

pub mod arm;
mod credential_use;
pub mod directory;
pub mod graph;
mod operations;
mod registry_exchange;
mod registry_token;
pub mod sign_in;
pub mod v2;

use std::any::Any;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{HeaderValue, StatusCode};
use tracing::Instrument;
use wharf_app::App;

use crate::body::drain;
use crate::host::Host;
use crate::listen::Peer;
use crate::request::{CORRELATION_ID, RequestInfo};

/// The largest head of a request (rule 45), of whichever version of HTTP.
const MAX_HEAD_BYTES: usize = 32 * 1024;

fn head_bytes(request: &Request) -> usize {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let fields = request.headers().iter();
    target
        + fields
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum::<usize>()
}

/// Everything, as a service of its own: for tests in one process, without a listener. Who asks stands in `ConnectInfo`.
pub fn router(app: App) -> Router {
    async fn fallback(
        State(app): State<App>,
        ConnectInfo(address): ConnectInfo<SocketAddr>,
        request: Request,
    ) -> Response {
        let server_name = None;
        answer(app, Arc::new(Peer { address, server_name }), request).await
    }
    Router::new().fallback(fallback).with_state(app)
}

/// Answers a request of any surface, which came from `peer`.
pub async fn answer(app: App, peer: Arc<Peer>, request: Request) -> Response {
    let answered = AssertUnwindSafe(dispatch(app, &peer, request)).catch_unwind().await;
    answered.unwrap_or_else(|panic| panicked(&*panic))
}

/// A panic is a bug of ours; the client learns that, the log has the rest.
fn panicked(panic: &(dyn Any + Send)) -> Response {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("");
    tracing::error!(panic = text, "a request ended in a panic");
    (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n").into_response()
}

async fn dispatch(app: App, peer: &Peer, request: Request) -> Response {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let info = RequestInfo::of(&app, peer, &parts);
    let id = info.caller.request;
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    // Whatever is logged on the way says which request it was.
    let span = tracing::info_span!("request", request.id = %id);
    let mut response = route(app, info, Request::from_parts(parts, body))
        .instrument(span)
        .await;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    tracing::debug!(request.id = %id, %method, path, status = response.status().as_u16(), duration_us = started.elapsed().as_micros() as u64, "{method} {path}");
    response
}

/// A request's future is as large as the largest that it may become, and is moved: those of all but pulls are boxed, so that pulls do not carry them along.
async fn route(app: App, info: RequestInfo, request: Request) -> Response {
    if head_bytes(&request) > MAX_HEAD_BYTES {
        return StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response();
    }
    let path = request.uri().path();
    // Probes come by whatever name or address the orchestrator uses.
    match path {
        "/healthz" => return operations::healthz(),
        "/readyz" => return Box::pin(operations::readyz(&app)).await,
        _ => {}
    }
    let Some(host) = info.host.clone() else {
        let is_registry = is_registry_path(path);
        drain(request.into_body()).await;
        return misdirected(&app, is_registry);
    };
    if is_registry_path(path) {
        return v2::handle(app, info.caller, host, request).await;
    }
    if path == "/oauth2/token" {
        return Box::pin(registry_token::handle(app, info.caller, host, request)).await;
    }
    match path {
        "/oauth2/exchange" => return Box::pin(registry_exchange::exchange(app, info.caller, host, request)).await,
        "/oauth2/revoke" => return Box::pin(registry_exchange::revoke(app, info.caller, request)).await,
        _ => {}
    }
    // The other surfaces are at the base host alone: a registry's host has only its registry.
    if matches!(host, Host::Base { .. }) {
        if path.starts_with("/v1.0/") {
            return Box::pin(graph::handle(app, info.caller, request)).await;
        }
        if arm::owns(path) {
            return Box::pin(arm::handle(app, info.caller, request)).await;
        }
        if sign_in::owns(path) {
            return Box::pin(sign_in::handle(app, info.caller, request)).await;
        }
        if directory::owns(path) {
            return Box::pin(directory::handle(app, info.caller, request)).await;
        }
    }
    drain(request.into_body()).await;
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

fn is_registry_path(path: &str) -> bool {
    path == "/v2" || path.starts_with("/v2/")
}

/// RFC 9110 §15.5.20. Registry clients show only what comes in their protocol's form.
fn misdirected(app: &App, is_registry: bool) -> Response {
    let public = &app.settings().public;
    let text = format!(
        "this server answers at {} and at its registries' own names, REGISTRY.{}: the request named another host",
        public.base(),
        public.base()
    );
    if is_registry {
        return (StatusCode::MISDIRECTED_REQUEST, v2::error_body("NAME_UNKNOWN", &text)).into_response();
    }
    (StatusCode::MISDIRECTED_REQUEST, text + "\n").into_response()
}
